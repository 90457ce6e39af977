"""The metrics database file: its tables and view, how it is opened, and how an unreadable one is set aside.

Columns ending in `_at` are Unix seconds, those ending in `_us` microseconds; costs are picodollars. `rollups` holds
every sum of `domain.metrics.Totals` with computed percentiles, so that any SQLite can read the view. The limit windows
are rebuilt from `usage`, which has one row per strategy and minute and is independent of retention elsewhere. It holds
the counted amounts and, for averages, what providers reported. In `requests` and `attempts` the counted amounts are
null if they equal the usage. `breakdown` (its own module) holds what every split of usage needs.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from localrouter.services.metrics import breakdown
from localrouter.services.metrics import marks as metrics_marks

VERSION = 5
BUSY_TIMEOUT = 1.0  # seconds to wait for a lock that someone's own sqlite3 session holds
CHECKED_WHOLE = 64 * 2**20  # bytes; a file up to this size is checked completely at start

TABLES = """
CREATE TABLE requests(
    id INTEGER PRIMARY KEY,
    request_id TEXT NOT NULL UNIQUE,
    started_at REAL NOT NULL,
    settled_at REAL NOT NULL,
    client_id TEXT NOT NULL,
    strategy_id TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    model_asked TEXT NOT NULL,
    provider_served TEXT,
    model_served TEXT,
    outcome TEXT NOT NULL,
    kind TEXT,
    status INTEGER NOT NULL,
    streamed INTEGER NOT NULL,
    duration REAL NOT NULL,
    first_token REAL,
    overhead REAL NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    unpriced INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    counted_input_tokens INTEGER,
    counted_output_tokens INTEGER,
    counted_total_tokens INTEGER,
    counted_cost INTEGER,
    recovered INTEGER NOT NULL DEFAULT 0,
    error_code TEXT,
    error_message TEXT
);
CREATE INDEX requests_by_start ON requests(started_at);
CREATE INDEX requests_by_settlement ON requests(settled_at);
CREATE INDEX requests_by_client ON requests(client_id, started_at);
CREATE INDEX requests_by_strategy ON requests(strategy_id, started_at);
CREATE INDEX requests_not_served ON requests(outcome, started_at) WHERE outcome <> 'success';

