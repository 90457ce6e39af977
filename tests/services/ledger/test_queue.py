"""Who waits for room is admitted in the order of arrival, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable

import pytest

from localrouter.domain.configuration.config import LimitType
from localrouter.domain.conversation.request import Usage
from localrouter.domain.limits.check_result import LimitExceeded
from localrouter.domain.limits.demand import Demand, ReservedAmounts
from localrouter.domain.models.pricing import FREE, Price
from localrouter.services.ledger.ledger import Reservation
from localrouter.services.ledger.queue import Queue
from tests.limits import limit, outcome
from tests.services.ledger.world import CALL, World


def on_a_loop(story: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    @functools.wraps(story)
    def run() -> None:
        async def told() -> None:
            await story()

        asyncio.run(told())

    return run


async def passes() -> None:
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


@on_a_loop
async def test_waiting_requests_are_admitted_in_the_order_of_their_arrival() -> None:
    world = World()
    running = [world.reserve("a"), world.reserve("b")]
    waiting = []
    for name in ("c", "d", "e", "f"):
        waiting.append(asyncio.create_task(world.wait(name)))
        await passes()
    assert world.admitted == ["a", "b"]
    world.settle(running[0])
    await passes()
    assert world.admitted == ["a", "b", "c"]
    world.settle(running[1])
    await passes()
    assert world.admitted == ["a", "b", "c", "d"]
    for task in waiting[:2]:
        held = await task
        assert held is not None
        world.settle(held)
    assert [await task is not None for task in waiting[2:]] == [True, True]
    assert world.admitted == ["a", "b", "c", "d", "e", "f"]


@on_a_loop
async def test_a_later_request_does_not_take_the_room_that_an_earlier_one_waits_for() -> None:
    world = World()
    running = [world.reserve("a"), world.reserve("b")]
    large = asyncio.create_task(world.wait("large", demand=Demand(1_700, None, "one/a")))
    await passes()
    world.settle(running[0])
    await passes()
    assert world.admitted == ["a", "b"], "there is room for a small one, but not yet for the first that waits"
    assert isinstance(outcome(world.ledger.check(world.strategy, CALL)), LimitExceeded)
    small = asyncio.create_task(world.wait("small"))
    await passes()
    assert world.admitted == ["a", "b"]
    world.settle(running[1])
    await passes()
    assert world.admitted == ["a", "b", "large"]
    held = await large
    assert held is not None
    world.settle(held)
    assert await small is not None


@on_a_loop
async def test_between_being_woken_and_looking_for_room_nobody_slips_in() -> None:
    world = World()
    running = [world.reserve("a"), world.reserve("b")]
    first = asyncio.create_task(world.wait("first"))
    await passes()
    world.settle(running[0])
    assert isinstance(outcome(world.ledger.check(world.strategy, CALL)), LimitExceeded), (
        "the first is awake, but has not run yet"
    )
    assert isinstance(world.ledger.reserve(world.strategy, CALL, "late"), LimitExceeded)
    assert await first is not None


@on_a_loop
async def test_what_another_limit_does_not_judge_need_not_wait_behind_it() -> None:
    dear = Demand(0, Price(input=1_000_000, output=1_000_000), "one/dear")
    world = World(limit(LimitType.COST, 0.002))
    world.reserve("a", demand=dear)
    world.reserve("b", demand=dear)
    waiting = asyncio.create_task(world.wait("c", demand=dear))
    await passes()
    assert world.admitted == ["a", "b"]
    world.reserve("free", demand=Demand(0, FREE, "home/free"))
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


@on_a_loop
async def test_whoever_waits_too_long_gives_up_and_the_next_one_looks() -> None:
    world = World()
    running = [world.reserve("a"), world.reserve("b")]
    large = asyncio.create_task(world.wait("large", at_most=0.02, demand=Demand(1_700, None, "one/a")))
    await passes()
    small = asyncio.create_task(world.wait("small"))
    await passes()
    world.settle(running[0])
    assert await large is None
    assert await small is not None, "it is woken by the one that left, though nothing was settled since"
    world.settle(running[1])


@on_a_loop
async def test_a_cancelled_one_leaves_nothing_behind_and_its_turn_goes_to_the_next() -> None:
    world = World()
    running = [world.reserve("a"), world.reserve("b")]
    first, second = asyncio.create_task(world.wait("first")), asyncio.create_task(world.wait("second"))
    await passes()
    world.settle(running[0])  # wakes the first, which is cancelled before it can look
    first.cancel()
    assert await second is not None
    with pytest.raises(asyncio.CancelledError):
        await first
    held = await second
    assert held is not None
    world.settle(held)
    world.settle(running[1])
    assert world.reserved == 0
    assert world.ledger._waiting == {}
    assert world.ledger._open == set()


@on_a_loop
async def test_a_request_that_is_called_again_stands_behind_nobody() -> None:
    world = World()
    running = world.reserve("a")
    other = world.reserve("b")
    waiting = asyncio.create_task(world.wait("c"))
    await passes()
    world.ledger.spend(running, Usage(), 0, "one/a")
    assert world.reserve("a", running) is running, "it arrived before the one that waits"
    world.settle(running)
    world.settle(other)
    assert await waiting is not None


@on_a_loop
async def test_whoever_is_cancelled_while_it_waits_gives_its_place_up_at_once() -> None:
    world = World()
    world.reserve("a")
    world.reserve("b")
    task = asyncio.create_task(
        world.ledger.wait_for_capacity(world.strategy, Reservation("first", "c"), CALL, at_most=30.0)
    )
    await passes()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert world.ledger._waiting == {}


def test_who_has_left_is_no_longer_waited_for() -> None:
    async def story() -> None:
        queue, wanted = Queue(), [ReservedAmounts((1, n, 0, n, 0, 0), (1, 2 * n, 0, 2 * n, 0, 0)) for n in (5, 70, 900)]
        waiting = [asyncio.create_task(queue.wait(n, each, 30.0)) for n, each in enumerate(wanted)]
        await asyncio.sleep(0)
        assert queue.ahead_of(None) == ReservedAmounts((3, 975, 0, 975, 0, 0), (3, 1_950, 0, 1_950, 0, 0))
        assert queue.ahead_of(2) == ReservedAmounts((2, 75, 0, 75, 0, 0), (2, 150, 0, 150, 0, 0))
        queue.leave(1)
        assert queue.ahead_of(None) == ReservedAmounts((2, 905, 0, 905, 0, 0), (2, 1_810, 0, 1_810, 0, 0))
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert len(queue) == 0

    asyncio.run(story())
