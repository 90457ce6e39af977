"""Limits, made ready to be judged."""

from __future__ import annotations

from localrouter.domain.configuration.config import LimitMode, LimitType, RateLimitTimeWindow, StrategyRateLimit
from localrouter.domain.limits.demands import Demand
from localrouter.domain.limits.rules import NO_RULES, compile_rules
from localrouter.domain.limits.windows import COST, OUTPUT, REQUESTS, TOTAL
from localrouter.domain.models.pricing import FREE, Price

SOFT, STRICT = LimitMode.SOFT, LimitMode.STRICT


def limit(kind: LimitType, mode: LimitMode, value: float = 10.0, window: str = "minute") -> StrategyRateLimit:
    return StrategyRateLimit(limit_type=kind, value=value, time_window=RateLimitTimeWindow(window), mode=mode)


def test_requests_are_exact_and_so_never_judged_by_bounds() -> None:
    rules = compile_rules([limit(LimitType.REQUESTS, STRICT), limit(LimitType.COST, STRICT)])
    assert [rule.is_strict for rule in rules] == [False, True]
    assert (rules.soft, rules.strict) == ((REQUESTS,), (COST,))


def test_each_measure_is_named_once_and_may_be_soft_and_strict() -> None:
    rules = compile_rules(
        [
            limit(LimitType.TOTAL_TOKENS, SOFT),
            limit(LimitType.TOTAL_TOKENS, STRICT, window="day"),
            limit(LimitType.TOTAL_TOKENS, STRICT, window="month"),
            limit(LimitType.OUTPUT_TOKENS, STRICT),
        ]
    )
    assert (rules.soft, rules.strict) == ((TOTAL,), (OUTPUT, TOTAL))


def test_a_limit_below_one_unit_admits_one_unit_and_a_huge_one_stays_whole() -> None:
    small, large, cent = compile_rules(
        [
            limit(LimitType.TOTAL_TOKENS, SOFT, 0.3),
            limit(LimitType.OUTPUT_TOKENS, SOFT, 1e300),
            limit(LimitType.COST, SOFT, 0.01),
        ]
    )
    assert (small.value, cent.value) == (1, 10_000_000_000)
    assert large.value == int(1e30)


def test_a_free_model_is_not_judged_by_strict_limits_of_cost() -> None:
    rules = compile_rules([limit(LimitType.COST, STRICT), limit(LimitType.TOTAL_TOKENS, STRICT)])
    assert rules.strictly_judged(Demand(0, FREE, "home/a")) == (TOTAL,)
    assert rules.strictly_judged(Demand(0, Price(1, 1), "one/a")) == (TOTAL, COST)
    assert rules.strictly_judged(Demand(0, None, "one/a")) == (TOTAL, COST)
    assert NO_RULES.strictly_judged(Demand(0, FREE, "home/a")) == ()
