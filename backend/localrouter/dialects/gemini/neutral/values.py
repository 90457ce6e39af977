"""The arguments and results of tool calls: texts on one side, JSON objects on Gemini's."""

from __future__ import annotations

import contextlib

import orjson

from localrouter.dialects.json_bodies import as_written
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.values import text_at

Json = dict[str, object]

_TEXTS = ("result", "output")  # under which a result stands that is a text
_ERROR = "error"


def arguments_in(text: str) -> Json | None:
    """The arguments of a call as an object, its numbers with all their digits; None where the model wrote none."""
    try:
        value = _read(text.encode() or b"{}")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def response_of(text: str, *, is_error: bool) -> Json:
    """What a tool returned, as an object: its own where it is one."""
    if is_error:
        return {_ERROR: text}
    read = arguments_in(text) if text.startswith("{") else None
    return {_TEXTS[0]: text} if read is None or _wraps(read) else read


def text_of(response: Json | None) -> tuple[str, bool | None]:
    """The same as a text, and whether it is an error."""
    if not response:
        return "", None
    if _wraps(response):
        (name,) = response
        return text_at(response, name), True if name == _ERROR else None
    return dumps(response).decode(), None


def _wraps(response: Json) -> bool:
    """Whether an object only stands around a text."""
    name = next(iter(response)) if len(response) == 1 else ""
    return name in (*_TEXTS, _ERROR) and isinstance(response[name], str)


def _read(raw: bytes) -> object:
    if not as_written.may_be_rounded(raw):
        with contextlib.suppress(orjson.JSONDecodeError):
            return orjson.loads(raw)
    return as_written.loads(raw)
