"""Large pieces of answers are worked on one after the other, so that whoever has little to do is not kept waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import uvloop

from localrouter.services.upstream.answer import UpstreamResponse
from localrouter.services.upstream.client import Target, Upstream
from localrouter.services.upstream.turns import PIECE, Turns


@pytest.mark.parametrize("loop", [uvloop.new_event_loop, asyncio.new_event_loop])
def test_one_of_many_goes_on_in_each_round_of_the_loop(loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    turns, rounds, taken = Turns(), [0], []

    async def count_rounds() -> None:
        while True:
            rounds[0] += 1
            await asyncio.sleep(0)

    async def flood(name: int) -> None:
        for _ in range(5):
            await turns.take()
            taken.append((rounds[0], name))

    async def scene() -> None:
        counting = asyncio.create_task(count_rounds())
        await asyncio.gather(*(flood(name) for name in range(20)))
        counting.cancel()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(scene())
    in_rounds = [at for at, _ in taken]
    assert max(in_rounds.count(at) for at in set(in_rounds)) <= 2  # the first finds its turn free
    assert [name for _, name in taken[1:21]] == list(range(20))  # in the order in which they asked
    assert len(taken) == 100


def test_who_gave_up_waiting_holds_nobody_up() -> None:
    turns = Turns()

    async def scene() -> None:
        await turns.take()
        waiting = [asyncio.create_task(turns.take()) for _ in range(5)]
        await asyncio.sleep(0)
        for each in waiting[:4]:
            each.cancel()
        await asyncio.wait_for(waiting[4], 15)
        for _ in range(3):
            await asyncio.wait_for(turns.take(), 15)

    asyncio.run(scene())


def test_an_answer_comes_in_pieces_of_bounded_size() -> None:
    body = b"x" * 3_000_000

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    async def scene() -> list[bytes]:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        upstream = Upstream()
        await upstream.start()
        try:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            response = await upstream.get(Target("acme", url, {}), "x", total=15)
            assert isinstance(response, UpstreamResponse)
            pieces = []
            while piece := await response.next_chunk():
                assert isinstance(piece, bytes)
                pieces.append(piece)
            return pieces
        finally:
            await upstream.close()
            server.close()

    pieces = asyncio.run(scene())
    assert b"".join(pieces) == body
    assert max(map(len, pieces)) <= PIECE
