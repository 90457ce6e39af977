"""What reaches an application from the wire, and what is refused in words before it does."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Receive, Scope, Send

from tests.surfaces.http.serving import CHUNKED, GET, HANG, POST, Connect, Echo, Run, Slow, respond

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"


# Requests that are fine


def test_requests_follow_one_another_on_a_connection(run: Run) -> None:
    async def talk(connect: Connect) -> None:
        wire = await connect()
        for number in range(3):
            await wire.say(POST + b"Content-Length: 1\r\n\r\n%d" % number)
            status, headers, body = await wire.answer()
            assert (status, body) == (200, b"/echo %d" % number)
            assert not {"server", "date", "connection"} & set(headers)

    run(Echo(), talk)


def test_a_request_may_come_byte_by_byte(run: Run) -> None:
    async def talk(connect: Connect) -> None:
        wire = await connect()
        for byte in CHUNKED + b"2;note=x\r\nab\r\n1\r\nc\r\n0\r\nX-Trailer: 1\r\n\r\n":
            await wire.say(bytes([byte]))
        assert (await wire.answer())[2] == b"/echo abc"

    run(app := Echo(), talk)
    assert b"x-trailer" not in dict(app.scopes[0]["headers"])


def test_trailers_do_not_pass_for_headers(run: Run) -> None:
    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(CHUNKED + b"1\r\na\r\n0\r\nAuthorization: Bearer stolen\r\nHost: two\r\n\r\n")
        assert (await wire.answer())[0] == 200

    run(app := Echo(), talk)
    assert app.scopes[0]["headers"] == [(b"host", b"localhost"), (b"transfer-encoding", b"chunked")]


def test_pipelined_requests_are_answered_in_order(run: Run) -> None:
    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(5)))
        assert [(await wire.answer())[2] for _ in range(5)] == [b"/%d " % number for number in range(5)]

    run(Echo(), talk)


def test_a_body_is_asked_for_when_the_client_waits_to_be_asked(run: Run) -> None:
    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(POST + b"Content-Length: 4\r\nExpect: 100-Continue\r\n\r\n")
        assert await wire.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await wire.say(b"body")
        assert (await wire.answer())[2] == b"/echo body"

    run(Echo(), talk)


def test_http_1_0_needs_no_host_and_closes_after_its_answer(run: Run) -> None:
    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(b"GET /old HTTP/1.0\r\n\r\n")
        assert (await wire.answer())[2] == b"/old "
        assert await wire.rest() == b""

    run(Echo(), talk)


def test_an_offer_of_http_2_is_served_as_the_plain_request_that_it_is(run: Run) -> None:
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"

    async def talk(connect: Connect) -> None:
        wire = await connect()
        for _ in range(2):
            await wire.say(POST + offer + b"Content-Length: 4\r\n\r\nbo")
            await wire.say(b"dy")
            assert (await wire.answer())[2] == b"/echo body"

    run(Echo(), talk)


def test_a_large_body_arrives_whole(run: Run) -> None:
    body = b"x" * 3_000_000

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(POST + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert (await wire.answer())[2] == b"/echo " + body

    run(Echo(), talk)


def test_a_request_that_is_answered_before_its_body_came_leaves_the_connection_usable(run: Run) -> None:
    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, b"no", 401)

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(POST + b"Content-Length: 300000\r\n\r\n")
        assert (await wire.answer())[0] == 401
        await wire.say(b"x" * 300_000 + GET)
        assert (await wire.answer())[0] == 401

    run(refuse, talk)


# Requests that a second reader could understand otherwise


@pytest.mark.parametrize(
    ("request_bytes", "code"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "invalid_host_header"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "invalid_host_header"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n", "invalid_host_header"),
        (b"GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", "invalid_target"),
        (b"GET / HTTP/1.1\nHost: a\n\n", "invalid_http_request"),
        (b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", "invalid_http_request"),
        (b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", "invalid_http_request"),
        (b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", "invalid_http_request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", "invalid_http_request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n", "invalid_http_request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n", "invalid_http_request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n", "invalid_http_request"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", "invalid_http_request"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "invalid_http_request"),
        (b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", "upgrade_not_supported"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "upgrade_not_supported"),
        (POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "invalid_http_request"),
        (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "invalid_http_request"),
        (POST + b"tRANSFER-eNCODING: CHUNKED\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "invalid_http_request"),
        (POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "invalid_http_request"),
        (POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "invalid_http_request"),
        (POST + b"Content-Length: 5, 5\r\n\r\nhello", "invalid_http_request"),
        (POST + b"Content-Length: +5\r\n\r\nhello", "invalid_http_request"),
        (POST + b"Content-Length: -5\r\n\r\nhello", "invalid_http_request"),
        (POST + b"Content-Length: 0x5\r\n\r\nhello", "invalid_http_request"),
        (POST + b"Content-Length: \r\n\r\nhello", "invalid_http_request"),
        (POST + b"Content-Length: 99999999999999999999999\r\n\r\nhello", "invalid_http_request"),
        (POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "invalid_transfer_encoding"),
        (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "invalid_transfer_encoding"),
        (POST + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n", "invalid_transfer_encoding"),
        (
            POST + b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "invalid_transfer_encoding",
        ),
        (POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", "invalid_http_request"),
        (POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "invalid_http_request"),
        (POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", "invalid_http_request"),
        (POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", "invalid_http_request"),
        (POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "invalid_http_request"),
        (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "invalid_transfer_encoding"),
        (CHUNKED + b"ffffffffffffffff1\r\na", "invalid_http_request"),
        (CHUNKED + b"10000000000000005\r\nhello\r\n0\r\n\r\n", "invalid_http_request"),
        (CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n", "invalid_http_request"),
        (CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n", "invalid_http_request"),
        (CHUNKED + b"5 \r\nhello\r\n0\r\n\r\n", "invalid_http_request"),
        (CHUNKED + b"5\nhello\n0\n\n", "invalid_http_request"),
        (CHUNKED + b"5;x\nhello\r\n0\r\n\r\n", "invalid_http_request"),
        (CHUNKED + b"5\r\nhello0\r\n\r\n", "invalid_http_request"),
        (CHUNKED + b"\r\n\r\n", "invalid_http_request"),
    ],
)
def test_an_ambiguous_request_is_refused_and_what_follows_it_is_never_answered(
    run: Run, request_bytes: bytes, code: str
) -> None:
    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(request_bytes + SMUGGLED)
        assert await wire.error() == (400, code)
        await wire.say(SMUGGLED)
        assert await wire.rest() == b""

    run(app := Echo(), talk)
    assert "/smuggled" not in app.paths


def test_an_unknown_version_is_refused(run: Run) -> None:
    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(b"GET / HTTP/2.0\r\nHost: a\r\n\r\n")
        assert (await wire.answer())[0] == 505

    run(app := Echo(), talk)
    assert app.paths == []


def test_what_follows_a_closing_request_is_never_answered(run: Run) -> None:
    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + SMUGGLED)
        assert (await wire.answer())[2] == b"/last "
        assert await wire.rest() == b""

    run(app := Echo(), talk)
    assert app.paths == ["/last"]


def test_a_bad_request_waits_for_the_answers_before_it(run: Run) -> None:
    app = Slow()

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n" + GET + b"GET / HTTP/1.1\r\n\r\n" + SMUGGLED)
        await asyncio.wait_for(app.started.wait(), HANG)
        app.released.set()
        assert (await wire.answer())[2] == b"late"
        assert (await wire.answer())[2] == b"hello"
        assert await wire.error() == (400, "invalid_host_header")
        assert await wire.rest() == b""

    run(app, talk)


def test_a_bad_body_of_a_waiting_request_leaves_the_running_one_alone(run: Run) -> None:
    app = Slow()

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n" + CHUNKED + b"bad\r")
        await asyncio.wait_for(app.started.wait(), HANG)
        await wire.say(b"size")
        app.released.set()
        assert (await wire.answer())[2] == b"late"
        assert await wire.error() == (400, "invalid_http_request")

    run(app, talk)
    assert app.reasons == []
