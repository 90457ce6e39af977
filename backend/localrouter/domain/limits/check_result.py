"""What a check of a strategy's limits found: how full each is, and which one is exceeded, for how long and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from localrouter.domain.configuration.config import LimitType, StrategyRateLimit
from localrouter.domain.limits.demand import Demand, ReservedAmounts
from localrouter.domain.limits.rules import LimitRule, LimitRules
from localrouter.domain.limits.windows import COST, INPUT, OUTPUT, REQUESTS, TOTAL, Amounts


class LimitStatus(NamedTuple):
    """How full one limit is, in its own unit (picodollars for cost)."""

    limit: StrategyRateLimit
    value: int
    used: int
    reserved: int
    estimate: int

    @property
    def remaining(self) -> int:
        return max(0, self.value - self.used - self.reserved)


class Impossible(StrEnum):
    """Why a limit has no room for a request, however long it waits."""

    TOO_LARGE = "too_large"  # it can use more than the whole of a strict limit
    UNBOUNDED = "unbounded"  # nobody can say how much it can use, and a strict limit must know
    UNPRICED = "unpriced"  # nobody can say what it costs, and a limit of cost must know


@dataclass(frozen=True, slots=True)
class LimitExceeded:
    """The limit that leaves no room. `until` is when enough has drained (clock seconds), None where only running
    requests stand in the way or waiting is in vain; `blocked_by_in_flight` says that it would fit once they are
    settled.
    `usage_was_lost`: nobody knows what was used before, so the whole window must pass. `impossible` is set where
    waiting is in vain; `part` then names what cannot be bounded, if that is the cause."""

    state: LimitStatus
    until: float | None
    blocked_by_in_flight: bool
    usage_was_lost: bool = False
    impossible: Impossible | None = None
    part: str | None = None


@dataclass(slots=True)
class LimitCheck:
    """All limits of a strategy as they were when a request was checked: the decision, and all that its trace tells.

    The request had reserved `own` before. `reserved` is what it reserves now or, where a limit is `exceeded`, the least
    that it needs. `used` has a figure for each rule, without what was counted in the `current_second`; what others have
    reserved is told as soft and as strict limits count it.
    """

    rules: LimitRules
    demand: Demand
    own: ReservedAmounts
    reserved: ReservedAmounts
    used: tuple[int, ...]
    current_second: Amounts
    others_expected: Amounts
    others_at_most: Amounts
    exceeded: LimitExceeded | None = None

    def states(self) -> tuple[LimitStatus, ...]:
        """How full each limit is."""
        soft_needs = self._soft_needs()
        return tuple(
            LimitStatus(
                rule.limit,
                rule.value,
                used + self.current_second[rule.measure],
                (self.others_at_most if rule.is_strict else self.others_expected)[rule.measure],
                self._needed(rule, soft_needs),
            )
            for rule, used in zip(self.rules.every, self.used, strict=True)
        )

    def needed(self, rule: LimitRule) -> int:
        """What a limit must still have room for."""
        return self._needed(rule, self._soft_needs())

    def _soft_needs(self) -> Amounts:
        return wanted(self.reserved.expected, self.own, is_free=self.demand.is_free)

    def _needed(self, rule: LimitRule, soft_needs: Amounts) -> int:
        return self.reserved.at_most[rule.measure] if rule.is_strict else min(soft_needs[rule.measure], rule.value)


def wanted(expected: Amounts, own: ReservedAmounts, *, is_free: bool) -> Amounts:
    """What soft limits must still have room for, by measure: one at least of what is unknown, nothing of cost where the
    model is free, and no request more where this one was admitted before and so is counted already."""
    one = 0 if own.expected[REQUESTS] else 1
    money = 0 if is_free else expected[COST] or 1
    return (one, expected[INPUT] or 1, expected[OUTPUT] or 1, expected[TOTAL] or 1, money, 0)


@dataclass(frozen=True, slots=True)
class Overrun:
    """A strict limit was passed: an attempt used more than it had been let, in the limit's unit (picodollars)."""

    limit_type: LimitType
    at_most: int
    used: int


def overruns(rules: LimitRules, at_most: Amounts, used: Amounts) -> tuple[Overrun, ...]:
    """Where a provider did not keep to its cap, or counts a prompt as more than it has bytes. Each measure once."""
    if used[INPUT] <= at_most[INPUT] and used[OUTPUT] <= at_most[OUTPUT] and used[COST] <= at_most[COST]:
        return ()
    passed = {
        rule.limit.limit_type: Overrun(rule.limit.limit_type, at_most[rule.measure], used[rule.measure])
        for rule in rules.every
        if rule.is_strict and used[rule.measure] > at_most[rule.measure]
    }
    return tuple(passed.values())
