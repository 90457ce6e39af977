"""One timer for a deadline that moves all the time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from localrouter.surfaces.http.deadline import Deadline


class Handle:
    def __init__(self) -> None:
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class Clock:
    """An event loop's clock and timers, by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Callable[[], None], Handle]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, at: float, call: Callable[[], None]) -> Handle:
        self.timers.append((at, call, Handle()))
        return self.timers[-1][2]

    def advance(self, now: float) -> None:
        self.now = now
        due = [timer for timer in self.timers if timer[0] <= now]
        self.timers = [timer for timer in self.timers if timer[0] > now]
        for _, call, handle in due:
            if not handle.is_cancelled:
                call()


def deadline_on(clock: Clock) -> tuple[Deadline, list[float]]:
    expired: list[float] = []
    return Deadline(clock, lambda: expired.append(clock.now)), expired  # type: ignore[arg-type]


def test_a_deadline_expires_once_at_its_time() -> None:
    clock = Clock()
    deadline, expired = deadline_on(clock)
    deadline.expire_in(10)
    for now in (9.0, 10.0, 30.0):
        clock.advance(now)
    assert expired == [10.0]


def test_a_deadline_that_moves_on_keeps_its_timer_and_expires_at_the_last_time() -> None:
    clock = Clock()
    deadline, expired = deadline_on(clock)
    deadline.expire_in(10)
    for now in (3.0, 6.0, 9.0):
        clock.advance(now)
        deadline.expire_in(10)
    assert len(clock.timers) == 1
    clock.advance(10.0)
    clock.advance(18.0)
    assert expired == []
    clock.advance(19.0)
    assert expired == [19.0]


def test_an_earlier_deadline_moves_the_timer() -> None:
    clock = Clock()
    deadline, expired = deadline_on(clock)
    deadline.expire_at(75)
    deadline.expire_at(10)
    clock.advance(10.0)
    clock.advance(75.0)
    assert expired == [10.0]


def test_no_deadline_lets_the_timer_run_out() -> None:
    clock = Clock()
    deadline, expired = deadline_on(clock)
    deadline.expire_in(10)
    deadline.never()
    clock.advance(10.0)
    assert expired == []
    deadline.expire_in(5)
    clock.advance(15.0)
    assert expired == [15.0]


def test_a_closed_deadline_leaves_no_timer() -> None:
    clock = Clock()
    deadline, expired = deadline_on(clock)
    deadline.expire_in(10)
    deadline.close()
    clock.advance(10.0)
    assert expired == []


def test_a_deadline_works_on_a_real_event_loop() -> None:
    async def wait() -> None:
        expired = asyncio.Event()
        Deadline(asyncio.get_running_loop(), expired.set).expire_in(0.001)
        await asyncio.wait_for(expired.wait(), 5)

    asyncio.run(wait())
