"""Tells one metrics database from another, and an earlier state of it from a later one.

A database gets a random identity when it is made, and counts every record written to it, whatever retention deletes
later. The limits' journal keeps both (`domain.limits.recovery`), so that a database that was emptied, swapped or
rolled back is not taken for a new one.
"""

from __future__ import annotations

import os
import sqlite3

from localrouter.domain.limits.recovery import Database

IDENTITY = "identity"
RECORDED = "recorded"
STATE = "state"
NEW, CLOSED, IN_USE = -1, 0, 1  # never used; closed with every record written; open, or closed without them all


def ensure(db: sqlite3.Connection, *, is_new: bool) -> None:
    """Adds the marks to a database that is new or comes from an earlier release."""
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
    """Adds to the count of records, inside the caller's transaction."""
    db.execute("UPDATE marks SET value = value + ? WHERE name = ?", (records, RECORDED))


def enter(db: sqlite3.Connection, state: int) -> None:
    db.execute("UPDATE marks SET value = ? WHERE name = ?", (state, STATE))
