"""The only place that knows which fields cap an answer's length in OpenAI's format, and that keeps to a cap."""

from __future__ import annotations

CAP_FIELDS = ("max_completion_tokens", "max_tokens")
# By these some servers take a cap of their own, which would hold in place of the standard one.
OTHER_CAPS = ("max_new_tokens", "max_output_tokens", "n_predict", "num_predict")


def cap_output(body: dict[str, object], absent: str, cap: int) -> str | None:
    """Lower every cap in the body, and set the field `absent` where there is none; the field that was changed."""
    given = [name for name in (*CAP_FIELDS, *OTHER_CAPS) if body.get(name) is not None]
    changed = [name for name in given if not _is_within(body[name], cap)]
    if not any(name in CAP_FIELDS for name in given):
        changed.insert(0, absent)
    for name in changed:
        body[name] = cap
    return changed[0] if changed else None


def _is_within(value: object, cap: int) -> bool:
    """Below 1, servers understand that there is no cap."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= cap
