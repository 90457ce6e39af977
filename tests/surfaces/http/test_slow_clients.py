"""Clients that send or take so slowly that they must be told from those that are gone."""

from __future__ import annotations

import asyncio
import socket
from typing import cast

import pytest
from starlette.types import Receive, Scope, Send

from localrouter.gateway.in_flight.abort import CLIENT_LEFT, READER_STOPPED
from localrouter.surfaces.http.protocol import GuardedProtocol
from localrouter.surfaces.http.reader import Reader
from localrouter.surfaces.http.slots import Room
from tests.surfaces.http.serving import CHUNKED, GET, HANG, POST, Connect, Echo, Run, Slow, respond

MEGABYTE = 1 << 20


class Hurried(GuardedProtocol):
    """Seconds for minutes."""

    body_seconds = 0.5
    body_rate = 10_000.0
    reader_seconds = 0.4
    idle_seconds = 0.3


class ForSlowReaders(Hurried):
    """Whoever takes something every 0.05 s has twenty times as long."""

    reader_seconds = 1.0
    linger_seconds = 0.3


# Bodies


@pytest.mark.parametrize("start", [POST + b"Content-Length: 2000000\r\n\r\n", CHUNKED])
def test_a_body_that_drips_is_refused_however_steadily(run: Run, start: bytes) -> None:
    drop = b"x" if start is not CHUNKED else b"1\r\nx\r\n"

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(start)
        drip = asyncio.create_task(wire.say_for_ever(drop))
        try:
            assert await wire.error() == (408, "request_timeout")
        finally:
            drip.cancel()

    run(Echo(), talk, Hurried)


def test_a_burst_does_not_buy_time_to_drip(run: Run) -> None:
    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(POST + b"Content-Length: 10000000\r\n\r\n" + b"x" * 5_000_000)
        drip = asyncio.create_task(wire.say_for_ever(b"x"))
        try:
            assert await wire.error() == (408, "request_timeout")
        finally:
            drip.cancel()

    run(Echo(), talk, Hurried)


def test_what_is_no_part_of_a_body_buys_no_time(run: Run) -> None:
    """Extensions of chunks and trailers are read, but bring nothing."""

    async def talk(connect: Connect) -> None:
        for start in (b"1;", b"0\r\nX: "):
            wire = await connect()
            await wire.say(CHUNKED + start)
            drip = asyncio.create_task(wire.say_for_ever(b"x"))
            try:
                assert await wire.error() == (408, "request_timeout")
            finally:
                drip.cancel()

    run(Echo(), talk, Hurried)


def test_a_slow_body_above_the_rate_is_read_to_its_end(run: Run) -> None:
    """Three times as long as a body that stops would last, at twenty times the rate."""

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(POST + b"Content-Length: 300000\r\n\r\n")
        for _ in range(30):
            await wire.say(b"x" * 10_000)
            await asyncio.sleep(0.05)
        assert len((await wire.answer())[2]) == 300_000 + len(b"/echo ")

    run(Echo(), talk, Hurried)


# Readers


