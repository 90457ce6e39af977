"""A strategy's limits, made ready to be judged: what each one measures, over which window, and in whole units.

All limits of a strategy are judged together (`check`). Soft ones reckon with what requests will probably use, strict
ones with the most that they can use; of requests both are exact, so those are never strict here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from localrouter.domain.configuration.config import LimitMode, LimitType, RateLimitTimeWindow, StrategyRateLimit
from localrouter.domain.limits.demands import Demand
from localrouter.domain.limits.windows import COST, INPUT, OUTPUT, REQUESTS, TOTAL
from localrouter.domain.models.pricing import from_usd

MEASURES: dict[LimitType, int] = {
    LimitType.REQUESTS: REQUESTS,
    LimitType.INPUT_TOKENS: INPUT,
    LimitType.OUTPUT_TOKENS: OUTPUT,
    LimitType.TOTAL_TOKENS: TOTAL,
    LimitType.COST: COST,
}
WINDOWS: dict[RateLimitTimeWindow, int] = {
    RateLimitTimeWindow.MINUTE: 0,
    RateLimitTimeWindow.HOUR: 1,
    RateLimitTimeWindow.DAY: 2,
    RateLimitTimeWindow.MONTH: 3,
}
LARGEST = 1e30  # what no window will ever hold


@dataclass(frozen=True, slots=True)
class LimitRule:
    """A limit, ready to be judged: `value` in whole units (picodollars for cost)."""

    limit: StrategyRateLimit
    measure: int
    window: int
    value: int
    is_strict: bool

    def judges(self, demand: Demand) -> bool:
        """A free model is never judged by what has been spent."""
        return self.measure != COST or not demand.is_free


@dataclass(frozen=True, slots=True, eq=False)
class LimitRules:
    """All limits of a strategy, in their order; `soft` and `strict` are the measures that have such a limit, `cost` is
    the first limit of cost: it has no room for a model whose price nobody knows."""

    every: tuple[LimitRule, ...]
    soft: tuple[int, ...]
    strict: tuple[int, ...]
    cost: LimitRule | None = None

    def strictly_judged(self, demand: Demand) -> tuple[int, ...]:
        """The measures whose strict limits judge a request."""
        if self.strict and demand.is_free:
            return tuple(measure for measure in self.strict if measure != COST)
        return self.strict

    def __iter__(self) -> Iterator[LimitRule]:
        return iter(self.every)


NO_RULES = LimitRules((), (), ())


def compile_rules(limits: Sequence[StrategyRateLimit]) -> LimitRules:
    every = tuple(
        LimitRule(
            limit=limit,
            measure=MEASURES[limit.limit_type],
            window=WINDOWS[limit.time_window],
            value=_whole(limit),
            is_strict=limit.mode is LimitMode.STRICT and limit.limit_type is not LimitType.REQUESTS,
        )
        for limit in limits
    )
    return LimitRules(
        every=every,
        soft=tuple(sorted({rule.measure for rule in every if not rule.is_strict})),
        strict=tuple(sorted({rule.measure for rule in every if rule.is_strict})),
        cost=next((rule for rule in every if rule.measure == COST), None),
    )


def _whole(limit: StrategyRateLimit) -> int:
    """Its value in whole units. One below a single unit is a limit all the same: it admits one at a time."""
    value = min(limit.value, LARGEST)
    return max(1, from_usd(value) if limit.limit_type is LimitType.COST else int(value))
