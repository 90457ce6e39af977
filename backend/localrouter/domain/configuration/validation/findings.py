"""Findings that several kinds of entries share: blank, unprintable and repeated names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from localrouter.domain.configuration.names import fold
from localrouter.domain.errors import Finding


def name_findings(path: str, name: str) -> Iterator[Finding]:
    """What is wrong with a single name or id."""
    if not name.strip():
        yield Finding(path, "This must not be empty.")
    elif not name.isprintable():
        yield Finding(path, "This contains characters that cannot be shown, such as a line break. Remove them.")


def repeated(section: str, field: str, noun: str, values: Sequence[str]) -> Iterator[Finding]:
    """Entries of a section with the id or name of an earlier one, ignoring case."""
    first: dict[str, int] = {}
    for index, value in enumerate(values):
        earlier = first.setdefault(fold(value), index)
        if earlier == index:
            continue
        yield Finding(
            f"{section}[{index}].{field}",
            f'Another {noun} ({section}[{earlier}]) has the {field} "{value}". Every {noun} needs its own.',
        )
