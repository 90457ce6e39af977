"""The parts of a message: read from OpenAI's chat, and written for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from localrouter.dialects.json_bodies.reading import refused
from localrouter.dialects.json_bodies.values import arguments_at, objects_at, text_at
from localrouter.dialects.openai_shapes.sources import source_of
from localrouter.domain.conversation.parts import (
    AudioPart,
    CacheMark,
    Citation,
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
)

Json = Mapping[str, object]


_DETAILS = {"auto": "auto", "low": "low", "high": "high", "original": "high"}  # the last is one of responses alone


def parts_in(content: object, path: str, cache: CacheMark | None) -> list[Part]:
    """The parts of a message's content; `cache` is the mark of the whole message, which its last part bears."""
    match content:
        case None:
            return []
        case str():
            return [TextPart(content, cache=cache)] if content else []
        case list():
            return [_part(part, f"{path}[{index}]") for index, part in enumerate(content)]
        case dict():
            return [_part(content, path)]
    raise refused(path, f"{path} must be a string or a list of parts.")


def _part(part: object, path: str) -> Part:
    if isinstance(part, str):
        return TextPart(part)
    if not isinstance(part, dict):
        raise refused(path, f"{path} must be an object.")
    control = part.get("cache_control")
    cache = CacheMark(text_at(control, "ttl") or None) if isinstance(control, dict) else None
    match part:
        case {"type": "text" | "input_text" | "output_text", "text": str(text)}:
            return TextPart(text, cache=cache)
        case {"type": "thinking", "thinking": str() | list()}:
            return ReasoningPart(thought_in(part))
        case {"type": "refusal", "refusal": str(text)}:
            return RefusalPart(text)
        case {"type": "image_url" | "input_image", "image_url": dict() | str() as image}:
            url = image if isinstance(image, str) else text_at(image, "url")
            detail = part.get("detail") if isinstance(image, str) else image.get("detail")
            return ImagePart(source_of(url), detail if isinstance(detail, str) else None, cache)
        case {"type": "input_audio", "input_audio": {"data": str(data), **rest}}:
            return AudioPart(Inline(data), text_at(rest, "format") or None)
        case {"type": "file", "file": dict(file)}:
            return FilePart(_file_source(file, path), text_at(file, "filename") or None, cache=cache)
    kind = part.get("type")
    raise refused(f"{path}.type", f"{path} is of the type {str(kind)[:40]}, which this model's provider does not take.")


def _file_source(file: Json, path: str) -> Source:
    if file_id := text_at(file, "file_id"):
        return Stored(file_id)
    data = text_at(file, "file_data")
    if not data:
        raise refused(path, f"{path} needs file_data or file_id.")
    source = source_of(data)
    return Inline(data) if isinstance(source, Remote) else source


class Said(NamedTuple):
    text: str
    is_thought: bool = False


def pieces_in(content: object) -> Iterator[Said]:
    """What the content of an answer says, also where it is given as parts: Mistral's thoughts are some of them."""
    if isinstance(content, str):
        if content:
            yield Said(content)
        return
    for part in content if isinstance(content, list) else ():
        if text := text_at(part, "text"):
            yield Said(text)
        elif text := thought_in(part):
            yield Said(text, is_thought=True)


def thought_in(part: object) -> str:
    """The text of a part with thoughts: a text, or parts again."""
    thinking = part.get("thinking") if isinstance(part, dict) else None
    return (
        thinking
        if isinstance(thinking, str)
        else "".join(text_at(each, "text") for each in objects_at(part, "thinking"))
    )


def tool_calls_in(message: Json, path: str) -> Iterator[ToolCallPart]:
    calls = message.get("tool_calls")
    for index, call in enumerate(calls if isinstance(calls, list) else ()):
        read = tool_call_in(call)
        if read is None:
            raise refused(f"{path}.tool_calls[{index}]", f"{path}.tool_calls[{index}] needs a function with a name.")
        yield read
    match message.get("function_call"):
        case {"name": str(name), **rest}:
            yield ToolCallPart(name, name, arguments_at(rest))


