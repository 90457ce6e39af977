"""What a judgement of limits found: how full each limit is, and which one leaves no room, for how long and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from localrouter.domain.config import LimitType, StrategyRateLimit
from localrouter.domain.demands import NO_HOLD, Hold
from localrouter.domain.rules import Rule, Rules
from localrouter.domain.windows import COST, INPUT, OUTPUT, REQUESTS, Amounts


class LimitState(NamedTuple):
    """How full one limit is, in its own unit (picodollars for cost)."""

    limit: StrategyRateLimit
    value: int
    used: int
    reserved: int
    estimate: int

    @property
    def remaining(self) -> int:
        return max(0, self.value - self.used - self.reserved)


class Never(StrEnum):
    """Why a strict limit has no room for a request, however long it waits."""

    TOO_LARGE = "too_large"  # it can use more than the whole limit
    UNBOUNDED = "unbounded"  # nobody can say how much it can use
    UNPRICED = "unpriced"  # nobody can say what it can cost


@dataclass(frozen=True, slots=True)
class Shortage:
    """The limit that leaves no room. `until` is when enough has drained (clock seconds), None where only running
    requests stand in the way or waiting is in vain; `settling_helps` says that it would fit once they are settled.
    `usage_was_lost`: nobody knows what was used before, so the whole window must pass. `never` is set where waiting is
    in vain; `part` then names what cannot be bounded, if that is the cause."""

    state: LimitState
    until: float | None
    settling_helps: bool
    usage_was_lost: bool = False
    never: Never | None = None
    part: str | None = None


class Judged(NamedTuple):
    """All limits at the moment at which a request was judged, kept so that they can be told later.

    `used` has a figure for each rule, without what was counted in the second that runs, which is `fresh`. `reserved` is
    what running requests hold by what is expected of them, `beyond` how much more they can use at most.
    """

    rules: Rules
    used: tuple[int, ...]
    fresh: Sequence[int]
    reserved: Sequence[int]
    beyond: Sequence[int]
    held: Hold  # by the request itself, before
    hold: Hold  # what it asks for

    def states(self) -> tuple[LimitState, ...]:
        return tuple(self._state(rule, used) for rule, used in zip(self.rules.every, self.used, strict=True))

    def _state(self, rule: Rule, used: int) -> LimitState:
        measure = rule.measure
        used += self.fresh[measure]
        if rule.is_strict:
            reserved = self.reserved[measure] + self.beyond[measure] - self.held.at_most[measure]
            return LimitState(rule.limit, rule.value, used, reserved, self.hold.at_most[measure])
        # Of requests nothing is held: they count from their admission.
        reserved = 0 if measure == REQUESTS else self.reserved[measure] - self.held.expected[measure]
        costs_nothing = measure == COST and self.hold is not NO_HOLD and not self.hold.expected[COST]
        estimate = 0 if costs_nothing else need(rule, self.hold.expected, self.held.expected)
        return LimitState(rule.limit, rule.value, used, reserved, estimate)


def need(rule: Rule, amounts: Amounts, held: Amounts) -> int:
    """What a limit must still have room for, where it reckons with what is expected: never more than it has when it is
    empty, so that an idle strategy admits one. A request that was admitted holds its count already."""
    if rule.measure == REQUESTS:
        return 0 if held[REQUESTS] else 1
    return min(max(amounts[rule.measure], 1), rule.value)


@dataclass(frozen=True, slots=True)
class Overrun:
    """A strict limit was passed: an attempt used more than it had been let, in the limit's unit (picodollars)."""

    limit_type: LimitType
    at_most: int
    used: int


def overruns(rules: Rules, at_most: Amounts, used: Amounts) -> tuple[Overrun, ...]:
    """Where a provider did not keep to its cap, or counts a prompt as more than it has bytes. Each measure once."""
    if used[INPUT] <= at_most[INPUT] and used[OUTPUT] <= at_most[OUTPUT] and used[COST] <= at_most[COST]:
        return ()
    passed = {
        rule.limit.limit_type: Overrun(rule.limit.limit_type, at_most[rule.measure], used[rule.measure])
        for rule in rules.every
        if rule.is_strict and used[rule.measure] > at_most[rule.measure]
    }
    return tuple(passed.values())
