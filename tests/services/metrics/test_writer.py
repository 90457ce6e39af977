"""The writer under pressure: locks, full disks, samples that cannot be stored, a killed process, many rows."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from localrouter.domain.metrics.intervals import Granularity
from localrouter.domain.metrics.samples import GLOBAL
from localrouter.domain.routing.attempt_ends import CountedUsage
from localrouter.services.metrics import writer as metrics_writer
from tests.metric_samples import NUMBERS, START, attempt, sample
from tests.services.metrics.test_store import NOW, asked, opened, recorded


def test_what_cannot_be_written_waits_and_is_written_once_later(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"

    async def run() -> None:
        async with opened(path) as store:
            store.record(sample())
            await store.flush()
            with closing(sqlite3.connect(path, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                for _ in range(10):
                    store.record(sample())
                await store.flush()
                assert store.problem is not None
                assert (await store.get_usage_summary(START - 60)).total.requests == 1
                other.execute("ROLLBACK")
            await store.flush()
            assert store.problem is None
            assert (await store.get_usage_summary(START - 60)).total.requests == 11

    asyncio.run(run())
    assert asked(path, "SELECT count(*) FROM requests") == [(11,)]


def test_who_no_longer_waits_for_the_writing_does_not_end_it(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path / "metrics.db") as store:
            for wait in (store.flush, store.seal, store.flush):
                store.record(sample())
                waiting = asyncio.ensure_future(wait())
                await asyncio.sleep(0)
                waiting.cancel()
                await asyncio.wait([waiting])
            await asyncio.wait_for(store.flush(), 20)
            assert (await store.get_recent_usage(GLOBAL, 3_600 * 24)).requests == 3

    asyncio.run(run())


@pytest.mark.parametrize("cost", [2**63, 2**70, 2**62])
def test_costs_beyond_all_reason_spoil_no_record(tmp_path: Path, cost: int) -> None:
    """A price that a provider lists, times the tokens that it claims, may be more than SQLite's whole numbers hold."""
    path = tmp_path / "metrics.db"
    dear = replace(attempt("one", "a", cost=cost), counted=CountedUsage(5, 5, 10, cost))

    async def run() -> None:
        async with opened(path, now=START + 90) as store:
            store.record(sample(started_at=START - 60))
            for each in (dear, dear, attempt("one", "a")):
                store.record(sample(attempts=(each,)))
                await store.flush()
                assert store.problem is None
            assert (await store.get_usage_summary(START - 120)).total.requests == 4
            found = await store.get_recent_usage(GLOBAL, 91)  # from within a minute on: its rows are summed
            assert (found.requests, found.cost >= 2**62) == (3, True)

    asyncio.run(run())
    assert asked(path, "SELECT count(*), max(cost) <= 9223372036854775807 FROM requests") == [(4, 1)]
    assert asked(path, "SELECT sum(requests) FROM usage") == [(4,)]


FULL_DISK = """
import asyncio, resource, signal, sys
from pathlib import Path
from tests.metric_samples import sample
from tests.services.metrics.test_store import opened

async def run(path):
    async with opened(path) as store:
        store.record(sample())
        await store.flush()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
        store.record(sample())
        await store.flush()
        assert store.problem, "nothing was said of the full disk"
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        await store.flush()
        assert store.problem is None, store.problem

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
asyncio.run(run(Path(sys.argv[1])))
"""


def test_a_full_disk_is_told_and_outlived(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", FULL_DISK, str(tmp_path / "metrics.db")], check=True, timeout=60)
    assert asked(tmp_path / "metrics.db", "SELECT count(*) FROM requests") == [(2,)]


def test_a_sample_that_cannot_be_stored_takes_no_other_with_it(tmp_path: Path) -> None:
    broken = replace(sample(), model_asked="\ud800"), replace(sample(), status=2**70)

    async def run() -> None:
        async with opened(tmp_path / "metrics.db") as store:
            for each in (sample(), *broken, sample()):
                store.record(each)
            await store.flush()
            assert store.problem == "2 requests could not be recorded."

    asyncio.run(run())
    assert asked(tmp_path / "metrics.db", "SELECT requests FROM metrics WHERE metric_type = 'llm_global'") == [(2,)] * 3


def test_more_than_fits_into_memory_is_dropped_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_writer, "MAX_QUEUED_SAMPLES", 3)

    async def run() -> None:
        async with opened(tmp_path / "metrics.db") as store:
            for _ in range(5):
                store.record(sample())
            await store.flush()
            assert store.problem == "2 requests could not be recorded."

    asyncio.run(run())


def test_sums_stop_at_what_sixty_four_bits_hold(tmp_path: Path) -> None:
    dear = [replace(sample(), attempts=tuple(replace(a, cost=2**62) for a in sample().attempts)) for _ in range(3)]
    asyncio.run(recorded(tmp_path / "metrics.db", *dear))
    asyncio.run(recorded(tmp_path / "metrics.db", sample()))
    rows = asked(tmp_path / "metrics.db", "SELECT requests, cost_usd FROM metrics WHERE metric_type = 'llm_global'")
    assert rows == [(4, (2**63 - 1) / 1e12)] * 3


KILLED = """
import asyncio, sys
from pathlib import Path
from tests.metric_samples import sample
from tests.services.metrics.test_store import opened

async def run(path):
    async with opened(path) as store:
        for number in range(10**6):
            store.record(sample(request_id=str(number)))
            print(number, flush=True)
            await asyncio.sleep(0.002)

asyncio.run(run(Path(sys.argv[1])))
"""


def test_a_killed_process_loses_at_most_its_last_moments(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "metrics.db")], stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(300)]
        child.send_signal(signal.SIGKILL)
    kept = asked(tmp_path / "metrics.db", "SELECT request_id FROM requests ORDER BY id")
    assert len(lines) - 100 < len(kept)  # one is recorded every 2 ms or more: 100 of them are 200 ms
    assert [row[0] for row in kept] == [str(number) for number in range(len(kept))]
    asyncio.run(recorded(tmp_path / "metrics.db", sample()))
    requests = asked(tmp_path / "metrics.db", "SELECT requests FROM metrics WHERE metric_type = 'llm_global'")
    assert requests == [(len(kept) + 1,)] * 3


def test_recording_goes_on_while_questions_are_answered(tmp_path: Path, full: bool) -> None:
    count = 1_000_000 if full else 10_000

    async def run() -> None:
        async with opened(tmp_path / "metrics.db") as store:
            asking = asyncio.create_task(ask_on_and_on(store))
            for number in range(count):
                store.record(sample(started_at=START - 80_000 * number / count, duration=0.1 + number % 50))
                if number % 10_000 == 9_999:
                    await store.flush()
            asking.cancel()
            await store.flush()
            found = await store.get_usage_summary(START - 86_400, NOW)
            assert found.total.requests == count
            day = await store.get_range(GLOBAL, START - 86_400, NOW, Granularity.HOUR)
            assert sum(each.totals.requests for each in day) == count

    async def ask_on_and_on(store) -> None:  # type: ignore[no-untyped-def]
        while True:
            await store.get_usage_summary(START - 86_400)

    asyncio.run(run())
    assert next(NUMBERS) > count
    view = "SELECT sum(requests) FROM metrics WHERE granularity = 'minute' AND metric_type = 'llm_global'"
    assert asked(tmp_path / "metrics.db", view) == [(count,)]
