"""All limits of a strategy as they were when a request was judged, kept so that they can be told later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from localrouter.domain.limits.demands import Hold
from localrouter.domain.limits.needs import need
from localrouter.domain.limits.rules import Rule, Rules
from localrouter.domain.limits.shortages import LimitState
from localrouter.domain.limits.windows import COST, REQUESTS


class Held(NamedTuple):
    """What all running requests of a strategy hold together, by both reckonings. An account changes its own."""

    expected: list[int]
    at_most: list[int]

    def by_others(self, rule: Rule, own: Hold) -> int:
        """What other requests hold of a limit. Of requests nothing is held: they count from their admission."""
        measure = rule.measure
        if rule.is_strict:
            return self.at_most[measure] - own.at_most[measure]
        return 0 if measure == REQUESTS else self.expected[measure] - own.expected[measure]


class Judged(NamedTuple):
    """`used` has a figure for each rule, without what was counted in the second that runs, which is `fresh`. The
    request held `own` before and asks for `hold`; where the model is free, limits of cost need nothing."""

    rules: Rules
    used: tuple[int, ...]
    fresh: Sequence[int]
    held: Held
    own: Hold
    hold: Hold
    is_free: bool

    def states(self) -> tuple[LimitState, ...]:
        return tuple(
            LimitState(
                rule.limit,
                rule.value,
                used + self.fresh[rule.measure],
                self.held.by_others(rule, self.own),
                self._estimate(rule),
            )
            for rule, used in zip(self.rules.every, self.used, strict=True)
        )

    def _estimate(self, rule: Rule) -> int:
        if rule.is_strict:
            return self.hold.at_most[rule.measure]
        return 0 if self.is_free and rule.measure == COST else need(rule, self.hold.expected, self.own.expected)
