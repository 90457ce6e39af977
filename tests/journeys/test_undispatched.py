"""A request of which nothing was ever sent uses nothing: no limit counts it, nor does a restart or a sum of a minute.
One that was sent, or may have been, counts, whatever became of it."""

from __future__ import annotations

import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from localrouter.domain.configuration.config import LimitType, Provider, RetryPolicy, Timeouts
from localrouter.services.metrics.retention import Retention, step
from localrouter.services.metrics.schema import open_writer
from tests.journeys.test_descriptors import ask, connected
from tests.journeys.test_what_attempts_leave import recent
from tests.killable import serving
from tests.limits import limit
from tests.no_descriptors import no_further_file
from tests.rig import Router, auto, router, strategy_id, until
from tests.upstream import Asked, End, Step, Upstream, chat

AT_MOST = 5
LIMITS = [limit(LimitType.REQUESTS, AT_MOST, "hour")]
NO_RETRY = RetryPolicy(attempts=0)


def used(lr: Router) -> float:
    [told] = lr.rpc("get_strategy_usage", strategy_id=strategy_id(lr))
    assert told["reserved"] == 0, "idle, nothing is reserved"
    return float(told["used"])


def again(lr: Router) -> Router:
    return Router(lr.home, lr.config, lr.key)


def settled(lr: Router) -> None:
    until(lambda: lr.rpc("list_running_requests") == [], "all have ended", patience=20)


def provider(url: str, name: str = "one", **changes: Any) -> Provider:
    return Provider(name=name, preset="openai-compatible", base_url=url, models=("a",), **changes)


