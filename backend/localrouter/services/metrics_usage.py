"""What the limit windows are rebuilt from at start: usage that no retention of rows can change."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from localrouter.domain.intervals import Granularity
from localrouter.services.metrics_retention import DELETED_UNTIL

EXACT_FOR = 7_200  # seconds that usage is told of request by request
SUM_OF = 60.0  # seconds that are summed up, and so how much later than it was usage may be stamped
FIRST_CALL = "SELECT started_at FROM attempts WHERE request = requests.id AND number = 1"
CALLS_MADE = "SELECT 1 FROM attempts WHERE request = requests.id AND NOT (kind IS 'auth' AND status IS NULL)"
EXACT_AT_MOST = 100_000  # requests; before those come sums, whatever their age


@dataclass(frozen=True, slots=True)
class UsageRow:
    """What a strategy used: one request (`request_id`), or the sum of a minute, stamped with the minute's end.

    The wall clock was read at `started_at`; the other times are what had passed since, by a clock that nobody sets. Of
    a sum it is not known: what is in it of a request during which the clock was set forward may count as older.
    `requests` were admitted at `admitted_at`, which is when their first call began: they may have waited for room.
    Tokens and cost count from `settled_at`. A request whose admission is already part of a sum has `requests` 0.
    """

    strategy_id: str
    started_at: float
    admitted_at: float
    settled_at: float
    requests: int
    input_tokens: int
    output_tokens: int
    cost: int
    request_id: str | None


def usage_since(db: sqlite3.Connection, since: float, now: float) -> list[UsageRow]:
    """Every dispatched request counts once: in a row of its own, or in the sum of its minute. Oldest first."""
    exact_from = _exact_from(db, now)
    return sorted([*_sums(db, since, exact_from), *_rows(db, since, exact_from)], key=lambda row: row.settled_at)


def _exact_from(db: sqlite3.Connection, now: float) -> int:
    """The start of a minute from which on every row is still there."""
    deleted = db.execute("SELECT value + 1e-6 FROM marks WHERE name = ?", (DELETED_UNTIL,))
    crowded = db.execute("SELECT settled_at FROM requests ORDER BY settled_at DESC LIMIT 1 OFFSET ?", (EXACT_AT_MOST,))
    earliest = [now - EXACT_FOR, *(row[0] for row in deleted), *(row[0] for row in crowded)]
    return Granularity.MINUTE.ceiling(max(earliest))


def _sums(db: sqlite3.Connection, since: float, exact_from: int) -> list[UsageRow]:
    rows = db.execute(
        "SELECT strategy_id, minute + 60, minute + 60, minute + 60, requests, input_tokens, output_tokens, cost, NULL"
        " FROM usage WHERE minute + 60 > ? AND minute < ?",
        (since, exact_from),
    )
    return [UsageRow(*row) for row in rows]


def _rows(db: sqlite3.Connection, since: float, exact_from: int) -> list[UsageRow]:
    rows = db.execute(
        f"SELECT strategy_id, started_at, max(started_at, coalesce(({FIRST_CALL}), 0)), settled_at,"  # noqa: S608
        " started_at >= ?, input_tokens, output_tokens, cost, request_id FROM requests"
        f" WHERE settled_at >= ? AND EXISTS ({CALLS_MADE})",
        (exact_from, max(since, exact_from)),
    )
    return [UsageRow(*row) for row in rows]
