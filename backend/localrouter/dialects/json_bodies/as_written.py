"""Reads the JSON that programs send and strict parsers refuse or round, so that it can be judged and sent on.

That is text with half a surrogate pair (an emoji cut in two), `NaN` and `Infinity`, a byte order mark, a line break
within a string, and integers of more than 64 bits. Numbers go on as they came; half a pair becomes U+FFFD, but never in
a key: a server that drops it would read another key than was judged here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from localrouter.domain.configuration.json_text import BYTE_ORDER_MARK

LONG_NUMBER = 19  # digits; what has fewer fits 64 bits
MAX_VALUES = 2_000_000  # each is an object of Python's here
REPLACEMENT = "\ufffd"
MIN_INTEGER, MAX_INTEGER = -(1 << 63), (1 << 64) - 1  # what the fast parser and writer keep exactly

_DIGITS_ALIKE = bytes(48 if 48 <= byte < 58 else 0 for byte in range(256))
_LONG_DIGITS = b"0" * LONG_NUMBER
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_MODELS = frozenset({"model", "models", "fallbacks"})
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


@dataclass(frozen=True, slots=True)
class RawNumber:
    """A number that neither a float nor 64 bits hold, as it was written."""

    text: bytes


class Refused(ValueError):
    """A text that could be read but is not taken: why."""


def loads(raw: bytes | bytearray) -> object:
    """The value of a JSON text. Raises `ValueError`, and `RecursionError` for what is nested too deep."""
    if raw.count(b",") > MAX_VALUES:
        raise Refused(f"it has more than {MAX_VALUES:,} values, which is too many for one with errors in it")
    raw = raw.removeprefix(BYTE_ORDER_MARK)
    try:
        text = raw.decode()
        has_halves = "\\ud" in text or "\\uD" in text
    except UnicodeDecodeError as problem:
        text = _with_halves(raw, problem)
        has_halves = True
    value = _DECODER.decode(text)
    return _whole(value) if has_halves else value


def _with_halves(raw: bytes | bytearray, problem: UnicodeDecodeError) -> str:
    """The text of bytes that have halves of pairs in them, as some writers of UTF-8 leave them."""
    try:
        return raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise Refused(f"it is not UTF-8 text, from byte {problem.start + 1} on") from None


def may_be_rounded(raw: bytes | bytearray) -> bool:
    """Whether a text has so many digits in a row that an integer of more than 64 bits could be among them."""
    return _LONG_DIGITS in raw.translate(_DIGITS_ALIKE)


def has_large_float(value: object) -> bool:
    """Whether a parsed value has a float which may stand for an integer of more than 64 bits."""
    level = [value]
    while level:
        inner = [each for outer in level for each in _values(outer)]
        if any(isinstance(each, float) and abs(each) >= MAX_INTEGER >> 1 for each in inner):
            return True
        level = [each for each in inner if isinstance(each, dict | list)]
    return False


def _values(value: object) -> Iterator[object]:
    match value:
        case dict():
            yield from value.values()
        case list():
            yield from value


def integer(text: str) -> int | RawNumber:
    if len(text) <= LONG_NUMBER + 2:
        number = int(text)
        if MIN_INTEGER <= number <= MAX_INTEGER:
            return number
    return RawNumber(text.encode())


def real(text: str) -> float | RawNumber:
    number = float(text)
    return RawNumber(text.encode()) if number in (float("inf"), float("-inf")) else number


def constant(text: str) -> RawNumber:
    return RawNumber(text.encode())


_DECODER = json.JSONDecoder(parse_int=integer, parse_float=real, parse_constant=constant, strict=False)


def _whole(value: object) -> object:
    """The value with its texts whole. Two halves that were written apart, as some writers do, make a pair."""
    match value:
        case str():
            return value if _is_whole(value) else _HALF_PAIR.sub(REPLACEMENT, _PAIR.sub(_joined, value))
        case list():
            return [_whole(each) for each in value]
        case dict():
            return {_key(key): _whole(_name(key, each)) for key, each in value.items()}
    return value


def _is_whole(text: str) -> bool:
    """As a search for halves would tell, in a tenth of its time."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _name(key: str, value: object) -> object:
    """The value, unless it names a model and cannot be read: what it would become is the name of another."""
    if key in _MODELS:
        for name in value if isinstance(value, list) else (value,):
            if isinstance(name, str) and _HALF_PAIR.search(_PAIR.sub("", name)):
                raise Refused(f"{key} has half a surrogate pair in it")
    return value


def _key(key: str) -> str:
    key = _PAIR.sub(_joined, key)
    if _HALF_PAIR.search(key):
        raise Refused("the name of a field has half a surrogate pair in it")
    return key


def _joined(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16", "surrogatepass").decode("utf-16")
