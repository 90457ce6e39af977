"""What is forgotten, and that no answer changes by it."""

from __future__ import annotations

import asyncio
import random
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from localrouter.domain.conversation.request import Usage
from localrouter.domain.metrics.samples import Outcome, Sample
from localrouter.domain.routing.failures import FailureKind
from localrouter.services.metrics.retention import Retention, step
from localrouter.services.metrics.schema import open_writer
from localrouter.services.metrics.usage import UsageRow
from tests.metric_samples import START, attempt, sample
from tests.services.metrics.test_store import NOW, asked, opened, recorded

DAY = 86_400
ROWS = "SELECT count(*) FROM requests UNION ALL SELECT count(*) FROM attempts UNION ALL SELECT count(*) FROM traces"


def forget(path: Path, retention: Retention, now: float) -> int:
    with closing(open_writer(path)) as db:
        steps = 1
        while step(db, retention, now):
            steps += 1
    return steps


def usage(path: Path, now: float = NOW) -> list[UsageRow]:
    async def run() -> list[UsageRow]:
        async with opened(path, now=now) as store:
            return store.usage_since(now - 30 * DAY)

    return asyncio.run(run())


def spread(days: float, count: int) -> list:  # type: ignore[type-arg]
    chance = random.Random(1)
    return [sample(started_at=NOW - chance.random() * days * DAY, duration=chance.random() * 600) for _ in range(count)]


