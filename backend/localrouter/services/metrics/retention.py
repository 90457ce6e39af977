"""Deletes old metrics: rows by age and by file size, fine roll-ups by age.

When space is short, refused requests go first, starting with the client that was refused most often of late, so that a
client that keeps being refused cannot push out anybody else's records. No sum depends on rows: roll-ups and `usage` are
written with them and outlive them. Each step deletes little, so that new samples never wait long.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from localrouter.domain.limits.recovery import USAGE_KEPT_FOR
from localrouter.domain.metrics.intervals import Granularity
from localrouter.services.metrics.breakdown import delete_old

ROWS_A_STEP = 500
PAGES_A_STEP = 500
LATEST_REFUSED = 20_000  # requests that are counted to find the client that is refused most often
SLACK = 3_600  # seconds that roll-ups outlive their queryable period, so that no answer has a hole
USAGE_SHOWN_FOR = 62 * 86_400  # seconds; what a limit per month held over the last 30 days
DELETED_UNTIL = "deleted_until"  # mark: every request that settled later still has its row


@dataclass(frozen=True, slots=True)
class Retention:
    """Deletes rows older than `days`, and the oldest ones while the file's content exceeds `max_mb`."""

    days: float = 30
    max_mb: float = 512


def step(db: sqlite3.Connection, retention: Retention, now: float) -> bool:
    """Does one small piece of work. True if more is left to do at once."""
    if _delete_rows(db, retention, now):
        return True
    _delete_sums(db, now)
    return _give_back(db)


def _delete_rows(db: sqlite3.Connection, retention: Retention, now: float) -> bool:
    before = now - retention.days * 86_400
    if _content_size(db) > retention.max_mb * 2**20:
        if refused := _refused_most(db):
            _delete(db, refused, until=None)
            return True
        before = float("inf")
    oldest = "SELECT id, settled_at FROM requests WHERE started_at < ? ORDER BY started_at LIMIT ?"
    rows = db.execute(oldest, (before, ROWS_A_STEP)).fetchall()
    if not rows:
        return False
    _delete(db, [row_id for row_id, _ in rows], until=max(settled_at for _, settled_at in rows))
    return True


def _refused_most(db: sqlite3.Connection) -> list[int]:
    """The oldest refused requests of the client with most of the latest ones. No limit counts refused requests."""
    most = db.execute(
        "SELECT client_id FROM (SELECT client_id FROM requests WHERE outcome = 'denied' AND outcome <> 'success'"
        " ORDER BY started_at DESC LIMIT ?) GROUP BY client_id ORDER BY count(*) DESC LIMIT 1",
        (LATEST_REFUSED,),
    ).fetchone()
    if most is None:
        return []
    oldest = "SELECT id FROM requests WHERE client_id = ? AND outcome = 'denied' ORDER BY started_at LIMIT ?"
    return [row_id for (row_id,) in db.execute(oldest, (most[0], ROWS_A_STEP))]


def _delete(db: sqlite3.Connection, row_ids: list[int], *, until: float | None) -> None:
    """`until`: when the last of these that limits may count was settled."""
    marks = ", ".join("?" * len(row_ids))
    db.execute("BEGIN IMMEDIATE")
    try:
        db.execute(f"DELETE FROM requests WHERE id IN ({marks})", row_ids)  # noqa: S608 - marks
        if until is not None:
            note_deleted(db, until)
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def note_deleted(db: sqlite3.Connection, until: float) -> None:
    """Notes that rows of requests settled up to then may be gone."""
    db.execute(
        "INSERT INTO marks VALUES (?, ?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)",
        (DELETED_UNTIL, until),
    )


def _delete_sums(db: sqlite3.Connection, now: float) -> None:
    for granularity in (Granularity.MINUTE, Granularity.HOUR):
        before = granularity.floor(now - granularity.kept_for) - SLACK
        db.execute("DELETE FROM rollups WHERE granularity = ? AND timestamp < ?", (granularity.value, before))
    db.execute("DELETE FROM usage WHERE minute < ?", (now - max(USAGE_KEPT_FOR, USAGE_SHOWN_FOR),))
    delete_old(db, now)


def _give_back(db: sqlite3.Connection) -> bool:
    """Returns free pages to the file system, except those that the next hours will need again."""
    free = _pragma(db, "freelist_count")
    if free < PAGES_A_STEP:
        return False
    db.execute(f"PRAGMA incremental_vacuum({PAGES_A_STEP})").fetchall()
    return True


def _content_size(db: sqlite3.Connection) -> int:
    return (_pragma(db, "page_count") - _pragma(db, "freelist_count")) * _pragma(db, "page_size")


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])
