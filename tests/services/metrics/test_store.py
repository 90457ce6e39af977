"""The collector as a whole: real files, real SQLite, the five tiers, and what survives what."""

from __future__ import annotations

import asyncio
import math
import sqlite3
import stat
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localrouter.domain.conversation.request import Usage
from localrouter.domain.errors import Invalid, Unavailable
from localrouter.domain.events import Event, MetricsChanged
from localrouter.domain.metrics.intervals import Granularity
from localrouter.domain.metrics.samples import GLOBAL, Average, Measure, Outcome, Sample, Scope, Tier
from localrouter.domain.routing.failures import FailureKind
from localrouter.services.metrics.records import RequestFilter
from localrouter.services.metrics.store import MetricsStore
from tests.metric_samples import START, attempt, sample

NOW = START + 120


@asynccontextmanager
async def opened(path: Path, *, now: float = NOW) -> AsyncIterator[MetricsStore]:
    store = MetricsStore(path, publish=lambda event: None, wall=lambda: now)
    store.start()
    try:
        yield store
    finally:
        store.close()


async def recorded(path: Path, *samples: Sample) -> None:
    async with opened(path) as store:
        for each in samples:
            store.record(each)


def asked(path: Path, question: str, *values: object) -> list[tuple[Any, ...]]:
    """What any SQLite answers."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute(question, values).fetchall()


ATTEMPTS = st.builds(
    attempt,
    provider=st.sampled_from(["cloud", "local", "Other"]),
    model=st.sampled_from(["big", "org/small", "m:1"]),
    kind=st.sampled_from([None, FailureKind.RATE_LIMITED, FailureKind.CANCELLED]),
    usage=st.builds(Usage, st.integers(0, 10**6), st.integers(0, 10**6)),
    cost=st.integers(0, 10**15),
    unpriced=st.booleans(),
    duration=st.floats(0.001, 100),
)
SAMPLES = st.builds(
    sample,
    started_at=st.floats(START - 7_200, START + 7_200),
    client_id=st.sampled_from(["app", "script"]),
    strategy_id=st.sampled_from(["default", "cheap"]),
    outcome=st.sampled_from([Outcome.SUCCESS, Outcome.FAILED, Outcome.CANCELLED]),
    duration=st.floats(0.001, 500),
    attempts=st.lists(ATTEMPTS, max_size=3).map(tuple),
) | st.builds(sample, outcome=st.just(Outcome.DENIED), attempts=st.just(()))


def naive(samples: list[Sample], seconds: int) -> Counter[tuple[str, int, str]]:
    """The view's sums, worked out one by one."""
    sums: Counter[tuple[str, int, str]] = Counter()

    def count(metric_type: str, at: int, outcome: str, usage: Usage, cost: int) -> None:
        sums[metric_type, at, "requests"] += outcome != "denied"
        sums[metric_type, at, outcome] += 1
        sums[metric_type, at, "in"] += usage.input_tokens
        sums[metric_type, at, "out"] += usage.output_tokens
        sums[metric_type, at, "cost"] += cost

    for each in samples:
        at = math.floor(each.started_at / seconds) * seconds
        for metric_type in ("llm_global", f"llm_key:{each.client_id}", f"llm_strategy:{each.strategy_id}"):
            count(metric_type, at, each.outcome.value, each.usage, each.cost)
        for one in each.attempts:
            outcome = "success" if one.kind is None else "cancelled" if one.kind == "cancelled" else "failed"
            for metric_type in (f"llm_provider:{one.provider}", f"llm_model:{one.provider}/{one.model}"):
                count(metric_type, at, outcome, one.usage, one.cost)
    return sums


@settings(max_examples=25)
@given(st.lists(SAMPLES, max_size=30), st.integers(1, 4))
def test_the_view_shows_the_naive_sums_of_every_tier_in_every_granularity(samples: list[Sample], batches: int) -> None:
    async def run(path: Path) -> None:
        async with opened(path) as store:
            for first in range(batches):
                for each in samples[first::batches]:
                    store.record(each)
                await store.flush()

    with TemporaryDirectory() as folder:
        path = Path(folder) / "metrics.db"
        asyncio.run(run(path))
        for granularity in Granularity:
            columns = "requests, successful_requests, failed_requests, denied_requests, input_tokens, output_tokens"
            rows = asked(
                path,
                f"SELECT metric_type, timestamp, {columns}, cost_usd FROM metrics WHERE granularity = ?",
                granularity.value,
            )
            expected = naive(samples, granularity.seconds)
            assert {(row[0], row[1]) for row in rows} == {(key[0], key[1]) for key in expected}
            for metric_type, at, *sums, cost in rows:
                names = ("requests", "success", "failed", "denied", "in", "out")
                assert sums == [expected[metric_type, at, name] for name in names]
                assert cost == expected[metric_type, at, "cost"] / 1e12