@contextmanager
def deaf() -> Iterator[str]:
    """An address at which nobody gets a connection: the queue for one is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.create_connection(full.getsockname()):
        yield f"http://127.0.0.1:{full.getsockname()[1]}/v1"


def leave_while_connecting(lr: Router, times: int) -> None:
    for _ in range(times):
        with lr.send_chat(model="one/a"):
            until(lambda: any(each["doing"] == "calling" for each in lr.rpc("list_running_requests")), patience=20)
        settled(lr)


def test_clients_that_leave_at_once_use_only_what_reached_the_provider(tmp_path: Path) -> None:
    with Upstream(chat) as up, router(tmp_path, [provider(up.url)], limits=LIMITS) as lr:
        for _ in range(8):
            lr.send_chat(model="one/a").close()
        until(lambda: len(lr.rows("SELECT 1 FROM requests")) == 8, "all are recorded", patience=20)
        reached = sum(1 for asked in up.asked if asked.body)
        assert reached <= used(lr) == recent(lr).requests <= reached + 1


def test_who_leaves_while_the_provider_is_being_connected_to_uses_nothing_whatever_restarts(tmp_path: Path) -> None:
    with deaf() as url:
        started = router(tmp_path, [provider(url, timeouts=Timeouts(connect=20, first_byte=20))], limits=LIMITS)
        with started as lr:
            leave_while_connecting(lr, AT_MOST + 1)
            assert (used(lr), recent(lr).requests) == (0, 0)
            assert lr.rows("SELECT DISTINCT outcome, attempts FROM requests") == [("cancelled", 1)]
        with again(started) as lr:
            assert (used(lr), recent(lr).requests) == (0, 0)
        with closing(open_writer(started.home.metrics)) as db:
            assert db.execute("SELECT coalesce(sum(requests), 0) FROM usage").fetchone() == (0,), "sums of minutes"
            while step(db, Retention(max_mb=0), time.time()):
                pass
        with again(started) as lr:
            assert (used(lr), recent(lr).requests) == (0, 0)


def test_after_a_kill_what_was_never_sent_counts_no_more_than_before(tmp_path: Path) -> None:
    def script(asked: Asked) -> Iterator[Step]:
        yield End.SILENCE

    with deaf() as url, Upstream(script) as up:
        patience = Timeouts(connect=20, first_byte=20)
        providers = [provider(url, timeouts=patience), provider(up.url, "two", timeouts=patience)]
        lr = router(tmp_path, providers, limits=LIMITS)
        with serving(lr) as process:
            leave_while_connecting(lr, 2)
            with lr.send_chat(model="two/a"):
                until(lambda: any(asked.body for asked in up.asked), "it was sent", patience=20)
                with lr.send_chat(model="one/a"):
                    until(lambda: len(lr.rpc("list_running_requests")) == 2, patience=20)
                    process.kill()
                    process.wait()
        with again(lr) as restarted:
            assert used(restarted) == 2, "one was sent, of the other nobody can say"
            assert recent(restarted).requests == 2


def test_a_journal_without_its_records_tells_the_same(tmp_path: Path) -> None:
    with deaf() as url, Upstream(chat) as up:
        patience = Timeouts(connect=20, first_byte=20)
        started = router(tmp_path, [provider(url, timeouts=patience), provider(up.url, "two")], limits=LIMITS)
        with started as lr:
            assert lr.chat(model="two/a").status == 200
            leave_while_connecting(lr, 2)
            lr.rows("SELECT 1")
            journal = lr.home.root.joinpath("ledger.journal").read_bytes()
        started.home.root.joinpath("ledger.journal").write_bytes(journal)
        with closing(sqlite3.connect(started.home.metrics)) as db:
            for table in ("traces", "attempts", "requests", "usage"):
                db.execute(f"DELETE FROM {table}")
            db.commit()
        with again(started) as lr:
            assert (used(lr), recent(lr).requests) == (1, 1)
            assert [row[0] for row in lr.rows("SELECT outcome FROM requests ORDER BY id")].count("cancelled") == 2


@pytest.mark.parametrize("streamed", [False, True])
def test_want_of_descriptors_uses_nothing(tmp_path: Path, streamed: bool) -> None:
    with Upstream(chat) as up, router(tmp_path, [provider(up.url)], limits=LIMITS) as lr, connected(lr) as client:
        with no_further_file():
            assert [ask(client, lr, model="one/a", stream=streamed)[0] for _ in range(AT_MOST + 1)] == [503] * 6
        assert (used(lr), recent(lr).requests) == (0, 0)


OURS = {
    "a CA file that is missing": {"ca_file": "/nowhere/ca.pem", "base_url": "https://127.0.0.1:1/v1"},
    "a key that cannot be sent": {"secret": "env:LR_BROKEN_KEY"},
    "a key that is missing": {"secret": "env:LR_NO_KEY"},
}


@pytest.mark.parametrize("fault", OURS)
def test_a_call_that_we_cannot_make_uses_nothing_and_one_that_follows_counts_once(
    tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LR_BROKEN_KEY", "two\nlines")
    monkeypatch.delenv("LR_NO_KEY", raising=False)
    with Upstream(chat) as up:
        ours = provider("https://127.0.0.1:1/v1").model_copy(update=OURS[fault])
        started = router(
            tmp_path, [ours, provider(up.url, "two")], auto=auto(("one", "a"), ("two", "a")), limits=LIMITS
        )
        with started as lr:
            for _ in range(AT_MOST + 1):
                assert lr.chat(model="one/a").status == 502
            assert (used(lr), recent(lr).requests) == (0, 0)
            assert lr.chat().headers["x-localrouter-attempts"] == "2"
            assert (used(lr), recent(lr).requests) == (1, 1)
        with again(started) as lr:
            assert (used(lr), recent(lr).requests) == (1, 1)


def test_a_call_that_was_tried_counts_though_nobody_took_it(tmp_path: Path) -> None:
    """The network was asked, and said no: the attempt was dispatched, and its request is one whatever its outcome."""
    with Upstream(chat) as up:
        gone = provider(up.url)
    started = router(tmp_path, [gone], auto=auto(("one", "a"), retry=NO_RETRY), limits=LIMITS)
    with started as lr:
        assert [lr.chat().status for _ in range(2)] == [502, 502]
        assert (used(lr), recent(lr).requests) == (2, 2)
    with again(started) as lr:
        assert (used(lr), recent(lr).requests) == (2, 2)


def test_what_was_given_back_is_free_at_once(tmp_path: Path) -> None:
    """Clients that left make room within the same second, and those who were told to wait need not."""
    with deaf() as url, Upstream(chat) as up:
        patience = Timeouts(connect=20, first_byte=20)
        providers = [provider(url, timeouts=patience), provider(up.url, "two")]
        with router(tmp_path, providers, limits=LIMITS) as lr:
            lr.stop_clocks()
            clients = [lr.send_chat(model="one/a") for _ in range(AT_MOST)]
            until(lambda: len(lr.rpc("list_running_requests")) == AT_MOST, patience=20)
            assert lr.chat(model="two/a").status == 429
            for client in clients:
                client.close()
            settled(lr)
            assert [lr.chat(model="two/a").status for _ in range(AT_MOST + 1)] == [200] * AT_MOST + [429]
