"""The record of all usage: every request's sample goes in, and every figure about the past comes out.

Limits are checked against the ledger, in memory; it is filled from here at start (`usage_since`) and counts the same.
One thread (`writer`) writes samples, at most 100 ms after `record`; queries run on another with a connection of its
own, so neither traffic nor writing waits for them. The view `metrics` in the file gives any SQLite the same figures
(`schema`).
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

from localrouter.domain.configuration.config import StrategyRateLimit
from localrouter.domain.errors import Unavailable, WrittenByNewer
from localrouter.domain.events import Event, MetricsChanged, ServerStatus
from localrouter.domain.limits.recovery import Database
from localrouter.domain.metrics.breakdown import Period
from localrouter.domain.metrics.intervals import Granularity
from localrouter.domain.metrics.samples import Average, Measure, Sample, Scope, Tier
from localrouter.services.metrics import marks, queries, records, rows
from localrouter.services.metrics.breakdown import Breakdown, BreakdownQuestion, breakdown
from localrouter.services.metrics.limit_history import LimitHistory, limit_histories
from localrouter.services.metrics.queries import Chart, ChartQuestion, Interval, RecentUsage, UsageSummary
from localrouter.services.metrics.records import RequestFilter
from localrouter.services.metrics.retention import Retention
from localrouter.services.metrics.schema import NewerTables, UnreadableDatabase, open_reader, open_writer, set_aside
from localrouter.services.metrics.usage import UsageRow, mistrust_rows, usage_since
from localrouter.services.metrics.writer import MetricsWriter

BUCKETS = 60
PAGE = 50

T = TypeVar("T")


class MetricsStore:
    """Events are published on the event loop that was running at `start`, or else on the writer's thread."""

    def __init__(self, path: Path, *, publish: Callable[[Event], None], wall: Callable[[], float]) -> None:
        self._path = path
        self._publish = publish
        self._wall = wall
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="metrics-reader")
        self._reader: sqlite3.Connection | None = None
        self._lost: str | None = None
        self._started = self._closed = False
        self.found: Database | None = None  # as it was at start; None if it could not be opened
        self._writer = MetricsWriter(
            path,
            wall=wall,
            written=lambda: self._announce(MetricsChanged()),
            troubled=lambda: self._announce(ServerStatus()),
        )

    @property
    def problem(self) -> str | None:
        """What is wrong with the database, for the user; None while all is well."""
        return " ".join(filter(None, (self._lost, self._writer.problem))) or None

    @property
    def usage_lost(self) -> bool:
        """Whether earlier usage could not be read at start, so that limits do not know it."""
        return self._lost is not None

    def set_retention(self, *, days: float, max_mb: float) -> None:
        """Takes effect within a minute."""
        self._writer.retention = Retention(days=days, max_mb=max_mb)

    def start(self) -> None:
        """Opens the database, sets an unreadable one aside, and starts to write."""
        if self._started:
            return
        self._started = True
        with suppress(RuntimeError):
            self._loop = asyncio.get_running_loop()
        self._writer.start(self._open())

    def record(self, sample: Sample) -> None:
        """Queues a sample; never waits."""
        self._writer.put(sample)

    async def flush(self) -> None:
        """Returns once everything recorded so far is written or has failed (then `problem` says so)."""
        if self._started and not self._closed:
            await asyncio.wrap_future(self._writer.flush())

    async def seal(self) -> Database | None:
        """The database, once everything recorded so far is safe on disk; None if that failed."""
        if not self._started or self._closed:
            return None
        return await asyncio.wrap_future(self._writer.seal())

    def close(self, *, is_told_whole: bool = False) -> Database | None:
        """Writes the queue and closes the database; later records are lost. Returns the database if it holds them all.

        `is_told_whole`: the records hold everything that limits count.
        """
        if self._closed:
            return None
        self._closed = True
        if self._reader is not None:
            self._reader.interrupt()
        self._reading.submit(self._close_reader).result()
        self._reading.shutdown()
        return self._writer.stop(is_told_whole=is_told_whole)

    def usage_since(self, since: float) -> list[UsageRow]:
        """Every dispatched request since then, for rebuilding the limit windows. Call it once the store is started."""
        try:
            with closing(open_reader(self._path)) as db:
                self.found = self.found or marks.read(db)
                return usage_since(db, since, self._wall())
        except (sqlite3.Error, OSError) as error:
            self._lost = self._lost or f"Earlier usage could not be read from {self._path.name} ({error})."
            return []

    def known_request_ids(self, ids: Iterable[str]) -> set[str]:
        """Those of the given requests that are recorded already."""
        try:
            with closing(open_reader(self._path)) as db:
                return rows.known(db, list(ids))
        except (sqlite3.Error, OSError) as error:
            self._lost = self._lost or f"Earlier usage could not be read from {self._path.name} ({error})."
            return set()

    async def get_range(self, scope: Scope, since: float, until: float, granularity: Granularity) -> list[Interval]:
        """Sums over each minute, hour or day with records, oldest first."""
        return await self._read(lambda db: queries.intervals(db, scope, since, until, granularity))

    async def get_recent_usage(self, scope: Scope, seconds: float) -> RecentUsage:
        return await self._read(lambda db: queries.recent_usage(db, scope, seconds, self._wall()))

    async def get_pre_estimate(self, scope: Scope) -> Average | None:
        """A request's average usage; None if unknown."""
        return await self._read(lambda db: queries.pre_estimate(db, scope, self._wall()))

    async def list_metric_scopes(self, tier: Tier) -> list[Scope]:
        return await self._read(lambda db: queries.scopes(db, tier))

    async def get_strategy_range(
        self, strategy_id: str, since: float, until: float, granularity: Granularity
    ) -> list[Interval]:
        return await self.get_range(Scope(Tier.STRATEGY, strategy_id), since, until, granularity)

    async def get_strategy_ids(self) -> list[str]:
        """Every strategy that ever had requests, including deleted ones."""
        return [scope.key for scope in await self.list_metric_scopes(Tier.STRATEGY) if scope.key is not None]

    async def get_recent_usage_for_strategy(self, strategy_id: str, seconds: float) -> RecentUsage:
        """The usage that limits count, according to the records. With no request running, the ledger holds the same."""
        return await self.get_recent_usage(Scope(Tier.STRATEGY, strategy_id), seconds)

    async def get_pre_estimate_for_strategy(self, strategy_id: str) -> Average | None:
        return await self.get_pre_estimate(Scope(Tier.STRATEGY, strategy_id))

    async def get_metrics(
        self,
        scope: Scope,
        measure: Measure,
        since: float,
        until: float | None = None,
        buckets: int = BUCKETS,
        compare: bool = False,
    ) -> Chart:
        """A chart's data. `until` defaults to now; `compare` adds the period right before."""
        now = self._wall()
        question = ChartQuestion(scope, measure, since, now if until is None else until, max(buckets, 1), compare)
        return await self._read(lambda db: queries.chart(db, question, now))

    async def get_usage_summary(self, since: float, until: float | None = None) -> UsageSummary:
        now = self._wall()
        return await self._read(lambda db: queries.summary(db, since, now if until is None else until, now))

    async def get_breakdown(self, question: BreakdownQuestion) -> Breakdown:
        now = self._wall()
        return await self._read(lambda db: breakdown(db, question, now))

    async def get_limit_histories(
        self, limits: Mapping[str, Sequence[StrategyRateLimit]], period: Period
    ) -> list[LimitHistory]:
        """For each of these limits, by strategy id, how full it was over the period."""
        now = self._wall()
        return await self._read(lambda db: limit_histories(db, limits, period, now))

    async def list_requests(
        self, filters: RequestFilter, cursor: str | None = None, limit: int = PAGE
    ) -> tuple[list[Sample], str | None]:
        """Requests, newest first, without traces, and the next page's cursor; None on the last page."""
        return await self._read(lambda db: records.list_requests(db, filters, cursor, limit))

    async def get_request(self, request_id: str) -> Sample | None:
        """One request with its attempts and trace; None if it is not, or no longer, recorded.

        The queue is written first, so that a client can ask about an answer that it has just received.
        """
        await self.flush()
        return await self._read(lambda db: records.get_request(db, request_id))

    async def _read(self, question: Callable[[sqlite3.Connection], T]) -> T:
        if self._closed:
            raise Unavailable("Metrics cannot be read: LocalRouter is shutting down.")
        return await asyncio.get_running_loop().run_in_executor(self._reading, self._answer, question)

    def _answer(self, question: Callable[[sqlite3.Connection], T]) -> T:
        try:
            if self._reader is None:
                self._reader = open_reader(self._path)
            return question(self._reader)
        except sqlite3.Error as error:
            self._close_reader()
            raise Unavailable(f"Metrics cannot be read now ({error}).") from error

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _open(self) -> sqlite3.Connection | None:
        """The writing connection; None if opening failed for now. The writer retries and reports that."""
        try:
            return self._taken(open_writer(self._path))
        except NewerTables as error:
            raise WrittenByNewer(f"{self._path}: {error}") from None
        except UnreadableDatabase as error:
            return self._replace(str(error))
        except (sqlite3.Error, OSError):
            return None

    def _taken(self, db: sqlite3.Connection) -> sqlite3.Connection:
        try:
            self.found = marks.read(db)
            marks.enter(db, marks.IN_USE)
            mistrust_rows(db, self._wall())
        except BaseException:
            db.close()
            raise
        return db

    def _replace(self, cause: str) -> sqlite3.Connection | None:
        try:
            aside = set_aside(self._path, self._wall())
            self._lost = f"{self._path.name} could not be read ({cause}). It was set aside as {aside.name}."
            return self._taken(open_writer(self._path))
        except (sqlite3.Error, OSError, UnreadableDatabase) as error:
            self._lost = f"{self._path.name} could not be read ({cause}) nor replaced ({error})."
            return None

    def _announce(self, event: Event) -> None:
        if self._loop is None:
            self._publish(event)
            return
        with suppress(RuntimeError):  # the loop has ended, so nobody listens any more
            self._loop.call_soon_threadsafe(self._publish, event)
