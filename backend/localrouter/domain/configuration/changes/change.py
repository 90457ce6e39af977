"""One difference between two states of the configuration, and how values of the document read in a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Change:
    """`subject` names whose it is, such as a strategy; `text` says what became of it, for short. `before` and `after`
    are the whole values where `text` leaves some of them out."""

    section: str
    subject: str
    text: str
    before: str | None = None
    after: str | None = None

    @property
    def words(self) -> str:
        return f"{self.subject}: {self.text}" if self.text else self.subject


def value_words(value: object) -> str:
    """A value of the document as it reads in a sentence: `on`, `not set`, `5`, `a, b`."""
    if value is None or value == "" or value == () or value == {}:
        return "not set"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, StrEnum):
        return value.value.replace("_", " ")
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return ", ".join(map(value_words, value))
    return str(value)


def field_changes(section: str, subject: str, pairs: Iterable[tuple[str, object, object]]) -> list[Change]:
    """A change for each label whose values differ."""
    changes = []
    for label, before, after in pairs:
        if before != after:
            said = (value_words(before), value_words(after))
            changes.append(Change(section, subject, f"{label} {_difference(before, after)}", *said))
    return changes


def _difference(before: object, after: object) -> str:
    if isinstance(before, tuple) and isinstance(after, tuple) and set(before) != set(after):
        return added_and_removed(map(value_words, before), map(value_words, after))
    return f"{value_words(before)} → {value_words(after)}"


def fields_of(before: BaseModel, after: BaseModel, labels: dict[str, str]) -> list[tuple[str, object, object]]:
    """The values of both sides of every field: labelled as told, otherwise by the field's own name."""
    return [
        (labels.get(field, field.replace("_", " ")), getattr(before, field), getattr(after, field))
        for field in type(after).model_fields
    ]


def added_and_removed(before: Iterable[str], after: Iterable[str]) -> str:
    """`+ a, b − c`, for what is a set rather than an order."""
    old, new = tuple(before), tuple(after)
    parts = (("+", [each for each in new if each not in old]), ("−", [each for each in old if each not in new]))
    return " ".join(f"{sign} {some(names)}" for sign, names in parts if names)


def some(names: Iterable[str], most: int = 3) -> str:
    """`a, b, c and 4 more`"""
    every = tuple(names)
    told = ", ".join(every[:most])
    return told if len(every) <= most else f"{told} and {len(every) - most} more"
