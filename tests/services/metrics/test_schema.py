"""Opening the file: what is ours is kept, what cannot be read is set aside."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from localrouter.domain.conversation.request import Usage
from localrouter.domain.errors import WrittenByNewer
from localrouter.domain.metrics.samples import Outcome, ToldError
from localrouter.domain.routing.failures import FailureKind
from localrouter.services.metrics.records import RequestFilter
from localrouter.services.metrics.schema import UnreadableDatabase, open_reader, open_writer, set_aside
from localrouter.services.metrics.schema_check import newer_tables
from tests.metric_samples import START, attempt, sample
from tests.services.metrics.test_store import asked, opened, recorded


def scribble(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1_000)


def cut(path: Path) -> None:
    asyncio.run(recorded(path, *(sample() for _ in range(200))))
    path.write_bytes(path.read_bytes()[:-20_000])


def damage_a_page(path: Path) -> None:
    asyncio.run(recorded(path, *(sample() for _ in range(200))))
    content = bytearray(path.read_bytes())
    content[8 * 4_096 : 9 * 4_096] = b"\xa5" * 4_096
    path.write_bytes(content)


def someone_elses(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE requests(something)")


def newer(path: Path) -> None:
    asyncio.run(recorded(path, sample()))
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")


def newer_in_its_log(path: Path) -> None:
    """The newer release was killed: the file itself is still of today's version."""
    asyncio.run(recorded(path, sample()))
    kept = path.with_name("kept")
    kept.mkdir()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
        for name in (path.name, f"{path.name}-wal"):
            shutil.copy(path.with_name(name), kept)
    for name in (path.name, f"{path.name}-wal"):
        kept.joinpath(name).replace(path.with_name(name))
    kept.rmdir()


def a_folder(path: Path) -> None:
    path.mkdir()


