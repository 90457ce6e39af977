"""Limits, made ready to be judged."""

from __future__ import annotations

from localrouter.domain.configuration.config import LimitMode, LimitType, RateLimitTimeWindow, StrategyRateLimit
from localrouter.domain.limits.demand import Demand
from localrouter.domain.limits.rules import NO_RULES, compile_rules
from localrouter.domain.limits.windows import COST, REQUESTS, TOTAL
from localrouter.domain.models.pricing import FREE, Price

SOFT, STRICT = LimitMode.SOFT, LimitMode.STRICT


def limit(kind: LimitType, mode: LimitMode, value: float = 10.0, window: str = "minute") -> StrategyRateLimit:
    return StrategyRateLimit(limit_type=kind, value=value, time_window=RateLimitTimeWindow(window), mode=mode)


def test_requests_are_exact_and_so_never_judged_by_bounds() -> None:
    rules = compile_rules([limit(LimitType.REQUESTS, STRICT), limit(LimitType.COST, STRICT)])
    assert [rule.is_strict for rule in rules.every] == [False, True]
    assert [rule.measure for rule in rules.every] == [REQUESTS, COST]


def test_the_limits_keep_their_order_whatever_their_kind() -> None:
    rules = compile_rules(
        [
            limit(LimitType.TOTAL_TOKENS, SOFT),
            limit(LimitType.COST, STRICT, window="day"),
            limit(LimitType.TOTAL_TOKENS, STRICT, window="month"),
            limit(LimitType.COST, SOFT),
        ]
    )
    assert [(rule.measure, rule.window) for rule in rules.every] == [(TOTAL, 0), (COST, 2), (TOTAL, 3), (COST, 0)]
    assert rules.cost is rules.every[1], "the first limit of cost"
    assert NO_RULES.cost is None


def test_a_limit_below_one_unit_admits_one_unit_and_a_huge_one_stays_whole() -> None:
    small, large, cent = compile_rules(
        [
            limit(LimitType.TOTAL_TOKENS, SOFT, 0.3),
            limit(LimitType.OUTPUT_TOKENS, SOFT, 1e300),
            limit(LimitType.COST, SOFT, 0.01),
        ]
    ).every
    assert (small.value, cent.value) == (1, 10_000_000_000)
    assert large.value == int(1e30)


def test_a_free_model_is_not_judged_by_strict_limits_of_cost() -> None:
    rules = compile_rules([limit(LimitType.COST, STRICT), limit(LimitType.TOTAL_TOKENS, STRICT)])
    assert rules.is_strict_for(Demand(0, FREE, "home/a")), "by the tokens"
    assert not compile_rules([limit(LimitType.COST, STRICT)]).is_strict_for(Demand(0, FREE, "home/a"))
    assert not compile_rules([limit(LimitType.TOTAL_TOKENS, SOFT)]).is_strict_for(Demand(0, Price(1, 1), "one/a"))
    assert rules.is_strict_for(Demand(0, Price(1, 1), "one/a"))
    assert rules.is_strict_for(Demand(0, None, "one/a"))
    assert not NO_RULES.is_strict_for(Demand(0, FREE, "home/a"))
