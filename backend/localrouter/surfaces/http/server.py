"""Starts and stops HTTP serving.

uvicorn handles the connections, but without its own event loop, signal handlers, log set-up or clock: those belong to
the whole program.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from localrouter.domain.configuration.names import counted
from localrouter.gateway.in_flight.abort import SHUT_DOWN
from localrouter.surfaces.http.protocol import GuardedProtocol
from localrouter.surfaces.http.slots import (
    OWNERS_SOCKET,
    SLOTS_KEY,
    Rank,
    RanksRequests,
    Room,
    Slots,
    raise_descriptor_limit,
    room_within,
)

LOG = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 0.02


class HttpServer:
    """Serves one ASGI application on a listening socket, and another for the owner on the socket in the home, both on
    the running event loop."""

    def __init__(
        self,
        protocol: type[GuardedProtocol] = GuardedProtocol,
        *,
        settle_seconds: float = 2.0,
        flush_seconds: float = 0.5,
        room: Room | None = None,
    ) -> None:
        self._protocol = protocol
        self._settle_seconds = settle_seconds
        self._flush_seconds = flush_seconds
        self._room = room
        self._server: uvicorn.Server | None = None
        self._sockets: list[socket.socket] = []

    async def start(self, app: Callable[..., Any], sock: socket.socket) -> None:
        """Accept connections on `sock`, which the server owns from now on."""
        room = self._room or room_within(raise_descriptor_limit())
        rank_of = app.rank_of if isinstance(app, RanksRequests) else _clients
        config = _configured(app, self._protocol)
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        server.lifespan.state[SLOTS_KEY] = Slots(room, asyncio.get_running_loop().time, rank_of)
        await server.startup(sockets=[sock])
        self._server, self._sockets = server, [sock]

    async def start_for_owner(
        self, app: Callable[..., Any], sock: socket.socket, protocol: type[GuardedProtocol]
    ) -> None:
        """Also accept connections on a Unix socket, which the server owns from now on. Call it after `start`."""
        if self._server is None:
            raise RuntimeError("start comes first")
        config, state = _configured(app, protocol), self._server.server_state
        loop = asyncio.get_running_loop()
        slots = Slots(Room(OWNERS_SOCKET), loop.time, _owners)
        self._sockets.append(sock)
        self._server.servers.append(
            await loop.create_unix_server(lambda: protocol(config, state, {SLOTS_KEY: slots}, loop), sock=sock)
        )

    def stop_accepting(self) -> None:
        """Give up the port. Open connections stay."""
        if self._server is None:
            return
        for listener in self._server.servers:
            listener.close()
        for sock in self._sockets:
            sock.close()

    @property
    def running(self) -> int:
        """How many requests are being answered."""
        return 0 if self._server is None else len(self._server.server_state.tasks)

    async def stop(self, grace: float, at_once: asyncio.Event | None = None) -> None:
        """Close idle connections, give running requests `grace` seconds or until `at_once` is set, then end the rest.

        Such a request is cancelled while its client can still be written to: an answer that has begun can finish with
        an error event, and one that has not gets status 503.
        """
        if self._server is None:
            return
        self.stop_accepting()
        state = self._server.server_state
        self._server, self._sockets = None, []
        _close_idle(state)
        await _emptied(state, grace, at_once)
        await self._end_requests(state.tasks)
        _close_idle(state)
        await _emptied(state, self._flush_seconds)
        for connection in list(state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # Lets the event loop notify the aborted connections.

    async def _end_requests(self, running: set[asyncio.Task[None]]) -> None:
        """Cancel what still runs, and wait until it has written its records."""
        tasks = list(running)
        for task in tasks:
            if not task.cancelling():
                task.cancel(SHUT_DOWN)
        if not tasks:
            return
        _, pending = await asyncio.wait(tasks, timeout=self._settle_seconds)
        if pending:
            LOG.error("%s did not end within %s seconds", counted(len(pending), "request"), self._settle_seconds)


def _clients(_target: bytes, _headers: object) -> Rank:
    return Rank.CLIENT


def _owners(_target: bytes, _headers: object) -> Rank:
    return Rank.OWNER


def _configured(app: Callable[..., Any], protocol: type[GuardedProtocol]) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        workers=1,
    )
    config.load()
    return config


def _close_idle(state: ServerState) -> None:
    """Close connections without a running request; the others close after their answer."""
    for connection in list(state.connections):
        connection.shutdown()


async def _emptied(state: ServerState, seconds: float, at_once: asyncio.Event | None = None) -> None:
    """Wait until no request runs and no connection is open, for at most `seconds` or until `at_once` is set."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    # uvicorn keeps sets, and nothing signals when they become empty.
    while (state.tasks or state.connections) and loop.time() < end:
        if at_once is not None and at_once.is_set():
            return
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
