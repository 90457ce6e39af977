"""Measures pictures, audio and files in a request: many bytes, little work."""

from __future__ import annotations

_DATA = "data:"
_URLS = ("image_url", "video_url", "audio_url")
_BLOBS = (("input_audio", "data"), ("file", "file_data"))


def attached(body: dict[str, object]) -> int:
    """The bytes of all pictures, audio and files in the messages of a request."""
    messages = body.get("messages")
    size = 0
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, dict) else None
        for part in content if isinstance(content, list) else ():
            if isinstance(part, dict):
                size += _size_of(part)
    return size


def _size_of(part: dict[str, object]) -> int:
    for name in _URLS:
        carrier = part.get(name)
        url = carrier.get("url") if isinstance(carrier, dict) else carrier
        if isinstance(url, str) and url.startswith(_DATA):
            return len(url)
    for name, field in _BLOBS:
        carrier = part.get(name)
        blob = carrier.get(field) if isinstance(carrier, dict) else part.get(field)
        if isinstance(blob, str):
            return len(blob)
    return 0
