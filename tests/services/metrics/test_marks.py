"""The marks by which a database is known again."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

from localrouter.domain.metrics.samples import Outcome
from localrouter.services.metrics import marks
from localrouter.services.metrics.schema import open_writer
from localrouter.services.metrics.usage import mistrust_rows, usage_since
from tests.metric_samples import START, sample
from tests.services.metrics.test_store import NOW, opened, recorded


def test_a_new_database_is_new_until_it_is_used_and_in_use_until_it_is_closed_whole(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    for _ in range(2):
        with closing(open_writer(path)) as db:
            assert marks.read(db).is_new
    asyncio.run(recorded(path))
    with closing(open_writer(path)) as db:
        assert (marks.read(db).is_new, marks.read(db).was_in_use) == (False, True)

    async def closed() -> None:
        async with opened(path) as store:
            store.record(sample())
            assert (left := store.close(is_told_whole=True)) is not None
            assert (left.recorded, left.was_in_use) == (1, False)

    asyncio.run(closed())
    with closing(open_writer(path)) as db:
        assert not marks.read(db).was_in_use


def test_records_are_counted_once_whatever_is_deleted(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    one = sample()
    asyncio.run(recorded(path, one, sample(), sample(outcome=Outcome.DENIED, attempts=())))
    asyncio.run(recorded(path, one))
    with closing(open_writer(path)) as db:
        db.execute("DELETE FROM requests")
        found = marks.read(db)
    assert (found.recorded, found.last_minute) == (3, int(START // 60 * 60))


def test_a_database_of_an_earlier_release_gets_its_marks_and_is_not_new(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    asyncio.run(recorded(path, sample()))
    with closing(open_writer(path)) as db:
        db.execute("DELETE FROM marks")
    with closing(open_writer(path)) as db:
        found = marks.read(db)
        assert (found.is_new, found.was_in_use, found.recorded > 0, found.identity > 0) == (False, False, True, True)


def test_what_seal_tells_is_in_the_file(tmp_path: Path) -> None:
    async def run() -> None:
        async with opened(tmp_path / "metrics.db") as store:
            store.record(sample())
            sealed = await store.seal()
            assert sealed is not None
            assert sealed.recorded == 1
            assert store.found is not None
            assert sealed.identity == store.found.identity

    asyncio.run(run())


def test_rows_that_somebody_took_out_are_told_by_their_sums(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    asyncio.run(recorded(path, *(sample(started_at=START + each) for each in (0, 10, 70))))
    with closing(open_writer(path)) as db:
        before = usage_since(db, 0.0, NOW)
        mistrust_rows(db, NOW)
        assert usage_since(db, 0.0, NOW) == before, "nothing is mistrusted without a reason"
        db.execute("DELETE FROM requests WHERE id = 2")
        mistrust_rows(db, NOW)
        after = usage_since(db, 0.0, NOW)
    assert [sum(row.requests for row in rows) for rows in (before, after)] == [3, 3]
    assert [sum(row.input_tokens for row in rows) for rows in (before, after)] == [300, 300]