def names_in(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


@pytest.mark.parametrize("spoil", [scribble, cut, damage_a_page, someone_elses, a_folder])
def test_an_unreadable_database_is_set_aside_and_a_new_one_takes_its_place(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    path = tmp_path / "metrics.db"
    spoil(path)

    async def run() -> None:
        async with opened(path) as store:
            [aside] = names_in(tmp_path) - {"metrics.db", "metrics.db-wal", "metrics.db-shm"}
            assert aside.startswith("metrics.db.unreadable-")
            assert store.usage_lost
            assert store.problem is not None
            assert aside in store.problem
            store.record(sample())
            await store.flush()
            assert (await store.get_usage_summary(START - 60)).total.requests == 1
            assert store.usage_since(0) != []

    asyncio.run(run())
    asyncio.run(recorded(path, sample()))
    assert asked(path, "SELECT count(*) FROM requests") == [(2,)]


@pytest.mark.parametrize("make", [newer, newer_in_its_log])
def test_a_database_of_a_newer_release_is_never_set_aside(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "metrics.db"
    make(path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    told = newer_tables(path)
    assert told is not None
    assert "version 99" in told
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before

    async def run() -> None:
        async with opened(path):
            raise AssertionError("it was opened")

    with pytest.raises(WrittenByNewer, match=r"metrics\.db: .* version 99"):
        asyncio.run(run())
    assert names_in(tmp_path) - {"metrics.db-wal", "metrics.db-shm"} == {"metrics.db"}
    assert asked(path, "SELECT count(*) FROM requests") == [(1,)]


@pytest.mark.parametrize("make", [None, scribble, cut, someone_elses, a_folder])
def test_only_a_database_that_says_so_is_of_a_newer_release(
    tmp_path: Path, make: Callable[[Path], None] | None
) -> None:
    if make is not None:
        make(tmp_path / "metrics.db")
    assert newer_tables(tmp_path / "metrics.db") is None


def test_a_log_that_was_written_over_tells_nothing_of_its_former_frames(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    newer_in_its_log(path)
    log = path.with_name("metrics.db-wal")
    content = bytearray(log.read_bytes())
    content[16:24] = bytes(8)
    log.write_bytes(content)
    assert newer_tables(path) is None


def test_a_good_database_is_no_problem(tmp_path: Path) -> None:
    asyncio.run(recorded(tmp_path / "metrics.db", sample()))

    async def run() -> None:
        async with opened(tmp_path / "metrics.db") as store:
            assert store.problem is None
            assert not store.usage_lost

    asyncio.run(run())


def test_what_is_set_aside_never_replaces_what_was_set_aside_before(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    names = set()
    for content in ("first", "second", "third"):
        path.write_text(content)
        aside = set_aside(path, START)
        assert aside.read_text() == content
        names.add(aside.name)
    assert len(names) == 3


def test_the_log_of_an_unreadable_database_goes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    for name in ("metrics.db", "metrics.db-wal", "metrics.db-shm"):
        (tmp_path / name).write_text(name)
    aside = set_aside(path, START)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        aside.name,
        f"{aside.name}-shm",
        f"{aside.name}-wal",
    ]


def test_a_locked_database_is_not_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError):
            open_writer(path)
    with pytest.raises(UnreadableDatabase):
        open_writer(tmp_path)


def test_a_database_that_is_locked_at_start_is_used_once_it_is_free(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"

    async def run() -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            async with opened(path) as store:
                store.record(sample())
                await store.flush()
                assert store.problem is not None
                assert "locked" in store.problem
                other.execute("ROLLBACK")
                await store.flush()
                assert store.problem is None
        assert asked(path, "SELECT count(*) FROM requests") == [(1,)]

    asyncio.run(run())


def test_a_database_of_the_first_version_opens_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript((Path(__file__).parent.parents[1] / "homes" / "metrics-1.sql").read_text())
    before = asked(path, "SELECT * FROM metrics")
    for _ in range(2):  # the second time it is of the present version already

        async def run() -> None:
            async with opened(path) as store:
                assert store.problem is None
                rows = store.usage_since(START - 60)
                assert sum(row.requests for row in rows) == 5
                counted = [sum(getattr(row, name) for row in rows) for name in ("total_tokens", "told_input", "cost")]
                assert counted == [620, 400, 5_000]
                left = await store.get_request("old-left")
                assert left is not None
                assert (left.counted, left.usage.input_tokens) == (None, 20)
                recent = await store.get_recent_usage_for_strategy("default", 86_400)
                assert (recent.requests, recent.total_tokens, recent.cost) == (5, 620, 5_000)

        asyncio.run(run())
    assert asked(path, "SELECT * FROM metrics") == before
    asyncio.run(recorded(path, sample(started_at=START - 90_000)))
    with closing(open_writer(tmp_path / "new.db")) as new, closing(open_writer(path)) as old:
        columns = "SELECT m.name, c.name, c.type FROM sqlite_schema m, pragma_table_info(m.name) c ORDER BY 1, 2"
        assert new.execute(columns).fetchall() == old.execute(columns).fetchall(), "as if it had been made today"


def test_records_from_before_words_were_kept_have_none(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    first = sample()
    asyncio.run(recorded(path, first))
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            "ALTER TABLE requests DROP COLUMN error_code; ALTER TABLE requests DROP COLUMN error_message;"
            "ALTER TABLE attempts DROP COLUMN dispatched;"
            "PRAGMA user_version = 2;"
        )

    async def run() -> None:
        async with opened(path) as store:
            later = replace(sample(), request_id="req_later", error=ToldError("code", "Words."))
            store.record(later)
            await store.flush()
            found, _ = await store.list_requests(RequestFilter(), None, 10)
            assert {each.request_id: each.error for each in found} == {
                "req_later": ToldError("code", "Words."),
                first.request_id: None,
            }

    asyncio.run(run())


def test_attempts_of_earlier_releases_were_sent_but_for_those_without_a_key(
    tmp_path: Path,
) -> None:
    path = tmp_path / "metrics.db"
    keyless = replace(attempt("cloud", "big", kind=FailureKind.AUTH, usage=Usage(), cost=0), status=None)
    refused = replace(keyless, status=401)
    left = replace(keyless, kind=FailureKind.CANCELLED)
    asyncio.run(recorded(path, sample(outcome=Outcome.FAILED, attempts=(keyless, refused, left))))
    with closing(sqlite3.connect(path)) as db:
        db.executescript("ALTER TABLE attempts DROP COLUMN dispatched; PRAGMA user_version = 3;")
    with closing(open_writer(path)) as db:
        assert db.execute("SELECT dispatched FROM attempts ORDER BY number").fetchall() == [(0,), (1,), (1,)]


LOOK = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(db.execute("SELECT count(*) FROM requests").fetchone()[0])
db.close()
"""


def test_who_looks_into_a_database_that_was_opened_anew_takes_nothing_away(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    asyncio.run(recorded(path, sample()))
    first = open_writer(path)
    with closing(open_reader(path)) as reader:
        assert reader.execute("SELECT count(*) FROM requests").fetchone()[0] == 1
        first.close()
        with closing(open_writer(path)) as writer:
            look = [sys.executable, "-c", LOOK, str(path)]
            assert subprocess.run(look, capture_output=True, text=True, check=True, timeout=60).stdout == "1\n"
            assert path.with_name("metrics.db-wal").exists()
            writer.execute("DELETE FROM requests")
            assert subprocess.run(look, capture_output=True, text=True, check=True, timeout=60).stdout == "0\n"
