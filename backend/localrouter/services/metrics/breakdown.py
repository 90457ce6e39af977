"""Writes and reads the table `breakdown`: usage by strategy, client, provider, model and kind of failure at once.

One row holds a cell's sums over one bucket of `seconds`. Each width is complete in itself, for as long as it is kept:
a chart reads the width of its own buckets.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from localrouter.domain import counts
from localrouter.domain.metrics.breakdown import (
    CELL_SUMS,
    WIDTHS,
    Cell,
    CellSums,
    Period,
    Span,
    Split,
    cells,
    cover,
    kept_for,
)
from localrouter.domain.metrics.samples import Sample, Scope, Tier
from localrouter.services.metrics.rollup import insert

KEYS = ("seconds", "timestamp", *Cell._fields)
COLUMNS = (*KEYS, *CELL_SUMS)
ADD = f"ON CONFLICT DO UPDATE SET {', '.join(f'{name} = {name} + excluded.{name}' for name in CELL_SUMS)}"
FINEST = min(WIDTHS)
CHARTED = 8  # keys with a series of their own
# Sums are read as floats: exact up to 2⁵³, and they do not overflow where an integer `sum` fails.
_SUMS = ", ".join(f"CAST(total({name}) AS INTEGER)" for name in CELL_SUMS)
_MEASURES = {
    "cost_usd": "cost",
    "requests": "requests",
    "tokens": "input_tokens + output_tokens",
}
_SPLITS = {
    Split.MODEL: "CASE provider WHEN '' THEN '' ELSE provider || '/' || model END",
    Split.PROVIDER: "provider",
    Split.CLIENT: "client_id",
    Split.STRATEGY: "strategy_id",
}
_SCOPES = {
    Tier.GLOBAL: "",
    Tier.KEY: " AND client_id = :key",
    Tier.STRATEGY: " AND strategy_id = :key",
    Tier.PROVIDER: " AND provider = :key",
    Tier.MODEL: " AND provider || '/' || model = :key",
}

TABLE = """
CREATE TABLE IF NOT EXISTS breakdown(
    seconds INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    strategy_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    kind TEXT NOT NULL,
    requests INTEGER NOT NULL,
    failed_requests INTEGER NOT NULL,
    denied_requests INTEGER NOT NULL,
    paid_requests INTEGER NOT NULL,
    free_requests INTEGER NOT NULL,
    unpriced_requests INTEGER NOT NULL,
    estimated_requests INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    free_calls INTEGER NOT NULL,
    free_input INTEGER NOT NULL,
    free_output INTEGER NOT NULL,
    unpriced_tokens INTEGER NOT NULL,
    estimated_tokens INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    estimated_cost INTEGER NOT NULL,
    PRIMARY KEY(seconds, timestamp, strategy_id, client_id, provider, model, kind)
) WITHOUT ROWID;
"""
_FROM_RECORDS = """
INSERT INTO breakdown
SELECT {width}, CAST(started_at / {width} AS INTEGER) * {width}, strategy_id, client_id, provider, model, kind,
    sum(is_last AND NOT denied), sum(is_last AND outcome = 'failed'), sum(is_last AND denied),
    sum(is_last AND NOT denied AND paid), sum(is_last AND NOT denied AND NOT paid AND NOT unpriced AND used),
    sum(is_last AND NOT denied AND NOT paid AND unpriced), sum(is_last AND NOT denied AND estimated AND used),
    sum(is_call), sum(input), sum(output), sum(cached),
    sum(is_free), sum(is_free * input), sum(is_free * output),
    sum(no_price * (input + output)), sum(guessed * (input + output)),
    CAST(total(cost) AS INTEGER), CAST(total(guessed * cost) AS INTEGER)
