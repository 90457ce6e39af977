"""Writes the messages of a conversation for Anthropic: system prompts apart, turns of the same role together, the
results of tools first in theirs."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator

from localrouter.dialects.adapters.adapting import Written
from localrouter.dialects.anthropic_messages.fields import NAME
from localrouter.dialects.anthropic_messages.neutral.requests import arguments_in
from localrouter.dialects.json_bodies.reading import refused
from localrouter.domain.conversation.conversation import Message, Role
from localrouter.domain.conversation.parts import (
    AudioPart,
    CacheMark,
    FilePart,
    ImagePart,
    Inline,
    Part,
    PlainText,
    ReasoningPart,
    RefusalPart,
    Remote,
    Source,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

Json = dict[str, object]

_SYSTEM = (Role.SYSTEM, Role.DEVELOPER)
_PICTURES = {"/9j/": "image/jpeg", "iVBOR": "image/png", "R0lG": "image/gif", "UklG": "image/webp"}


def put_messages(messages: Iterable[Message], written: Written) -> None:
    """Put `system` and `messages` into the body. What the system says later in a conversation stays in its place, as
    the user's words."""
    system: list[Json] = []
    turns: list[Json] = []
    for message in messages:
        if message.name is not None:
            written.lost.add("names of participants")
        is_system = message.role in _SYSTEM
        blocks = list(_blocks(message.parts, written))
        if is_system and not turns:
            system += blocks
            continue
        if is_system:
            written.adapted.add("roles")
        role = "assistant" if message.role is Role.ASSISTANT else "user"
        if turns and turns[-1]["role"] == role:
            blocks = [*_content(turns.pop()), *blocks]
        if blocks:
            turns.append({"role": role, "content": blocks})
    if system and not turns:
        written.adapted.add("roles")
        system, turns = [], [{"role": "user", "content": system}]
    if system:
        written.body["system"] = _plain(system)
    if turns and turns[-1]["role"] == "assistant":
        _end_neatly(_content(turns[-1]))
    written.body["messages"] = [
        {"role": turn["role"], "content": _plain(_results_first(_content(turn)))} for turn in turns
    ]


def _end_neatly(blocks: list[Json]) -> None:
    """What the model is to go on with must not end in white space."""
    last = blocks[-1]
    if last["type"] == "text":
        blocks[-1] = {**last, "text": str(last["text"]).rstrip()}


def _content(turn: Json) -> list[Json]:
    content = turn["content"]
    return content if isinstance(content, list) else []


def _plain(blocks: list[Json]) -> str | list[Json]:
    only = blocks[0] if len(blocks) == 1 else {}
    return str(only["text"]) if only.keys() == {"type", "text"} else blocks


def _results_first(blocks: list[Json]) -> list[Json]:
    return sorted(blocks, key=lambda block: block["type"] != "tool_result")


def _blocks(parts: Iterable[Part], written: Written) -> Iterator[Json]:
    for part in parts:
        for block in _block(part, written):
            cache = getattr(part, "cache", None)
            yield block if cache is None else {**block, "cache_control": cache_json(cache)}


def cache_json(cache: CacheMark) -> Json:
    told: Json = {"type": "ephemeral"}
    return told if cache.ttl is None else {**told, "ttl": cache.ttl}


def _block(part: Part, written: Written) -> Iterator[Json]:
    match part:
        case TextPart():
            if part.citations:
                written.lost.add("citations of earlier answers")
            if part.text.strip():  # a blank block is refused
                yield {"type": "text", "text": part.text}
        case RefusalPart():
            written.adapted.add("refusals")
            yield {"type": "text", "text": part.text}
        case ImagePart():
            if part.detail not in (None, "auto"):
                written.lost.add("detail of images")
            yield {"type": "image", "source": _source(part.source, "image")}
        case FilePart():
            yield _document(part)
        case AudioPart():
            raise refused("messages", "Anthropic's models take no audio. Leave it out, or name another model.")
        case ToolCallPart():
            yield _call(part, written)
        case ToolResultPart():
            content = list(_blocks(part.parts, written))
            told: Json = {"type": "tool_result", "tool_use_id": part.call_id, "content": _plain(content)}
            yield told | ({} if part.is_error is None else {"is_error": part.is_error})
        case ReasoningPart():
            yield from _thoughts(part, written)


def _thoughts(part: ReasoningPart, written: Written) -> Iterator[Json]:
    if part.dialect == NAME and part.signature is not None:
        yield {"type": "thinking", "thinking": part.text, "signature": part.signature}
    elif part.dialect == NAME and part.encrypted is not None:
        yield {"type": "redacted_thinking", "data": part.encrypted}
    else:
        written.lost.add("reasoning of another provider in earlier turns")


def _call(part: ToolCallPart, written: Written) -> Json:
    read = arguments_in(part.arguments)
    if read is None:
        written.adapted.add("arguments that are no JSON object")
    arguments: Json = {"arguments": part.arguments} if read is None else read
    return {"type": "tool_use", "id": part.id, "name": part.name, "input": arguments}


def _document(part: FilePart) -> Json:
    told: Json = {"type": "document", "source": _source(part.source, "file")}
    if part.name is not None:
        told["title"] = part.name
    if part.context is not None:
        told["context"] = part.context
    if part.cites is not None:
        told["citations"] = {"enabled": part.cites}
    return told


def _source(source: Source, what: str) -> Json:
    match source:
        case Remote(url):
            return {"type": "url", "url": url}
        case PlainText(text):
            return {"type": "text", "media_type": "text/plain", "data": text}
        case Inline(data, media_type):
            if what == "file" and media_type is not None and media_type.startswith("text/"):
                return {"type": "text", "media_type": "text/plain", "data": _decoded(data)}
            found = _picture_type(data, media_type) if what == "image" else media_type or "application/pdf"
            return {"type": "base64", "media_type": found, "data": data}
    said = f"The {what} with an id is known only to the provider that it was uploaded to. Send its data instead."
    raise refused("messages", said)


def _picture_type(data: str, told: str | None) -> str:
    """What a picture is by its first bytes: Anthropic refuses one that is something else than it is said to be."""
    found = next((kind for start, kind in _PICTURES.items() if data.startswith(start)), None)
    return found or ("image/jpeg" if told == "image/jpg" else told or "image/png")


def _decoded(data: str) -> str:
    try:
        return base64.b64decode(data).decode("utf-8", "replace")
    except binascii.Error:
        raise refused("messages", "A file is not written in base64.") from None
