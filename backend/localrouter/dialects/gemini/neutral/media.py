"""Pictures, files, sounds and films: read from Gemini's parts, and written as them."""

from __future__ import annotations

import re

from localrouter.dialects.json_bodies.reading import refused
from localrouter.dialects.json_bodies.values import text_at
from localrouter.domain.conversation.parts import (
    AudioPart,
    FilePart,
    ImagePart,
    Inline,
    PlainText,
    Remote,
    Source,
)

Json = dict[str, object]

_PICTURES = {"/9j/": "image/jpeg", "iVBOR": "image/png", "R0lG": "image/gif", "UklG": "image/webp"}
_ENDING = re.compile(r"\.(\w{2,4})(?:[?#].*)?$")
_TYPES = {
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp",
    "heic": "image/heic", "pdf": "application/pdf", "txt": "text/plain", "mp3": "audio/mpeg", "wav": "audio/wav",
    "mp4": "video/mp4", "mov": "video/quicktime", "webm": "video/webm",
}  # fmt: skip
_FORMATS = {"mp3": "audio/mpeg", "pcm16": "audio/pcm"}
_FORMAT_OF = {"audio/mpeg": "mp3", "audio/mp3": "mp3", "audio/x-wav": "wav", "audio/pcm": "pcm16"}


def media_part(part: ImagePart | FilePart | AudioPart) -> Json:
    source = part.source
    if isinstance(part, FilePart) and isinstance(source, PlainText):
        named = "\n".join(filter(None, (part.name, part.context)))
        return {"text": f"{named}\n\n{source.text}" if named else source.text}
    if isinstance(source, Inline):
        return {"inlineData": {"mimeType": _type_of(part, source), "data": source.data}}
    if isinstance(source, Remote):
        found = _ENDING.search(source.url)
        kind = _TYPES.get(found[1].lower()) if found else None
        return {"fileData": {"fileUri": source.url} | ({} if kind is None else {"mimeType": kind})}
    said = "A file with an id is known only to the provider that it was uploaded to. Send its data instead."
    raise refused("messages", said)


def _type_of(part: ImagePart | FilePart | AudioPart, source: Inline) -> str:
    if isinstance(part, AudioPart):
        form = (part.format or "wav").lower()
        return source.media_type or _FORMATS.get(form, f"audio/{form}")
    if source.media_type is not None:
        return source.media_type
    if isinstance(part, FilePart):
        return "application/pdf"
    return next((kind for start, kind in _PICTURES.items() if source.data.startswith(start)), "image/png")


def media_in(part: Json, path: str) -> ImagePart | FilePart | AudioPart | None:
    """What a part shows; None where it is no picture, file, sound or film."""
    match part:
        case {"inlineData": {"data": str(data), **rest}}:
            kind = text_at(rest, "mimeType")
            return _media(Inline(data, kind or None), kind, text_at(rest, "displayName") or None)
        case {"fileData": {"fileUri": str(uri), **rest}}:
            if "://" not in uri:
                raise refused(path, f"{path}.fileData.fileUri must be an address.")
            return _media(Remote(uri), text_at(rest, "mimeType"), text_at(rest, "displayName") or None)
    return None


def _media(source: Source, kind: str, name: str | None) -> ImagePart | FilePart | AudioPart:
    if kind.startswith("image/"):
        return ImagePart(source)
    if kind.startswith("audio/") and isinstance(source, Inline):
        return AudioPart(Inline(source.data), _FORMAT_OF.get(kind, kind.removeprefix("audio/")))
    return FilePart(source, name)
