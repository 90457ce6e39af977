"""What streams are sent as, and what most client dialects have in common: paths that name no model, and events."""

from __future__ import annotations

from dataclasses import dataclass

from localrouter.domain.conversation.request import ModelRequest


@dataclass(frozen=True, slots=True)
class StreamFrame:
    """What a stream is sent as. `comment` says nothing, and keeps the connection of a client that waits."""

    content_type: bytes
    comment: bytes


# Without its charset, some clients read Latin-1.
AS_EVENTS = StreamFrame(b"text/event-stream; charset=utf-8", b": waiting for the model\n\n")


class EventsBelowV1:
    """A client dialect whose paths are below `/v1` and name no model, and whose streams are events."""

    versions = ("/v1", "")
    key_in_query = False

    def from_path(self, request: ModelRequest, path: str, model: str, query: str) -> ModelRequest:
        raise LookupError(request.endpoint, path, model, query)  # cannot be: none of its paths names a model

    def stream_frame(self, request: ModelRequest) -> StreamFrame:  # noqa: ARG002 - no request changes it
        return AS_EVENTS
