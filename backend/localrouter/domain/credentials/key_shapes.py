"""What a key must look like before it is sent: judged here, so that a slip of the owner is told as one.

A key that was copied with a blank or a line break around it is taken without them. One with such a character inside
cannot be meant, and no HTTP header can carry it. Nor can what stands around keys in files of variables, which not every
reader takes away: `docker --env-file` leaves the quotes in the value.
"""

from __future__ import annotations

import re
import unicodedata

_QUOTES = "\"'`"
_PLACEHOLDER = re.compile(r"\$\{\w+\}|[$%][A-Z0-9]+_[A-Z0-9_]+%?|<[^<>]*>|\{\{[^{}]*\}\}")
_ASSIGNMENT = re.compile(r"(?:export +)?([A-Z][A-Z0-9_]*_(?:KEY|TOKEN|SECRET)) *=")


def tidied(value: str) -> str:
    """The value without blanks, line breaks and invisible characters at its ends."""
    start, end = 0, len(value)
    while start < end and _is_blank(value[start]):
        start += 1
    while end > start and _is_blank(value[end - 1]):
        end -= 1
    return value[start:end]


def fault_of(value: str, *, may_hold_blanks: bool = False) -> str | None:
    """Why a tidied value cannot be sent, as the rest of a sentence that begins with what it is; None where it can.

    `may_hold_blanks`: whether a space inside is fine, as in the value of a header.
    """
    if not value:
        return "is empty"
    if not may_hold_blanks and (fault := _written_around(value)) is not None:
        return fault
    for char in value:
        if char in "\r\n":
            return "contains a line break"
        if char.isspace() and not (may_hold_blanks and char == " "):
            return "contains a blank"
        if not " " <= char <= "~":
            return f"contains a character that no key has (U+{ord(char):04X})"
    return None


def _written_around(value: str) -> str | None:
    """What belongs to the file that a key was taken from, or stands there in its place."""
    if value[0] in _QUOTES and value[0] == value[-1]:
        return "stands in quotes"
    if _PLACEHOLDER.fullmatch(value):
        return "is a placeholder"
    if (found := _ASSIGNMENT.match(value)) is not None:
        return f"begins with the name of a variable ({found[1]}=)"
    return None


def _is_blank(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) == "Cf"