FROM (
    SELECT r.started_at, r.strategy_id, r.client_id, coalesce(a.provider, '') AS provider,
        CASE WHEN a.model IS NULL THEN ''
            WHEN EXISTS (SELECT 1 FROM rollups WHERE metric_type = 'llm_model:' || a.provider || '/' || a.model)
            THEN a.model ELSE 'other' END AS model,
        coalesce(a.kind, '') AS kind, r.outcome, r.outcome = 'denied' AS denied,
        a.number IS NULL OR a.number = (SELECT max(number) FROM attempts WHERE request = r.id) AS is_last,
        r.cost > 0 AS paid, r.unpriced, r.input_tokens + r.output_tokens > 0 AS used, r.estimated,
        a.number IS NOT NULL AS is_call,
        coalesce(a.input_tokens, 0) AS input, coalesce(a.output_tokens, 0) AS output,
        coalesce(a.cached_tokens, 0) AS cached, coalesce(a.unpriced, 0) AS no_price,
        coalesce(a.cost = 0 AND NOT a.unpriced AND a.input_tokens + a.output_tokens > 0, 0) AS is_free,
        coalesce(a.estimated, 0) AS guessed, coalesce(a.cost, 0) AS cost
    FROM requests r LEFT JOIN attempts a ON a.request = r.id
    WHERE r.started_at >= {width} * ((strftime('%s', 'now') - {kept}) / {width})
)
GROUP BY 2, 3, 4, 5, 6, 7
"""
# For files that have none: from the records that are still there.
CREATE_FROM_RECORDS = (
    TABLE,
    "DELETE FROM breakdown",
    *(_FROM_RECORDS.format(width=width, kept=int(kept_for(width))) for width in WIDTHS),
)


class BreakdownDelta:
    """What one batch adds."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, Cell], CellSums] = {}

    def add(self, samples: Iterable[Sample]) -> None:
        for sample in samples:
            start = int(sample.started_at // FINEST) * FINEST
            for cell, sums in cells(sample):
                self._merge((start, cell), sums)

    def write(self, db: sqlite3.Connection) -> None:
        """Adds the batch, inside the caller's transaction."""
        each: dict[tuple[int, int, Cell], CellSums] = {}
        for (start, cell), sums in self._found.items():
            for width in WIDTHS:
                key = (width, start // width * width, cell)
                if key in each:
                    each[key].merge(sums)
                else:
                    each[key] = CellSums(*_values(sums))
        rows = [(width, start, *cell, *map(counts.held, _values(sums))) for (width, start, cell), sums in each.items()]
        insert(db, "breakdown", COLUMNS, rows, ADD)

    def _merge(self, key: tuple[int, Cell], sums: CellSums) -> None:
        if key in self._found:
            self._found[key].merge(sums)
        else:
            self._found[key] = sums


def _values(sums: CellSums) -> tuple[int, ...]:
    return tuple(getattr(sums, name) for name in CELL_SUMS)


def delete_old(db: sqlite3.Connection, now: float) -> None:
    for width in WIDTHS:
        db.execute("DELETE FROM breakdown WHERE seconds = ? AND timestamp < ?", (width, now - kept_for(width)))


@dataclass(frozen=True, slots=True)
class BreakdownQuestion:
    """`measure` is what the series show: cost_usd, requests or tokens."""

    scope: Scope
    split: Split
    period: Period
    measure: str


@dataclass(frozen=True, slots=True)
class Series:
    """A key's values, one for each bucket; `key` is None for all keys that have no series of their own. Costs are
    picodollars."""

    key: str | None
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """`cells` are the sums over the period, `previous` those by key over the period right before."""

    start: int
    width: int
    count: int
    cells: dict[Cell, CellSums]
    previous: dict[str, CellSums]
    series: tuple[Series, ...]


def breakdown(db: sqlite3.Connection, question: BreakdownQuestion, now: float) -> Breakdown:
    period = question.period
    start = period.start(now)
    end, count = start + period.seconds, period.seconds // period.width
    found = _grouped(db, question, ", ".join(Cell._fields), cover(start, end, period.width))
    previous = _grouped(db, question, _SPLITS[question.split], cover(start - period.seconds, start, period.width))
    return Breakdown(
        start=start,
        width=period.width,
        count=count,
        cells={Cell(*row[:5]): CellSums(*row[5:]) for row in found},
        previous={row[0]: CellSums(*row[1:]) for row in previous},
        series=_series(db, question, Span(period.width, start, end)),
    )


def _grouped(
    db: sqlite3.Connection, question: BreakdownQuestion, columns: str, spans: Sequence[Span]
) -> list[sqlite3.Row]:
    rows = " UNION ALL ".join(f"SELECT * FROM breakdown WHERE {_where(question, each)}" for each in spans)  # noqa: S608 - the same
    return db.execute(
        f"SELECT {columns}, {_SUMS} FROM ({rows}) GROUP BY {columns}",  # noqa: S608 - constants and whole numbers
        {"key": question.scope.key},
    ).fetchall()


def _series(db: sqlite3.Connection, question: BreakdownQuestion, span: Span) -> tuple[Series, ...]:
    """The keys with the most of the measure, most first, then all others together."""
    rows = db.execute(
        f"SELECT {_SPLITS[question.split]}, timestamp, CAST(total({_MEASURES[question.measure]}) AS INTEGER)"  # noqa: S608 - constants
        f" FROM breakdown WHERE {_where(question, span)} GROUP BY 1, 2",
        {"key": question.scope.key},
    ).fetchall()
    totals: dict[str, int] = {}
    for key, _, value in rows:
        totals[key] = totals.get(key, 0) + value
    ranked = sorted((key for key, total in totals.items() if total), key=lambda key: (-totals[key], key))
    charted = ranked if len(ranked) <= CHARTED else ranked[: CHARTED - 1]
    count = (span.end - span.start) // span.width
    values: dict[str | None, list[int]] = {key: [0] * count for key in charted}
    if len(ranked) > len(charted):
        values[None] = [0] * count
    for key, timestamp, value in rows:
        if value:
            bucket = (timestamp - span.start) // span.width
            values[key if key in values else None][bucket] += value
    return tuple(Series(key, tuple(each)) for key, each in values.items())


def _where(question: BreakdownQuestion, span: Span) -> str:
    within = f"seconds = {span.width} AND timestamp >= {span.start} AND timestamp < {span.end}"
    return within + _SCOPES[question.scope.tier]
