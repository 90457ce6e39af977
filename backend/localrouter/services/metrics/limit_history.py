"""How full limits were over time, from the same sums that the limit windows are rebuilt from."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from localrouter.domain.configuration.config import LimitType, RateLimitTimeWindow, StrategyRateLimit
from localrouter.domain.limits.rules import WINDOWS
from localrouter.domain.limits.windows import SHAPES
from localrouter.domain.metrics.breakdown import Period
from localrouter.services.metrics.usage import usage_since

MAX_ROWS = 20_000  # requests; where there are more, the finest chart shows minutes too
_COLUMNS = {
    LimitType.REQUESTS: 0,
    LimitType.INPUT_TOKENS: 1,
    LimitType.OUTPUT_TOKENS: 2,
    LimitType.TOTAL_TOKENS: 3,
    LimitType.COST: 4,
}
_SUMS = """
SELECT strategy_id,
    CASE WHEN minute >= :middle AND minute < :start THEN :middle ELSE minute / :step * :step END AS step,
    total(requests) AS requests, total(input_tokens) AS input, total(output_tokens) AS output,
    total(total_tokens) AS tokens, total(cost) AS cost
FROM usage WHERE {whose} minute >= :since AND minute < :until GROUP BY 1, 2
"""
_HIGHEST = f"""
SELECT strategy_id, step / :width * :width, max(requests), max(input), max(output), max(tokens), max(cost)
FROM ({_SUMS}) GROUP BY 1, 2
"""  # noqa: S608 - constants
Amounts = tuple[float, ...]  # in the order of `_COLUMNS`
Sums = dict[str, dict[int, Amounts]]  # by strategy and start of the step


@dataclass(frozen=True, slots=True)
class LimitHistory:
    """What a limit's window held at the end of each bucket; where the window is shorter than a bucket, the most that
    it held in it. Costs are picodollars."""

    strategy_id: str
    limit: StrategyRateLimit
    width: int
    start: int
    values: tuple[int, ...]


def limit_histories(
    db: sqlite3.Connection, limits: Mapping[str, Sequence[StrategyRateLimit]], period: Period, now: float
) -> list[LimitHistory]:
    """One for each of the given limits, by strategy id."""
    only = next(iter(limits)) if len(limits) == 1 else None
    windows = {limit.time_window for each in limits.values() for limit in each}
    read = {window: _Reading(db, window, period, now, only) for window in windows}
    return [read[limit.time_window].history(strategy, limit) for strategy, each in limits.items() for limit in each]


class _Reading:
    """The sums that all limits of one window are drawn from."""

    def __init__(
        self, db: sqlite3.Connection, window: RateLimitTimeWindow, period: Period, now: float, only: str | None
    ) -> None:
        start = period.start(now)
        self.width = max(60, period.width)
        self.window = int(SHAPES[WINDOWS[window]][0])
        exact = period.width < self.window <= 60 and _is_small(db, start - self.window)
        if exact:
            self.width = period.width
        self.step = min(self.width, self.window)
        self.start = start // self.width * self.width
        self.count = -(-(start + period.seconds - self.start) // self.width)
        since = self.start - self.window
        # What is in the window for the whole period needs no steps.
        self.middle = min(self.start, since + self.count * self.width + self.step)
        self.sums = _exact(db, since, now, self.step, only) if exact else self._minutes(db, since, only)

    @property
    def _starts(self) -> range:
        return range(self.start, self.start + self.count * self.width, self.width)

    def history(self, strategy: str, limit: StrategyRateLimit) -> LimitHistory:
        column = _COLUMNS[limit.limit_type]
        found = {start: amounts[column] for start, amounts in self.sums.get(strategy, {}).items()}
        values = self._trailing(found) if self.window >= self.width else [found.get(at, 0.0) for at in self._starts]
        return LimitHistory(strategy, limit, self.width, self.start, tuple(map(int, values)))

    def _minutes(self, db: sqlite3.Connection, since: int, only: str | None) -> Sums:
        until = self.start + self.count * self.width
        found: Sums = {}
        values: dict[str, object] = {"step": self.step, "since": since, "until": until, "strategy": only}
        values |= {"middle": self.middle, "start": self.start, "width": self.width}
        question = _SUMS if self.window >= self.width else _HIGHEST
        sums = question.format(whose="" if only is None else "strategy_id = :strategy AND")  # lets SQLite use the key
        for strategy, start, *amounts in db.execute(sums, values):
            found.setdefault(strategy, {})[start] = tuple(amounts)
        return found

    def _trailing(self, found: dict[int, float]) -> list[float]:
        first = self.start + self.width - self.window  # the oldest bucket in the window at the end of the first one
        held = sum(amount for start, amount in found.items() if first <= start < self.start)
        values = []
        for start in self._starts:
            held += found.get(start, 0.0)
            values.append(held)
            held -= found.get(start + self.width - self.window, 0.0)
        return values


def _is_small(db: sqlite3.Connection, since: float) -> bool:
    rows = "SELECT 1 FROM requests WHERE settled_at >= ? ORDER BY settled_at LIMIT 1 OFFSET ?"
    return db.execute(rows, (since, MAX_ROWS)).fetchone() is None


def _exact(db: sqlite3.Connection, since: int, now: float, step: int, only: str | None) -> Sums:
    """From the requests themselves: each counts from its admission, its tokens and cost from its settlement."""
    found: Sums = {}
    for row in usage_since(db, since, now, only):
        used = (0, row.input_tokens, row.output_tokens, row.total_tokens, row.cost)
        for at, amounts in ((row.admitted_at, (row.requests, 0, 0, 0, 0)), (row.settled_at, used)):
            if at >= since:
                _add(found.setdefault(row.strategy_id, {}), int(at // step) * step, amounts)
    return found


def _add(sums: dict[int, Amounts], start: int, amounts: Amounts) -> None:
    former = sums.get(start)
    sums[start] = amounts if former is None else tuple(map(sum, zip(former, amounts, strict=True)))
