"""Where limits of cost meet models without a price, told to each that it concerns with both remedies."""

from __future__ import annotations

from localrouter.domain.configuration.config import (
    AvailableModelsSelection,
    Config,
    LimitType,
    Provider,
    Strategy,
    default_strategy,
)
from localrouter.domain.configuration.validation.unpriced import (
    Prices,
    enumerated,
    remedies,
    unpriced_findings,
    unpriced_problems,
)
from localrouter.domain.errors import Severity
from localrouter.domain.models.terms import PriceSource
from tests.limits import limit
from tests.rig import auto

MINE, CLOUD, HOME, OFF = (
    Provider(name=name, preset="openai-compatible", enabled=name != "off") for name in ("mine", "cloud", "home", "off")
)
LISTS = {"mine": ("a", "b"), "cloud": ("gpt", "tts"), "home": ("llama",), "off": ("x",)}
KNOWN = {("mine", "b"): PriceSource.OVERRIDE, ("cloud", "gpt"): PriceSource.TABLE, ("home", "llama"): PriceSource.LOCAL}
PRICES = Prices(lambda provider: LISTS[provider.name], lambda provider, model: KNOWN.get((provider.name, model)))
BUDGET = (limit(LimitType.REQUESTS, 5), limit(LimitType.COST, 2.0, "day"))


def config(*strategies: Strategy) -> Config:
    return Config(providers=(MINE, CLOUD, HOME, OFF), strategies=(default_strategy(), *strategies))


def told(*strategies: Strategy) -> dict[str, str]:
    found = list(unpriced_findings(config(*strategies), PRICES))
    assert {finding.severity for finding in found} <= {Severity.WARNING}
    return {finding.path: finding.message for finding in found}


def strategy(**changes: object) -> Strategy:
    return Strategy(id="s", name="Night jobs", **({"rate_limits": BUDGET} | changes))  # type: ignore[arg-type]


def test_nothing_is_said_where_nothing_limits_cost() -> None:
    others = tuple(limit(kind, 9) for kind in LimitType if kind is not LimitType.COST)
    assert told(strategy(rate_limits=others, auto_config=auto(("mine", "a")))) == {}
    assert unpriced_problems(config(strategy(rate_limits=others)), PRICES) == ()


def test_provider_and_strategy_are_told_of_each_other_with_both_remedies() -> None:
    found = told(strategy())
    assert set(found) == {"providers[0].free", "strategies[1].rate_limits[1]"}
    assert found["providers[0].free"].startswith(
        "mine has 1 model without a known price (a), and “Night jobs” has a limit of cost"
    )
    assert found["strategies[1].rate_limits[1]"].startswith(
        "1 model that “Night jobs” names or allows is refused under this limit, without a known price: mine/a."
    )
    for message in found.values():
        assert "set_pricing_override" in message
        assert "update_provider name=mine free=true" in message


def test_what_is_not_allowed_or_not_enabled_concerns_nobody() -> None:
    for selection in (
        AvailableModelsSelection(selected_all=False, selected_providers=("home", "off")),
        AvailableModelsSelection(selected_all=False, selected_models=(("mine", "b"), ("cloud", "gpt"))),
    ):
        assert told(strategy(allowed_models=selection)) == {}


def test_what_a_priced_list_names_beside_is_told_only_where_somebody_chose_it() -> None:
    chosen = AvailableModelsSelection(selected_all=False, selected_models=(("cloud", "tts"),))
    assert set(told(strategy(allowed_models=chosen))) == {"strategies[1].rate_limits[1]"}
    tried = told(strategy(auto_config=auto(("cloud", "gpt"), ("cloud", "tts"), ("off", "x"), ("gone", "y"))))
    assert "strategies[1].auto_config.prioritized_models[1]" in tried
    assert not any("prioritized_models[0]" in path or "prioritized_models[2]" in path for path in tried)
    assert "mine/a, cloud/tts" in tried["strategies[1].rate_limits[1]"]
    parked = auto(("cloud", "tts")).model_copy(update={"enabled": False})
    assert not any("auto_config" in path for path in told(strategy(auto_config=parked)))
    declared = config(strategy()).model_copy(
        update={"providers": (CLOUD.model_copy(update={"models": LISTS["cloud"]}),)}
    )
    assert next(finding.path for finding in unpriced_findings(declared, PRICES)) == "providers[0].free"


def test_problems_tell_each_thing_once() -> None:
    first = strategy(auto_config=auto(("mine", "a"), ("cloud", "tts")))
    second = first.model_copy(update={"id": "t", "name": "Days"})
    problems = unpriced_problems(config(first, second), PRICES)
    assert len(problems) == 3
    assert problems[0].startswith("mine has 1 model without a known price (a), and “Night jobs”, “Days” have limits")
    assert ['"cloud/tts"' in problem for problem in problems] == [False, True, True]
    assert all("free=true" in problem and "set_pricing_override" in problem for problem in problems)


def test_long_lists_are_cut_and_names_are_quoted_for_a_shell() -> None:
    assert enumerated("abc") == "a, b, c"
    assert enumerated("abcd") == "a, b, c and 1 other"
    assert enumerated("abcde") == "a, b, c and 2 others"
    assert "update_provider name='my server' free=true" in remedies(["my server"])
    assert r"name='it'\''s' free=true" in remedies(["it's"])
    assert remedies(["a", "a", "b"], 3).startswith("Set their prices on the Models page")