def test_rows_go_by_age_and_no_sum_changes(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    asyncio.run(recorded(path, *spread(2, 1_500)))
    before = asked(path, "SELECT * FROM metrics")
    steps = forget(path, Retention(days=1), NOW)
    assert steps > 2
    [(requests,), (attempts,), (traces,)] = asked(path, ROWS)
    assert 500 < requests < 1_000
    assert requests == attempts == traces
    assert asked(path, "SELECT * FROM metrics") == before
    assert asked(path, "SELECT min(started_at) >= ? FROM requests", NOW - DAY) == [(1,)]


def test_rows_go_by_size_oldest_first_and_the_file_shrinks(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    asyncio.run(recorded(path, *spread(0.01, 12_000)))
    full = path.stat().st_size
    before = asked(path, "SELECT * FROM metrics")
    newest = asked(path, "SELECT max(started_at) FROM requests")
    forget(path, Retention(max_mb=1), NOW)
    assert 0 < asked(path, "SELECT count(*) FROM requests")[0][0] < 12_000
    assert asked(path, "SELECT max(started_at) FROM requests") == newest
    assert asked(path, "SELECT * FROM metrics") == before
    assert path.stat().st_size < full


def test_the_refused_requests_of_one_client_rotate_out_nobody_elses_records(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    others = [sample(client_id="quiet", started_at=NOW - 600 + number) for number in range(50)]
    few = [refused("unlucky", NOW - 500 + number) for number in range(50)]
    flood = [refused("flood", NOW - 300 + number / 100) for number in range(6_000)]
    asyncio.run(recorded(path, *others, *few, *flood))
    rows_of_usage = usage(path)
    before = asked(path, "SELECT * FROM metrics")
    forget(path, Retention(max_mb=2), NOW)
    kept = dict(asked(path, "SELECT client_id, count(*) FROM requests GROUP BY client_id"))
    assert (kept["quiet"], kept["unlucky"]) == (50, 50)
    assert 0 < kept["flood"] < 6_000
    assert asked(path, "SELECT max(started_at) FROM requests") == [(flood[-1].started_at,)], "its oldest went"
    assert usage(path) == rows_of_usage, "what limits count is told as exactly as before"
    assert asked(path, "SELECT * FROM metrics") == before


def refused(client_id: str, at: float) -> Sample:
    denied = sample(client_id=client_id, started_at=at, outcome=Outcome.DENIED, attempts=())
    return replace(denied, trace='{"limits": "' + "x" * 1_000 + '"}')


def test_minutes_go_after_two_days_hours_after_ninety_and_days_stay(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    asyncio.run(recorded(path, *(sample(started_at=NOW - age * DAY) for age in (1, 3, 89, 91, 1_000))))
    forget(path, Retention(), NOW)
    kept = "SELECT count(*) FROM metrics WHERE metric_type = 'llm_global' AND granularity = ?"
    assert [asked(path, kept, each) for each in ("minute", "hour", "day")] == [[(1,)], [(3,)], [(5,)]]


def test_a_late_sample_is_added_to_a_day_whose_minutes_are_gone(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    for _ in range(2):
        asyncio.run(recorded(path, sample(started_at=NOW - 5 * DAY)))
        forget(path, Retention(), NOW)
    days = "SELECT requests FROM metrics WHERE metric_type = 'llm_global' AND granularity = 'day'"
    assert asked(path, days) == [(2,)]


def summed(rows: list[UsageRow]) -> tuple[int, int, int, int]:
    return (
        sum(row.requests for row in rows),
        sum(row.input_tokens for row in rows),
        sum(row.output_tokens for row in rows),
        sum(row.cost for row in rows),
    )


def test_usage_of_a_month_counts_every_request_once(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    asyncio.run(recorded(path, *spread(0.5, 2_000), sample(attempts=())))
    rows = usage(path)
    assert summed(rows) == (2_000, 200_000, 100_000, 2_000_000)
    exact = [row for row in rows if row.request_id is not None]
    assert exact
    assert len(exact) < len(rows)
    assert all(row.settled_at >= NOW - 7_200 for row in exact)
    assert all(row.admitted_at < NOW - 7_000 for row in exact if row.requests == 0)


def test_usage_is_the_same_whatever_retention_took(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    asyncio.run(recorded(path, *spread(0.1, 3_000)))
    before = usage(path)
    forget(path, Retention(max_mb=1), NOW)
    after = usage(path)
    assert len([row for row in after if row.request_id]) < len([row for row in before if row.request_id])
    assert summed(after) == summed(before)


def test_a_sum_of_usage_is_stamped_no_earlier_than_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    asyncio.run(recorded(path, sample(started_at=START - 10_000, duration=50)))
    for row in usage(path):
        if row.requests:
            assert 0 <= row.admitted_at - (START - 10_000) <= 60
        if row.input_tokens:
            assert 0 <= row.settled_at - (START - 9_950) <= 60


def test_the_running_store_forgets_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"

    async def run() -> None:
        async with opened(path) as store:
            store.set_retention(days=1, max_mb=512)
            store.record(sample(started_at=NOW - 2 * DAY))
            store.record(sample())
            await store.flush()
            while asked(path, "SELECT count(*) FROM requests") != [(1,)]:
                await store.flush()

    asyncio.run(asyncio.wait_for(run(), 10))


def test_a_request_that_waited_for_room_counts_from_its_admission(tmp_path: Path) -> None:
    path, arrived = tmp_path / "metrics.db", NOW - 30
    waited = replace(attempt("local", "small"), started_at=arrived + 1.5)
    again = replace(attempt("local", "small"), started_at=arrived + 4)
    asyncio.run(recorded(path, sample(started_at=arrived, duration=9.0, attempts=(waited, again))))
    [row] = usage(path)
    assert (row.admitted_at, row.settled_at, row.requests) == (arrived + 1.5, arrived + 9.0, 1)


def test_a_call_that_was_never_made_counts_for_no_limit(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    keyless = replace(attempt("cloud", "big", kind=FailureKind.AUTH, usage=Usage(), cost=0), dispatched=False)
    refused = replace(keyless, status=401, dispatched=True)
    for age in (30.0, 3 * 86_400.0):  # told request by request, and as the sum of a minute
        arrived = NOW - age
        asyncio.run(
            recorded(
                path,
                sample(started_at=arrived, outcome=Outcome.FAILED, attempts=(keyless,), strategy_id="keyless"),
                sample(started_at=arrived, outcome=Outcome.FAILED, attempts=(keyless, refused), strategy_id="refused"),
            )
        )
    assert [(row.strategy_id, row.requests) for row in usage(path)] == [("refused", 1), ("refused", 1)]
