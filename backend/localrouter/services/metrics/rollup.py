"""Adds samples to the roll-ups. Nothing else writes rows of `rollups` or `usage`.

Their single writer keeps the rows that are being filled in memory, so a batch costs a few additions and one statement.
The statement takes all rows of a batch at once, because each call into SQLite releases the GIL, and a busy event loop
is slow to hand it back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from localrouter.domain import counts
from localrouter.domain.metrics.histogram import Histogram
from localrouter.domain.metrics.intervals import Granularity
from localrouter.domain.metrics.samples import COUNTERS, Sample, Totals, entries, spent
from localrouter.domain.routing.attempt_ends import as_counted

MAX_CACHED_SUMS = 5_000

Key = tuple[str, str, int]  # metric type, granularity, timestamp
Row = Sequence[object]

PERCENTILES = ("p50_latency_ms", "p95_latency_ms", "p99_latency_ms")
KEYS = ("metric_type", "granularity", "timestamp")
COLUMNS = (*KEYS, *COUNTERS, *PERCENTILES, "latencies")
SUMS = ", ".join((*COUNTERS, "latencies"))
UPSERT = f"ON CONFLICT DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in COLUMNS[3:])}"
USAGE_COLUMNS = (
    "strategy_id",
    "minute",
    "requests",
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cost",
    "told_calls",
    "told_input",
    "told_output",
)
ADD_USAGE = f"ON CONFLICT DO UPDATE SET {', '.join(f'{name} = {name} + excluded.{name}' for name in USAGE_COLUMNS[2:])}"


def insert(db: sqlite3.Connection, table: str, columns: Sequence[str], rows: Sequence[Row], then: str = "") -> None:
    """Inserts all rows with as few statements as the number of parameters allows."""
    at_once = db.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // len(columns)
    marks = f"({', '.join('?' * len(columns))})"
    for first in range(0, len(rows), at_once):
        part = rows[first : first + at_once]
        values = ", ".join([marks] * len(part))
        statement = f"INSERT INTO {table}({', '.join(columns)}) VALUES {values} {then}"  # noqa: S608 - constants
        db.execute(statement, list(chain.from_iterable(part)))


def totals_of(row: Sequence[Any]) -> Totals:
    """Reads the columns `SUMS`."""
    return Totals(**dict(zip(COUNTERS, row, strict=False)), latencies=Histogram.decode(row[-1]))


class Delta:
    """What one batch adds. Samples with the same scopes and minute are summed once, then added to each scope."""

    def __init__(self) -> None:
        self.groups: dict[tuple[tuple[str, ...], int], Totals] = {}
        self.usage: dict[tuple[str, int], list[int]] = {}

    def add(self, samples: Iterable[Sample]) -> None:
        for sample in samples:
            minute = Granularity.MINUTE.floor(sample.started_at)
            for metric_types, entry in entries(sample):
                totals = self.groups.get((metric_types, minute))
                if totals is None:
                    totals = self.groups[metric_types, minute] = Totals()
                totals.add(entry)
            if any(attempt.dispatched for attempt in sample.attempts):
                self._add_usage(sample, minute)

    def minutes(self) -> dict[tuple[str, int], Totals]:
        found: dict[tuple[str, int], Totals] = {}
        for (metric_types, minute), totals in self.groups.items():
            for metric_type in metric_types:
                found.setdefault((metric_type, minute), Totals()).merge(totals)
        return found

    def _add_usage(self, sample: Sample, minute: int) -> None:
        """Counts a request from its start, its tokens and cost from its end."""
        counted = sample.counted or as_counted(*spent(sample))
        settled = Granularity.MINUTE.floor(sample.settled_at)
        self.usage.setdefault((sample.strategy_id, minute), [0] * 8)[0] += 1
        sums = self.usage.setdefault((sample.strategy_id, settled), [0] * 8)
        for place, amount in enumerate(counted, start=1):
            sums[place] += amount
        for attempt in sample.attempts:
            usage = attempt.usage
            if usage.total_tokens and not usage.estimated:
                sums[5] += 1
                sums[6] += usage.input_tokens
                sums[7] += usage.output_tokens


class Rollups:
    """The rows that are being filled. Call `forget` after a rolled-back transaction."""

    def __init__(self) -> None:
        self._rows: dict[Key, Totals] = {}

    def forget(self) -> None:
        self._rows.clear()

    def write(self, db: sqlite3.Connection, delta: Delta) -> None:
        """Adds a batch, inside the caller's transaction."""
        touched = self._add(db, delta)
        insert(db, "rollups", COLUMNS, [_row(key, totals) for key, totals in touched.items()], UPSERT)
        usage = [(*key, *map(counts.held, sums)) for key, sums in delta.usage.items()]
        insert(db, "usage", USAGE_COLUMNS, usage, ADD_USAGE)
        if len(self._rows) > MAX_CACHED_SUMS:
            self.forget()

    def _add(self, db: sqlite3.Connection, delta: Delta) -> dict[Key, Totals]:
        parts: dict[Key, list[Totals]] = {}
        for (metric_type, minute), totals in delta.minutes().items():
            for granularity in Granularity:
                parts.setdefault((metric_type, granularity.value, granularity.floor(minute)), []).append(totals)
        self._load(db, [key for key in parts if key not in self._rows])
        for key, added in parts.items():
            row = self._rows[key]
            for totals in added:
                row.merge(totals)
        return {key: self._rows[key] for key in parts}

    def _load(self, db: sqlite3.Connection, keys: list[Key]) -> None:
        self._rows.update((key, Totals()) for key in keys)
        for first in range(0, len(keys), 1_000):
            part = keys[first : first + 1_000]
            values = ", ".join(["(?, ?, ?)"] * len(part))
            found = db.execute(
                f"SELECT {', '.join(KEYS)}, {SUMS} FROM rollups WHERE ({', '.join(KEYS)}) IN (VALUES {values})",  # noqa: S608
                list(chain.from_iterable(part)),
            )
            for metric_type, granularity, timestamp, *sums in found:
                self._rows[metric_type, granularity, timestamp] = totals_of(sums)


def _row(key: Key, totals: Totals) -> Row:
    counters = [counts.held(getattr(totals, name)) for name in COUNTERS]
    latencies = totals.latencies
    return (*key, *counters, *latencies.percentiles((0.50, 0.95, 0.99)), latencies.encode())
