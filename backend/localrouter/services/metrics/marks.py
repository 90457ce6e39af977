"""What tells one metrics database from another, and an earlier state of it from a later one.

An identity is drawn when the database is made, and every record that it is given is counted, whatever retention takes
later. The limits' journal keeps both (`domain.limits.recovery`), so that a database that was emptied, exchanged or set
back is not taken for a new one.
"""

from __future__ import annotations

import os
import sqlite3

from localrouter.domain.limits.recovery import Database

IDENTITY = "identity"
RECORDED = "recorded"
STATE = "state"
NEW, CLOSED, IN_USE = -1, 0, 1  # made and never used; closed with every record written; not, or not yet, closed so


def ensure(db: sqlite3.Connection, *, is_new: bool) -> None:
    """Gives the database its marks, where it is new or a former release made it."""
    if db.execute("SELECT count(*) FROM marks WHERE name = ?", (IDENTITY,)).fetchone()[0]:
        return
    drawn = int.from_bytes(os.urandom(6))  # 48 bits, which a REAL holds exactly
    rows = "(SELECT count(*) FROM requests) + (SELECT count(*) FROM usage)"
    db.execute(
        f"INSERT OR IGNORE INTO marks VALUES (?, ?), (?, {rows}), (?, ?)",  # noqa: S608 - a constant
        (IDENTITY, drawn, RECORDED, STATE, NEW if is_new else CLOSED),
    )


def read(db: sqlite3.Connection) -> Database:
    """The database as it is now."""
    marks = dict(db.execute("SELECT name, value FROM marks WHERE name IN (?, ?, ?)", (IDENTITY, RECORDED, STATE)))
    [last] = db.execute("SELECT coalesce(max(minute), 0) FROM usage").fetchone()
    return Database(
        identity=int(marks.get(IDENTITY, 0)),
        recorded=int(marks.get(RECORDED, 0)),
        last_minute=last,
        is_new=marks.get(STATE) == NEW,
        was_in_use=marks.get(STATE) == IN_USE,
    )


def count(db: sqlite3.Connection, records: int) -> None:
    """So many records more, inside the caller's transaction."""
    db.execute("UPDATE marks SET value = value + ? WHERE name = ?", (records, RECORDED))


def enter(db: sqlite3.Connection, state: int) -> None:
    db.execute("UPDATE marks SET value = ? WHERE name = ?", (state, STATE))
