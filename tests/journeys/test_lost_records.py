"""A database of records that is gone, emptied, exchanged or set back opens no spent limit; a new home is quiet."""

from __future__ import annotations

import logging
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from localrouter import app
from localrouter.domain.configuration.config import LimitType, Provider
from localrouter.services.instance.home import Home
from localrouter.surfaces.cli.status import Screen
from tests.killable import serving
from tests.limits import limit
from tests.rig import Router, read_until, router, strategy_id, until
from tests.upstream import Asked, Step, Upstream, answer, chat, stream

AT_MOST = 10


@pytest.fixture
def up() -> Iterator[Upstream]:
    with Upstream(chat) as upstream:
        yield upstream


def limited(folder: Path, up: Upstream) -> Router:
    one = Provider(name="one", preset="openai-compatible", base_url=up.url)
    return router(folder, [one], limits=[limit(LimitType.REQUESTS, AT_MOST, "day")])


def again(lr: Router) -> Router:
    return Router(lr.home, lr.config, lr.key)


def ask(lr: Router, times: int) -> None:
    with again(lr) as running:
        for _ in range(times):
            assert running.chat(model="one/a").status == 200


def used(lr: Router) -> float:
    [told] = lr.rpc("get_strategy_usage", strategy_id=strategy_id(lr))
    return float(told["used"])


def gone(home: Home) -> None:
    for file in home.root.glob("metrics.db*"):
        file.unlink()


def emptied(home: Home) -> None:
    gone(home)
    home.metrics.touch(0o600)


def a_database_without_tables(home: Home) -> None:
    gone(home)
    with closing(sqlite3.connect(home.metrics)) as db:
        db.execute("VACUUM")


def a_new_database_of_ours(home: Home) -> None:
    gone(home)
    with app.offline_services(Home(home.root.parent / "other")):
        pass
    shutil.copy(home.root.parent / "other" / "metrics.db", home.metrics)


def without_rows(home: Home) -> None:
    with closing(sqlite3.connect(home.metrics)) as db:
        for table in ("requests", "rollups", "usage"):
            db.execute(f"DELETE FROM {table}")
        db.commit()


def without_requests(home: Home) -> None:
    with closing(sqlite3.connect(home.metrics)) as db:
        db.execute("DELETE FROM requests")
        db.commit()


def without_marks(home: Home) -> None:
    with closing(sqlite3.connect(home.metrics)) as db:
        for table in ("requests", "rollups", "usage", "marks"):
            db.execute(f"DELETE FROM {table}")
        db.commit()


def an_older_copy(home: Home) -> None:
    gone(home)
    shutil.copy(home.root.parent / "copy.db", home.metrics)


@pytest.mark.parametrize(
    "spoil",
    [
        gone,
        emptied,
        a_database_without_tables,
        a_new_database_of_ours,
        without_rows,
        without_marks,
        an_older_copy,
    ],
)
def test_limits_hold_back_where_the_records_are_not_the_ones_that_were_left(
    tmp_path: Path, up: Upstream, spoil: Callable[[Home], None], caplog: pytest.LogCaptureFixture
) -> None:
    lr = limited(tmp_path, up)
    ask(lr, 2)
    shutil.copy(lr.home.metrics, tmp_path / "copy.db")
    ask(lr, 2)
    spoil(lr.home)
    with caplog.at_level(logging.WARNING, "localrouter"), again(lr) as running:
        status = running.rpc("get_server_status")
        assert status["usage_lost"]
        assert "metrics.db" in status["usage_loss"]
        said = "\n".join(Screen(status, "localrouter", datetime.now(UTC)).lines())
        assert status["usage_loss"] in said
        assert "localrouter call acknowledge_usage_loss" in said
        refused = running.chat(model="one/a")
        assert refused.status == 429
        assert int(refused.headers["retry-after"]) > 86_000
    assert any("metrics.db" in line and "acknowledge_usage_loss" in line for line in caplog.messages)
    with app.offline_services(lr.home) as services:
        assert services.ledger.usage_was_lost, "the next start does not forget it"
    with again(lr) as running:
        assert running.chat(model="one/a").status == 429
        assert running.rpc("acknowledge_usage_loss") == {"usage_lost": False}
        assert running.chat(model="one/a").status == 200
    with again(lr) as running:
        assert running.rpc("get_server_status")["usage_loss"] is None
        assert running.chat(model="one/a").status == 200


def test_a_command_finds_the_loss_as_a_start_does(tmp_path: Path, up: Upstream) -> None:
    lr = limited(tmp_path, up)
    ask(lr, 2)
    gone(lr.home)
    with app.offline_services(lr.home) as services:
        assert services.ledger.usage_was_lost
    with again(lr) as running:
        assert running.chat(model="one/a").status == 429


def nothing(home: Home) -> None:
    pass


def the_journal(home: Home) -> None:
    home.ledger.unlink()


def the_marks_of_this_release(home: Home) -> None:
    with closing(sqlite3.connect(home.metrics)) as db:
        db.execute("DELETE FROM marks")
        db.commit()
    lines = home.ledger.read_bytes().splitlines(keepends=True)
    home.ledger.write_bytes(b"".join(line for line in lines if not line.startswith(b'["m"')))


