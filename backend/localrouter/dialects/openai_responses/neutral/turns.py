"""The messages of a conversation as the items of an input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from localrouter.dialects.json_bodies.reading import refused
from localrouter.dialects.openai_responses.fields import NAME
from localrouter.domain.conversation.conversation import Message, Role
from localrouter.domain.conversation.parts import (
    AudioPart,
    FilePart,
    ImagePart,
    Inline,
    Part,
    PlainText,
    ReasoningPart,
    RefusalPart,
    Remote,
    Source,
    Stored,
    TextPart,
    ToolCallPart,
    ToolKind,
    ToolResultPart,
)

Json = dict[str, object]

LONGEST_ID = 64  # of a call


def items_of(messages: Iterable[Message], lost: set[str], adapted: set[str]) -> list[Json]:
    """The items of all messages; `lost` and `adapted` get what could not be said, or in another way alone."""
    items: list[Json] = []
    for message in messages:
        for part in message.parts:
            if getattr(part, "cache", None) is not None:
                lost.add("cache_control")
        if message.name is not None:
            lost.add("names of participants")
        match message.role:
            case Role.ASSISTANT:
                items.extend(_assistant(message, lost))
            case Role.USER:
                items.extend(_user(message, adapted))
            case Role.SYSTEM | Role.DEVELOPER:
                text = "\n\n".join(part.text for part in message.parts if isinstance(part, TextPart))
                items.append({"type": "message", "role": message.role.value, "content": text})
    return items


def _user(message: Message, adapted: set[str]) -> Iterator[Json]:
    results = [part for part in message.parts if isinstance(part, ToolResultPart)]
    yield from (_result(result, adapted) for result in results)
    said = [part for part in message.parts if not isinstance(part, ToolResultPart)]
    if said or not results:
        yield {"type": "message", "role": "user", "content": [_shown(part) for part in said]}


def _result(result: ToolResultPart, adapted: set[str]) -> Json:
    kind = "custom_tool_call_output" if result.kind is ToolKind.CUSTOM else "function_call_output"
    texts = [part.text for part in result.parts if isinstance(part, TextPart)]
    text, others = "\n".join(texts), [part for part in result.parts if not isinstance(part, TextPart)]
    if result.is_error:
        adapted.add("errors of tools")
        text = text if text.lower().startswith("error") else f"Error: {text}"
    output: object = text
    if others:
        output = [*([_shown(TextPart(text))] if text else ()), *map(_shown, others)]
    return {"type": kind, "call_id": result.call_id, "output": output}


def _assistant(message: Message, lost: set[str]) -> Iterator[Json]:
    """What was said goes on in one message until the model thought or called."""
    content: list[Json] = []
    for part in message.parts:
        match part:
            case TextPart():
                content.append({"type": "output_text", "text": part.text, "annotations": []})
                if part.citations:
                    lost.add("citations of earlier answers")
                continue
            case RefusalPart():
                content.append({"type": "refusal", "refusal": part.text})
                continue
        if content:
            yield _said(content)
            content = []
        match part:
            case ReasoningPart(dialect=dialect, encrypted=str(encrypted)) if dialect == NAME:
                summary = [{"type": "summary_text", "text": text} for text in part.summary]
                told: Json = {"type": "reasoning", "summary": summary, "encrypted_content": encrypted}
                yield told if part.item_id is None else {"id": part.item_id} | told
            case ReasoningPart():
                lost.add("reasoning of earlier turns")
            case ToolCallPart():
                yield _call(part)
    if content:
        yield _said(content)


def _said(content: list[Json]) -> Json:
    return {"type": "message", "role": "assistant", "content": content}


def _call(call: ToolCallPart) -> Json:
    told: Json = {"call_id": call.id, "name": call.name}
    if call.kind is ToolKind.CUSTOM:
        return {"type": "custom_tool_call", **told, "input": call.arguments}
    return {"type": "function_call", **told, "arguments": call.arguments or "{}"}


def _shown(part: Part) -> Json:
    match part:
        case TextPart():
            return {"type": "input_text", "text": part.text}
        case ImagePart(source=Stored(file_id)):
            return {"type": "input_image", "file_id": file_id, "detail": part.detail or "auto"}
        case ImagePart():
            return {
                "type": "input_image",
                "image_url": _address(part.source, "image/png"),
                "detail": part.detail or "auto",
            }
        case FilePart():
            return _file(part)
        case AudioPart():
            raise refused("messages", "This model takes no audio. Name another model, or send what was said as text.")
    raise ValueError(f"a {type(part).__name__} in what a user says")  # cannot be: no dialect reads one there


def _file(part: FilePart) -> Json:
    named: Json = {} if part.name is None else {"filename": part.name}
    match part.source:
        case PlainText(text):
            return {"type": "input_text", "text": text if part.name is None else f"{part.name}:\n{text}"}
        case Stored(file_id):
            return {"type": "input_file", "file_id": file_id}
        case Remote(url):
            return {"type": "input_file", "file_url": url}
        case Inline():
            data = _address(part.source, "application/pdf")
            return {"type": "input_file", "filename": part.name or "file.pdf", "file_data": data} | named


def _address(source: Source, otherwise: str) -> str:
    match source:
        case Remote(url):
            return url
        case Inline(data, media_type):
            return f"data:{media_type or otherwise};base64,{data}"
    raise ValueError(f"{type(source).__name__} has no address")  # cannot be: whoever asks has told the others apart
