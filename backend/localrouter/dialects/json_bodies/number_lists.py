"""Reads JSON that is mostly numbers, such as the tokens of an embedding request, without making an object of each.

Parsed, a list of small numbers takes six times its bytes, and the parser holds the interpreter's lock for all of it. So
long runs of numbers are checked piece by piece, kept as the bytes they came as, and written as those bytes again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import orjson

from localrouter.dialects.json_bodies.as_written import RawNumber

SHORTEST = 2 * 1024  # bytes of a run that is worth it
CHECKED_AT_ONCE = 64 * 1024  # bytes: a fraction of a millisecond
_RUNS = re.compile(rb"[0-9eE+\-., \t\r\n]{%d,}" % SHORTEST)
_MARKERS = ("numbers", "a run of numbers", "numbers stand here", "\x7fnumbers")

Run = tuple[int, int]


@dataclass(frozen=True, slots=True)
class NumberList:
    """A list of `count` numbers, kept as its JSON text. `are_whole` says that all are integers, as tokens are."""

    text: bytes
    count: int
    are_whole: bool


class _NotSo(Exception):
    """The runs are no parts of lists of numbers: the text has to be parsed as any other."""


def runs_in(data: bytes, start: int) -> Iterator[Run]:
    """Where a piece of JSON, which has no string from `start` on, has nothing but numbers for long."""
    return (match.span() for match in _RUNS.finditer(data, start))


def loads(
    raw: bytes | bytearray, runs: Sequence[Run], parse: Callable[[bytes | bytearray], object] = orjson.loads
) -> object:
    """The value of a JSON text. Lists that `runs` are parts of become `NumberList`s. Raises as `parse` does."""
    try:
        return _with_number_lists(raw, runs, parse) if runs else parse(raw)
    except (_NotSo, ValueError):
        return parse(raw)  # it also says where the fault is


def dumps(value: object) -> bytes:
    """The JSON text of a value that may hold `NumberList`s and `RawNumber`s."""
    return orjson.dumps(value, default=_fragment, option=orjson.OPT_PASSTHROUGH_DATACLASS)


def _fragment(value: object) -> orjson.Fragment:
    if isinstance(value, NumberList | RawNumber):
        return orjson.Fragment(value.text)
    raise TypeError(type(value))


def _with_number_lists(
    raw: bytes | bytearray, runs: Sequence[Run], parse: Callable[[bytes | bytearray], object]
) -> object:
    marker = next((each for each in _MARKERS if each.encode() not in raw), None)
    if marker is None:
        raise _NotSo
    rest, cut = bytearray(), []
    at = 0
    for start, end in runs:
        first, last = raw.find(b",", start, end) + 1, raw.rfind(b",", start, end)
        if first and last - first >= SHORTEST:
            cut.append(_checked(bytes(memoryview(raw)[first:last])))
            rest += memoryview(raw)[at:first]
            rest += orjson.dumps(marker)
            at = last
    rest += memoryview(raw)[at:]
    value = parse(rest)
    left = iter(cut)
    value = _put_back(value, marker, left)
    if next(left, None) is not None:
        raise _NotSo
    return value


def _checked(text: bytes) -> NumberList:
    """Numbers with commas between them: what would stand between the brackets of a list."""
    count, are_whole, at = 0, True, 0
    while at <= len(text):
        end = text.find(b",", at + CHECKED_AT_ONCE)
        end = len(text) if end < 0 else end
        numbers = orjson.loads(b"[%b]" % text[at:end])
        if not numbers:
            raise _NotSo  # nothing between two commas
        count += len(numbers)
        are_whole = are_whole and set(map(type, numbers)) == {int}
        at = end + 1
    return NumberList(text, count, are_whole)


def _put_back(value: object, marker: str, cut: Iterator[NumberList]) -> object:
    """The value with each list that holds markers as a `NumberList`, in the order of the text."""
    match value:
        case dict():
            for key, inner in value.items():
                if isinstance(inner, dict | list):
                    value[key] = _put_back(inner, marker, cut)
        case list() if marker in value:
            return _joined(value, marker, cut)
        case list():
            for index, inner in enumerate(value):
                if isinstance(inner, dict | list):
                    value[index] = _put_back(inner, marker, cut)
    return value


def _joined(values: list[object], marker: str, cut: Iterator[NumberList]) -> NumberList:
    if not set(map(type, values)) <= {int, float, str} or any(isinstance(v, str) and v != marker for v in values):
        raise _NotSo
    texts, count, are_whole = [], 0, True
    for value in values:
        part = next(cut, None) if value == marker else NumberList(orjson.dumps(value), 1, type(value) is int)
        if part is None:
            raise _NotSo
        texts.append(part.text)
        count += part.count
        are_whole = are_whole and part.are_whole
    return NumberList(b"[%b]" % b",".join(texts), count, are_whole)
