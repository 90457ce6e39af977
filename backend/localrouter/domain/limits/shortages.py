"""What a judgement of limits found: how full each limit is, and which one leaves no room, for how long and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from localrouter.domain.configuration.config import LimitType, StrategyRateLimit
from localrouter.domain.limits.rules import LimitRules
from localrouter.domain.limits.windows import COST, INPUT, OUTPUT, Amounts


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
    `usage_was_lost`: nobody knows what was used before, so the whole window must pass. `never` is set where waiting is
    in vain; `part` then names what cannot be bounded, if that is the cause."""

    state: LimitStatus
    until: float | None
    blocked_by_in_flight: bool
    usage_was_lost: bool = False
    never: Impossible | None = None
    part: str | None = None


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
