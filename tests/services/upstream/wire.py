"""A connection's other side, in memory: what was written to it, and what has become of it."""

from __future__ import annotations

import asyncio

from localrouter.services.upstream.connection import HttpConnection


class Wire(asyncio.Transport):
    """Takes everything, unless `is_full`; then it asks to wait after each write, as a network does."""

    def __init__(self, *, is_full: bool = False) -> None:
        super().__init__()
        self.written = b""
        self.is_ended = False
        self.is_paused = False
        self.is_full = is_full
        self._protocol: HttpConnection | None = None

    def carry(self, protocol: HttpConnection) -> None:
        self._protocol = protocol
        protocol.connection_made(self)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data
        if self.is_full and self._protocol is not None:
            self._protocol.pause_writing()

    def is_closing(self) -> bool:
        return self.is_ended

    def close(self) -> None:
        self.is_ended = True

    def abort(self) -> None:
        self.is_ended = True

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False
