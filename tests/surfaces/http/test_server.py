"""Starting, refusing the port, and stopping with every request accounted for."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from localrouter.gateway.in_flight.abort import SHUT_DOWN, reason_of
from localrouter.surfaces.http.listener import listen
from localrouter.surfaces.http.server import HttpServer
from tests.surfaces.http.serving import GET, HANG, LOOPS, Echo, Slow, Wire

Scene = Callable[[], Coroutine[Any, Any, None]]
Play = Callable[[Scene], None]
SLOW = b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(params=LOOPS, ids=["uvloop", "asyncio"])
def play(request: pytest.FixtureRequest) -> Play:
    def play_scene(scene: Scene) -> None:
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(asyncio.wait_for(scene(), HANG))

    return play_scene


async def started(app: ASGIApp, **settings: Any) -> tuple[HttpServer, tuple[str, int]]:
    server = HttpServer(**settings)
    sock = listen("127.0.0.1", 0)
    address = sock.getsockname()
    await server.start(app, sock)
    return server, address


async def connect(address: tuple[str, int]) -> Wire:
    return Wire(*await asyncio.open_connection(*address))


def test_an_idle_server_stops_at_once_and_closes_its_connections(play: Play) -> None:
    async def scene() -> None:
        server, address = await started(Echo())
        wire, half = await connect(address), await connect(address)
        await wire.say(GET)
        await wire.answer()
        await half.say(b"GET /half HT")
        await asyncio.sleep(0.01)
        await asyncio.wait_for(server.stop(60), 1)
        assert await wire.rest() == b""
        assert await half.rest() == b""
        for each in (wire, half):
            await each.leave()

    play(scene)


def test_a_server_that_accepts_no_more_goes_on_with_open_connections(play: Play) -> None:
    async def scene() -> None:
        server, address = await started(Echo())
        wire = await connect(address)
        await wire.say(GET)
        await wire.answer()
        server.stop_accepting()
        await asyncio.sleep(0.01)
        with pytest.raises(ConnectionRefusedError):
            await connect(address)
        await wire.say(GET)
        assert (await wire.answer())[0] == 200
        listen(*address).close()
        await server.stop(0)
        await wire.leave()

    play(scene)


def test_running_requests_finish_within_the_grace_and_close(play: Play) -> None:
    async def scene() -> None:
        app = Slow()
        server, address = await started(app)
        wire = await connect(address)
        await wire.say(SLOW + GET)
        await app.started.wait()
        stopping = asyncio.create_task(server.stop(60))
        await asyncio.sleep(0.01)
        app.released.set()
        assert (await wire.answer())[2] == b"late"
        await asyncio.wait_for(stopping, 1)
        assert app.reasons == []
        await wire.leave()

    play(scene)


def test_a_request_without_an_answer_after_the_grace_is_told_why(play: Play) -> None:
    async def scene() -> None:
        app = Slow()
        server, address = await started(app)
        wire = await connect(address)
        await wire.say(SLOW)
        await app.started.wait()
        await server.stop(0.01)
        status, _, body = await wire.answer()
        assert (status, json.loads(body)["error"]["code"]) == (503, "shutting_down")
        assert app.reasons == [(SHUT_DOWN,)]
        assert app.settled == 1
        await wire.leave()

    play(scene)


def test_a_stream_that_is_ended_can_say_so_to_its_client(play: Play) -> None:
    begun = asyncio.Event()

    async def streams(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        begun.set()
        try:
            await asyncio.sleep(HANG)
        except asyncio.CancelledError as cancelled:
            await send({"type": "http.response.body", "body": reason_of(cancelled).message.encode()})
            raise

    async def scene() -> None:
        server, address = await started(streams)
        wire = await connect(address)
        await wire.say(GET)
        await begun.wait()
        await server.stop(0)
        assert (await wire.rest()).endswith(SHUT_DOWN.message.encode() + b"\r\n0\r\n\r\n")
        await wire.leave()

    play(scene)


class Settles:
    """Runs until it is cancelled, then takes its time over its records."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.settling = asyncio.Event()
        self.may_settle = asyncio.Event()
        self.has_settled = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.started.set()
        try:
            await asyncio.sleep(HANG)
        finally:
            self.settling.set()
            await self.may_settle.wait()
            self.has_settled = True


def test_a_client_that_leaves_while_a_stopped_request_settles_does_not_cut_it_short(play: Play) -> None:
    async def scene() -> None:
        app = Settles()
        server, address = await started(app)
        wire = await connect(address)
        await wire.say(GET)
        await app.started.wait()
        stopping = asyncio.create_task(server.stop(0))
        await app.settling.wait()
        await wire.leave()
        await asyncio.sleep(0.02)
        app.may_settle.set()
        await stopping
        assert app.has_settled

    play(scene)


def test_a_stop_does_not_cut_short_what_settles_after_its_client_left(play: Play) -> None:
    async def scene() -> None:
        app = Settles()
        server, address = await started(app)
        wire = await connect(address)
        await wire.say(GET)
        await app.started.wait()
        await wire.leave()
        await app.settling.wait()
        stopping = asyncio.create_task(server.stop(0))
        await asyncio.sleep(0.02)
        app.may_settle.set()
        await stopping
        assert app.has_settled

    play(scene)


def test_a_request_that_ignores_its_end_does_not_hold_the_server(play: Play, caplog: pytest.LogCaptureFixture) -> None:
    stubborn_until = asyncio.Event()

    async def stubborn(scope: Scope, receive: Receive, send: Send) -> None:
        while not stubborn_until.is_set():
            try:
                await stubborn_until.wait()
            except asyncio.CancelledError:
                continue

    async def scene() -> None:
        server, address = await started(stubborn, settle_seconds=0.02, flush_seconds=0.02)
        wire = await connect(address)
        await wire.say(GET)
        await asyncio.sleep(0.02)
        try:
            await asyncio.wait_for(server.stop(0), 1)
            assert await wire.rest() == b""
        finally:
            stubborn_until.set()
        await asyncio.sleep(0.01)
        await wire.leave()

    play(scene)
    assert "1 request did not end" in caplog.text


def test_a_client_that_does_not_read_does_not_hold_the_server(play: Play) -> None:
    async def floods(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"x" * 1_000_000, "more_body": True})

    async def scene() -> None:
        server, address = await started(floods, flush_seconds=0.02)
        wire = await connect(address)
        await wire.say(GET)
        await asyncio.sleep(0.05)
        await asyncio.wait_for(server.stop(0), 1)
        wire.writer.transport.abort()

    play(scene)


def test_signals_stay_with_the_program(play: Play) -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)

    async def scene() -> None:
        server, _ = await started(Echo())
        assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT))[0] == before[0]
        await server.stop(0)
        await server.stop(0)

    play(scene)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
