"""The only thread that writes to the metrics database, its queue, and what happens while it cannot write."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from localrouter.domain.limits.recovery import Database
from localrouter.domain.metrics.samples import Sample
from localrouter.services.metrics import marks
from localrouter.services.metrics.retention import Retention, step
from localrouter.services.metrics.rollup import Rollups
from localrouter.services.metrics.rows import write
from localrouter.services.metrics.schema import UnreadableDatabase, open_writer

_T = TypeVar("_T")
GATHER = 0.05  # seconds in which a batch gathers
RETRY_AFTER = 1.0
MAINTAIN_EVERY = 60.0
BATCH = 2_000
TROUBLE = (sqlite3.Error, OSError, UnreadableDatabase)  # the file's fault: samples are kept and tried again
UNWRITABLE = (  # the sample's fault: tried once
    ValueError,
    TypeError,
    OverflowError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    sqlite3.IntegrityError,
    sqlite3.DataError,
)
MAX_QUEUED_SAMPLES = 100_000  # kept in memory while the database cannot be written


class MetricsWriter:
    """On the writer's own thread, `written` is called after each commit and `troubled` when `problem` changes."""

    def __init__(
        self, path: Path, *, wall: Callable[[], float], written: Callable[[], None], troubled: Callable[[], None]
    ) -> None:
        self.retention = Retention()
        self.problem: str | None = None
        self.dropped = 0
        self._path = path
        self._wall = wall
        self._written = written
        self._troubled = troubled
        self._db: sqlite3.Connection | None = None
        self._rollups = Rollups()
        self._queue: deque[Sample] = deque()
        self._batch: list[Sample] = []
        self._flushes: deque[Future[None]] = deque()
        self._seals: deque[Future[Database | None]] = deque()
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._stopping = False
        self._is_told_whole = False
        self._left_as: Database | None = None
        self._maintain_at = 0.0
        self._thread = threading.Thread(target=self._run, name="metrics-writer", daemon=True)

    def start(self, db: sqlite3.Connection | None) -> None:
        """Takes over the connection. Without one, the writer opens the database itself as soon as it can."""
        self._db = db
        if db is None:
            self._wake.set()
        self._thread.start()

    def put(self, sample: Sample) -> None:
        if len(self._queue) >= MAX_QUEUED_SAMPLES:
            self.dropped += 1
            return
        self._queue.append(sample)
        if not self._wake.is_set():
            self._wake.set()

    def flush(self) -> Future[None]:
        """Done once everything queued so far is written or has failed."""
        done: Future[None] = Future()
        self._flushes.append(done)
        self._hurry.set()
        self._wake.set()
        return done

    def seal(self) -> Future[Database | None]:
        """The database, once everything queued so far is safe on disk; None if that failed."""
        sealed: Future[Database | None] = Future()
        self._seals.append(sealed)
        self._hurry.set()
        self._wake.set()
        return sealed

    def stop(self, *, is_told_whole: bool) -> Database | None:
        """Writes what is left and ends the thread. Returns the database if it holds everything.

        `is_told_whole`: the database holds all usage, so that the next start needs no journal beside it.
        """
        if not self._thread.is_alive():
            return None
        self._is_told_whole = is_told_whole
        self._stopping = True
        self._hurry.set()
        self._wake.set()
        self._thread.join()
        return self._left_as

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(MAINTAIN_EVERY)
            self._wake.clear()
            self._hurry.wait(RETRY_AFTER if self._db is None else GATHER)
            self._hurry.clear()
            self._round()
        wrote = self._round()
        if self._db is not None:
            self._left_as = self._sealed() if wrote else None
            self._db.close()

    def _round(self) -> bool:
        flushes, seals = _awaited(self._flushes), _awaited(self._seals)
        wrote = self._write_queue()
        for done in flushes:
            done.set_result(None)
        for sealed in seals:
            sealed.set_result(self._sealed() if wrote else None)
        if wrote and not self._stopping:
            self._maintain()
        return wrote

    def _write_queue(self) -> bool:
        while self._fill() or self._db is None:
            try:
                self._write_batch()
            except TROUBLE as error:
                self._trouble(error)
                return False
            self._batch = []
            self._recovered()
            self._written()
        return True

    def _sealed(self) -> Database | None:
        """The database, if it holds every record, safe from a power loss; None if something is missing."""
        db = self._db
        if db is None or self.dropped:
            return None
        try:
            if self._stopping and self._is_told_whole:
                marks.enter(db, marks.CLOSED)
            db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            return marks.read(db)
        except sqlite3.Error:
            return None

    def _write_batch(self) -> None:
        db = self._connection()
        try:
            write(db, self._batch, self._rollups)
        except UNWRITABLE:
            for sample in self._batch:
                self._write_alone(db, sample)

    def _write_alone(self, db: sqlite3.Connection, sample: Sample) -> None:
        """Writes one sample by itself, so that one that SQLite cannot hold does not block the others."""
        try:
            write(db, [sample], self._rollups)
        except UNWRITABLE:
            self.dropped += 1

    def _connection(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = open_writer(self._path)
        return self._db

    def _fill(self) -> bool:
        """Whether there is something to write. A batch that failed stays the next one."""
        while len(self._batch) < BATCH and self._queue:
            self._batch.append(self._queue.popleft())
        return bool(self._batch)

    def _trouble(self, error: Exception) -> None:
        """Keeps what could not be written, and retries it with a new connection."""
        if self._db is not None:
            with suppress(sqlite3.Error):
                self._db.close()
            self._db = None
        self._wake.set()
        lost = f" {self.dropped} requests could not be kept." if self.dropped else ""
        self._tell(
            f"Metrics cannot be written ({error}). They are kept in memory; limits and traffic are not affected.{lost}"
        )

    def _recovered(self) -> None:
        self._tell(f"{self.dropped} requests could not be recorded." if self.dropped else None)

    def _tell(self, problem: str | None) -> None:
        if problem != self.problem:
            self.problem = problem
            self._troubled()

    def _maintain(self) -> None:
        if self._db is None or time.monotonic() < self._maintain_at:
            return
        try:
            more = step(self._db, self.retention, self._wall())
        except sqlite3.Error as error:
            self._maintain_at = time.monotonic() + MAINTAIN_EVERY
            self._tell(f"Old metrics cannot be deleted ({error}).")
            return
        self._maintain_at = 0.0 if more else time.monotonic() + MAINTAIN_EVERY
        if more:
            self._wake.set()


def _awaited(futures: deque[Future[_T]]) -> list[Future[_T]]:
    """The futures that somebody still waits for; from here on they cannot be cancelled. A reader that left has
    cancelled its own, which must not end the thread."""
    taken = [futures.popleft() for _ in range(len(futures))]
    return [future for future in taken if future.set_running_or_notify_cancel()]
