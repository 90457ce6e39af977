"""The head of a stream that has nothing to say yet."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from localrouter.dialects.stream_frames import AS_EVENTS
from localrouter.surfaces.model_api.early_head import EarlyHead

COMMENT = AS_EVENTS.comment
HEAD = [(b"content-type", b"text/event-stream")]
Message = dict[str, Any]
Arrivals = asyncio.Queue[None]
NEVER, AT_ONCE = 3_600.0, 0.0


def waited(
    use: Callable[[EarlyHead, Arrivals], Awaitable[None]], *, silent_for: float = NEVER, comment_every: float = NEVER
) -> tuple[list[Message], bool]:
    """What a client was sent while it waited, and whether that was its head."""

    async def run() -> tuple[list[Message], bool]:
        told: list[Message] = []
        arrivals: Arrivals = asyncio.Queue()

        async def send(message: Any) -> None:
            told.append(message)
            arrivals.put_nowait(None)

        early = EarlyHead(send, HEAD, "id", silent_for=silent_for, comment_every=comment_every)
        await use(early, arrivals)
        await early.stop()
        return told, early.is_sent

    return asyncio.run(run())


async def until(arrivals: Arrivals, messages: int) -> None:
    async with asyncio.timeout(20):
        for _ in range(messages):
            await arrivals.get()


def test_who_gets_an_answer_at_once_gets_no_early_head() -> None:
    async def use(_early: EarlyHead, _arrivals: Arrivals) -> None:
        await asyncio.sleep(0)

    assert waited(use) == ([], False)


def test_a_sign_of_the_model_opens_the_stream_with_what_is_known() -> None:
    async def use(early: EarlyHead, arrivals: Arrivals) -> None:
        await early.open([(b"x-localrouter-model", b"one/a")])
        await early.open([(b"x-localrouter-model", b"two/b")])
        await until(arrivals, 2)

    start, comment = waited(use)[0]
    assert start == {
        "type": "http.response.start",
        "status": 200,
        "headers": [*HEAD, (b"x-localrouter-model", b"one/a")],
    }
    assert comment == {"type": "http.response.body", "body": COMMENT, "more_body": True}


def test_an_answer_that_follows_its_sign_at_once_keeps_its_own_head() -> None:
    async def use(early: EarlyHead, _arrivals: Arrivals) -> None:
        await early.open([])

    assert waited(use) == ([], False)


def test_after_a_silence_the_head_goes_out_and_comments_follow() -> None:
    async def use(_early: EarlyHead, arrivals: Arrivals) -> None:
        await until(arrivals, 4)

    (start, *comments), is_sent = waited(use, silent_for=AT_ONCE, comment_every=AT_ONCE)
    assert (start["headers"], is_sent) == ([*HEAD, (b"x-request-id", b"id")], True)
    assert {each["body"] for each in comments} == {COMMENT}
