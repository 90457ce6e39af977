"""The only place that knows how documents of earlier versions looked.

A migration is a pure function from the document of version n to that of version n + 1. None is ever changed or removed:
every home that a release wrote opens in all later ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from localrouter.domain.config import VERSION
from localrouter.domain.errors import Finding, Invalid

Document = dict[str, object]
Migration = Callable[[Document], Document]

STEPS: Mapping[int, Migration] = MappingProxyType({})


def migrate(document: Document, *, steps: Mapping[int, Migration] = STEPS, to: int = VERSION) -> Document:
    """The same document in the shape of version `to`. One that names no version is of version 1."""
    version = _version(document, to)
    for number in range(version, to):
        document = steps[number](document)
    return {**document, "version": to}


def _version(document: Document, newest: int) -> int:
    version = document.get("version", 1)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise _refused("The version must be a whole number from 1 on.")
    if version > newest:
        raise _refused(
            f"This document is of version {version}, and this LocalRouter reads versions up to {newest}. "
            "Open it with a newer LocalRouter."
        )
    return version


def _refused(sentence: str) -> Invalid:
    return Invalid(sentence, (Finding("version", sentence),))
