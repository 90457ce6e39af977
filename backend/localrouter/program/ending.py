"""Requests to end the program, by signals, commands and its window. Running requests may finish, unless the program is
asked again. Only the event loop's thread may touch this."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from localrouter.domain.configuration.names import counted

LOG = logging.getLogger(__name__)

GRACE = 10.0  # seconds that running requests get when the program stops
SAME_PRESS = 0.2  # seconds; a terminal and a wrapper may both forward one Ctrl+C


def ending_signals() -> tuple[signal.Signals, ...]:
    """The signals that end the program, without SIGHUP if the process was started with it ignored (`nohup`)."""
    always = (signal.SIGINT, signal.SIGTERM)
    if not hasattr(signal, "SIGHUP") or signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return always
    return (*always, signal.SIGHUP)


class StopRequest(asyncio.Event):
    """Set when the program should end. `at_once` is set when it should not wait for running requests."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.at_once = asyncio.Event()
        self._clock = clock
        self._pressed_at: float | None = None

    def on_signal(self, number: int) -> None:
        """End the program; a second Ctrl+C also ends what still runs."""
        if number == signal.SIGINT:
            now = self._clock()
            if self.is_set() and (self._pressed_at is None or now - self._pressed_at > SAME_PRESS):
                self.at_once.set()
            self._pressed_at = now
        self.set()

    def tell(self, running: int) -> None:
        """Say that requests still run: on the terminal after a Ctrl+C, otherwise in the log."""
        if running <= 0:
            return
        said = f"Stopping: {counted(running, 'request')} still {'runs' if running == 1 else 'run'}, at most {GRACE:g} s"
        if self._pressed_at is None:
            LOG.info("%s", said)
            return
        with contextlib.suppress(OSError, ValueError):  # the terminal may be gone
            print(f"{said}; Ctrl+C again ends {'it' if running == 1 else 'them'} now", file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the program can be asked to do while it serves."""

    stop: StopRequest
    show_window: Callable[[], None] | None
    restart: asyncio.Event = field(default_factory=asyncio.Event)
