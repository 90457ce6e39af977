"""The models that a request names beside its own, which a provider may answer with, or ask, in its place.

Permission is asked for them like for the model itself: a fallback, a preset or an adviser leads round no strategy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_LISTS = ("models", "fallbacks")
_ADVISERS = ("advisor", "fallback_model")


def other_models(body: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Each with the field that names it."""
    for field in _LISTS:
        named = body.get(field)
        for entry in named if isinstance(named, list) else ():
            yield from _named(field, entry)
    for field in _ADVISERS:
        yield from _named(field, body.get(field))
    preset = body.get("preset")
    if isinstance(preset, str) and preset:
        yield "preset", f"@preset/{preset}"
    tools = body.get("tools")
    for tool in tools if isinstance(tools, list) else ():
        if isinstance(tool, dict) and "model" in tool:
            yield from _named("tools", tool)


def _named(field: str, entry: object) -> Iterator[tuple[str, str]]:
    name = entry.get("model") if isinstance(entry, dict) else entry
    if isinstance(name, str) and name:
        yield field, name
