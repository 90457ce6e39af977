"""Leaves out the fields that a provider does not take, and puts a cap on an answer's length where it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from localrouter.dialects.adapters.reasoning_effort import with_effort
from localrouter.dialects.contract import Preset
from localrouter.dialects.errors import refused_fields
from localrouter.dialects.openai_chat.fields import CAP_FIELDS, OTHER_CAPS, TEXTS
from localrouter.domain.conversation.request import Endpoint

_AS_IF_ABSENT: tuple[object, ...] = (None, False, 0, {}, [])
_NEEDED = frozenset({*TEXTS, "model", "stream"})  # no request is one without them, whatever a list says


def without_refused(body: dict[str, object], preset: Preset) -> dict[str, object]:
    """The body without the fields that the provider refuses; a cap among them moves to the field that it takes."""
    refused = preset.refused_fields
    if preset.renames_caps:
        refused = refused.union(CAP_FIELDS) - {preset.output_cap_field}
    if not refused:
        return body
    kept = refused_fields.without_refused(body, replace(preset, refused_fields=refused), _NEEDED)
    if "reasoning" in refused and "reasoning_effort" not in refused:
        kept = with_effort(kept, body.get("reasoning"))
    if any(name in body and name not in kept for name in CAP_FIELDS):
        # The cap that the request was judged by, should it have two.
        cap = next((body[name] for name in CAP_FIELDS if body.get(name) is not None), None)
        return kept if cap is None else {**kept, cap_field_of(preset): cap}
    return kept


def dropped_in(body: Mapping[str, object], preset: Preset) -> set[str]:
    """The refused fields that this request loses something by: caps move, and usage comes unasked or is estimated."""
    quiet = {*CAP_FIELDS, "stream_options", *preset.already_told, *_NEEDED}
    return {name for name in preset.refused_fields & body.keys() - quiet if body[name] not in _AS_IF_ABSENT}


def _put_once(body: dict[str, object], endpoint: Endpoint, preset: Preset) -> None:
    """Send a cap that a program gives under both names as the one that it was judged by, under the name that the
    provider honours."""
    judged, other = (body.get(name) for name in CAP_FIELDS)
    if judged is None or other is None or endpoint is not Endpoint.CHAT_COMPLETIONS:
        return
    for name in CAP_FIELDS:
        del body[name]
    body[cap_field_of(preset)] = judged


def cap_field_of(preset: Preset) -> str:
    """The field that caps an answer there. A cap is never given up: with both refused it stays under the known name."""
    if preset.output_cap_field not in preset.refused_fields:
        return preset.output_cap_field
    return next((name for name in CAP_FIELDS if name not in preset.refused_fields), preset.output_cap_field)


def cap_output(body: dict[str, object], endpoint: Endpoint, preset: Preset, cap: int | None) -> str | None:
    """Cap the answer, once and in the field that the provider honours, whatever the request uses; lower every other
    kind of cap in the body. Returns the field that was changed; None if the request kept to the cap by itself, or has
    no answer. `cap` None: as the request says."""
    if endpoint is Endpoint.EMBEDDINGS:
        return None
    if cap is None:
        _put_once(body, endpoint, preset)
        return None
    field = cap_field_of(preset)
    if endpoint is Endpoint.COMPLETIONS and not preset.renames_caps and "max_tokens" not in preset.refused_fields:
        field = "max_tokens"
    given = [value for name in CAP_FIELDS if name in body and (value := body.pop(name)) is not None]
    body[field] = min((_lowered(value, cap) for value in given), default=cap)
    changed = [] if given and all(_is_within(value, cap) for value in given) else [field]
    for name in OTHER_CAPS:
        if body.get(name) is not None and not _is_within(body[name], cap):
            body[name] = _lowered(body[name], cap)
            changed.append(name)
    return changed[0] if changed else None


def _lowered(value: object, cap: int) -> int:
    """0 means nothing to some servers, no cap to others."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= cap:
        return max(1, value)
    return cap


def _is_within(value: object, cap: int) -> bool:
    """Servers take a cap below 0 for none."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= cap
