"""How large and how slow a request may be, and how its sender is told."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Receive, Scope, Send

from localrouter.surfaces.http.protocol import GuardedProtocol
from tests.surfaces.http.serving import CHUNKED, GET, HANG, POST, Connect, Echo, Run, Slow

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"


class ImpatientForHeads(GuardedProtocol):
    head_seconds = 0.05


class ImpatientForBodies(GuardedProtocol):
    body_seconds = 0.2
    body_rate = 10.0


class ImpatientWhenIdle(GuardedProtocol):
    idle_seconds = 0.2


class ImpatientAfterRefusing(GuardedProtocol):
    linger_seconds = 0.05


class ImpatientForReaders(GuardedProtocol):
    reader_seconds = 0.2


class Usual(GuardedProtocol):
    max_body = 20 * 1024 * 1024


class Small(GuardedProtocol):
    max_head = 1024
    max_body = 1000
    max_drained = 200_000
    max_pipelined = 3


# Caps


def test_a_header_without_end_is_refused_and_drained(run: Run) -> None:
    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 5_000_000)
        assert await wire.error() == (431, "headers_too_large")

    run(app := Echo(), talk)
    assert app.paths == []


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 1024 + b"\r\n\r\n",
        b"GET /" + b"x" * 1024 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 300 + b"\r\n",
    ],
)
def test_a_head_that_is_too_large_is_refused_in_one_piece_or_many(run: Run, head: bytes) -> None:
    async def talk(connect: Connect) -> None:
        for size in (len(head), 200, 1):
            wire = await connect()
            for start in range(0, len(head), size):
                await wire.say(head[start : start + size])
            assert await wire.error() == (431, "headers_too_large")
            await wire.leave()

    run(app := Echo(), talk, Small)
    assert app.paths == []


def test_many_small_requests_in_one_piece_are_no_large_head(run: Run) -> None:
    async def talk(connect: Connect) -> None:
        wire = await connect()
        for _ in range(20):
            await wire.say(POST + b"Content-Length: 990\r\n\r\n" + b"x" * 990 + GET)
            assert (await wire.answer())[0] == 200
            assert (await wire.answer())[0] == 200

    run(Echo(), talk, Small)


def test_trailers_and_chunk_extensions_have_an_end(run: Run) -> None:
    async def talk(connect: Connect) -> None:
        for endless in (b"0\r\nX: ", b"1;"):
            wire = await connect()
            await wire.say(CHUNKED)
            await wire.say(endless)
            for _ in range(20):
                await wire.say(b"x" * 100)
                await asyncio.sleep(0)
            assert await wire.error() == (431, "headers_too_large")

    run(Echo(), talk, Small)


def test_a_body_over_the_cap_is_refused_from_its_length_at_once(run: Run) -> None:
    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(POST + b"Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n")
        assert await wire.error() == (413, "request_too_large")
        await wire.say(b"x" * 1001 + SMUGGLED)
        assert await wire.rest() == b""

    run(app := Echo(), talk, Small)
    assert app.paths == []


def test_a_body_over_the_cap_is_refused_once_its_chunks_pass_it(run: Run) -> None:
    app = Slow()

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(CHUNKED)
        for _ in range(11):
            await wire.say(b"64\r\n" + b"x" * 100 + b"\r\n")
        assert await wire.error() == (413, "request_too_large")

    run(app, talk, Small)
    assert not app.started.is_set()


def test_a_body_at_the_cap_is_accepted_both_ways(run: Run) -> None:
    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(POST + b"Content-Length: 1000\r\n\r\n" + b"x" * 1000)
        assert (await wire.answer())[0] == 200
        await wire.say(CHUNKED + b"3e8\r\n" + b"x" * 1000 + b"\r\n0\r\n\r\n")
        assert (await wire.answer())[0] == 200

    run(Echo(), talk, Small)


def test_a_client_that_writes_its_whole_body_before_it_reads_still_gets_the_answer(run: Run) -> None:
    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(POST + b"Content-Length: 30000000\r\n\r\n")
        for _ in range(30):
            await wire.say(b"x" * 1_000_000)
        assert await wire.error() == (413, "request_too_large")

    run(Echo(), talk, Usual)


def test_a_refused_client_that_never_stops_sending_is_cut_off(run: Run) -> None:
    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(POST + b"Content-Length: 30000000\r\n\r\n")
        with pytest.raises(ConnectionError):
            await wire.say_for_ever(b"x" * 100_000)

    run(Echo(), talk, Small)


def test_a_refused_client_that_never_leaves_is_cut_off(run: Run) -> None:
    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(b"GET / HTTP/1.1\r\n\r\n")
        assert (await wire.error())[0] == 400
        with pytest.raises(ConnectionError):
            await wire.say_for_ever(b"x")

    run(Echo(), talk, ImpatientAfterRefusing)


def test_too_many_pipelined_requests_are_refused(run: Run) -> None:
    app = Slow()

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n" + GET * 10)
        await asyncio.wait_for(app.started.wait(), HANG)
        app.released.set()
        assert [(await wire.answer())[2] for _ in range(4)] == [b"late", b"hello", b"hello", b"hello"]
        assert await wire.error() == (400, "too_many_pipelined_requests")

    run(app, talk, Small)


# Deadlines


@pytest.mark.parametrize("half", [b"G", b"GET / HTTP/1.1\r\nHost: a\r\n"])
def test_a_half_sent_head_is_refused_after_its_deadline(run: Run, half: bytes) -> None:
    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(half)
        assert await wire.error() == (408, "request_timeout")
        assert await wire.rest() == b""

    run(app := Echo(), talk, ImpatientForHeads)
    assert app.paths == []


def test_a_head_that_drips_is_refused_however_steadily(run: Run) -> None:
    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
        drip = asyncio.create_task(wire.say_for_ever(b"x"))
        try:
            assert await wire.error() == (408, "request_timeout")
        finally:
            drip.cancel()

    run(Echo(), talk, ImpatientForHeads)


@pytest.mark.parametrize("half", [POST + b"Content-Length: 5\r\n\r\nhe", CHUNKED + b"5\r\nhe", CHUNKED])
def test_a_body_that_stops_is_refused_and_its_request_ended(run: Run, half: bytes) -> None:
    app = Slow()

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(half)
        assert await wire.error() == (408, "request_timeout")
        assert await wire.rest() == b""

    run(app, talk, ImpatientForBodies)
    assert not app.started.is_set()


def test_a_body_that_goes_on_may_take_longer_than_its_deadline(run: Run) -> None:
    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(POST + b"Content-Length: 20\r\n\r\n")
        for _ in range(20):
            await wire.say(b"x")
            await asyncio.sleep(0.02)
        assert (await wire.answer())[2] == b"/echo " + b"x" * 20

    run(Echo(), talk, ImpatientForBodies)


def test_an_idle_connection_is_closed_whether_or_not_it_was_used(run: Run) -> None:
    async def talk(connect: Connect) -> None:
        unused, used = await connect(), await connect()
        await used.say(GET)
        assert (await used.answer())[0] == 200
        await unused.say(b"\r\n")
        assert await unused.rest() == b""
        assert await used.rest() == b""

    run(Echo(), talk, ImpatientWhenIdle)


def test_a_running_request_has_no_deadline_here(run: Run) -> None:
    app = Slow()

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.sleep(0.3)
        app.released.set()
        assert (await wire.answer())[2] == b"late"

    run(app, talk, ImpatientWhenIdle)


def test_a_client_that_waits_to_be_asked_for_its_body_is_not_late(run: Run) -> None:
    asked = asyncio.Event()

    async def slow_to_ask(scope: Scope, receive: Receive, send: Send) -> None:
        await asked.wait()
        await Echo()(scope, receive, send)

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(POST + b"Content-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        await asyncio.sleep(0.3)
        asked.set()
        await wire.reader.readuntil(b"\r\n\r\n")
        await wire.say(b"body")
        assert (await wire.answer())[2] == b"/echo body"

    run(slow_to_ask, talk, ImpatientForBodies)


def test_a_client_that_was_asked_late_for_its_body_gets_a_whole_period(run: Run) -> None:
    async def asks_late(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.3)
        await Echo()(scope, receive, send)

    class Patient(GuardedProtocol):
        body_seconds = 0.4

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(POST + b"Content-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        await wire.reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.3)
        await wire.say(b"body")
        assert (await wire.answer())[2] == b"/echo body"

    run(asks_late, talk, Patient)


def test_a_client_that_does_not_read_its_last_answer_is_cut_off(run: Run) -> None:
    lost = asyncio.Event()

    class Watched(ImpatientForReaders):
        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            lost.set()

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(POST + b"Connection: close\r\nContent-Length: 20000000\r\n\r\n" + b"x" * 20_000_000)
        await lost.wait()

    run(Echo(), talk, Watched)
