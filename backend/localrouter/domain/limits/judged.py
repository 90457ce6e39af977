"""All limits of a strategy as they were when a request was judged, kept so that they can be told later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from localrouter.domain.limits.demands import ReservedAmounts
from localrouter.domain.limits.needs import need
from localrouter.domain.limits.rules import LimitRule, LimitRules
from localrouter.domain.limits.shortages import LimitStatus
from localrouter.domain.limits.windows import COST, REQUESTS


class ReservedTotals(NamedTuple):
    """What all running requests of a strategy hold together, by both reckonings. An account changes its own."""

    expected: list[int]
    at_most: list[int]

    def by_others(self, rule: LimitRule, own: ReservedAmounts) -> int:
        """What other requests hold of a limit. Of requests nothing is held: they count from their admission."""
        measure = rule.measure
        if rule.is_strict:
            return self.at_most[measure] - own.at_most[measure]
        return 0 if measure == REQUESTS else self.expected[measure] - own.expected[measure]


class LimitCheck(NamedTuple):
    """`used` has a figure for each rule, without what was counted in the second that runs, which is `fresh`. The
    request held `own` before and asks for `hold`; where the model is free, limits of cost need nothing."""

    rules: LimitRules
    used: tuple[int, ...]
    fresh: Sequence[int]
    held: ReservedTotals
    own: ReservedAmounts
    hold: ReservedAmounts
    is_free: bool

    def states(self) -> tuple[LimitStatus, ...]:
        return tuple(
            LimitStatus(
                rule.limit,
                rule.value,
                used + self.fresh[rule.measure],
                self.held.by_others(rule, self.own),
                self._estimate(rule),
            )
            for rule, used in zip(self.rules.every, self.used, strict=True)
        )

    def _estimate(self, rule: LimitRule) -> int:
        if rule.is_strict:
            return self.hold.at_most[rule.measure]
        return 0 if self.is_free and rule.measure == COST else need(rule, self.hold.expected, self.own.expected)
