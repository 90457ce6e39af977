"""Caps the length of an answer: moves the request's caps to the field that a provider takes, and lowers them."""

from __future__ import annotations

from localrouter.dialects.contract import Preset
from localrouter.dialects.openai_chat.fields import CAP_FIELDS, OTHER_CAPS
from localrouter.domain.conversation.request import Endpoint


def without_refused(body: dict[str, object], preset: Preset) -> dict[str, object]:
    """The body without the fields that the provider refuses; a cap among them moves to the field that it takes."""
    if not preset.refused_fields:
        return body
    kept = {name: value for name, value in body.items() if name not in preset.refused_fields}
    if any(name in body and name not in kept for name in CAP_FIELDS):
        # The cap that the request was judged by, should it have two.
        cap = next((body[name] for name in CAP_FIELDS if body.get(name) is not None), None)
        return kept if cap is None else {**kept, preset.output_cap_field: cap}
    return kept


def cap_output(body: dict[str, object], endpoint: Endpoint, preset: Preset, cap: int) -> str | None:
    """Lower every cap in the body, and set one where there is none. Returns the field that was changed; None if the
    request kept to the cap by itself, or has no answer."""
    if endpoint is Endpoint.EMBEDDINGS:
        return None
    given = [name for name in (*CAP_FIELDS, *OTHER_CAPS) if body.get(name) is not None]
    changed = [name for name in given if not _is_within(body[name], cap)]
    if not any(name in CAP_FIELDS for name in given):
        changed.insert(0, preset.output_cap_field if endpoint is Endpoint.CHAT_COMPLETIONS else "max_tokens")
    for name in changed:
        body[name] = 1 if body.get(name) == 0 else cap  # 0 means nothing to some servers, no cap to others
    return changed[0] if changed else None


def _is_within(value: object, cap: int) -> bool:
    """Servers take a cap below 0 for none."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= cap
