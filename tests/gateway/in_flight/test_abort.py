"""Why a request ended travels with its cancellation."""

from __future__ import annotations

import asyncio

import pytest

from localrouter.gateway.in_flight.abort import CLIENT_LEFT, READER_STOPPED, SHUT_DOWN, AbortReason, reason_of


async def _cancelled_while_it_waits(*reason: object) -> asyncio.CancelledError:
    async def waits() -> None:
        async with asyncio.timeout(60):
            await asyncio.Event().wait()

    task = asyncio.create_task(waits())
    await asyncio.sleep(0)
    task.cancel(*reason)
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    return caught.value


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ((SHUT_DOWN,), SHUT_DOWN),
        ((READER_STOPPED,), READER_STOPPED),
        ((), CLIENT_LEFT),
        (("some other library's words",), CLIENT_LEFT),
    ],
)
def test_a_cancellation_tells_why_through_whatever_waits(given: tuple[object, ...], found: AbortReason) -> None:
    assert reason_of(asyncio.run(_cancelled_while_it_waits(*given))) is found
