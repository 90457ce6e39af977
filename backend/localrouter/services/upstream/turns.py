"""Whose turn it is to go on with a large piece of an answer: one in each round of the event loop.

A piece takes its millisecond to be read, judged and passed on. Two hundred answers that flood would otherwise all take
theirs before anybody else's byte is looked at.
"""

from __future__ import annotations

import asyncio
from collections import deque

PIECE = 64 * 1024  # bytes of an answer that are worked on at a time
SMALL = 8 * 1024  # pieces up to here wait for nobody


class Turns:
    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_taken = False  # the turn of this round

    async def take(self) -> None:
        """Returns when it is the caller's turn, in the order in which they asked."""
        loop = asyncio.get_running_loop()
        if not self._is_taken:
            self._is_taken = True
            loop.call_soon(self._pass_on, loop)
            return
        turn = loop.create_future()
        self._waiting.append(turn)
        await turn

    def _pass_on(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # else whoever waited was cancelled
                turn.set_result(None)
                loop.call_soon(self._pass_on, loop)
                return
        self._is_taken = False
