"""What a program that speaks OpenAI's responses sends and is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

import orjson

from localrouter.dialects.contract import PlainAnswer, StreamWriter
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.weight import Weigher
from localrouter.dialects.openai_responses.bounds import bound_of
from localrouter.dialects.openai_responses.fields import NAME, PATH
from localrouter.dialects.openai_responses.neutral.replies import answer_of
from localrouter.dialects.openai_responses.neutral.requests import conversation_of
from localrouter.dialects.openai_responses.neutral.writer import EventWriter
from localrouter.dialects.openai_responses.request import parse_request
from localrouter.dialects.openai_shapes.errors import error_json
from localrouter.dialects.openai_shapes.shown_models import MODELS
from localrouter.dialects.stream_frames import EventsBelowV1
from localrouter.domain.conversation.conversation import Conversation
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.conversation.request import Endpoint, ModelRequest
from localrouter.domain.limits.demand import MaxUsage, Unbounded

_PATHS = MappingProxyType({PATH: Endpoint.CHAT_COMPLETIONS})
_USED_UP = "usage_limit_reached"
_EXAMPLE: Mapping[str, object] = MappingProxyType({"input": "Hello"})


class OpenAIResponsesClient(EventsBelowV1):
    """The `contract.ClientDialect` of OpenAI's responses."""

    name = NAME
    title = "OpenAI"
    paths = _PATHS
    headers: tuple[str, ...] = ()
    request_id_header = b"x-request-id"
    models = MODELS

    def parse(self, endpoint: Endpoint, body: bytes | bytearray, weigher: Weigher | None = None) -> ModelRequest:
        return parse_request(endpoint, body, weigher)

    def example(self, endpoint: Endpoint, model: str, fields: Mapping[str, object]) -> ModelRequest:
        return parse_request(endpoint, orjson.dumps({**_EXAMPLE, **fields, "model": model}))

    def max_usage(self, request: ModelRequest) -> MaxUsage | Unbounded:
        return bound_of(request)

    def conversation(self, request: ModelRequest) -> Conversation:
        return conversation_of(request)

    def write_answer(self, answer: PlainAnswer, request: ModelRequest) -> bytes:
        return answer.raw if answer.reply is None else dumps(answer_of(answer.reply, request))

    def write_estimate(self, request: ModelRequest) -> bytes:
        raise LookupError(request.endpoint)  # cannot be: none of its paths counts tokens

    def stream_writer(self, request: ModelRequest, *, passes: bool = False) -> StreamWriter:
        return ResponsesWriter(request, has_begun=passes)

    def status_of(self, reply: ErrorReply) -> int:
        return reply.status

    def tells_wait(self, reply: ErrorReply) -> bool:
        """Codex sleeps as long as it is told to, unless a limit says by its type that it is used up."""
        return reply.should_retry or reply.status == 429

    def write_error(self, reply: ErrorReply) -> bytes:
        return orjson.dumps({"error": _error(reply)})


class ResponsesWriter(EventWriter):
    """The `contract.StreamWriter` of OpenAI's responses."""

    def error(self, reply: ErrorReply) -> bytes:
        return self.broke(error_json(reply, status=reply.status), reply.answer_id)


def _error(reply: ErrorReply) -> dict[str, object]:
    """A limit that is used up for long has a type of its own, at which Codex stops and shows when there is room."""
    if reply.status != 429 or reply.should_retry:
        return error_json(reply)
    return error_json(reply) | {"type": _USED_UP} | _resets_at(reply)


def _resets_at(reply: ErrorReply) -> dict[str, object]:
    """When there will be room again, in seconds since 1970, as far as that is known."""
    retry_at = reply.localrouter.get("retry_at")
    if not isinstance(retry_at, str):
        return {}
    return {"resets_at": int(datetime.fromisoformat(retry_at).timestamp())}
