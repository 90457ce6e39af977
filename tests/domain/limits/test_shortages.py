"""Where a strict limit was overrun."""

from __future__ import annotations

from localrouter.domain.configuration.config import LimitMode, LimitType, RateLimitTimeWindow, StrategyRateLimit
from localrouter.domain.limits.rules import compile_rules
from localrouter.domain.limits.shortages import Overrun, overruns


def limit(kind: LimitType, mode: LimitMode, value: float = 1e6) -> StrategyRateLimit:
    return StrategyRateLimit(limit_type=kind, value=value, time_window=RateLimitTimeWindow.HOUR, mode=mode)


RULES = compile_rules(
    [
        limit(LimitType.REQUESTS, LimitMode.SOFT),
        limit(LimitType.TOTAL_TOKENS, LimitMode.SOFT),
        limit(LimitType.OUTPUT_TOKENS, LimitMode.STRICT),
        limit(LimitType.COST, LimitMode.STRICT, 1.0),
    ]
)


def test_an_overrun_is_named_for_each_measure_that_a_strict_limit_judges() -> None:
    at_most = (1, 200, 50, 250, 300_000, 0)
    assert overruns(RULES, at_most, (0, 200, 50, 250, 300_000, 1)) == ()
    assert overruns(RULES, at_most, (0, 900, 50, 950, 300_000, 1)) == (), "no strict limit is of these"
    assert overruns(RULES, at_most, (0, 10, 51, 61, 300_000, 1)) == (Overrun(LimitType.OUTPUT_TOKENS, 50, 51),)
    assert [each.limit_type for each in overruns(RULES, at_most, (0, 10, 60, 70, 300_001, 1))] == [
        LimitType.OUTPUT_TOKENS,
        LimitType.COST,
    ]
