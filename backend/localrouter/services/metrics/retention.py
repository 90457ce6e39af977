"""What the metrics forget, and when: rows by age and by the size of the file, fine roll-ups by age.

Where room is short, requests that were refused go first, those of the client that was refused most often of late: who
is refused over and over rotates out nobody else's records. No sum depends on rows: roll-ups and `usage` are written
with them and outlive them. A step deletes little, so that new samples never wait long.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from localrouter.domain.limits.recovery import USAGE_KEPT_FOR
from localrouter.domain.metrics.intervals import Granularity

ROWS_A_STEP = 500
PAGES_A_STEP = 500
LATEST_REFUSED = 20_000  # requests that are counted to find who is refused most often
SLACK = 3_600  # roll-ups stay this much longer than they can be asked for, so that no answer meets a hole
DELETED_UNTIL = "deleted_until"  # mark: every request that settled later is still there as a row


@dataclass(frozen=True, slots=True)
class Retention:
    """Rows older than `days` go, and the oldest ones while the file's content is over `max_mb`."""

    days: float = 30
    max_mb: float = 512


def step(db: sqlite3.Connection, retention: Retention, now: float) -> bool:
    """One small piece of work; true where more is left to do at once."""
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
    """The oldest refused requests of the client that has the most of the latest ones. No limit counts any of them."""
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
    """`until`: when the last of them settled that limits may be told of."""
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
    """Rows of requests that settled until then may be gone."""
    db.execute(
        "INSERT INTO marks VALUES (?, ?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)",
        (DELETED_UNTIL, until),
    )


def _delete_sums(db: sqlite3.Connection, now: float) -> None:
    for granularity in (Granularity.MINUTE, Granularity.HOUR):
        before = granularity.floor(now - granularity.kept_for) - SLACK
        db.execute("DELETE FROM rollups WHERE granularity = ? AND timestamp < ?", (granularity.value, before))
    db.execute("DELETE FROM usage WHERE minute < ?", (now - USAGE_KEPT_FOR,))


def _give_back(db: sqlite3.Connection) -> bool:
    """Returns free pages to the file system, but for what the next hours will need again."""
    free = _pragma(db, "freelist_count")
    if free < PAGES_A_STEP:
        return False
    db.execute(f"PRAGMA incremental_vacuum({PAGES_A_STEP})").fetchall()
    return True


def _content_size(db: sqlite3.Connection) -> int:
    return (_pragma(db, "page_count") - _pragma(db, "freelist_count")) * _pragma(db, "page_size")


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])