@pytest.mark.parametrize("taken", [nothing, the_journal, the_marks_of_this_release, without_requests])
def test_what_is_still_known_is_counted_without_a_word(
    tmp_path: Path, up: Upstream, taken: Callable[[Home], None]
) -> None:
    lr = limited(tmp_path, up)
    ask(lr, 3)
    taken(lr.home)
    for _ in range(2):
        with again(lr) as running:
            assert not running.rpc("get_server_status")["usage_lost"]
            assert used(running) == 3
    assert b'["m",' in lr.home.ledger.read_bytes()


def test_a_new_home_and_one_that_nobody_used_are_quiet(tmp_path: Path, up: Upstream) -> None:
    lr = limited(tmp_path, up)
    for spoil in (nothing, nothing, gone, emptied, nothing):
        spoil(lr.home) if lr.home.root.exists() else None
        with again(lr) as running:
            assert not running.rpc("get_server_status")["usage_lost"]
    with again(lr) as running:
        assert running.chat(model="one/a").status == 200


def test_a_home_without_records_and_without_journal_is_a_new_one(tmp_path: Path, up: Upstream) -> None:
    lr = limited(tmp_path, up)
    ask(lr, 3)
    gone(lr.home)
    the_journal(lr.home)
    with again(lr) as running:
        assert not running.rpc("get_server_status")["usage_lost"]
        assert used(running) == 0


def test_after_a_kill_neither_the_records_nor_the_journal_can_go_unnoticed(tmp_path: Path, up: Upstream) -> None:
    lr = limited(tmp_path, up)
    ask(lr, 1)
    for taken in (the_journal, gone):
        with serving(lr) as process:
            assert not lr.rpc("get_server_status")["usage_lost"]
            assert lr.chat(model="one/a").status == 200
            process.kill()
            process.wait()
        taken(lr.home)
        with again(lr) as running:
            assert running.rpc("get_server_status")["usage_lost"]
            assert running.chat(model="one/a").status == 429
            running.rpc("acknowledge_usage_loss")


def test_a_database_exchanged_while_it_serves_takes_over_no_records(tmp_path: Path, up: Upstream) -> None:
    lr = limited(tmp_path, up)
    ask(lr, 2)
    with again(lr) as running:
        assert running.chat(model="one/a").status == 200
        gone(lr.home)
        assert used(running) == 3, "what runs knows what it knew"
    with again(lr) as running:
        assert running.chat(model="one/a").status == 429


def test_a_first_page_that_was_overwritten_after_a_kill_is_told_and_what_the_journal_knows_is_on_record(
    tmp_path: Path, up: Upstream
) -> None:
    lr = limited(tmp_path, up)
    ask(lr, 2)
    with serving(lr) as process:
        answered = [lr.chat(model="one/a").headers["x-request-id"] for _ in range(3)]
        process.kill()
        process.wait()
    (lr.home.root / "metrics.db-wal").unlink(missing_ok=True)
    with lr.home.metrics.open("r+b") as file:
        file.write(b"bg_123456_0a1b2c3d\n" * 200)
    with again(lr) as running:
        status = running.rpc("get_server_status")
        assert status["usage_lost"]
        assert any("set aside" in problem for problem in status["problems"])
        assert running.chat(model="one/a").status == 429
        for request_id in answered:
            found = running.rpc("get_request", request_id=request_id)
            assert (found["request"]["outcome"], found["request"]["recovered"]) == ("success", True)
            assert found["trace"]["recovered"]
        running.rpc("acknowledge_usage_loss")
        assert used(running) == 3


def slow_stream(asked: Asked) -> Iterator[Step]:
    if not asked.body:
        yield answer(404, {})
        return
    yield from islice(stream(["Hel"]), 3)
    yield 20.0


def test_a_stream_that_its_client_left_right_before_a_kill_is_on_record_and_counted(tmp_path: Path) -> None:
    with Upstream(slow_stream) as up:
        lr = limited(tmp_path, up)
        with serving(lr) as process:
            client = lr.send_chat(model="one/a", stream=True)
            seen = read_until(client, b"Hel")
            client.close()
            until(lambda: not lr.rpc("list_running_requests"), "the request has ended", patience=15)
            process.kill()
            process.wait()
        [name] = re.findall(rb"x-request-id: (\S+)", seen)
        with again(lr) as running:
            found = running.rpc("get_request", request_id=name.decode())
            assert found["request"]["outcome"] == "cancelled"
            assert found["request"]["usage"]["counted"]["total_tokens"] >= 1_000
            assert used(running) == 1


def test_what_ran_at_a_kill_is_shown_as_cut(tmp_path: Path) -> None:
    with Upstream(slow_stream) as up:
        lr = limited(tmp_path, up)
        with serving(lr) as process:
            client = lr.send_chat(model="one/a", stream=True)
            read_until(client, b"Hel")
            process.kill()
            process.wait()
            client.close()
        for _ in range(2):
            with again(lr) as running:
                [shown] = running.rpc("list_requests")["items"]
                assert (shown["outcome"], shown["kind"], shown["recovered"]) == ("failed", "cancelled", True)
                assert shown["usage"]["counted"]["total_tokens"] == 1_000
                assert (shown["usage"]["input_tokens"], shown["usage"]["estimated"]) == (0, True)
                assert used(running) == 1
