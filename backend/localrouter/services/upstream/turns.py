"""Takes turns with what many requests may have to do at once: one of them in each round of the event loop.

It takes about a millisecond to read, check and pass on a large piece of an answer, and half of one to settle and
record a request that ends. Without turns, two hundred flooding answers, or two hundred clients that leave at once,
would do all that before anybody else's byte is looked at.
"""

from __future__ import annotations

import asyncio
from collections import deque

PIECE = 64 * 1024  # bytes of an answer that are processed at a time
SMALL = 8 * 1024  # bytes; pieces up to this size need no turn


class Turns:
    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_taken = False  # whether this round's turn is taken

    async def take(self) -> None:
        """Return when it is the caller's turn, first come, first served."""
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
            if not turn.done():  # otherwise the waiter was cancelled
                turn.set_result(None)
                loop.call_soon(self._pass_on, loop)
                return
        self._is_taken = False
