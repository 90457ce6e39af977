"""Clients that leave, and applications that fail."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest
from starlette.types import Receive, Scope, Send

from localrouter.gateway.in_flight.abort import CLIENT_LEFT
from tests.surfaces.http.serving import GET, HANG, POST, Connect, Run, Slow, Wire, respond

# Clients that leave


async def half_close(wire: Wire) -> None:
    wire.writer.write_eof()


async def close(wire: Wire) -> None:
    await wire.leave()


async def reset(wire: Wire) -> None:
    wire.reset()


@pytest.mark.parametrize("leave", [half_close, close, reset])
@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("body", [b"x", b"x" * 200_000])
def test_a_client_that_leaves_ends_its_request_at_once(
    run: Run, caplog: pytest.LogCaptureFixture, leave: Callable[[Wire], Awaitable[None]], streams: bool, body: bytes
) -> None:
    app = Slow(streams=streams)

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(POST + b"Content-Length: %d\r\n\r\n" % len(body))
        await asyncio.sleep(0.01)
        await wire.say(body)
        await asyncio.wait_for(app.started.wait(), HANG)
        await leave(wire)
        await asyncio.wait_for(app.ended.wait(), 1)

    with caplog.at_level(logging.INFO):
        run(app, talk)
    assert app.reasons == [(CLIENT_LEFT,)]
    assert app.settled == 1
    assert [record for record in caplog.records if record.name != "asyncio"] == []


def test_a_client_that_leaves_with_pipelined_requests_ends_the_running_one_and_starts_no_other(run: Run) -> None:
    app = Slow()

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n" * 3)
        await asyncio.wait_for(app.started.wait(), HANG)
        await wire.leave()
        await asyncio.wait_for(app.ended.wait(), 1)

    run(app, talk)
    assert app.settled == 1


def test_a_client_that_leaves_while_its_next_body_comes_ends_the_running_request(run: Run) -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    async def reads_nothing(scope: Scope, receive: Receive, send: Send) -> None:
        started.set()
        try:
            await asyncio.sleep(HANG)
        finally:
            ended.set()

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(GET + POST + b"Content-Length: 9\r\n\r\nhal")
        await asyncio.wait_for(started.wait(), HANG)
        await wire.leave()
        await asyncio.wait_for(ended.wait(), 1)

    run(reads_nothing, talk)


def test_an_application_that_reads_on_is_told_that_the_client_left(run: Run) -> None:
    seen: asyncio.Queue[str] = asyncio.Queue()

    async def listens(scope: Scope, receive: Receive, send: Send) -> None:
        while True:
            try:
                seen.put_nowait((await receive())["type"])
            except asyncio.CancelledError:
                seen.put_nowait((await receive())["type"])
                await respond(send, b"nobody reads this")
                raise

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(GET)
        assert await seen.get() == "http.request"
        await wire.leave()
        assert await asyncio.wait_for(seen.get(), HANG) == "http.disconnect"

    run(listens, talk)


def test_work_after_a_whole_answer_is_not_cut_short_by_the_client_leaving(run: Run) -> None:
    finished = asyncio.Event()
    may_finish = asyncio.Event()

    async def works_on(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, b"done")
        await may_finish.wait()
        finished.set()

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(GET)
        await wire.answer()
        await wire.leave()
        await asyncio.sleep(0.02)
        may_finish.set()
        await asyncio.wait_for(finished.wait(), 1)

    run(works_on, talk)


# Applications that fail


def test_an_application_that_fails_is_answered_for_with_the_id_that_is_in_the_log(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["request_id"] = "req_known"
        raise ValueError("secret")

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(POST + b"Content-Length: 9\r\n\r\nhal")
        status, headers, body = await wire.answer()
        assert (status, headers["x-request-id"]) == (500, "req_known")
        assert b'"code":"internal_error"' in body
        assert b"secret" not in body
        assert await wire.rest() == b""

    run(fails, talk)
    assert "req_known" in caplog.text


def test_an_answer_that_breaks_off_is_seen_to_break_off(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async def breaks(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"part", "more_body": True})
        raise ValueError

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(GET)
        received = await wire.rest()
        assert b"part" in received
        assert not received.endswith(b"0\r\n\r\n")

    run(breaks, talk)
    assert "failed" in caplog.text


def test_an_application_that_does_not_answer_is_answered_for(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(GET)
        assert (await wire.answer())[0] == 500

    run(silent, talk)
    assert "not answered to its end" in caplog.text
