"""Reads the usage from which the limit windows are rebuilt at start. Retention of rows cannot change it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from localrouter.domain.metrics.intervals import Granularity
from localrouter.services.metrics.retention import DELETED_UNTIL, note_deleted

EXACT_FOR = 7_200  # seconds for which usage is returned request by request
SUM_OF = 60.0  # seconds per sum, and so the most by which usage may be stamped too late
_FIRST_CALL = "min(attempts.started_at) FILTER (WHERE attempts.dispatched)"
_TOLD = "FILTER (WHERE NOT attempts.estimated AND attempts.input_tokens + attempts.output_tokens > 0)"
_ROWS = f"""
SELECT strategy_id, requests.started_at, max(requests.started_at, coalesce({_FIRST_CALL}, 0)), settled_at,
    requests.started_at >= :exact_from,
    coalesce(requests.counted_input_tokens, requests.input_tokens),
    coalesce(requests.counted_output_tokens, requests.output_tokens),
    coalesce(requests.counted_total_tokens, requests.input_tokens + requests.output_tokens),
    coalesce(requests.counted_cost, requests.cost),
    count(attempts.request) {_TOLD},
    coalesce(sum(attempts.input_tokens) {_TOLD}, 0),
    coalesce(sum(attempts.output_tokens) {_TOLD}, 0),
    request_id
FROM requests JOIN attempts ON attempts.request = requests.id
WHERE settled_at >= :since AND strategy_id = coalesce(:strategy, strategy_id)
GROUP BY requests.id HAVING max(attempts.dispatched)
"""  # noqa: S608 - constants
_SUMS = """
SELECT strategy_id, minute + 60, minute + 60, minute + 60, requests,
    input_tokens, output_tokens, total_tokens, cost, told_calls, told_input, told_output, NULL
FROM usage
WHERE minute + 60 > :since AND minute < :exact_from AND strategy_id = coalesce(:strategy, strategy_id)
"""
MAX_EXACT_ROWS = 100_000  # requests; older ones are summed, whatever their age


@dataclass(frozen=True, slots=True)
class UsageRow:
    """What a strategy used: one request (`request_id`), or the sum of a minute, stamped with the minute's end.

    `started_at` was read from the wall clock; the other times add what a monotonic clock measured since. A sum has no
    such times, so a request during which the wall clock was set forward may count there as older than it is. `requests`
    were admitted at `admitted_at`, when their first call began: they may have waited for capacity. Tokens and cost are
    the counted amounts, from `settled_at` on; `told_input` and `told_output` are the part that providers reported, in
    `told_calls` calls. A request whose admission is already part of a sum has `requests` 0.
    """

    strategy_id: str
    started_at: float
    admitted_at: float
    settled_at: float
    requests: int
    input_tokens: int
    output_tokens: int
    total_tokens: int
    cost: int
    told_calls: int
    told_input: int
    told_output: int
    request_id: str | None


def usage_since(db: sqlite3.Connection, since: float, now: float, strategy: str | None = None) -> list[UsageRow]:
    """The usage since then, oldest first, of one strategy or of all. Every dispatched request counts once, in a row of
    its own or in its minute's sum."""
    exact_from = _exact_from(db, now)
    values = {"since": since, "exact_from": exact_from, "strategy": strategy}
    sums = [UsageRow(*row) for row in db.execute(_SUMS, values)]
    rows = [UsageRow(*row) for row in db.execute(_ROWS, values | {"since": max(since, exact_from)})]
    return sorted([*sums, *rows], key=lambda row: row.settled_at)


def mistrust_rows(db: sqlite3.Connection, now: float) -> None:
    """Falls back to sums where somebody deleted rows that would be returned one by one."""
    exact_from = _exact_from(db, now)
    summed, last = db.execute(
        "SELECT coalesce(sum(requests), 0), max(minute) FROM usage WHERE minute >= ?", (exact_from,)
    ).fetchone()
    [rows] = db.execute(
        "SELECT count(*) FROM requests WHERE started_at >= ?"
        " AND EXISTS (SELECT 1 FROM attempts WHERE request = requests.id AND dispatched)",
        (exact_from,),
    ).fetchone()
    if rows < summed:
        note_deleted(db, last + SUM_OF)


def _exact_from(db: sqlite3.Connection, now: float) -> int:
    """The start of the minute from which on every row still exists."""
    deleted = db.execute("SELECT value + 1e-6 FROM marks WHERE name = ?", (DELETED_UNTIL,))
    crowded = db.execute("SELECT settled_at FROM requests ORDER BY settled_at DESC LIMIT 1 OFFSET ?", (MAX_EXACT_ROWS,))
    earliest = [now - EXACT_FOR, *(row[0] for row in deleted), *(row[0] for row in crowded)]
    return Granularity.MINUTE.ceiling(max(earliest))