class Floods:
    """Streams without end, and notes why it was ended."""

    def __init__(self, piece: bytes = b"x" * 65_536, pause: float = 0.0) -> None:
        self.piece, self.pause = piece, pause
        self.ended = asyncio.Event()
        self.reasons: list[tuple[object, ...]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while True:
                await send({"type": "http.response.body", "body": self.piece, "more_body": True})
                await asyncio.sleep(self.pause)
        except asyncio.CancelledError as cancelled:
            self.reasons.append(cancelled.args)
            raise
        finally:
            self.ended.set()


def test_a_reader_that_stops_ends_its_stream(run: Run) -> None:
    app = Floods()

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(GET)
        wire.pause_reading()
        await asyncio.wait_for(app.ended.wait(), HANG)

    run(app, talk, Hurried)
    assert app.reasons == [(READER_STOPPED,)]


@pytest.mark.skipif(not hasattr(socket, "TCP_INFO"), reason="only where the kernel tells what was taken")
def test_a_reader_that_stops_is_noticed_while_little_waits_for_it() -> None:
    """Less than what kernels hold: it is enough that the peer takes none of it."""
    taken = [1_000]

    class Sock:
        family = socket.AF_INET

        def getsockopt(self, *_: int) -> bytes:
            info = bytearray(148)
            info[24:28] = (1).to_bytes(4, "little")
            info[120:128] = taken[0].to_bytes(8, "little")
            return bytes(info)

    class Transport:
        def get_extra_info(self, _: str) -> Sock:
            return Sock()

        def get_write_buffer_size(self) -> int:
            return 0

    reader = Reader(cast(asyncio.Transport, Transport()))
    assert reader.silent_for(100.0, 0) == 0
    assert reader.silent_for(130.0, 0) == 30
    taken[0] += 1
    assert reader.silent_for(145.0, 0) == 0
    assert reader.silent_for(205.0, 0) == 60


def test_a_reader_that_is_slow_but_steady_keeps_its_stream(run: Run) -> None:
    app = Floods()

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(GET)
        for _ in range(50):
            assert await wire.reader.readexactly(200_000)
            await asyncio.sleep(0.04)
        assert not app.ended.is_set()
        await wire.leave()
        await asyncio.wait_for(app.ended.wait(), HANG)

    run(app, talk, ForSlowReaders)
    assert app.reasons == [(CLIENT_LEFT,)]


def test_a_stream_that_has_nothing_to_say_is_not_its_readers_silence(run: Run) -> None:
    app = Slow(streams=True)

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(GET.replace(b"hello", b"slow"))
        await wire.reader.readuntil(b"first")
        await asyncio.sleep(4 * Hurried.reader_seconds)
        assert app.reasons == []

    run(app, talk, Hurried)


@pytest.mark.parametrize("connection", [b"close", b"keep-alive"])
def test_a_large_answer_is_waited_for_as_long_as_it_is_taken(run: Run, connection: bytes) -> None:
    async def large(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, b"x" * (20 * MEGABYTE))

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: " + connection + b"\r\n\r\n")
        await wire.reader.readuntil(b"\r\n\r\n")
        left = 20 * MEGABYTE
        while left:  # in all longer than something must be taken in, and several times longer than idle ones are kept
            left -= len(await wire.reader.readexactly(min(left, MEGABYTE // 2)))
            await asyncio.sleep(0.05)
        assert await wire.rest() == b""

    run(large, talk, ForSlowReaders)


@pytest.mark.parametrize("connection", [b"close", b"keep-alive"])
def test_a_large_answer_that_nobody_takes_is_dropped(run: Run, connection: bytes) -> None:
    lost = asyncio.Event()

    class Watched(Hurried):
        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            lost.set()

    async def large(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, b"x" * (20 * MEGABYTE))

    async def talk(connect: Connect) -> None:
        wire = await connect()
        wire.pause_reading()
        await wire.say(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: " + connection + b"\r\n\r\n")
        await asyncio.wait_for(lost.wait(), HANG)

    run(large, talk, Watched)


def test_a_byte_of_a_next_request_does_not_hide_that_nobody_reads(run: Run) -> None:
    app = Floods()

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(GET + b"G")
        wire.pause_reading()
        await asyncio.wait_for(app.ended.wait(), HANG)

    class Short(Hurried):
        head_seconds = 0.1

    run(app, talk, Short)


def test_a_reader_that_stopped_gives_way_before_its_time_is_over(run: Run) -> None:
    """Where room is needed, but not at once: its silence must have been seen."""
    app = Floods()

    class Patient(Hurried):
        reader_seconds = 4.0  # looked at every second, given up after four

    async def talk(connect: Connect) -> None:
        wires = [await connect() for _ in range(2)]
        for wire in wires:
            await wire.say(GET)
            wire.pause_reading()
        while len(app.reasons) < 2:
            await asyncio.sleep(0.02)
            await connect()

    run(app, talk, Patient, room=Room(2, spare=1))
    assert app.reasons == [(READER_STOPPED,)] * 2


# Requests that wait in line


def test_what_waits_behind_a_running_request_is_bounded_in_bytes(run: Run) -> None:
    app = Slow()

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.wait_for(app.started.wait(), HANG)
        for _ in range(10):
            await wire.say(POST + b"Content-Length: 60000\r\n\r\n" + b"x" * 60_000)
        app.released.set()
        statuses: list[int] = []
        while not statuses or statuses[-1] == 200:
            statuses.append((await wire.answer())[0])
        assert statuses == [200] * (len(statuses) - 1) + [400]
        assert len(statuses) < 10

    run(app, talk)


def test_a_client_that_leaves_is_seen_whatever_waits_in_line(run: Run) -> None:
    app = Slow()

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.wait_for(app.started.wait(), HANG)
        await wire.say(POST + b"Content-Length: 200000\r\n\r\n" + b"x" * 150_000)
        await asyncio.sleep(0.05)
        await wire.leave()
        await asyncio.wait_for(app.ended.wait(), HANG)

    run(app, talk)
    assert app.reasons == [(CLIENT_LEFT,)]


def test_headers_are_bounded_in_number(run: Run) -> None:
    async def talk(connect: Connect) -> None:
        for ending in (b"\r\n", b""):
            wire = await connect()
            await wire.say(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 300 + ending)
            assert await wire.error() == (431, "headers_too_large")
        wire = await connect()
        await wire.say(b"GET /many HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 200 + b"\r\n")
        assert (await wire.answer())[2] == b"/many "

    run(Echo(), talk)
