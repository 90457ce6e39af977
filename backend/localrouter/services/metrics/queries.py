"""Queries for sums in the metrics database: plain functions of a reading connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from localrouter.domain.metrics.intervals import Granularity, Grid, Span, bucket, cover
from localrouter.domain.metrics.samples import (
    GLOBAL,
    Average,
    Measure,
    Scope,
    Tier,
    Totals,
    average,
    measured,
    parse_scope,
)
from localrouter.services.metrics.rollup import SUMS, totals_of
from localrouter.services.metrics.usage import usage_since


@dataclass(frozen=True, slots=True)
class Interval:
    """The sums of one scope over one minute, hour or day that starts at `timestamp` (Unix seconds)."""

    timestamp: int
    granularity: Granularity
    totals: Totals


@dataclass(frozen=True, slots=True)
class Point:
    """One bucket of a chart; `value` is None if unknown."""

    timestamp: int
    value: float | None


@dataclass(frozen=True, slots=True)
class Chart:
    """`points` every `width` seconds; `previous` are those of the period right before, if asked for.

    `total` is the measure over the whole chart: a sum of counts, but the percentile or rate of everything.
    """

    scope: Scope
    measure: Measure
    width: int
    points: tuple[Point, ...]
    total: float | None
    previous: tuple[Point, ...] = ()
    previous_total: float | None = None


@dataclass(frozen=True, slots=True)
class UsageSummary:
    """Sums from `since` to `until`, rounded outward to whole minutes, or to hours or days once the minutes are gone."""

    since: float
    until: float
    total: Totals
    scopes: dict[Scope, Totals]


@dataclass(frozen=True, slots=True)
class RecentUsage:
    """What a scope used in the last seconds. Requests are attempts in tiers that count those; cost is in picodollars.

    For a strategy it is what its limits count: dispatched requests from their first call on, tokens and cost from the
    end of their requests on. The total follows its own rule: see `attempt_ends.Counted`.
    """

    requests: int
    denied_requests: int
    input_tokens: int
    output_tokens: int
    total_tokens: int
    cost: int


@dataclass(frozen=True, slots=True)
class ChartQuestion:
    scope: Scope
    measure: Measure
    since: float
    until: float
    buckets: int
    compare: bool


_METERED = "{rows}.input_tokens + {rows}.output_tokens + {rows}.cost > 0"
_ESTIMATED = f"FILTER (WHERE {{rows}}.estimated AND {_METERED})"
# Costs are summed as floats: exact up to $9,000, and they do not overflow where an integer `sum` fails.
_SUMMED = (
    "count(*) FILTER (WHERE {outcome} <> 'denied'), count(*) FILTER (WHERE {outcome} = 'denied'),"
    f" count(*) FILTER (WHERE {_METERED}), count(*) FILTER (WHERE {{rows}}.unpriced AND {_METERED}),"
    " coalesce(sum({rows}.input_tokens), 0), coalesce(sum({rows}.output_tokens), 0),"
    " CAST(total({rows}.cost) AS INTEGER),"
    f" count(*) {_ESTIMATED}, coalesce(sum({{rows}}.unpriced) {_ESTIMATED}, 0),"
    f" coalesce(sum({{rows}}.input_tokens) {_ESTIMATED}, 0), coalesce(sum({{rows}}.output_tokens) {_ESTIMATED}, 0),"
    f" CAST(total({{rows}}.cost) {_ESTIMATED} AS INTEGER)"
)
_OUTCOMES = {"requests": "requests.outcome", "attempts": "''"}
_HOLDERS = {
    Tier.GLOBAL: ("requests", ""),
    Tier.KEY: ("requests", "AND requests.client_id = ?"),
    Tier.STRATEGY: ("requests", "AND requests.strategy_id = ?"),
    Tier.PROVIDER: ("attempts", "AND attempts.provider = ?"),
    Tier.MODEL: ("attempts", "AND attempts.provider || '/' || attempts.model = ?"),
}


def intervals(
    db: sqlite3.Connection, scope: Scope, since: float, until: float, granularity: Granularity
) -> list[Interval]:
    """Every interval with records, oldest first. Those at the edges are included whole."""
    rows = db.execute(
        f"SELECT timestamp, {SUMS} FROM rollups WHERE metric_type = ? AND granularity = ?"  # noqa: S608 - constants
        " AND timestamp >= ? AND timestamp < ? ORDER BY timestamp",
        (str(scope), granularity.value, granularity.floor(since), until),
    )
    return [Interval(timestamp, granularity, totals_of(sums)) for timestamp, *sums in rows]


def scopes(db: sqlite3.Connection, tier: Tier) -> list[Scope]:
    """Every scope that the tier ever had."""
    rows = db.execute("SELECT DISTINCT metric_type FROM rollups WHERE granularity = 'day' ORDER BY metric_type")
    return [scope for scope in (parse_scope(row[0]) for row in rows) if scope.tier is tier]


def sums(db: sqlite3.Connection, spans: Iterable[Span], scope: Scope | None = None) -> dict[Scope, Totals]:
    """Sums over the given spans, for one scope or for all."""
    condition, values = ("", ()) if scope is None else (" AND metric_type = ?", (str(scope),))
    found: dict[Scope, Totals] = {}
    for span in spans:
        rows = db.execute(
            f"SELECT metric_type, {SUMS} FROM rollups WHERE granularity = ? AND timestamp >= ?"  # noqa: S608 - constants
            f" AND timestamp < ?{condition}",
            (span.granularity.value, span.start, span.end, *values),
        )
        for metric_type, *row in rows:
            found.setdefault(parse_scope(metric_type), Totals()).merge(totals_of(row))
    return found


def summary(db: sqlite3.Connection, since: float, until: float, now: float) -> UsageSummary:
    found = sums(db, cover(since, until, now))
    return UsageSummary(since, until, found.pop(GLOBAL, Totals()), found)


def recent_usage(db: sqlite3.Connection, scope: Scope, seconds: float, now: float) -> RecentUsage:
    found = _recent(db, scope, seconds, now)
    if scope.tier is Tier.STRATEGY:
        return _counted(db, scope, seconds, now, found.denied_requests)
    return RecentUsage(
        requests=found.requests,
        denied_requests=found.denied_requests,
        input_tokens=found.input_tokens,
        output_tokens=found.output_tokens,
        total_tokens=found.input_tokens + found.output_tokens,
        cost=found.cost,
    )


def _counted(db: sqlite3.Connection, scope: Scope, seconds: float, now: float, denied: int) -> RecentUsage:
    since = now - seconds
    rows = usage_since(db, since, now, scope.key)
    settled = [row for row in rows if row.settled_at >= since]
    return RecentUsage(
        requests=sum(row.requests for row in rows if row.admitted_at >= since),
        denied_requests=denied,
        input_tokens=sum(row.input_tokens for row in settled),
        output_tokens=sum(row.output_tokens for row in settled),
        total_tokens=sum(row.total_tokens for row in settled),
        cost=sum(row.cost for row in settled),
    )


def pre_estimate(db: sqlite3.Connection, scope: Scope, now: float) -> Average | None:
    """A request's average usage, as providers reported it, over the last 10 minutes, else the last day, else None."""
    return average(_recent(db, scope, 600, now)) or average(_recent(db, scope, 86_400, now))


