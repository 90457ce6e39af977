"""Connections that wait for their next request, by where they lead."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable

from localrouter.services.upstream.connection import HttpConnection

LASTS = 30.0  # seconds that an unused connection is kept: some servers close theirs after a minute


class Pool:
    """After `close` it keeps nothing: what is given back to it is closed."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._idle: dict[Hashable, list[HttpConnection]] = {}  # the longest unused first
        self._sweep: asyncio.TimerHandle | None = None
        self._is_closed = False

    def take(self, key: Hashable) -> HttpConnection | None:
        """The connection that was used last, which is the least likely to have been closed by the other side."""
        waiting = self._idle.get(key)
        while waiting:
            connection = waiting.pop()
            is_young = self._loop.time() - connection.idle_since < LASTS
            if is_young and connection.is_open and connection.is_quiet():
                return connection
            connection.close()
        return None

    def give(self, key: Hashable, connection: HttpConnection) -> None:
        if self._is_closed:
            connection.close()
            return
        connection.idle_since = self._loop.time()
        self._idle.setdefault(key, []).append(connection)
        if self._sweep is None:
            self._sweep = self._loop.call_later(LASTS, self._close_old)

    def let_idle_go(self) -> None:
        """Close the connections that no request uses."""
        for waiting in self._idle.values():
            for connection in waiting:
                connection.close()
        self._idle.clear()

    def close(self) -> None:
        self._is_closed = True
        self.let_idle_go()
        if self._sweep is not None:
            self._sweep.cancel()

    def _close_old(self) -> None:
        before = self._loop.time() - LASTS
        for key, waiting in list(self._idle.items()):
            kept = [each for each in waiting if each.is_open and each.idle_since > before]
            for connection in set(waiting).difference(kept):
                connection.close()
            if kept:
                self._idle[key] = kept
            else:
                del self._idle[key]
        self._sweep = self._loop.call_later(LASTS, self._close_old) if self._idle else None
