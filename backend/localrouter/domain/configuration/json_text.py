"""What parsers of JSON do not report: repeated keys, vanishing numbers, and why a text cannot be read."""

from __future__ import annotations

import codecs
import json
import re
from collections import Counter
from collections.abc import Iterator

BYTE_ORDER_MARK = codecs.BOM_UTF8
_LOST = b"\0" * 4  # no encoding of JSON starts like this
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)

Location = tuple[int | str, ...]

_MAY_VANISH = re.compile(rb"[eE]-[0-9]{3}|0\.0{300}")
_TEXT_OR_NUMBER = re.compile(rb'"(?:[^"\\]|\\.)*"|[0-9][0-9.]*(?:[eE][+-]?[0-9]+)?', re.DOTALL)
_ABOVE_ZERO = re.compile(rb"[0.]*[1-9]")
_LEAST = b"5e-324"


class _Repeating(dict[str, object]):
    """An object whose text repeats a key."""

    repeated: tuple[str, ...] = ()


def repeated_keys(text: bytes | str) -> tuple[Location, ...]:
    """Where a valid JSON text repeats a key within an object. Parsers silently pick one of them.

    The text must not be nested more deeply than Python's own stack allows.
    """
    whole = json.loads(
        text.removeprefix(BYTE_ORDER_MARK) if isinstance(text, bytes) else text,
        object_pairs_hook=_object,
        parse_int=_unread,
        parse_float=_unread,
        parse_constant=_unread,
    )
    return tuple(_places(whole, ()))


def without_vanishing(text: bytes) -> bytes:
    """The text, with positive numbers that parsers would round to 0 (1e-400) replaced by the smallest one that they
    keep: a price above 0 must not become 0."""
    return _TEXT_OR_NUMBER.sub(_kept_above_zero, text) if _MAY_VANISH.search(text) else text


def _kept_above_zero(found: re.Match[bytes]) -> bytes:
    number = found[0]
    vanishes = number[:1] != b'"' and _ABOVE_ZERO.match(number) and number.count(b".") < 2 and float(number) == 0
    return _LEAST if vanishes else number


def why_unreadable(text: bytes) -> str | None:
    """Why a text is not JSON, if the cause is not its grammar but its encoding or a failing disk; else None."""
    if not text.strip():
        return "The document is empty."
    if text.startswith(_LOST):
        return "The document contains zero bytes, as files may after a power failure or on a full disk."
    if text.startswith(_WIDE_MARKS) or b"\0" in text[:4]:
        return "The document is saved as UTF-16. Save it as UTF-8."
    try:
        text.decode()
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        return f"The document is not UTF-8 text; it breaks at line {line}. Save it as UTF-8."
    return None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    repeating = _Repeating(found)
    repeating.repeated = tuple(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
    return repeating


def _unread(_number: str) -> None:
    """Skips numbers: they do not matter here, and may be longer than Python converts."""


def _places(value: object, at: Location) -> Iterator[Location]:
    match value:
        case dict():
            if isinstance(value, _Repeating):
                yield from ((*at, key) for key in value.repeated)
            for key, child in value.items():
                yield from _places(child, (*at, key))
        case list():
            for index, child in enumerate(value):
                yield from _places(child, (*at, index))
