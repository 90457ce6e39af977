"""A process without descriptors cannot call anybody, and blames nobody for it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop

from localrouter.domain.descriptors import NONE_LEFT
from localrouter.domain.routing.failures import Cools, Failure
from localrouter.services.upstream.answer import UpstreamResponse
from localrouter.services.upstream.client import Target, Upstream
from tests.no_descriptors import no_further_file

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(ANSWER)
    except (asyncio.IncompleteReadError, ConnectionError):
        return
    finally:
        writer.close()


async def outcome(upstream: Upstream, target: Target) -> Failure | bytes:
    response = await upstream.get(target, "x", total=15)
    if isinstance(response, UpstreamResponse):
        return await response.read()
    return response


def is_ours(found: Failure | bytes) -> bool:
    return isinstance(found, Failure) and found.ours and found.message == NONE_LEFT and found.cools is Cools.NOTHING


@pytest.mark.parametrize("loop", [uvloop.new_event_loop, asyncio.new_event_loop])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_call_without_a_descriptor_is_no_fault_of_the_provider_and_the_next_one_works(
    loop: Callable[[], asyncio.AbstractEventLoop], host: str
) -> None:
    async def scene() -> list[Failure | bytes]:
        server = await asyncio.start_server(answering, "127.0.0.1", 0)
        upstream = Upstream()
        await upstream.start()
        target = Target("acme", f"http://{host}:{server.sockets[0].getsockname()[1]}", {})
        try:
            with no_further_file():
                first = await outcome(upstream, target)
            return [first, await outcome(upstream, target)]
        finally:
            await upstream.close()
            server.close()

    with asyncio.Runner(loop_factory=loop) as runner:
        first, second = runner.run(scene())
    assert is_ours(first)
    assert second == b"ok"


def test_a_ca_file_that_cannot_be_opened_for_want_of_descriptors_is_not_called_wrong() -> None:
    ca_file = Path(__file__).parent.parent.parent / "certificates" / "ca.pem"

    async def scene() -> Failure | bytes:
        upstream = Upstream()
        await upstream.start()
        try:
            with no_further_file():
                return await outcome(upstream, Target("acme", "https://127.0.0.1:1", {}, ca_file=str(ca_file)))
        finally:
            await upstream.close()

    assert is_ours(asyncio.run(scene()))


def test_connections_that_nobody_uses_are_given_back_when_none_is_left() -> None:
    async def scene() -> tuple[int, int]:
        servers = [await asyncio.start_server(answering, "127.0.0.1", 0) for _ in range(2)]
        one, two = (Target("acme", f"http://127.0.0.1:{each.sockets[0].getsockname()[1]}", {}) for each in servers)
        upstream = Upstream()
        await upstream.start()
        try:
            assert await asyncio.gather(*(outcome(upstream, one) for _ in range(8))) == [b"ok"] * 8
            before = len(os.listdir("/proc/self/fd"))
            with no_further_file():
                assert is_ours(await outcome(upstream, two))
            await asyncio.sleep(0.1)
            return before, len(os.listdir("/proc/self/fd"))
        finally:
            await upstream.close()
            for server in servers:
                server.close()

    before, after = asyncio.run(scene())
    assert after <= before - 8
