from __future__ import annotations

import pytest

from localrouter.domain.configuration.config import AutoModelConfig, AvailableModelsSelection, StrategyRateLimit
from localrouter.domain.errors import Severity
from localrouter.domain.routing.failures import FALLBACK_CHOICES, FailureKind
from tests.documents import a_client, a_config, a_provider, a_strategy, places, remarks

PROVIDER = a_provider("openai", models=("gpt", "o3"))
NOTHING = AvailableModelsSelection(selected_all=False)


def a_limit(limit_type: str, value: float, time_window: str) -> StrategyRateLimit:
    text = f'{{"limit_type": "{limit_type}", "value": {value}, "time_window": "{time_window}"}}'
    return StrategyRateLimit.model_validate_json(text)


def places_of(severity: Severity = Severity.ERROR, **fields: object) -> list[str]:
    """The findings about one strategy, by their places in it."""
    found = places(a_config(providers=(PROVIDER,), strategies=(a_strategy("s", **fields),)), severity)
    return [place.removeprefix("strategies[1].") for place in found]


def test_ids_and_names_are_unique_without_regard_to_case() -> None:
    same_id = a_config(strategies=(a_strategy("s"), a_strategy("S", name="t")))
    assert places(same_id) == ["strategies[2].id"]
    same_name = a_config(strategies=(a_strategy("s"), a_strategy("t", name="default STRATEGY")))
    assert places(same_name) == ["strategies[2].name"]


def test_ids_and_names_are_not_blank() -> None:
    assert places(a_config(strategies=(a_strategy(" "),))) == ["strategies[1].id", "strategies[1].name"]


def test_a_parent_names_a_client() -> None:
    assert places_of(parent="nobody") == ["parent"]
    assert places(a_config(clients=(a_client("c"),), strategies=(a_strategy("s", parent="c"),))) == []


def test_of_each_type_and_window_there_is_one_limit() -> None:
    limits = (a_limit("cost", 1, "day"), a_limit("cost", 1, "hour"), a_limit("requests", 1, "day"))
    assert places_of(rate_limits=limits) == []
    assert places_of(rate_limits=(*limits, a_limit("cost", 2, "day"))) == ["rate_limits[3]"]


def test_a_limit_of_requests_admits_at_least_one() -> None:
    assert places_of(rate_limits=(a_limit("requests", 0.5, "day"),)) == ["rate_limits[0].value"]
    assert places_of(rate_limits=(a_limit("cost", 0.5, "day"),)) == []


def test_a_model_stands_in_one_of_the_two_lists_once() -> None:
    one, two = ("openai", "gpt"), ("openai", "o3")
    assert places_of(auto_config=AutoModelConfig(prioritized_models=(one,), available_models=(two,))) == []
    both = AutoModelConfig(prioritized_models=(one, two), available_models=(two,))
    assert places_of(auto_config=both) == ["auto_config.available_models[0]"]
    twice = AutoModelConfig(prioritized_models=(one, two, ("OpenAI", "gpt")))
    assert places_of(auto_config=twice) == ["auto_config.prioritized_models[2]"]
    parked_twice = AutoModelConfig(available_models=(one, one))
    assert places_of(auto_config=parked_twice) == ["auto_config.available_models[1]"]


def test_only_kinds_that_can_lead_to_the_next_model_are_chosen_for_it() -> None:
    assert places_of(auto_config=AutoModelConfig(fallback_on=FALLBACK_CHOICES)) == []
    chosen = AutoModelConfig(fallback_on=(FailureKind.AUTH, FailureKind.CANCELLED))
    assert places_of(auto_config=chosen) == ["auto_config.fallback_on[1]"]


def test_a_prioritized_model_that_is_not_allowed_is_a_warning() -> None:
    auto = AutoModelConfig(enabled=True, prioritized_models=(("openai", "gpt"), ("openai", "o3")))
    selection = AvailableModelsSelection(selected_all=False, selected_models=(("OPENAI", "gpt"),))
    assert places_of(allowed_models=selection, auto_config=auto) == []
    assert places_of(Severity.WARNING, allowed_models=selection, auto_config=auto) == [
        "auto_config.prioritized_models[1]"
    ]


def test_a_prioritized_model_of_no_provider_is_a_warning() -> None:
    auto = AutoModelConfig(enabled=True, prioritized_models=(("gone", "gpt"),))
    assert places_of(auto_config=auto) == []
    assert places_of(Severity.WARNING, auto_config=auto) == ["auto_config.prioritized_models[0]"]


def test_auto_routing_without_a_model_is_a_warning_once_it_is_on() -> None:
    assert places_of(Severity.WARNING, auto_config=AutoModelConfig(enabled=True)) == ["auto_config.prioritized_models"]
    assert places_of(Severity.WARNING, auto_config=AutoModelConfig(enabled=False)) == []


def test_a_strategy_that_allows_nothing_is_a_warning() -> None:
    assert places_of(allowed_models=NOTHING) == []
    assert places_of(Severity.WARNING, allowed_models=NOTHING) == ["allowed_models"]


def test_a_selection_of_an_unknown_provider_is_a_warning() -> None:
    selection = AvailableModelsSelection(
        selected_all=False, selected_providers=("OpenAI", "gone"), selected_models=(("gone", "x"),)
    )
    assert places_of(Severity.WARNING, allowed_models=selection) == [
        "allowed_models.selected_providers[1]",
        "allowed_models.selected_models[0]",
    ]


@pytest.mark.parametrize(
    ("aliases", "wrong"),
    [
        ((("gpt-4o", "localrouter/auto"), ("small", "gpt-4o"), ("tiny", "small")), []),
        ((("openai/gpt", "localrouter/auto"),), [0]),
        ((("a", "a"),), [0]),
        ((("a", "b"), ("b", "C"), ("c", "a"), ("d", "a")), [0, 1, 2]),
        ((("a", "x/y"), ("A", "x/z")), [1]),
        (((" ", "x/y"),), [0]),
    ],
)
def test_aliases_are_bare_names_given_once_that_lead_somewhere(
    aliases: tuple[tuple[str, str], ...], wrong: list[int]
) -> None:
    assert places_of(aliases=aliases) == [f"aliases[{index}]" for index in wrong]


def test_an_alias_that_hides_a_declared_model_is_a_note() -> None:
    config = a_config(providers=(PROVIDER,), strategies=(a_strategy("s", aliases=(("gpt", "localrouter/auto"),)),))
    assert places(config) == []
    assert [finding.path for finding in remarks(config, Severity.NOTE)] == ["strategies[1].aliases[0]"]
