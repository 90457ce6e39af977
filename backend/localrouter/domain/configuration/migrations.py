"""Migrates documents of earlier versions; nothing else knows what those look like.

A migration is a pure function from a document of version n to one of version n + 1. It runs before the shape is
checked, so it skips what it does not understand. No migration is ever changed or removed, and none reads today's
defaults, so that every release opens the homes of all earlier ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from localrouter.domain.configuration.config import VERSION
from localrouter.domain.errors import Finding, Invalid, WrittenByNewer

Document = dict[str, object]
Migration = Callable[[Document], Document]
News = Callable[[Document], Iterator[str]]


_FIRST_TOKEN_TIMEOUTS = (30, 12)  # seconds: the defaults of version 1 and version 2
_FALLBACK_OF_VERSION_1 = (
    "rate_limited",
    "quota_exhausted",
    "overloaded",
    "policy_violation",
    "context_length_exceeded",
    "unreachable",
    "auth",
    "not_found",
    "server_error",
)
_NEW_FALLBACK, _STANDS_AFTER = "unsupported", "unreachable"


def _to_version_2(document: Document) -> Document:
    """Turns stored values that equal version 1's defaults into version 2's."""
    strategies = document.get("strategies")
    if not isinstance(strategies, list):
        return document
    return {**document, "strategies": [_strategy_of_version_2(strategy) for strategy in strategies]}


def _news_of_version_2(document: Document) -> Iterator[str]:
    autos = list(_autos(document.get("strategies")))
    before, after = _FIRST_TOKEN_TIMEOUTS
    waiting = [name for name, auto in autos if auto.get("first_token_timeout") == before]
    if waiting:
        yield (
            f"Auto-routing waits {after} s for a first token before it tries the next model, by default. "
            f"That now holds for {_quoted(waiting)}, which had the former default of {before} s."
        )
    falling = [name for name, auto in autos if _falls_back_on_all(auto.get("fallback_on"))]
    if falling:
        yield (
            "Where a model does not take what a request asks for, auto-routing goes on to the next one. "
            f"That now holds for {_quoted(falling)}."
        )


def _autos(strategies: object) -> Iterator[tuple[object, Document]]:
    """Each strategy's name with its auto-routing."""
    for strategy in strategies if isinstance(strategies, list) else []:
        if isinstance(strategy, dict) and isinstance(strategy.get("auto_config"), dict):
            yield strategy.get("name"), strategy["auto_config"]


def _quoted(names: list[object]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _strategy_of_version_2(strategy: object) -> object:
    if not isinstance(strategy, dict) or not isinstance(strategy.get("auto_config"), dict):
        return strategy
    return {**strategy, "auto_config": _auto_of_version_2({**strategy["auto_config"]})}


def _auto_of_version_2(auto: Document) -> Document:
    before, after = _FIRST_TOKEN_TIMEOUTS
    if auto.get("first_token_timeout") == before:
        auto["first_token_timeout"] = float(after)
    kinds = auto.get("fallback_on")
    if isinstance(kinds, list) and _falls_back_on_all(kinds):
        place = kinds.index(_STANDS_AFTER) + 1
        auto["fallback_on"] = [*kinds[:place], *([] if _NEW_FALLBACK in kinds else [_NEW_FALLBACK]), *kinds[place:]]
    return auto


def _falls_back_on_all(kinds: object) -> bool:
    return isinstance(kinds, list) and all(kind in kinds for kind in _FALLBACK_OF_VERSION_1)


def _to_version_3(document: Document) -> Document:
    """Version 3 only adds settings, which a document of version 2 leaves at their defaults. An older release would drop
    them when it saves, so it must refuse the document."""
    return document


def _no_news(_document: Document) -> Iterator[str]:
    yield from ()


STEPS: Mapping[int, Migration] = MappingProxyType({1: _to_version_2, 2: _to_version_3})
NEWS: Mapping[int, News] = MappingProxyType({1: _news_of_version_2, 2: _no_news})


def migrate(document: Document, *, steps: Mapping[int, Migration] = STEPS, to: int = VERSION) -> Document:
    """The document in the shape of version `to`. A document without a version is of version 1."""
    version = version_of(document, to)
    for number in range(version, to):
        document = steps[number](document)
    return {**document, "version": to}


def news(document: Document, *, to: int = VERSION) -> Iterator[str]:
    """Sentences that tell a document's owner what the migration changes."""
    for number in range(version_of(document, to), to):
        yield from NEWS[number](document)
        document = STEPS[number](document)


def version_of(document: Document, newest: int = VERSION) -> int:
    """The version that a document names. Refused if this program cannot read that version."""
    version = document.get("version", 1)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise Invalid(*_told("The version must be a whole number of at least 1."))
    if version > newest:
        raise WrittenByNewer(
            *_told(
                f"This document is of version {version}, and this LocalRouter reads versions up to {newest}. "
                "Open it with a newer LocalRouter."
            )
        )
    return version


def _told(sentence: str) -> tuple[str, tuple[Finding, ...]]:
    return sentence, (Finding("version", sentence),)
