"""The table `breakdown`: it says what the roll-ups say, also where it was made from records."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from localrouter.domain.conversation.request import Usage
from localrouter.domain.metrics.breakdown import CELL_SUMS, WIDTHS, Period, Split, kept_for
from localrouter.domain.metrics.samples import GLOBAL, Outcome, Sample
from localrouter.domain.routing.failures import FailureKind
from localrouter.services.metrics.breakdown import BreakdownQuestion, breakdown, delete_old
from localrouter.services.metrics.schema import open_writer
from tests.metric_samples import START, attempt, sample
from tests.services.metrics.test_store import asked, recorded


def varied(start: float = START) -> list[Sample]:
    guessed = Usage(30, 10, estimated=True)
    cut = attempt("cloud", "big", kind=FailureKind.SERVER_ERROR, usage=guessed, cost=70)
    return [
        sample(started_at=start + 5),
        sample(started_at=start + 5, strategy_id="night", attempts=(attempt("cloud", "big", cost=500),)),
        sample(started_at=start + 65, attempts=(cut, attempt("local", "small", cost=0, usage=Usage(7, 3, 2)))),
        sample(started_at=start + 4_000, client_id="editor", attempts=(attempt("lab", "x", cost=0, unpriced=True),)),
        sample(started_at=start + 9_000, outcome=Outcome.FAILED, attempts=(cut,)),
        sample(started_at=start + 9_001, outcome=Outcome.CANCELLED, attempts=()),
        sample(started_at=start + 9_002, outcome=Outcome.DENIED, attempts=()),
    ]


def rows(path: Path) -> list[tuple[Any, ...]]:
    return asked(path, "SELECT * FROM breakdown ORDER BY 1, 2, 3, 4, 5, 6, 7")


@pytest.mark.parametrize("width", WIDTHS)
def test_each_width_adds_up_to_what_the_rollups_say(tmp_path: Path, width: int) -> None:
    path = tmp_path / "metrics.db"
    asyncio.run(recorded(path, *varied()))
    said = ("requests", "failed_requests", "denied_requests", "input_tokens", "output_tokens", "cached_tokens", "cost")
    more = ("estimated_requests", "unpriced_requests", "estimated_cost")
    sums = ", ".join(f"sum({name})" for name in (*said, *more))
    [expected] = asked(path, f"SELECT {sums} FROM rollups WHERE metric_type = 'llm_global' AND granularity = 'day'")
    assert asked(path, f"SELECT {sums} FROM breakdown WHERE seconds = {width}") == [expected]
    [[calls]] = asked(path, f"SELECT sum(calls) FROM breakdown WHERE seconds = {width}")
    assert [(calls,)] == asked(path, "SELECT count(*) FROM attempts")


def test_batches_add_up(tmp_path: Path) -> None:
    samples = varied()
    asyncio.run(recorded(tmp_path / "one.db", *samples))
    for each in samples:
        asyncio.run(recorded(tmp_path / "each.db", each))
    assert rows(tmp_path / "each.db") == rows(tmp_path / "one.db")


def test_a_file_of_an_earlier_version_gets_it_from_its_records(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    now = time.time()  # as SQLite knows it, too
    asyncio.run(recorded(path, *varied(now - 9_600)))
    before = rows(path)
    with closing(sqlite3.connect(path)) as db:
        db.executescript("DROP TABLE breakdown; PRAGMA user_version = 4;")
    open_writer(path).close()
    found = rows(path)
    assert found == [row for row in before if row[1] > now - kept_for(row[0])]
    assert {row[0] for row in found} == set(WIDTHS)


def test_made_up_names_stay_out_of_it_where_it_is_made_from_records(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    asyncio.run(recorded(path, sample()))
    with closing(sqlite3.connect(path)) as db:
        db.executescript("UPDATE attempts SET model = 'made-up'; DROP TABLE breakdown; PRAGMA user_version = 4;")
    open_writer(path).close()
    assert {row[5] for row in rows(path)} == {"other"}


def test_old_buckets_are_deleted_and_answers_keep_what_they_need(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    asyncio.run(recorded(path, *varied()))
    now = START + 9_002
    for period in Period:
        question = BreakdownQuestion(GLOBAL, Split.MODEL, period, "requests")
        with closing(open_writer(path)) as db:
            before = breakdown(db, question, now)
            delete_old(db, now)
            assert breakdown(db, question, now) == before
    assert asked(
        path, "SELECT count(*) FROM breakdown WHERE seconds = 10 AND timestamp < ?".replace("?", str(START))
    ) == [(0,)]


def test_a_question_is_answered_from_the_key_alone(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    asyncio.run(recorded(path, sample()))
    plan = asked(path, "EXPLAIN QUERY PLAN SELECT sum(cost) FROM breakdown WHERE seconds = 60 AND timestamp >= 1")
    assert "USING PRIMARY KEY (seconds=? AND timestamp>?)" in plan[0][3]
    assert len(asked(path, "SELECT * FROM breakdown LIMIT 1")[0]) == 7 + len(CELL_SUMS)
