"""Reads a text as those do who undo its escapes, and knows where each character that they see was written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

MAX_ROUNDS = 3  # escapes inside escapes: a JSON text in a JSON text, a URL in a URL

_ESCAPE = re.compile(
    r"%(?P<percent>[0-9a-f]{2})"
    r"|\\+(?:u(?P<unicode>[0-9a-f]{4})|x(?P<byte>[0-9a-f]{2})|(?P<quoted>[\"'/]))"
    r"|&(?:#(?P<decimal>[0-9]{1,7})|#x(?P<hex>[0-9a-f]{1,6})|(?P<name>amp|lt|gt|quot|apos));",
    re.IGNORECASE,
)
_UNSEEN = re.compile(r"(?:\s|\\+[nrt]|[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff])+")
_HEX, _DECIMAL = ("percent", "unicode", "byte", "hex"), ("decimal",)
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_LAST_CHARACTER = 0x10FFFF

Written = Callable[[re.Match[str]], str]


@dataclass(frozen=True, slots=True)
class UnescapedText:
    """`starts` and `ends` say for each character of `text` where it stands in what was read."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def plain(cls, text: str) -> UnescapedText:
        return cls(text, range(len(text)), range(1, len(text) + 1))

    def without_escapes(self) -> UnescapedText:
        """With every escape undone once; itself where there is none."""
        return self._replacing(_ESCAPE, _character)

    def without_blanks(self) -> UnescapedText:
        """Like the function of this name, with the places kept."""
        return self._replacing(_UNSEEN, lambda _: "")

    def _replacing(self, pattern: re.Pattern[str], character: Written) -> UnescapedText:
        parts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        copied = 0
        for found in pattern.finditer(self.text):
            first, last = found.span()
            char = character(found)
            parts += (self.text[copied:first], char)
            starts += self.starts[copied:first]
            ends += self.ends[copied:first]
            if char:
                starts.append(self.starts[first])
                ends.append(self.ends[last - 1])
            copied = last
        if not parts:
            return self
        return UnescapedText(
            "".join(parts) + self.text[copied:], [*starts, *self.starts[copied:]], [*ends, *self.ends[copied:]]
        )


def without_blanks(text: str) -> str:
    """The text with what wraps and separates left out: white space, escaped too, and characters that nobody sees."""
    return _UNSEEN.sub("", text)


def readings(text: str) -> Iterator[UnescapedText]:
    """The text as it stands, and with its escapes undone once, twice, as often as that changes it, up to a bound."""
    reading = UnescapedText.plain(text)
    yield reading
    for _ in range(MAX_ROUNDS):
        undone = reading.without_escapes()
        if undone is reading:
            return
        yield undone
        reading = undone


def _character(found: re.Match[str]) -> str:
    kind = found.lastgroup or ""
    value = found[kind]
    if kind in _HEX or kind in _DECIMAL:
        number = int(value, 16 if kind in _HEX else 10)
        return chr(number) if number <= _LAST_CHARACTER else "\ufffd"
    return _NAMED.get(value.lower(), value)
