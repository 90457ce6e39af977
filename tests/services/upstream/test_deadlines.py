"""The one timer of an answer: deadlines move it, also one that has passed already."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import aiohttp
import uvloop

from localrouter.domain.routing.failures import Failure, FailurePhase
from localrouter.services.upstream.client import UpstreamResponse
from localrouter.services.upstream.turns import Turns


class Silent:
    """An answer of which nothing comes until it is closed."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()
        self.status, self.headers, self.content = 200, dict[str, str](), self

    async def read(self, _size: int) -> bytes:
        await self.closed.wait()
        return b""

    def close(self) -> None:
        self.closed.set()


def test_a_deadline_that_has_passed_can_be_moved_and_then_ends_the_call() -> None:
    async def call() -> bytes | Failure:
        now = asyncio.get_running_loop().time()
        response = UpstreamResponse(cast(aiohttp.ClientResponse, cast(Any, Silent())), now + 100, Turns())
        response.allow_until(now - 1)
        response.allow_until(now - 2)
        return await response.next_chunk()

    failure = uvloop.run(call())
    assert isinstance(failure, Failure)
    assert failure.phase is FailurePhase.DEADLINE
