"""A strategy's limits, made ready to be judged: what each one measures, over which window, and in whole units.

All limits of a strategy are judged together (`check`). Soft ones reckon with what requests will probably use, strict
ones with the most that they can use; of requests both are exact, so those are never strict here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from localrouter.domain.configuration.config import LimitMode, LimitType, RateLimitTimeWindow, StrategyRateLimit
from localrouter.domain.limits.demand import Demand
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
    """A limit, ready to be checked: `value` in whole units (picodollars for cost)."""

    limit: StrategyRateLimit
    measure: int
    window: int
    value: int
    is_strict: bool


@dataclass(frozen=True, slots=True, eq=False)
class LimitRules:
    """All limits of a strategy, in their order. `cost` is the first limit of cost: it has no room for a model whose
    price nobody knows. A free model is never held back by what has been spent."""

    every: tuple[LimitRule, ...]
    has_strict: bool = False
    has_strict_beside_cost: bool = False
    cost: LimitRule | None = None

    def is_strict_for(self, demand: Demand) -> bool:
        """Whether strict limits apply to a request."""
        return self.has_strict_beside_cost or (self.has_strict and not demand.is_free)


NO_RULES = LimitRules(())


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
        has_strict=any(rule.is_strict for rule in every),
        has_strict_beside_cost=any(rule.is_strict and rule.measure != COST for rule in every),
        cost=next((rule for rule in every if rule.measure == COST), None),
    )


def _whole(limit: StrategyRateLimit) -> int:
    """Its value in whole units. One below a single unit is a limit all the same: it admits one at a time."""
    value = min(limit.value, LARGEST)
    return max(1, from_usd(value) if limit.limit_type is LimitType.COST else int(value))
