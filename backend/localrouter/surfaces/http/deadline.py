"""A connection's deadline: one timer, moved only when it would fire too late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import inf


class Deadline:
    """Calls `expire` once the latest deadline that was set has passed.

    When the deadline moves later, as it does with every request, the timer stays: if it fires early, it is set again
    for the rest.
    """

    __slots__ = ("_at", "_expire", "_loop", "_timer", "_timer_at")

    def __init__(self, loop: asyncio.AbstractEventLoop, expire: Callable[[], None]) -> None:
        self._loop = loop
        self._expire = expire
        self._at = inf
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = inf

    def expire_in(self, seconds: float) -> None:
        self.expire_at(self._loop.time() + seconds)

    def expire_at(self, at: float) -> None:
        """Set the deadline, on the event loop's clock."""
        self._at = at
        if self._timer is not None:
            if self._timer_at <= at:
                return
            self._timer.cancel()
        self._timer_at = at
        self._timer = self._loop.call_at(at, self._fire)

    def never(self) -> None:
        """Clear the deadline for now; the timer is left to run out."""
        self._at = inf

    def close(self) -> None:
        """Clear the deadline for good."""
        self._at = inf
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        self._timer = None
        if self._at == inf:
            return
        if self._at > self._loop.time():
            self.expire_at(self._at)
            return
        self._at = inf
        self._expire()
