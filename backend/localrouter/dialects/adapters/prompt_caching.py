"""Prompt caching: marks of what to cache are kept where they are understood, and left out where they are refused.

A server that caches by itself needs none: nothing is lost there.
"""

from __future__ import annotations

from localrouter.dialects.adapters.adapting import Adapting, Json
from localrouter.dialects.contract import Preset
from localrouter.dialects.features import Feature

_MARK = "cache_control"
AUTOMATIC = "automatic_caching"


def note_marks(adapting: Adapting, takes: frozenset[str]) -> None:
    """Say that there were marks which this server gets none of."""
    if AUTOMATIC in takes:
        adapting.adapted.add("prompt caching")
    else:
        adapting.lost.add(_MARK)


def settle_marks(lost: set[str], adapted: set[str], takes: frozenset[str]) -> None:
    """The same of a request that was translated: nothing is lost where the server caches by itself."""
    if _MARK in lost and AUTOMATIC in takes:
        lost.discard(_MARK)
        adapted.add("prompt caching")


def adapt(adapting: Adapting, preset: Preset) -> None:
    if Feature.CACHE_MARKS not in preset.lacks:
        return
    changed = False
    for field in ("messages", "tools"):
        given = adapting.body.get(field)
        told = _unmarked(given)
        if told is not given:
            adapting.body[field], changed = told, True
    if adapting.body.pop(_MARK, None) is not None or changed:
        note_marks(adapting, preset.takes)


def _unmarked(items: object) -> object:
    """The messages, tools or parts without marks; the very same where there are none."""
    if not isinstance(items, list):
        return items
    told = [_one(item) if isinstance(item, dict) else item for item in items]
    return items if all(new is old for new, old in zip(told, items, strict=True)) else told


def _one(item: Json) -> Json:
    content = item.get("content")
    told = _unmarked(content)
    if _MARK not in item and told is content:
        return item
    kept = {name: value for name, value in item.items() if name != _MARK}
    return kept if told is content else {**kept, "content": told}
