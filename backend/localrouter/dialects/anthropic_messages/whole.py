"""The events of a stream as a whole message, for a program that did not ask for a stream."""

from __future__ import annotations

from collections.abc import Iterator

from localrouter.dialects.anthropic_messages.usage import with_later
from localrouter.dialects.json_bodies.lenient import Unreadable, loads
from localrouter.dialects.json_bodies.values import object_at, text_at, whole_at
from localrouter.dialects.sse import EventReader, OversizedEvent

Json = dict[str, object]

_TEXTS = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}


def message_in(body: bytes) -> Json:
    """The message, or the error event in its place."""
    message: Json = {}
    blocks: dict[int, Json] = {}
    inputs: dict[int, str] = {}
    for event in _events(body):
        index = whole_at(event, "index") or 0
        match event.get("type"):
            case "error":
                return event
            case "message":
                return event
            case "message_start":
                message = object_at(event, "message") or {}
            case "content_block_start":
                blocks[index] = dict(object_at(event, "content_block") or {})
            case "content_block_delta":
                delta = object_at(event, "delta") or {}
                inputs[index] = inputs.get(index, "") + text_at(delta, "partial_json")
                _add(blocks.setdefault(index, {}), delta)
            case "message_delta":
                message |= object_at(event, "delta") or {}
                message["usage"] = with_later(object_at(message, "usage") or {}, event.get("usage"))
    for index, text in inputs.items():
        if text and isinstance(read := _read(text), dict):
            blocks[index]["input"] = read
    return {**message, "content": [blocks[index] for index in sorted(blocks)]}


def _add(block: Json, delta: Json) -> None:
    name = _TEXTS.get(text_at(delta, "type"))
    if name is not None:
        block[name] = text_at(block, name) + text_at(delta, name)
    elif (citation := object_at(delta, "citation")) is not None:
        before = block.get("citations")
        block["citations"] = [*(before if isinstance(before, list) else ()), citation]


def _events(body: bytes) -> Iterator[Json]:
    reader = EventReader()
    for event in [*reader.feed(body), *reader.end()]:
        if isinstance(event, OversizedEvent):
            return
        told = _read(event.data) if event.data else None
        if isinstance(told, dict):
            yield told


def _read(text: bytes | str) -> object:
    try:
        return loads(text.encode() if isinstance(text, str) else text)
    except Unreadable:
        return None
