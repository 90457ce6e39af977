"""When a refused request would be admitted if it came alone: what `Retry-After` is made of.

While one waits, averages age, and what a soft limit expects of the request may grow: that too must fit then, and for
as long as `OPEN_FOR`. What a strict limit reckons with stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from localrouter.domain.bounds import Reach, Unbounded, used_at_most
from localrouter.domain.demands import Demand, Hold
from localrouter.domain.estimates import Averages, instants
from localrouter.domain.rules import Rule, Rules
from localrouter.domain.shortages import Never, need
from localrouter.domain.windows import COST, INPUT, REQUESTS, Amounts, Window

OPEN_FOR = 60.0  # seconds after `Shortage.until` in which a request that comes alone is sure to be admitted


@dataclass(frozen=True, slots=True)
class Asked:
    """A request at the moment when a limit may be short of room for it. `held` is what it holds itself, `ahead` what
    earlier requests wait for; `least` is the least that strict limits must have room for."""

    rules: Rules
    demand: Demand
    expected: Amounts
    held: Hold
    ahead: Hold
    reach: Reach | Unbounded | None = field(init=False)
    least: Amounts = field(init=False)

    def __post_init__(self) -> None:
        reach = reach_under(self.rules, self.demand)
        object.__setattr__(self, "reach", reach)
        object.__setattr__(self, "least", least_of(reach, self.expected))

    @property
    def part(self) -> str | None:
        """What cannot be bounded."""
        return self.reach.part if isinstance(self.reach, Unbounded) else None

    def is_judged_by(self, rule: Rule) -> bool:
        """A free model is never judged by what has been spent."""
        return rule.measure != COST or not self.demand.is_free

    def needs(self, rule: Rule) -> int:
        if rule.is_strict:
            return self.least[rule.measure]
        return need(rule, self.expected, self.held.expected)

    def never(self, rule: Rule) -> Never | None:
        """Why the limit would have no room for the request even if it were empty."""
        if not rule.is_strict:
            return None
        if isinstance(self.reach, Unbounded):
            return Never.UNBOUNDED
        if rule.measure == COST and self.demand.price is None:
            return Never.UNPRICED
        return Never.TOO_LARGE if self.least[rule.measure] > rule.value else None


def reach_under(rules: Rules, demand: Demand) -> Reach | Unbounded | None:
    """How much the request can use; None where no limit is strict, since nobody asks then."""
    return demand.reach() if rules.strictly_judged(demand) else None


def least_of(reach: Reach | Unbounded | None, expected: Amounts) -> Amounts:
    """What strict limits must have room for: a prompt of this size, and the shortest answer that is of use."""
    return used_at_most(reach, reach.shortest) if isinstance(reach, Reach) else expected


def alone_from(asked: Asked, windows: Sequence[Window], averages: Averages, now: float, lost_at: float | None) -> float:
    """From when on the request would be admitted if it came alone."""
    opening = _Opening(asked, averages, lost_at)
    at = now
    while True:
        later = max(opening.of(rule, windows[rule.window], at) for rule in asked.rules if asked.is_judged_by(rule))
        if later <= at:
            return at
        at = later


@dataclass(slots=True)
class _Opening:
    asked: Asked
    averages: Averages
    lost_at: float | None
    forecasts: dict[float, Amounts] = field(default_factory=dict)

    def of(self, rule: Rule, window: Window, at: float) -> float:
        """The first time, not before `at`, from which on the limit alone has room for as long as `OPEN_FOR`."""
        if self.lost_at is not None:
            at = max(at, self.lost_at + window.length)
        while True:
            most = self._most_needed(rule, at)
            if most == 0:
                return at
            excess = window.sums[rule.measure] + most - rule.value
            drained = window.drained_at(rule.measure, excess) if excess > 0 else None
            if drained is None or drained <= at:
                return at
            at = drained

    def _most_needed(self, rule: Rule, at: float) -> int:
        if rule.measure == REQUESTS or rule.is_strict:
            return self.asked.needs(rule)
        return max(need(rule, self._forecast(t), self.asked.held.expected) for t in instants(at, OPEN_FOR))

    def _forecast(self, at: float) -> Amounts:
        """Never below the input expected now, so that one answer serves requests of all lengths up to the average."""
        known = self.forecasts.get(at)
        if known is None:
            asked = self.asked
            known = self.forecasts[at] = self.averages.forecast(asked.demand, at, asked.expected[INPUT])
        return known
