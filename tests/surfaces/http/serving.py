"""A real server on loopback for the tests of this folder, and small applications to put behind it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Any, cast

import uvloop
from starlette.types import Receive, Scope, Send

from localrouter.surfaces.http.listener import listen
from localrouter.surfaces.http.protocol import GuardedProtocol
from localrouter.surfaces.http.server import HttpServer
from localrouter.surfaces.http.slots import Room

LOOPS = [uvloop.new_event_loop, asyncio.new_event_loop]
HANG = 10.0
GET = b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


class Wire:
    """A client that says exactly what it is told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def say_for_ever(self, data: bytes) -> None:
        while True:
            await self.say(data)
            await asyncio.sleep(0.002)

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), HANG)
        status, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if line)
        body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return int(status.split()[1]), headers, body

    async def error(self) -> tuple[int, str]:
        status, headers, body = await self.answer()
        error = json.loads(body)["error"]
        assert error["type"] == "invalid_request_error"
        assert error["param"] is None
        assert error["message"]
        assert headers["x-request-id"]
        assert headers["content-type"] == "application/json"
        return status, error["code"]

    async def rest(self) -> bytes:
        """Everything up to the end, which must come."""
        return await asyncio.wait_for(self.reader.read(), HANG)

    async def leave(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except ConnectionError:
            return

    def pause_reading(self) -> None:
        cast(asyncio.Transport, self.writer.transport).pause_reading()

    def reset(self) -> None:
        linger_zero = b"\x01\x00\x00\x00\x00\x00\x00\x00"
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_zero)
        self.writer.transport.abort()


Connect = Callable[[], Awaitable[Wire]]
Run = Callable[..., None]
"""`serve` on one of the event loops."""


def serve(
    app: Callable[..., Any],
    talk: Callable[[Connect], Awaitable[None]],
    protocol: type[GuardedProtocol] = GuardedProtocol,
    loop: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop,
    *,
    room: Room | None = None,
) -> None:
    """Run `talk` against a server of `app`, and end the server with nothing left open."""

    async def scene() -> None:
        server = HttpServer(protocol, room=room)
        sock = listen("127.0.0.1", 0)
        port = sock.getsockname()[1]
        await server.start(app, sock)
        wires: list[Wire] = []

        async def connect() -> Wire:
            wires.append(Wire(*await asyncio.open_connection("127.0.0.1", port)))
            return wires[-1]

        try:
            await asyncio.wait_for(talk(connect), HANG)
        finally:
            await server.stop(0)
            for wire in wires:
                await wire.leave()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(scene())


async def read_body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return bytes(body)
        body += message["body"]
        if not message["more_body"]:
            return bytes(body)


async def respond(send: Send, body: bytes, status: int = 200) -> None:
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Echo:
    """Answers with path and body, and notes what it was asked."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []

    @property
    def paths(self) -> list[str]:
        return [scope["path"] for scope in self.scopes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        body = await read_body(receive)
        await respond(send, scope["path"].encode() + b" " + body)


class Slow:
    """Answers `/hello` at once; any other request runs until it is cancelled, or released."""

    def __init__(self, *, streams: bool = False) -> None:
        self.streams = streams
        self.started = asyncio.Event()
        self.ended = asyncio.Event()
        self.released = asyncio.Event()
        self.reasons: list[tuple[Any, ...]] = []
        self.settled = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await read_body(receive)
        if scope["path"] == "/hello":
            await respond(send, b"hello")
            return
        if self.streams:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"first", "more_body": True})
        self.started.set()
        try:
            await self.released.wait()
        except asyncio.CancelledError as cancelled:
            self.reasons.append(cancelled.args)
            raise
        finally:
            await asyncio.sleep(0)
            self.settled += 1
            self.ended.set()
        await respond(send, b"late")