def _recent(db: sqlite3.Connection, scope: Scope, seconds: float, now: float) -> Totals:
    """Totals of the last seconds, exact as long as the rows of the minute at the edge still exist."""
    since = now - seconds
    edge = Granularity.MINUTE.ceiling(since)
    if edge == since or not _has_rows_before(db, since):
        return _sum_from(db, scope, since, now)
    totals = _sum_from(db, scope, edge, now)
    totals.merge(_sum_of_rows(db, scope, since, edge))
    return totals


def _sum_from(db: sqlite3.Connection, scope: Scope, since: float, now: float) -> Totals:
    until = now + Granularity.DAY.seconds  # includes what was stamped before the clock was set back
    return sums(db, cover(since, until, now), scope).get(scope, Totals())


def _has_rows_before(db: sqlite3.Connection, since: float) -> bool:
    """Whether every row since then still exists. Retention deletes the oldest first, so an older row proves it."""
    return db.execute("SELECT 1 FROM requests WHERE started_at <= ? LIMIT 1", (since,)).fetchone() is not None


def _sum_of_rows(db: sqlite3.Connection, scope: Scope, since: float, until: float) -> Totals:
    table, condition = _HOLDERS[scope.tier]
    columns = _SUMMED.format(rows=table, outcome=_OUTCOMES[table])
    joined = "requests JOIN attempts ON attempts.request = requests.id" if table == "attempts" else table
    key = () if scope.key is None else (scope.key,)
    row = db.execute(
        f"SELECT {columns} FROM {joined} WHERE requests.started_at >= ? AND requests.started_at < ? {condition}",  # noqa: S608 - constants
        (since, until, *key),
    ).fetchone()
    requests, denied, metered, unpriced, *used, estimated, no_price, est_in, est_out, est_cost = map(int, row)
    return Totals(
        requests=requests,
        denied_requests=denied,
        metered_requests=metered,
        unpriced_requests=unpriced,
        input_tokens=used[0],
        output_tokens=used[1],
        cost=used[2],
        estimated_requests=estimated,
        estimated_unpriced=no_price,
        estimated_input=est_in,
        estimated_output=est_out,
        estimated_cost=est_cost,
    )


def chart(db: sqlite3.Connection, question: ChartQuestion, now: float) -> Chart:
    """Buckets of a measure. A count is 0 if nothing happened, and unknown in the future."""
    since, until, compare = question.since, question.until, question.compare
    kept_from = since - (until - since) * 1.5 if compare else since
    grid = bucket(since, until, at_most=question.buckets, kept_from=kept_from, now=now)
    points, total = _series(db, question, grid, now)
    previous, previous_total = _series(db, question, grid.earlier(), now) if compare else ((), None)
    return Chart(
        scope=question.scope,
        measure=question.measure,
        width=grid.width,
        points=points,
        total=total,
        previous=previous,
        previous_total=previous_total,
    )


def _series(
    db: sqlite3.Connection, question: ChartQuestion, grid: Grid, now: float
) -> tuple[tuple[Point, ...], float | None]:
    buckets = [Totals() for _ in range(grid.count)]
    whole = Totals()
    for interval in intervals(db, question.scope, grid.start, grid.end, grid.granularity):
        buckets[(interval.timestamp - grid.start) // grid.width].merge(interval.totals)
        whole.merge(interval.totals)
    starts = (grid.start + number * grid.width for number in range(grid.count))
    points = tuple(
        Point(start, None if start > now else measured(totals, question.measure))
        for start, totals in zip(starts, buckets, strict=True)
    )
    return points, measured(whole, question.measure)
