"""Clients that leave: while the provider is silent, in the middle of a stream, while a plain answer is still coming."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from localrouter.domain.configuration.config import LimitType, Provider, Timeouts
from localrouter.domain.limits.check_result import LimitStatus
from tests.limits import limit
from tests.rig import Router, auto, router, until
from tests.upstream import STREAM_HEAD, Asked, End, Step, Upstream, answer, chat, chunked, event

PHASES = ("silent", "streaming", "body")
IN_TIME = 1.0  # seconds until the provider must have seen that its caller left
TOKENS_SENT = 5
MEGABYTE = 1 << 20


def script(asked: Asked) -> Iterator[Step]:
    if asked.path.endswith("/models"):
        yield answer(404, {})
        return
    match asked.json["model"]:
        case "silent":
            yield End.SILENCE
        case "streaming":
            yield STREAM_HEAD + chunked(event({"role": "assistant", "content": ""}))
            for _ in range(TOKENS_SENT):
                yield chunked(event({"content": "word"}))
            yield End.SILENCE
        case "body":
            yield b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{"
            for _ in range(600):
                yield 0.1
                yield b" "
        case "endless":
            yield STREAM_HEAD
            piece = chunked(event({"content": "x" * 10_000}))
            while True:
                yield piece
        case _:
            yield from chat(asked)


@pytest.fixture
def up() -> Iterator[Upstream]:
    with Upstream(script) as upstream:
        yield upstream


@pytest.fixture
def lr(up: Upstream, tmp_path: Path) -> Iterator[Router]:
    one = Provider(name="one", preset="openai-compatible", base_url=up.url)
    tokens = limit(LimitType.TOTAL_TOKENS, 1e9, "hour")  # so that running requests hold something
    with router(tmp_path, [one], auto=auto(("one", "ok")), limits=[tokens]) as started:
        assert started.chat().status == 200
        yield started


def connected(lr: Router, phase: str) -> socket.socket:
    """A client that has sent a request, and has read what the phase has for it."""
    client = lr.send_chat(model=f"one/{phase}", stream=phase in ("streaming", "endless"))
    seen = b""
    while phase == "streaming" and seen.count(b"word") < TOKENS_SENT:
        seen += client.recv(65_536)
    return client


def calls(up: Upstream, model: str) -> list[Asked]:
    """What the provider was asked of this model; its list, which is asked for at any time, is left out."""
    return [asked for asked in up.asked.copy() if asked.body and asked.json["model"] == model]


def abort(lr: Router, up: Upstream, phase: str) -> float:
    """Seconds from the moment when the client left until the provider saw it."""
    marked = len(calls(up, phase))
    client = connected(lr, phase)
    until(lambda: len(calls(up, phase)) > marked, "the provider was asked")
    time.sleep(0.15 if phase == "body" else 0.02)
    asked = calls(up, phase)[-1]
    left = time.monotonic()
    client.close()
    until(lambda: asked.left_at is not None, "the provider was told")
    return (asked.left_at or 0.0) - left


def limits(lr: Router) -> tuple[LimitStatus, ...]:
    assert lr.state is not None
    return lr.call(lr.state.ledger.states, lr.config.strategies[1])


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def running_tasks(lr: Router) -> int:
    """Requests that are being served."""
    return len([task for task in lr.call(asyncio.all_tasks) if "Protocol._run" in repr(task)])


@pytest.mark.parametrize("phase", PHASES)
def test_a_client_that_leaves_ends_its_call_and_leaves_its_record(
    lr: Router, up: Upstream, phase: str, full: bool
) -> None:
    for _ in range(100 if full else 10):
        assert abort(lr, up, phase) < IN_TIME
    count = 100 if full else 10
    until(lambda: running_tasks(lr) == 0, "every request has ended")
    assert [state.reserved for state in limits(lr)] == [0]
    rows = lr.rows(
        "SELECT outcome, status, estimated, input_tokens > 0, output_tokens FROM requests WHERE outcome != 'success'"
    )
    delivered = TOKENS_SENT if phase == "streaming" else 0
    assert rows == [("cancelled", 499, 1, 1, delivered)] * count
    assert lr.rows("SELECT kind FROM attempts WHERE kind IS NOT NULL") == [("cancelled",)] * count
    assert lr.call(lr.state.health.cooling) == (), "nobody is blamed for it"
    assert lr.chat().status == 200


def test_many_who_leave_at_once_leave_nothing_behind(lr: Router, up: Upstream, full: bool) -> None:
    def one(number: int) -> float:
        client = connected(lr, PHASES[number % 3])
        time.sleep(0.05)
        client.close()
        return 0.0

    warm = [lr.chat().status for _ in range(5)]
    assert warm == [200] * 5
    files = open_files()
    count = 2_000 if full else 100
    with ThreadPoolExecutor(32) as clients:
        list(clients.map(one, range(count)))
    until(lambda: running_tasks(lr) == 0, "every request has ended", patience=10)
    until(lambda: open_files() <= files + 3, "every connection is closed, on both sides", patience=10)
    assert [state.reserved for state in limits(lr)] == [0]
    assert len(lr.rows("SELECT 1 FROM requests WHERE outcome = 'cancelled'")) == count
    with ThreadPoolExecutor(8) as clients:
        statuses = list(clients.map(lambda _: lr.chat().status, range(80)))
    assert statuses == [200] * 80, "the pool still serves"


def test_a_client_that_stops_reading_costs_no_memory_and_is_ended_by_the_total_deadline(tmp_path: Path) -> None:
    with Upstream(script) as up:
        short = Timeouts(idle=0.3, total=2.0)
        one = Provider(name="one", preset="openai-compatible", base_url=up.url, timeouts=short)
        with router(tmp_path, [one]) as lr:
            lr.chat(model="one/ok")
            client = connected(lr, "endless")
            until(lambda: calls(up, "endless") != [], "the provider was asked")
            [call] = calls(up, "endless")
            time.sleep(0.3)
            before = memory()
            time.sleep(1.0)
            assert memory() - before < 4 * MEGABYTE
            assert call.left_at is None, "who does not read is not its provider's silence"
            until(lambda: call.left_at is not None, "the call is ended")
            until(lambda: running_tasks(lr) == 0, "the request is over")
            [row] = lr.rows(
                "SELECT outcome, kind, estimated, output_tokens > 0 FROM requests WHERE outcome != 'success'"
            )
            assert row == ("cancelled", "cancelled", 1, 1)
            assert lr.call(lr.state.health.cooling) == ()
            client.close()


def memory() -> int:
    """Bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")