CREATE TABLE attempts(
    request INTEGER NOT NULL REFERENCES requests(id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    kind TEXT,
    status INTEGER,
    started_at REAL NOT NULL,
    duration REAL NOT NULL,
    first_token REAL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    unpriced INTEGER NOT NULL,
    message TEXT,
    counted_input_tokens INTEGER,
    counted_output_tokens INTEGER,
    counted_total_tokens INTEGER,
    counted_cost INTEGER,
    dispatched INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY(request, number)
) WITHOUT ROWID;

CREATE TABLE traces(
    request INTEGER PRIMARY KEY REFERENCES requests(id) ON DELETE CASCADE,
    trace TEXT NOT NULL
);

CREATE TABLE rollups(
    metric_type TEXT NOT NULL,
    granularity TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    successful_requests INTEGER NOT NULL,
    failed_requests INTEGER NOT NULL,
    denied_requests INTEGER NOT NULL,
    metered_requests INTEGER NOT NULL,
    unpriced_requests INTEGER NOT NULL,
    estimated_requests INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    latency_us INTEGER NOT NULL,
    first_tokens INTEGER NOT NULL,
    first_token_us INTEGER NOT NULL,
    p50_latency_ms REAL,
    p95_latency_ms REAL,
    p99_latency_ms REAL,
    latencies BLOB NOT NULL,
    estimated_unpriced INTEGER NOT NULL DEFAULT 0,
    estimated_input INTEGER NOT NULL DEFAULT 0,
    estimated_output INTEGER NOT NULL DEFAULT 0,
    estimated_cost INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY(metric_type, granularity, timestamp)
) WITHOUT ROWID;
CREATE INDEX rollups_by_time ON rollups(granularity, timestamp);

CREATE TABLE usage(
    strategy_id TEXT NOT NULL,
    minute INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    total_tokens INTEGER NOT NULL DEFAULT 0,
    told_calls INTEGER NOT NULL DEFAULT 0,
    told_input INTEGER NOT NULL DEFAULT 0,
    told_output INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY(strategy_id, minute)
) WITHOUT ROWID;

CREATE TABLE marks(name TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID;

CREATE VIEW metrics(
    metric_type, timestamp, granularity,
    requests, successful_requests, failed_requests, denied_requests,
    input_tokens, output_tokens, cost_usd,
    avg_latency_ms, p50_latency_ms, p95_latency_ms, p99_latency_ms
) AS
-- timestamp: start of the interval, Unix seconds (UTC); datetime(timestamp, 'unixepoch') makes it readable.
-- requests = successful + failed + cancelled by the client; denied ones are counted apart.
-- llm_provider and llm_model count attempts, the other tiers requests.
-- Use one granularity at a time: each is complete in itself.
SELECT metric_type, timestamp, granularity,
    requests, successful_requests, failed_requests, denied_requests,
    input_tokens, output_tokens, cost / 1e12,
    latency_us / 1e3 / nullif(requests, 0), p50_latency_ms, p95_latency_ms, p99_latency_ms
FROM rollups;
"""

_COUNTED = ("counted_input_tokens", "counted_output_tokens", "counted_total_tokens", "counted_cost")
_ESTIMATED = ("estimated_unpriced", "estimated_input", "estimated_output", "estimated_cost")
_TOLD = ("total_tokens", "told_calls", "told_input", "told_output")
# The statements that migrate a file from the previous version to each version.
MIGRATIONS: dict[int, tuple[str, ...]] = {
    2: (
        *(f"ALTER TABLE {table} ADD COLUMN {name} INTEGER" for table in ("requests", "attempts") for name in _COUNTED),
        *(f"ALTER TABLE rollups ADD COLUMN {name} INTEGER NOT NULL DEFAULT 0" for name in _ESTIMATED),
        *(f"ALTER TABLE usage ADD COLUMN {name} INTEGER NOT NULL DEFAULT 0" for name in _TOLD),
        "ALTER TABLE requests ADD COLUMN recovered INTEGER NOT NULL DEFAULT 0",
        "UPDATE usage SET total_tokens = input_tokens + output_tokens",
        "UPDATE usage SET told_calls = max(requests, 1), told_input = input_tokens, told_output = output_tokens"
        " WHERE total_tokens > 0",
    ),
    3: ("ALTER TABLE requests ADD COLUMN error_code TEXT", "ALTER TABLE requests ADD COLUMN error_message TEXT"),
    4: (
        "ALTER TABLE attempts ADD COLUMN dispatched INTEGER NOT NULL DEFAULT 1",
        "UPDATE attempts SET dispatched = 0 WHERE kind = 'auth' AND status IS NULL",
    ),
    5: breakdown.CREATE_FROM_RECORDS,
}

_NOT_OURS = {
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FORMAT,
    sqlite3.SQLITE_ERROR,
}
_BESIDE = ("", "-wal", "-shm")


class UnreadableDatabase(Exception):
    """The file at the path cannot serve as our database. This error never leaves the metrics store."""


class NewerTables(UnreadableDatabase):
    """The database is intact, but only a newer release can read it. It is never set aside."""


def too_new(version: int) -> str:
    return (
        f"Its tables are of version {version}, and this LocalRouter reads versions up to {VERSION}. "
        "Open it with a newer LocalRouter."
    )


def open_writer(path: Path) -> sqlite3.Connection:
    """The only writing connection. Creates a missing file, readable by its owner only."""
    with _judged():
        _create_private(path)
        db = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False)
        try:
            _prepare(db, path)
        except BaseException:
            db.close()
            raise
        return db


def open_reader(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT, isolation_level=None)
    db.row_factory = sqlite3.Row
    return db


def set_aside(path: Path, now: float) -> Path:
    """Renames the database and SQLite's files beside it, so that a new one can take its place."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
    aside = path.with_name(f"{path.name}.unreadable-{stamp}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.unreadable-{stamp}-{number}")
    for suffix in _BESIDE:
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    return aside


@contextlib.contextmanager
def _judged() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        if code & 0xFF in _NOT_OURS:
            raise UnreadableDatabase(str(error)) from error
        raise
    except IsADirectoryError as error:
        raise UnreadableDatabase(error.strerror) from error


def _create_private(path: Path) -> None:
    """Creates the file. An existing one is not opened: closing it would release the locks that SQLite holds on it in
    this process, and the next program to open the database would remove its write-ahead log."""
    if path.is_file() and os.access(path, os.R_OK | os.W_OK):
        with contextlib.suppress(PermissionError):  # another owner shares it, or the file system has no modes
            path.chmod(0o600)
        return
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise NewerTables(too_new(version))
    if version == 0:
        _create(db)
    elif version < VERSION:
        _migrate(db, version)
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", f"journal_size_limit = {2**25}"):
        db.execute(f"PRAGMA {pragma}")
    _probe(db, path)
    metrics_marks.ensure(db, is_new=version == 0)


def _create(db: sqlite3.Connection) -> None:
    if db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        raise UnreadableDatabase("it holds tables that are not LocalRouter's")
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    db.executescript(f"BEGIN; {TABLES} {breakdown.TABLE} PRAGMA user_version = {VERSION}; COMMIT;")


def _migrate(db: sqlite3.Connection, version: int) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        for number in range(version + 1, VERSION + 1):
            for statement in MIGRATIONS[number]:
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def _probe(db: sqlite3.Connection, path: Path) -> None:
    """Finds damage at start, while it can still be handled: later it would hide usage from the limits."""
    for table in ("requests", "attempts", "traces", "rollups", "usage", "breakdown", "marks", "metrics"):
        db.execute(f"SELECT * FROM {table} LIMIT 1").fetchall()  # noqa: S608 - names from the line above
    if path.stat().st_size > CHECKED_WHOLE:
        return
    verdict = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise UnreadableDatabase(verdict)
