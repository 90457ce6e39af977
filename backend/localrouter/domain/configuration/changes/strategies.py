"""What changed in a strategy, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from localrouter.domain.configuration.changes.change import (
    Change,
    added_and_removed,
    field_changes,
    value_words,
)
from localrouter.domain.configuration.config import (
    AutoModelConfig,
    AvailableModelsSelection,
    LimitMode,
    LimitType,
    ModelPair,
    Strategy,
    StrategyRateLimit,
)

SECTION = "strategies"

_COUNTED = {
    LimitType.REQUESTS: "requests",
    LimitType.INPUT_TOKENS: "input tokens",
    LimitType.OUTPUT_TOKENS: "output tokens",
    LimitType.TOTAL_TOKENS: "tokens",
}


def strategy_changes(before: Strategy, after: Strategy, clients: Mapping[str, str]) -> list[Change]:
    """`clients` are the names of all clients by id, for owners."""
    subject = after.name
    changes = []
    if before.name != after.name:
        changes.append(Change(SECTION, subject, f'renamed from "{before.name}"', before.name, after.name))
    changes += _limits(subject, before.rate_limits, after.rate_limits)
    changes += _allowed(subject, before.allowed_models, after.allowed_models)
    changes += _auto(subject, before.auto_config or AutoModelConfig(), after.auto_config or AutoModelConfig())
    changes += _aliases(subject, dict(before.aliases), dict(after.aliases))
    if before.parent != after.parent:
        owner = clients.get(after.parent or "")
        changes.append(Change(SECTION, subject, f"belongs to {owner}" if owner else "no longer belongs to one client"))
    return changes


def amount_words(limit_type: LimitType, value: float) -> str:
    """`$2.00`, `1,000 requests`."""
    if limit_type is LimitType.COST:
        return f"${value:,.2f}" if round(value, 2) == value else f"${value:,.9f}".rstrip("0")
    number = f"{value:,.9f}".rstrip("0").rstrip(".")
    noun = _COUNTED[limit_type]
    return f"{number} {noun.removesuffix('s') if value == 1 else noun}"


def limit_words(limit: StrategyRateLimit) -> str:
    """`$2.00 per day, strict`"""
    strict = ", strict" if limit.mode is LimitMode.STRICT else ""
    return f"{amount_words(limit.limit_type, limit.value)} per {limit.time_window.value}{strict}"


def selection_words(selection: AvailableModelsSelection) -> tuple[str, ...]:
    if selection.selected_all:
        return ("everything",)
    whole = tuple(f"all of {provider}" for provider in selection.selected_providers)
    return (*whole, *map("/".join, selection.selected_models))


def _limits(subject: str, before: Iterable[StrategyRateLimit], after: Iterable[StrategyRateLimit]) -> list[Change]:
    old = {(limit.limit_type, limit.time_window): limit for limit in before}
    new = {(limit.limit_type, limit.time_window): limit for limit in after}
    changes = []
    for key, limit in new.items():
        former = old.get(key)
        if former is None:
            changes.append(Change(SECTION, subject, f"limit added: {limit_words(limit)}", None, limit_words(limit)))
        elif former != limit:
            changes.append(_limit(subject, former, limit))
    for key, limit in old.items():
        if key not in new:
            changes.append(Change(SECTION, subject, f"limit removed: {limit_words(limit)}", limit_words(limit), None))
    return changes


def _limit(subject: str, before: StrategyRateLimit, after: StrategyRateLimit) -> Change:
    what = f"{_COUNTED.get(after.limit_type, 'cost').removesuffix('s')} limit"
    window = f"per {after.time_window.value}"
    said = (limit_words(before), limit_words(after))
    if before.value == after.value:
        return Change(SECTION, subject, f"{what} {window} {before.mode.value} → {after.mode.value}", *said)
    values = [amount_words(limit.limit_type, limit.value).split(" ")[0] for limit in (before, after)]
    mode = "" if before.mode is after.mode else f", {after.mode.value}"
    return Change(SECTION, subject, f"{what} {values[0]} → {values[1]} {window}{mode}", *said)


def _allowed(subject: str, before: AvailableModelsSelection, after: AvailableModelsSelection) -> list[Change]:
    old, new = selection_words(before), selection_words(after)
    if before == after:
        return []
    whole = (", ".join(old) or "nothing", ", ".join(new) or "nothing")
    if not new or before.selected_all or after.selected_all:
        return [Change(SECTION, subject, f"allowed models {_short(old)} → {_short(new)}", *whole)]
    return [Change(SECTION, subject, f"allowed models {added_and_removed(old, new) or 'reordered'}", *whole)]


def _short(names: tuple[str, ...]) -> str:
    if not names:
        return "nothing"
    return names[0] if len(names) == 1 else f"{len(names)} entries"


def _auto(subject: str, before: AutoModelConfig, after: AutoModelConfig) -> list[Change]:
    changes = []
    if before.enabled != after.enabled:
        changes.append(Change(SECTION, subject, f"auto-routing turned {value_words(after.enabled)}"))
    changes += _order(subject, before.prioritized_models, after.prioritized_models)
    if set(before.fallback_on) != set(after.fallback_on):
        old, new = (tuple(map(value_words, auto.fallback_on)) for auto in (before, after))
        text = f"moves on after {added_and_removed(old, new)}"
        changes.append(Change(SECTION, subject, text, value_words(old), value_words(new)))
    changes += field_changes(
        SECTION,
        subject,
        (
            ("retries of the same model", before.retry.attempts, after.retry.attempts),
            ("longest wait before a retry (s)", before.retry.max_wait, after.retry.max_wait),
            ("wait for the first token (s)", before.first_token_timeout, after.first_token_timeout),
            ("holding streams back", before.hold_streams, after.hold_streams),
        ),
    )
    if not changes and before.available_models != after.available_models:
        changes.append(Change(SECTION, subject, "models set aside rearranged"))
    return changes


def _order(subject: str, before: tuple[ModelPair, ...], after: tuple[ModelPair, ...]) -> list[Change]:
    if before == after:
        return []
    old, new = (tuple(map("/".join, pairs)) for pairs in (before, after))
    moved = added_and_removed(old, new)
    text = f"order of models {moved}" if moved else f"order of models: {new[0]} first"
    if not moved and old[0] == new[0]:
        place = next(at for at, names in enumerate(zip(old, new, strict=True)) if names[0] != names[1])
        text = f"order of models: {new[place]} is number {place + 1}"
    return [Change(SECTION, subject, text, ", ".join(old) or "empty", ", ".join(new) or "empty")]


def _aliases(subject: str, before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    changes = []
    for name, target in after.items():
        if name not in before:
            changes.append(Change(SECTION, subject, f"alias added: {name} → {target}"))
        elif before[name] != target:
            changes.append(Change(SECTION, subject, f"alias {name} → {target}", before[name], target))
    changes += [Change(SECTION, subject, f"alias removed: {name}") for name in before if name not in after]
    return changes
