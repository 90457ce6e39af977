"""Leaves out the fields that a provider does not take, and puts a cap on an answer's length where Gemini honours it."""

from __future__ import annotations

from localrouter.dialects.contract import Preset
from localrouter.dialects.errors import refused_fields
from localrouter.dialects.gemini.fields import CAP, CONFIG, TEXTS
from localrouter.dialects.json_bodies.values import object_at

Json = dict[str, object]

_CAP = "maxOutputTokens"
_NEEDED = frozenset({*TEXTS, _CAP, CONFIG, "model", "requests", "content"})


def without_refused(body: Json, preset: Preset) -> Json:
    """The body without the fields that the provider refuses, wherever they stand."""
    kept = refused_fields.without_refused(body, preset, _NEEDED)
    if preset.refused_fields and (config := object_at(body, CONFIG)) is not None:
        kept[CONFIG] = refused_fields.without_refused(config, preset, _NEEDED)
    return kept


def capped(body: Json, cap: int) -> tuple[Json, str | None]:
    """The body with an answer no longer than the cap, thoughts and all, and the field that was changed; None if the
    request kept to it by itself."""
    config = object_at(body, CONFIG) or {}
    given = config.get(_CAP)
    if isinstance(given, int) and not isinstance(given, bool) and 0 < given <= cap:
        return body, None
    return {**body, CONFIG: {**config, _CAP: cap}}, CAP
