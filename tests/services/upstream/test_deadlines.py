"""The one timer of an answer: deadlines move it, also one that has passed already."""

from __future__ import annotations

import asyncio

import uvloop

from localrouter.domain.routing.failures import Failure, FailurePhase
from localrouter.services.upstream.answer import UpstreamResponse
from localrouter.services.upstream.connection import HttpConnection
from localrouter.services.upstream.turns import Turns
from tests.services.upstream.wire import Wire


def test_a_deadline_that_has_passed_can_be_moved_and_then_ends_the_call() -> None:
    async def call() -> bytes | Failure:
        now = asyncio.get_running_loop().time()
        connection = HttpConnection(HttpConnection.close)
        Wire().carry(connection)
        silent = connection.send(b"GET / HTTP/1.1\r\n\r\n", b"")
        response = UpstreamResponse(silent, now + 100, Turns())
        response.allow_until(now - 1)
        response.allow_until(now - 2)
        return await response.next_chunk()

    failure = uvloop.run(call())
    assert isinstance(failure, Failure)
    assert failure.phase is FailurePhase.DEADLINE
