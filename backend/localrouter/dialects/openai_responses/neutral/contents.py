"""The parts of a message or of what a tool returned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from localrouter.dialects.json_bodies.reading import refused
from localrouter.dialects.json_bodies.values import object_at, objects_at, text_at, whole_at
from localrouter.dialects.openai_responses.fields import NAME, TEXT_PARTS
from localrouter.dialects.openai_shapes.sources import source_of
from localrouter.domain.conversation.parts import (
    AudioPart,
    CacheMark,
    Citation,
    FilePart,
    ImagePart,
    Inline,
    Part,
    RefusalPart,
    Remote,
    ResultPart,
    Source,
    Stored,
    TextPart,
)

Json = Mapping[str, object]


def parts_in(content: object, path: str) -> Iterator[Part]:
    if content is None or content == "":
        return
    if isinstance(content, str):
        yield TextPart(content)
    elif isinstance(content, list):
        for index, part in enumerate(content):
            yield _part(part, f"{path}[{index}]")
    else:
        raise refused(path, f"{path} must be a string or a list of parts.")


def result_parts_in(output: object, path: str) -> Iterator[ResultPart]:
    for part in parts_in(output, path):
        if not isinstance(part, TextPart | ImagePart | FilePart):
            raise refused(path, f"{path} of a tool must be text, pictures and files.")
        yield part


def _part(part: object, path: str) -> Part:
    if isinstance(part, str):
        return TextPart(part)
    if not isinstance(part, dict):
        raise refused(path, f"{path} must be an object.")
    cache = None if object_at(part, "prompt_cache_breakpoint") is None else CacheMark()
    kind = text_at(part, "type")
    if kind in TEXT_PARTS:
        return TextPart(text_at(part, "text"), tuple(citations_in(part)), cache)
    match kind:
        case "refusal":
            return RefusalPart(text_at(part, "refusal"))
        case "input_image":
            return ImagePart(_picture(part, path), text_at(part, "detail") or None, cache)
        case "input_file":
            return FilePart(_file(part, path), text_at(part, "filename") or None, cache=cache)
        case "input_audio":
            audio = object_at(part, "input_audio") or part
            return AudioPart(Inline(text_at(audio, "data")), text_at(audio, "format") or None)
    raise refused(f"{path}.type", f"{path} is of the type {kind[:40]}, which this model's provider does not take.")


def _picture(part: Json, path: str) -> Source:
    if url := text_at(part, "image_url") or text_at(part.get("image_url"), "url"):
        return source_of(url)
    if file_id := text_at(part, "file_id"):
        return Stored(file_id)
    raise refused(path, f"{path} needs image_url or file_id.")


def _file(part: Json, path: str) -> Source:
    if data := text_at(part, "file_data"):
        source = source_of(data)
        return Inline(data) if isinstance(source, Remote) else source
    if url := text_at(part, "file_url"):
        return Remote(url)
    if file_id := text_at(part, "file_id"):
        return Stored(file_id)
    raise refused(path, f"{path} needs file_data, file_url or file_id.")


def citations_in(part: Json) -> Iterator[Citation]:
    for noted in objects_at(part, "annotations"):
        url, title = text_at(noted, "url") or None, text_at(noted, "title") or None
        start, end = whole_at(noted, "start_index"), whole_at(noted, "end_index")
        yield Citation(url, title, start=start, end=end, dialect=NAME, raw=noted)
