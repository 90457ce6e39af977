"""When a refused request would be admitted if it came alone: what `Retry-After` is made of.

While one waits, averages age, and what a soft limit expects of the request may grow: that too must fit then, and for
as long as `OPEN_FOR`. What a strict limit reckons with stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from localrouter.domain.limits.averages import RECENT, Averages, instants
from localrouter.domain.limits.check_result import LimitCheck, wanted
from localrouter.domain.limits.rules import LimitRule
from localrouter.domain.limits.windows import COST, INPUT, REQUESTS, Amounts, UsageWindow

OPEN_FOR = 60.0  # seconds after `LimitExceeded.until` in which a request that comes alone is sure to be admitted


def next_admission(
    check: LimitCheck, windows: Sequence[UsageWindow], averages: Averages, now: float, lost_at: float | None
) -> float:
    """From when on the request would be admitted if it came alone."""
    return _Search(check, windows, averages, lost_at).from_when(now)


def input_class(check: LimitCheck) -> int:
    """The prompt's length rounded up to 2**n - 1, at most what is expected. Lengths of one class share an instant."""
    return min((1 << check.demand.input_tokens_at_least.bit_length()) - 1, check.reserved.expected[INPUT])


class _Search:
    def __init__(
        self, check: LimitCheck, windows: Sequence[UsageWindow], averages: Averages, lost_at: float | None
    ) -> None:
        is_free = check.demand.is_free
        self._check, self._windows, self._averages, self._lost_at = check, windows, averages, lost_at
        self._rules = [rule for rule in check.rules.every if not (is_free and rule.measure == COST)]
        self._forecasts: dict[float, Amounts] = {}

    def from_when(self, now: float) -> float:
        at = now
        # A limit that opens later may find the estimate grown under another one, so all are asked until none is later.
        while (later := max(self._opens(rule, at) for rule in self._rules)) > at:
            at = later
        return self._sooner(now, at)

    def _opens(self, rule: LimitRule, at: float) -> float:
        """The first time, not before `at`, from which on the limit alone has room for as long as `OPEN_FOR`."""
        window = self._windows[rule.window]
        if self._lost_at is not None:
            at = max(at, self._lost_at + window.length)
        while True:
            most = self._most_needed(rule, at)
            if most == 0:
                return at
            excess = window.sums[rule.measure] + most - rule.value
            drained = window.drained_at(rule.measure, excess) if excess > 0 else None
            if drained is None or drained <= at:
                return at
            at = drained

    def _sooner(self, now: float, at: float) -> float:
        """`at`, or when the last minutes are forgotten, if all limits have room by then: large calls make the next ones
        look large, but not for longer than that."""
        *_, forgotten = instants(now, sum(RECENT))
        by_averages = any(rule.measure != REQUESTS and not rule.is_strict for rule in self._rules)
        if not by_averages or at <= forgotten or self._lost_at is not None:
            return at
        return forgotten if all(self._opens(rule, forgotten) <= forgotten for rule in self._rules) else at

    def _most_needed(self, rule: LimitRule, at: float) -> int:
        if rule.measure == REQUESTS or rule.is_strict:
            return self._check.needed(rule)
        own = self._check.own
        most = max(wanted(self._forecast(t), own, is_free=False)[rule.measure] for t in instants(at, OPEN_FOR))
        return min(most, rule.value)

    def _forecast(self, at: float) -> Amounts:
        """One answer serves all requests of about the same length."""
        known = self._forecasts.get(at)
        if known is None:
            check = self._check
            known = self._forecasts[at] = self._averages.forecast(check.demand, at, input_class(check))
        return known
