"""Measures pictures, audio and files in a request: many bytes, little work."""

from __future__ import annotations

from collections.abc import Iterator

_LINKS = ("http:", "https:")
_URLS = ("image_url", "video_url", "audio_url")
_BLOBS = (("input_audio", "data"), ("file", "file_data"), ("source", "data"), ("image", "data"))
_DATA = "data:"
_LISTS = ("messages", "input", "images")


def attached(body: dict[str, object]) -> int:
    """The bytes of all pictures, audio and files in a request: parts of its messages, and inputs of its embeddings."""
    return sum(_size_of(part) for name in _LISTS for part in _parts_in(body.get(name)))


def _parts_in(entries: object) -> Iterator[object]:
    for entry in entries if isinstance(entries, list) else ():
        content = entry.get("content") if isinstance(entry, dict) else None
        if isinstance(content, list):
            yield from content
        else:
            yield entry


def _size_of(part: object) -> int:
    if isinstance(part, str):
        return len(part) if part.startswith(_DATA) else 0
    if not isinstance(part, dict):
        return 0
    for name in _URLS:
        carrier = part.get(name)
        url = carrier.get("url") if isinstance(carrier, dict) else carrier
        if isinstance(url, str) and not url.startswith(_LINKS):  # some servers take the picture without `data:`
            return len(url)
    for name, field in _BLOBS:
        carrier = part.get(name)
        blob = carrier.get(field) if isinstance(carrier, dict) else carrier or part.get(field)
        if isinstance(blob, str):
            return len(blob)
    return 0
