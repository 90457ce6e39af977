"""Which connections are used again, and for how long they wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from localrouter.services.upstream.connection import HttpConnection
from localrouter.services.upstream.pool import LASTS, Pool
from tests.services.upstream.wire import Wire


class Loop:
    """A clock that a test moves, and the timers that are due then."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, then: Callable[[], None]) -> Loop:
        self.timers.append((self.now + delay, then))
        return self

    def cancel(self) -> None:
        self.timers.clear()

    def move(self, seconds: float) -> None:
        self.now += seconds
        due = [then for at, then in self.timers if at <= self.now]
        self.timers = [timer for timer in self.timers if timer[0] > self.now]
        for then in due:
            then()


def connection() -> tuple[HttpConnection, Wire]:
    made, wire = HttpConnection(HttpConnection.close), Wire()
    wire.carry(made)
    return made, wire


def pool(loop: Loop) -> Pool:
    return Pool(cast(asyncio.AbstractEventLoop, cast(Any, loop)))


def test_the_one_used_last_is_taken_first_and_only_for_its_own_route() -> None:
    kept, (first, _), (second, _) = pool(Loop()), connection(), connection()
    kept.give("a", first)
    kept.give("a", second)
    assert kept.take("b") is None
    assert [kept.take("a") for _ in range(3)] == [second, first, None]


def test_one_that_was_closed_meanwhile_is_passed_over() -> None:
    kept, (first, _), (second, wire) = pool(Loop()), connection(), connection()
    kept.give("a", first)
    kept.give("a", second)
    wire.close()
    assert kept.take("a") is first


def test_unused_ones_are_closed_in_time_without_being_asked_for() -> None:
    loop = Loop()
    kept, (old, old_wire), (young, young_wire) = pool(loop), connection(), connection()
    kept.give("a", old)
    loop.move(LASTS / 2)
    kept.give("a", young)
    loop.move(LASTS / 2)
    assert (old_wire.is_ended, young_wire.is_ended) == (True, False)
    loop.move(LASTS)
    assert young_wire.is_ended
    assert not loop.timers


def test_one_that_waited_too_long_is_not_taken() -> None:
    loop = Loop()
    kept, (made, wire) = pool(loop), connection()
    kept.give("a", made)
    loop.now += LASTS
    assert kept.take("a") is None
    assert wire.is_ended


def test_a_closed_pool_keeps_nothing() -> None:
    kept, (before, wire), (after, later) = pool(Loop()), connection(), connection()
    kept.give("a", before)
    kept.close()
    kept.give("a", after)
    assert wire.is_ended
    assert later.is_ended
    assert kept.take("a") is None
