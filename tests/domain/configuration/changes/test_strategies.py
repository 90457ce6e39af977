"""What changed in a strategy, in words."""

from __future__ import annotations

import json

import pytest

from localrouter.domain.configuration.changes.strategies import strategy_changes
from localrouter.domain.configuration.config import Strategy

COST = {"limit_type": "cost", "value": 2.0, "time_window": "day", "mode": "soft"}
A, B, C = ("openai", "a"), ("openai", "b"), ("groq", "c")


def a_strategy(**fields: object) -> Strategy:
    return Strategy.model_validate_json(json.dumps({"id": "s", "name": "s", **fields}))


def limits(*rows: dict[str, object]) -> dict[str, object]:
    return {"rate_limits": rows}


def order(*models: tuple[str, str], **others: object) -> dict[str, object]:
    return {"auto_config": {"enabled": True, "prioritized_models": models, **others}}


def allowed(*models: tuple[str, str], whole: tuple[str, ...] = ()) -> dict[str, object]:
    return {"allowed_models": {"selected_all": False, "selected_providers": whole, "selected_models": models}}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (limits(COST), limits({**COST, "value": 3.0}), "cost limit $2.00 → $3.00 per day"),
        (limits(COST), limits({**COST, "mode": "strict"}), "cost limit per day soft → strict"),
        (limits(), limits({**COST, "value": 0.0003}), "limit added: $0.0003 per day"),
        (
            limits({**COST, "limit_type": "requests", "value": 1.0}),
            limits(),
            "limit removed: 1 request per day",
        ),
        (
            limits({**COST, "limit_type": "requests", "value": 1000.0}),
            limits({**COST, "limit_type": "requests", "value": 1500.0}),
            "request limit 1,000 → 1,500 per day",
        ),
        ({}, allowed(A), "allowed models everything → openai/a"),
        (allowed(A), allowed(A, B), "allowed models + openai/b"),
        (allowed(A, B), allowed(whole=("groq",)), "allowed models + all of groq − openai/a, openai/b"),
        (allowed(A), allowed(), "allowed models openai/a → nothing"),
        (order(A, B), order(B, A), "order of models: openai/b first"),
        (order(A, B, C), order(A, C, B), "order of models: groq/c is number 2"),
        (order(A), order(A, C), "order of models + groq/c"),
        (order(A, fallback_on=("rate_limited",)), order(A, fallback_on=("overloaded",)), "moves on after + overloaded"),
        (order(A), order(A, hold_streams=True), "holding streams back off → on"),
        ({}, {"auto_config": {"enabled": True}}, "auto-routing turned on"),
        ({}, {"aliases": (("gpt-4o", "localrouter/auto"),)}, "alias added: gpt-4o → localrouter/auto"),
        ({}, {"parent": "client-1"}, "belongs to aider"),
    ],
)
def test_each_change_is_one_line(before: dict[str, object], after: dict[str, object], told: str) -> None:
    found = strategy_changes(a_strategy(**before), a_strategy(**after), {"client-1": "aider"})
    assert [change.text.split(" − ")[0] if "moves on" in change.text else change.text for change in found] == [told]


def test_whole_values_stand_beside_what_is_told_for_short() -> None:
    [change] = strategy_changes(a_strategy(**order(A, B)), a_strategy(**order(B, A)), {})
    assert (change.before, change.after) == ("openai/a, openai/b", "openai/b, openai/a")


def test_a_new_name_is_told_with_the_old_one() -> None:
    [change] = strategy_changes(a_strategy(name="Nights"), a_strategy(name="Night jobs"), {})
    assert change.words == 'Night jobs: renamed from "Nights"'


def test_the_same_strategy_has_no_changes() -> None:
    same = a_strategy(**order(A, B), **limits(COST))
    assert strategy_changes(same, same, {}) == []
