"""When a refused request would be admitted if it came alone: what `Retry-After` is made of.

While one waits, averages age, and what a soft limit expects of the request may grow: that too must fit then, and for
as long as `OPEN_FOR`. What a strict limit reckons with stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from localrouter.domain.limits.estimates import RECENT, Averages, instants
from localrouter.domain.limits.needs import Needs, need
from localrouter.domain.limits.rules import LimitRule
from localrouter.domain.limits.windows import REQUESTS, Amounts, UsageWindow

OPEN_FOR = 60.0  # seconds after `Shortage.until` in which a request that comes alone is sure to be admitted


def alone_from(
    needs: Needs, windows: Sequence[UsageWindow], averages: Averages, now: float, lost_at: float | None
) -> float:
    """From when on the request would be admitted if it came alone."""
    opening = _Opening(needs, averages, lost_at)
    judged = [rule for rule in needs.rules if rule.judges(needs.demand)]
    at = now
    while True:
        later = max(opening.of(rule, windows[rule.window], at) for rule in judged)
        if later <= at:
            break
        at = later
    return opening.sooner(judged, windows, now, at)


@dataclass(slots=True)
class _Opening:
    needs: Needs
    averages: Averages
    lost_at: float | None
    forecasts: dict[float, Amounts] = field(default_factory=dict)

    def of(self, rule: LimitRule, window: UsageWindow, at: float) -> float:
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

    def sooner(self, judged: Sequence[LimitRule], windows: Sequence[UsageWindow], now: float, at: float) -> float:
        """`at`, or when the last minutes are forgotten, if all limits have room by then: large calls make the next ones
        look large, but not for longer than that."""
        *_, forgotten = instants(now, sum(RECENT))
        by_averages = any(rule.measure != REQUESTS and not rule.is_strict for rule in judged)
        if not by_averages or at <= forgotten or self.lost_at is not None:
            return at
        fits = all(self.of(rule, windows[rule.window], forgotten) <= forgotten for rule in judged)
        return forgotten if fits else at

    def _most_needed(self, rule: LimitRule, at: float) -> int:
        if rule.measure == REQUESTS or rule.is_strict:
            return self.needs.of(rule)
        return max(need(rule, self._forecast(t), self.needs.held.expected) for t in instants(at, OPEN_FOR))

    def _forecast(self, at: float) -> Amounts:
        """One answer serves all requests of about the same length."""
        known = self.forecasts.get(at)
        if known is None:
            needs = self.needs
            known = self.forecasts[at] = self.averages.forecast(needs.demand, at, needs.input_at_least)
        return known
