"""A client that speaks HTTP/1.0 gets an answer that it can read: with a length, or up to the end of the connection."""

from __future__ import annotations

import pytest
from starlette.types import Receive, Scope, Send

from tests.surfaces.http.serving import Connect, Run

BODY = b"data: one\n\ndata: two\n\n"


@pytest.mark.parametrize("declared", [False, True])
@pytest.mark.parametrize("last", [b"", b"data: two\n\n"])
@pytest.mark.parametrize("asks", [b"", b"Connection: keep-alive\r\n"])
def test_nothing_is_chunked(run: Run, declared: bool, last: bytes, asks: bytes) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"%d" % len(BODY))] if declared else []
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for piece in (b"data: one\n\n", *(() if last else (b"data: two\n\n",))):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": last})

    async def story(connect: Connect) -> None:
        wire = await connect()
        await wire.say(b"GET /old HTTP/1.0\r\n%b\r\n" % asks)
        head, _, body = (await wire.rest()).partition(b"\r\n\r\n")
        assert b"transfer-encoding" not in head.lower()
        assert (b"content-length" in head.lower()) is declared
        assert body == BODY

    run(app, story)


def test_a_head_alone_is_answered_without_a_body(run: Run) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": BODY})

    async def story(connect: Connect) -> None:
        wire = await connect()
        await wire.say(b"HEAD /old HTTP/1.0\r\n\r\n")
        head, _, body = (await wire.rest()).partition(b"\r\n\r\n")
        assert b"200" in head
        assert body == b""

    run(app, story)