def tool_call_in(call: object) -> ToolCallPart | None:
    match call:
        case {"custom": {"name": str(name), **rest}}:
            return ToolCallPart(text_at(call, "id"), name, text_at(rest, "input"), ToolKind.CUSTOM)
        case {"function": {"name": str(name), **rest}}:
            return ToolCallPart(text_at(call, "id"), name, arguments_at(rest))
    return None


def tool_call_of(call: ToolCallPart) -> dict[str, object]:
    if call.kind is ToolKind.CUSTOM:
        return {"id": call.id, "type": "custom", "custom": {"name": call.name, "input": call.arguments}}
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments or "{}"}}


def content_of(parts: Iterable[Part], path: str, *, marks: bool) -> str | list[dict[str, object]]:
    """The content of a message: a text where that is all, else its parts. `marks`: the server knows cache marks."""
    written = [_written(part, path, marks=marks) for part in parts]
    if not written:
        return ""
    only = written[0]
    if len(written) == 1 and only.keys() == {"type", "text"}:
        return str(only["text"])
    return written


def _written(part: Part, path: str, *, marks: bool) -> dict[str, object]:
    written = _plainly(part, path)
    cache = getattr(part, "cache", None)
    if marks and cache is not None:
        written["cache_control"] = {"type": "ephemeral"} | ({} if cache.ttl is None else {"ttl": cache.ttl})
    return written


def _plainly(part: Part, path: str) -> dict[str, object]:
    match part:
        case TextPart():
            return {"type": "text", "text": part.text}
        case ImagePart(source=Inline() | Remote() as source):
            told = _DETAILS.get(part.detail or "")
            detail = {} if told is None else {"detail": told}
            return {"type": "image_url", "image_url": {"url": _url_of(source, "image/png"), **detail}}
        case AudioPart(source=Inline(data=data)):
            return {"type": "input_audio", "input_audio": {"data": data, "format": part.format or "wav"}}
        case FilePart(source=PlainText(text=text)):
            named = "\n".join(filter(None, (part.name, part.context)))
            return {"type": "text", "text": f"{named}\n\n{text}" if named else text}
        case FilePart(source=Inline() as source):
            return {
                "type": "file",
                "file": {"filename": part.name or "file.pdf", "file_data": _url_of(source, "application/pdf")},
            }
    what = {"ImagePart": "an image", "FilePart": "a file", "AudioPart": "audio"}.get(type(part).__name__, "a part")
    said = f"A message has {what} that this model's provider cannot be sent: send its data, not its id or address."
    raise refused(path, said)


def _url_of(source: Inline | Remote, media_type: str) -> str:
    return source.url if isinstance(source, Remote) else f"data:{source.media_type or media_type};base64,{source.data}"


def citations_in(message: Json) -> tuple[Citation, ...]:
    annotations = message.get("annotations")
    found = (_citation(each) for each in (annotations if isinstance(annotations, list) else ()))
    return tuple(each for each in found if each is not None)


def _citation(annotation: object) -> Citation | None:
    match annotation:
        case {"type": "url_citation", "url_citation": dict(cited)}:
            start, end = cited.get("start_index"), cited.get("end_index")
            return Citation(
                text_at(cited, "url"),
                text_at(cited, "title") or None,
                text_at(cited, "content") or None,
                start if isinstance(start, int) else None,
                end if isinstance(end, int) else None,
            )
    return None


def annotation_of(citation: Citation, before: int) -> dict[str, object] | None:
    """A citation of a text that `before` characters precede; OpenAI's chat has those with an address alone."""
    if citation.url is None:
        return None
    places = {"start_index": before + (citation.start or 0), "end_index": before + (citation.end or 0)}
    return {"type": "url_citation", "url_citation": {"url": citation.url, "title": citation.title or "", **places}}
