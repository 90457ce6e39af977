"""What a JSON text would weigh once it is parsed, told from its bytes before anybody parses it.

A parser holds the interpreter's lock from the first byte to the last, in a thread too, and a small list costs thirty
times its bytes: 20 MB of `[]` stop everybody for seconds. So lists, objects and texts are counted as the bytes arrive,
and a text that has too many of them is never parsed. What stands inside of strings does not count: one long text full
of brackets, a picture as a data URL and an array of numbers weigh little more than their bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from localrouter.dialects.json_bodies.as_written import LONG_NUMBER, may_be_rounded
from localrouter.dialects.json_bodies.number_lists import SHORTEST, Run, runs_in

MAX_CONTAINERS = 100_000  # lists and objects of one JSON text
MAX_STRINGS = 500_000  # texts of one JSON text, names of fields too
LIGHT = 200_000  # bytes; what is no longer than this cannot have too many of anything
SHALLOW = 128  # lists and objects inside one another: so many nobody minds
STEP = 64 * 1024  # bytes that are looked at in one go: well under a millisecond

# What one of each takes in memory once parsed, in bytes.
_CONTAINER, _STRING, _VALUE = 200, 64, 40
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_BEYOND_16_BITS = re.compile(rb"[\xf0-\xff]")


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one JSON text may have."""

    containers: int = MAX_CONTAINERS
    strings: int = MAX_STRINGS


BY_DEFAULT = Limits()


class Weigher:
    """Counts while a JSON text arrives, in any fragmentation. `plain` are its bytes outside of strings."""

    __slots__ = (
        "_depth",
        "_digits",
        "_in_string",
        "_is_escaped",
        "_limits",
        "_width",
        "containers",
        "deepest",
        "has_long_number",
        "numbers",
        "plain",
        "runs",
        "size",
        "strings",
        "values",
    )

    def __init__(self, limits: Limits = BY_DEFAULT) -> None:
        self._limits = limits
        self._in_string = False
        self._is_escaped = False  # the next byte follows a backslash
        self._width = 1  # bytes of a character: Python keeps a text as wide as its widest one
        self._depth = 0
        self.deepest = 0  # never less than it is, and exact where it is over `SHALLOW`
        self.size = 0
        self.plain = 0
        self.containers = 0
        self.strings = 0
        self.values = 0
        self.numbers = 0  # those of the values that stand in `runs`
        self._digits = b""  # at the end of what came, outside of strings
        self.has_long_number = False  # one that may have more digits than a parser keeps
        self.runs: list[Run] = []  # where there is nothing but numbers for long

    def feed(self, data: bytes) -> str | None:
        """Count what arrived; what there is too much of by now, in words."""
        for start in range(0, len(data) or 1, STEP):
            if (excess := self._step(data[start : start + STEP])) is not None:
                return excess
        return None

    def excess(self) -> str | None:
        """What there is too much of, in words that go on from "The … has more than"."""
        if self.containers > self._limits.containers:
            return f"{self._limits.containers:,} lists and objects"
        if self.strings > self._limits.strings:
            return f"{self._limits.strings:,} texts"
        return None

    @property
    def is_closed(self) -> bool:
        """Whether the list or object that the text began with is complete."""
        return self.containers > 0 and self._depth == 0 and not self._in_string

    def parsed(self) -> int:
        """About how many bytes it takes in memory once parsed, its bytes as they came not counted."""
        parts = self.containers * _CONTAINER + self.strings * _STRING + (self.values - self.numbers) * _VALUE
        return self.size * self._width + parts

    def _step(self, data: bytes) -> str | None:
        came = data
        self._width = max(self._width, _width_of(data))
        if self._is_escaped:
            data, self._is_escaped = data[1:], not data
        if data.endswith(b"\\") and (len(data) - len(data.rstrip(b"\\"))) % 2:
            data, self._is_escaped = data[:-1], True
        outside = self._outside_of_strings(data)
        if not self._in_string and len(outside) >= SHORTEST:
            self._note_runs(came)
        self.size += len(came)
        if outside:
            self.plain += len(outside)
            if opened := outside.count(b"[") + outside.count(b"{"):
                self.containers += opened
                self._go_down(outside, opened)
            else:
                self._depth -= outside.count(b"]") + outside.count(b"}")
            self.values += outside.count(b",")
            if not self.has_long_number:
                self._note_long_number(outside)
        return self.excess()

    def _note_runs(self, data: bytes) -> None:
        """Those after the last string of what came, or in all of it: one string within a run parts it in two."""
        for start, end in runs_in(data, data.rfind(b'"') + 1):
            self.numbers += data.count(b",", start, end)
            before = self.runs.pop() if self.runs and self.runs[-1][1] == self.size + start else None
            self.runs.append((before[0] if before else self.size + start, self.size + end))

    def _note_long_number(self, outside: bytes) -> None:
        digits = self._digits + outside
        self.has_long_number = may_be_rounded(digits)
        self._digits = digits[-LONG_NUMBER:]

    def _go_down(self, outside: bytes, opened: int) -> None:
        if self._depth + opened <= SHALLOW:
            self.deepest = max(self.deepest, self._depth + opened)
            self._depth += opened - outside.count(b"]") - outside.count(b"}")
            return
        for bracket in outside.translate(None, _NO_BRACKETS):
            if bracket in b"[{":
                self._depth += 1
                self.deepest = max(self.deepest, self._depth)
            else:
                self._depth -= 1

    def _outside_of_strings(self, data: bytes) -> bytes:
        if b'"' not in data:
            return b"" if self._in_string else data
        if b"\\" in data:
            data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
        pieces = data.split(b'"')
        first = 1 if self._in_string else 0
        outside = pieces[first::2]
        self.strings += len(pieces) // 2 if first == 0 else (len(pieces) - 1) // 2
        self._in_string ^= len(pieces) % 2 == 0
        return b"".join(outside)


def _width_of(data: bytes) -> int:
    if not data.isascii():
        return 4 if _BEYOND_16_BITS.search(data) else 2
    if b"\\u" in data:
        return 4 if b"\\ud" in data or b"\\uD" in data else 2
    return 1


def excess_of(text: bytes, limits: Limits = BY_DEFAULT) -> str | None:
    """What a whole JSON text has too much of to be parsed, in words; None where it has not."""
    if len(text) <= LIGHT:
        return None
    return Weigher(limits).feed(text)