@settings(max_examples=25)
@given(st.lists(SAMPLES, min_size=1, max_size=30))
def test_tokens_and_cost_agree_across_all_five_tiers(samples: list[Sample]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "metrics.db"
        asyncio.run(recorded(path, *samples))
        rows = asked(
            path,
            "SELECT granularity, substr(metric_type, 1, instr(metric_type || ':', ':') - 1) AS tier,"
            " sum(input_tokens), sum(output_tokens), sum(cost) FROM rollups GROUP BY granularity, tier",
        )
        wanted = (
            sum(each.usage.input_tokens for each in samples),
            sum(each.usage.output_tokens for each in samples),
            sum(each.cost for each in samples),
        )
        assert {row[2:] for row in rows if row[1] not in ("llm_provider", "llm_model")} == {wanted}
        per_attempt = {row[2:] for row in rows if row[1] in ("llm_provider", "llm_model")}
        assert per_attempt == ({wanted} if any(each.attempts for each in samples) else set())


def test_the_view_has_the_documented_columns(tmp_path: Path) -> None:
    asyncio.run(recorded(tmp_path / "metrics.db", sample()))
    with closing(sqlite3.connect(tmp_path / "metrics.db")) as db:
        columns = [column[0] for column in db.execute("SELECT * FROM metrics").description]
    assert columns == [
        *("metric_type", "timestamp", "granularity"),
        *("requests", "successful_requests", "failed_requests", "denied_requests"),
        *("input_tokens", "output_tokens", "cost_usd"),
        *("avg_latency_ms", "p50_latency_ms", "p95_latency_ms", "p99_latency_ms"),
    ]


def test_percentiles_in_the_view_are_within_five_percent(tmp_path: Path) -> None:
    durations = [0.001 * 1.01**step for step in range(1_000)]
    asyncio.run(recorded(tmp_path / "metrics.db", *(sample(duration=each) for each in durations)))
    question = (
        "SELECT avg_latency_ms, p50_latency_ms, p95_latency_ms, p99_latency_ms FROM metrics WHERE metric_type = ?"
    )
    for average, *percentiles in asked(tmp_path / "metrics.db", question, "llm_key:app"):
        assert average == pytest.approx(sum(durations))
        exact = [durations[rank - 1] * 1_000 for rank in (500, 950, 990)]
        assert percentiles == [pytest.approx(each, rel=0.05) for each in exact]


def test_a_restart_keeps_everything_and_counts_on(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    asyncio.run(recorded(path, sample(duration=1.0), sample(duration=1.0)))
    asyncio.run(recorded(path, sample(duration=9.0)))
    rows = asked(path, "SELECT requests, p50_latency_ms, p99_latency_ms FROM metrics WHERE metric_type = 'llm_global'")
    assert rows == [(3, pytest.approx(1_000, rel=0.05), pytest.approx(9_000, rel=0.05))] * 3


def test_a_request_recorded_twice_counts_once(tmp_path: Path) -> None:
    path, once = tmp_path / "metrics.db", sample()
    asyncio.run(recorded(path, once, once, sample()))
    asyncio.run(recorded(path, once))
    assert asked(path, "SELECT count(*) FROM requests") == [(2,)]
    assert asked(path, "SELECT DISTINCT requests FROM metrics WHERE metric_type = 'llm_global'") == [(2,)]


def test_a_request_is_in_the_view_without_asking_for_it(tmp_path: Path) -> None:
    async def run() -> None:
        changed = asyncio.Event()
        store = MetricsStore(tmp_path / "metrics.db", publish=lambda event: changed.set(), wall=lambda: NOW)
        store.start()
        store.record(sample())
        await asyncio.wait_for(changed.wait(), 10)
        assert asked(tmp_path / "metrics.db", "SELECT count(*) FROM metrics") == [(15,)]
        store.close()

    asyncio.run(run())


def test_what_was_written_is_announced_on_the_event_loop(tmp_path: Path) -> None:
    async def run() -> None:
        heard: list[tuple[Event, threading.Thread]] = []
        store = MetricsStore(
            tmp_path / "metrics.db",
            publish=lambda event: heard.append((event, threading.current_thread())),
            wall=lambda: NOW,
        )
        store.start()
        store.record(sample())
        await store.flush()
        assert heard == [(MetricsChanged(), threading.main_thread())]
        store.close()

    asyncio.run(run())


def modes_in(folder: Path) -> dict[str, int]:
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


def test_files_are_the_owners_alone(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path / "metrics.db") as store:
            store.record(sample())
            await store.flush()
            assert modes_in(tmp_path) == {"metrics.db": 0o600, "metrics.db-wal": 0o600, "metrics.db-shm": 0o600}

    asyncio.run(run())


async def ids(store: MetricsStore, tier: Tier) -> list[str | None]:
    return [scope.key for scope in await store.list_metric_scopes(tier)]


def test_ranges_and_ids_of_every_tier(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path / "metrics.db") as store:
            store.record(sample(attempts=(attempt("cloud", "org/big"),)))
            store.record(sample(started_at=START + 60, client_id="script", strategy_id="cheap", duration=0.4))
            await store.flush()
            assert await ids(store, Tier.KEY) == ["app", "script"]
            assert await ids(store, Tier.PROVIDER) == ["cloud", "local"]
            assert await ids(store, Tier.MODEL) == ["cloud/org/big", "local/small"]
            assert await store.get_strategy_ids() == ["cheap", "default"]
            span = (START - 3_600, NOW, Granularity.MINUTE)
            minutes = await store.get_range(GLOBAL, *span)
            assert [each.timestamp for each in minutes] == [1_789_999_980, 1_790_000_040]
            for found in (
                await store.get_range(Scope(Tier.KEY, "script"), *span),
                await store.get_strategy_range("cheap", *span),
                await store.get_range(Scope(Tier.PROVIDER, "local"), *span),
                await store.get_range(Scope(Tier.MODEL, "local/small"), *span),
            ):
                assert found == minutes[1:]
            assert await store.get_strategy_range("none", *span) == []
            assert [each.totals.requests for each in await store.get_range(GLOBAL, START, NOW, Granularity.DAY)] == [2]

    asyncio.run(run())


def test_recent_usage_is_exact_to_the_instant(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path / "metrics.db") as store:
            for age in (200, 91, 90, 30, 0):
                store.record(sample(started_at=NOW - age))
            store.record(sample(started_at=NOW - 10, outcome=Outcome.DENIED, attempts=()))
            await store.flush()
            for found in (
                await store.get_recent_usage(GLOBAL, 90),
                await store.get_recent_usage_for_strategy("default", 90),
                await store.get_recent_usage(Scope(Tier.KEY, "app"), 90),
            ):
                assert (found.requests, found.denied_requests) == (3, 1)
                assert (found.input_tokens, found.output_tokens, found.cost) == (300, 150, 3_000)
            for found in (
                await store.get_recent_usage(Scope(Tier.PROVIDER, "local"), 90),
                await store.get_recent_usage(Scope(Tier.MODEL, "local/small"), 90),
            ):
                assert (found.requests, found.denied_requests, found.input_tokens) == (3, 0, 300)

    asyncio.run(run())


@pytest.mark.parametrize(("age", "expected"), [(599, 7), (601, 50), (80_000, 50), (90_000, 93)])
def test_the_pre_estimate_is_of_ten_minutes_else_of_a_day(tmp_path: Path, age: float, expected: float) -> None:
    async def run() -> Average | None:
        async with opened(tmp_path / "metrics.db") as store:
            store.record(sample(started_at=NOW - age, attempts=(attempt("a", "b", usage=Usage(7, 1)),)))
            store.record(sample(started_at=NOW - 86_000, attempts=(attempt("a", "b", usage=Usage(93, 1)),)))
            store.record(sample(started_at=NOW, outcome=Outcome.FAILED, attempts=()))
            await store.flush()
            return await store.get_pre_estimate_for_strategy("default")

    found = asyncio.run(run())
    assert found is not None
    assert found.input_tokens == expected


def test_the_pre_estimate_is_absent_where_nothing_was_used_for_a_day(tmp_path: Path) -> None:
    async def run() -> Average | None:
        async with opened(tmp_path / "metrics.db") as store:
            store.record(sample(started_at=NOW - 86_401))
            store.record(sample(outcome=Outcome.FAILED, attempts=()))
            await store.flush()
            return await store.get_pre_estimate_for_strategy("default")

    assert asyncio.run(run()) is None


def test_a_chart_has_aligned_buckets_and_says_what_it_does_not_know(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path / "metrics.db") as store:
            store.record(sample(duration=2.0))
            store.record(sample(started_at=START - 5_000))
            await store.flush()
            requests = await store.get_metrics(GLOBAL, Measure.REQUESTS, NOW - 3_600, NOW + 900, compare=True)
            assert all(point.timestamp % requests.width == 0 for point in requests.points)
            assert requests.total == 1
            assert sum(point.value or 0 for point in requests.points) == 1
            assert requests.points[-1].value is None
            assert requests.points[0].value == 0
            assert len(requests.previous) == len(requests.points)
            assert requests.previous_total == 1
            latency = await store.get_metrics(Scope(Tier.MODEL, "local/small"), Measure.P95_LATENCY, NOW - 3_600)
            known = [point.value for point in latency.points if point.value is not None]
            assert known == [pytest.approx(400, rel=0.05)]
            assert await store.list_metric_scopes(Tier.GLOBAL) == [GLOBAL]

    asyncio.run(run())


def test_the_summary_holds_the_total_and_every_scope(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path / "metrics.db") as store:
            store.record(sample(attempts=(attempt("cloud", "big", kind=FailureKind.AUTH), attempt("local", "small"))))
            store.record(sample(started_at=START - 90_000))
            await store.flush()
            found = await store.get_usage_summary(START - 60)
            assert found.total.requests == 1
            assert found.total.cost == 2_000
            assert found.scopes[Scope(Tier.PROVIDER, "cloud")].failed_requests == 1
            assert GLOBAL not in found.scopes

    asyncio.run(run())


def test_requests_are_listed_newest_first_page_by_page(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path / "metrics.db") as store:
            wanted = [sample(started_at=START + (number // 2)) for number in range(25)]
            for each in wanted:
                store.record(each)
            await store.flush()
            seen: list[str] = []
            cursor: str | None = None
            pages = 0
            while pages == 0 or cursor is not None:
                page, cursor = await store.list_requests(RequestFilter(), cursor, 10)
                store.record(sample(started_at=START + 1_000))  # newer ones must not shift the pages
                await store.flush()
                seen.extend(each.request_id for each in page)
                pages += 1
            assert seen == [each.request_id for each in reversed(wanted)]
            assert pages == 3
            with pytest.raises(Invalid):
                await store.list_requests(RequestFilter(), "nonsense")

    asyncio.run(run())


@pytest.mark.parametrize(
    "filters",
    [
        RequestFilter(client_id="script"),
        RequestFilter(strategy_id="cheap"),
        RequestFilter(provider="cloud"),
        RequestFilter(model="big"),
        RequestFilter(model="cloud/big"),
        RequestFilter(outcome=Outcome.FAILED),
        RequestFilter(kind=FailureKind.AUTH),
        RequestFilter(since=START + 5),
        RequestFilter(since=START + 5, until=START + 15, outcome=Outcome.FAILED, provider="cloud"),
    ],
    ids=str,
)
def test_each_filter_finds_the_request_that_it_names(tmp_path: Path, filters: RequestFilter) -> None:
    wanted = sample(
        started_at=START + 10,
        client_id="script",
        strategy_id="cheap",
        outcome=Outcome.FAILED,
        attempts=(attempt("local", "small"), attempt("cloud", "big", kind=FailureKind.AUTH)),
    )

    async def run() -> list[Sample]:
        async with opened(tmp_path / "metrics.db") as store:
            store.record(sample())
            store.record(wanted)
            await store.flush()
            return (await store.list_requests(filters))[0]

    assert [each.request_id for each in asyncio.run(run())] == [wanted.request_id]


def test_a_kind_of_failure_finds_what_another_model_answered_in_the_end(tmp_path: Path) -> None:
    hopped = sample(attempts=(attempt("cloud", "big", kind=FailureKind.RATE_LIMITED), attempt("local", "small")))

    async def run() -> list[Sample]:
        async with opened(tmp_path / "metrics.db") as store:
            store.record(sample())
            store.record(hopped)
            await store.flush()
            return (await store.list_requests(RequestFilter(kind=FailureKind.RATE_LIMITED)))[0]

    assert [(each.request_id, each.trace) for each in asyncio.run(run())] == [(hopped.request_id, hopped.trace)]


def test_a_request_comes_back_whole(tmp_path: Path) -> None:
    wanted = sample(
        first_token=0.125,
        attempts=(
            attempt("cloud", "big", kind=FailureKind.RATE_LIMITED, usage=Usage(), cost=0),
            attempt("local", "small", usage=Usage(7, 5, 3, 2, estimated=True), cost=2**62, unpriced=True),
        ),
    )

    async def run() -> None:
        async with opened(tmp_path / "metrics.db") as store:
            store.record(wanted)
            await store.flush()
            assert await store.get_request(wanted.request_id) == wanted
            assert await store.get_request("unknown") is None
            assert store.known_request_ids([wanted.request_id, "unknown"]) == {wanted.request_id}

    asyncio.run(run())


def test_a_closed_store_refuses_questions_and_takes_a_second_close(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path / "metrics.db") as store:
            store.close()
            await store.flush()
            with pytest.raises(Unavailable):
                await store.get_usage_summary(START)

    asyncio.run(run())
