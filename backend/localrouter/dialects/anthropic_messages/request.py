"""Parses what a program sends: refuses what is wrong, and finds what routing needs.

The body is parsed once and kept whole; nothing of it is copied.
"""

from __future__ import annotations

from collections.abc import Iterator

from localrouter.dialects.anthropic_messages.fields import COUNT_PATH, KNOWN, NAME, PATH, THREAD
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.reading import (
    Body,
    flag_in,
    make_whole,
    model_in,
    object_in,
    refuse_many,
    refused,
    utf8_size,
)
from localrouter.dialects.json_bodies.refusals import MAX_BESIDE_ATTACHMENTS, too_large
from localrouter.dialects.json_bodies.values import object_at, text_at
from localrouter.dialects.json_bodies.weight import Weigher
from localrouter.domain.conversation.request import BYTES_PER_TOKEN, Capability, Endpoint, ModelRequest

TOKENS_PER_ATTACHMENT = 1_500  # about what a picture or a page takes; only estimates count it


def parse_request(endpoint: Endpoint, raw: Body, weigher: Weigher | None = None) -> ModelRequest:
    """The request in a program's body. Raises `Invalid` with a sentence for its user. `weigher` has seen all of
    it; a long body that comes without one is weighed here."""
    body = object_in(raw, weigher, KNOWN)
    model = model_in(body)
    if "messages" not in body:
        raise refused("messages", "messages is missing.")
    size = _Size()
    size.take("system", body.get("system"))
    size.take_messages(body["messages"])
    if len(raw) > MAX_BESIDE_ATTACHMENTS and len(raw) - size.attached > MAX_BESIDE_ATTACHMENTS:
        raise too_large()
    counts = endpoint is Endpoint.COUNT_TOKENS
    return ModelRequest(
        endpoint=endpoint,
        model=model,
        body=body,
        dialect=NAME,
        stream=flag_in(body, "stream") and not counts,
        needs=frozenset(_needs(body, images=size.images > 0)),
        prompt_tokens_at_least=size.text // BYTES_PER_TOKEN,
        max_output_tokens=None if counts else _output_cap(body),
        path=COUNT_PATH if counts else PATH,
    )


def estimated_tokens(request: ModelRequest) -> int:
    """About how many tokens the prompt has, where nobody counts them."""
    body, size = request.body, _Size()
    size.take("system", body.get("system"))
    size.take_messages(body.get("messages"))
    tools = body.get("tools")
    text = size.text + (len(dumps(tools)) if tools else 0)
    return max(1, text // BYTES_PER_TOKEN + TOKENS_PER_ATTACHMENT * (size.images + size.files))


def _output_cap(body: dict[str, object]) -> int | None:
    make_whole(body, ("max_tokens", "top_k"))
    cap = body.get("max_tokens")
    if cap is None:
        return None
    if not isinstance(cap, int) or isinstance(cap, bool) or cap < 0:
        raise refused("max_tokens", "max_tokens must be a whole number.")
    return cap


def _needs(body: dict[str, object], *, images: bool) -> Iterator[Capability]:
    if body.get("tools"):
        yield Capability.TOOLS
    if images:
        yield Capability.IMAGES
    if body.get("output_format") or object_at(body.get("output_config"), "format"):
        yield Capability.JSON_SCHEMA


class _Size:
    """Adds up the bytes of all text, and of what is attached."""

    __slots__ = ("attached", "files", "images", "text")

    def __init__(self) -> None:
        self.text = self.attached = self.images = self.files = 0

    def take_messages(self, messages: object) -> None:
        if not isinstance(messages, list):
            raise refused("messages", "messages must be a list.")
        for index, message in enumerate(messages):
            if not isinstance(message, dict):
                raise refused(f"messages[{index}]", f"messages[{index}] must be an object.")
            self.take(f"messages[{index}].content", message.get("content"))

    def take(self, path: str, content: object) -> None:
        if isinstance(content, str):
            self.text += utf8_size(content)
        elif isinstance(content, list):
            refuse_many(path, content)
            for part in content:
                if isinstance(part, dict):
                    self._take_part(path, part)

    def _take_part(self, path: str, part: dict[str, object]) -> None:
        kind = part.get("type")
        if kind == "text":
            self.text += utf8_size(text_at(part, "text"))
        elif kind == "tool_result":
            self.take(path, part.get("content"))
        elif kind in ("image", "document"):
            self._take_attachment(kind, object_at(part, "source") or {})
        elif kind == "tool_use":
            self.text += len(dumps(part.get("input")))
        elif kind == "search_result":
            self.take(path, part.get("content"))

    def _take_attachment(self, kind: str, source: dict[str, object]) -> None:
        data = text_at(source, "data")
        if kind == "document" and source.get("type") == "text":
            self.text += utf8_size(data)
            return
        self.images += kind == "image"
        self.files += kind == "document"
        self.attached += len(data)


def continues_thread(body: dict[str, object]) -> bool:
    """Whether the request has only the last turns of a conversation whose others the provider holds."""
    return text_at(body.get(THREAD), "type") == "continue"
