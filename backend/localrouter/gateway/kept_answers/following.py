"""Follows answers that go on while nobody waits for them, so that what they use is recorded when they end.

Until then their requests count as running, and limits hold what was reserved for them. What cannot be followed to its
end (the program ends, or a day has passed) counts like an answer that broke off.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from localrouter.dialects.contract import PlainAnswer
from localrouter.domain.metrics.samples import Outcome
from localrouter.domain.routing.attempt_ends import AnswerSoFar
from localrouter.domain.routing.failures import Cools, Failure, FailureKind
from localrouter.gateway.in_flight.abort import SHUT_DOWN
from localrouter.gateway.in_flight.request import InFlightRequest
from localrouter.gateway.speech import Speech
from localrouter.services.upstream.client import Target, Upstream

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 15.0  # seconds between two looks at an answer
AT_MOST = 24 * 3_600.0  # seconds that an answer is followed
ONE_LOOK = 60.0  # seconds
MOST = 1_000  # answers that are followed at once
GONE = (404, 410)  # statuses of an answer that was deleted


@dataclass(slots=True)
class Followed:
    """The answers that are being followed, across restarts of the server. `stop` it before the connections to providers
    are closed."""

    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _looks: dict[str, asyncio.Event] = field(default_factory=dict)

    def begin(self, following: Following) -> bool:
        """Follow one more answer; False if there are too many already."""
        if len(self._tasks) >= MOST:
            return False
        following.request.let_body_go()
        task = asyncio.create_task(following.until_end())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    def looks_at(self, answer_id: str) -> bool:
        return answer_id in self._looks

    def look_at(self, answer_id: str) -> None:
        """Somebody else has looked: it may have ended."""
        if (look := self._looks.get(answer_id)) is not None:
            look.set()

    async def wait(self, answer_id: str, pause: float) -> None:
        """Wait until it is time for another look."""
        look = self._looks.setdefault(answer_id, asyncio.Event())
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await look.wait()
        look.clear()

    def over(self, answer_id: str) -> None:
        self._looks.pop(answer_id, None)

    async def stop(self) -> None:
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class Following:
    """One answer that goes on. Its call stays open in its request's log until it ends."""

    request: InFlightRequest
    speech: Speech
    target: Target
    upstream: Upstream
    answer_id: str
    followed: Followed

    async def until_end(self) -> None:
        clock = self.request.context.clock
        pause, ends = FIRST_PAUSE, clock() + AT_MOST
        try:
            while clock() < ends:
                await self.followed.wait(self.answer_id, pause)
                if (found := await self._look()) is not None:
                    await self._end(*found)
                    return
                pause = min(LONGEST_PAUSE, pause * 1.5)
            await self._end(_lost("LocalRouter stopped following the answer after a day."), None)
        except asyncio.CancelledError:
            await self.request.cancel(SHUT_DOWN)
            raise
        finally:
            self.followed.over(self.answer_id)

    async def _look(self) -> tuple[PlainAnswer | Failure, AnswerSoFar | None] | None:
        """How the answer ended; None while it goes on, or cannot be seen."""
        response = await self.upstream.get(self.target, f"responses/{self.answer_id}", total=ONE_LOOK)
        if isinstance(response, Failure):
            return None
        body = await response.read()
        if response.status in GONE:
            return _lost("The answer was deleted before it ended."), None
        if isinstance(body, Failure) or not 200 <= response.status < 300:
            response.abort()
            return None
        dialect, asked = self.speech.dialect, self.request.incoming.asked
        read = dialect.plain_answer(body, asked, self.speech.preset)
        if isinstance(read, PlainAnswer):
            return (
                None if read.is_running else (read, AnswerSoFar(read.usage, read.usage is not None, read.output_bytes))
            )
        usage, size = dialect.seen_in(body)
        return read, AnswerSoFar(usage, usage is not None, size, size > 0)

    async def _end(self, read: PlainAnswer | Failure, came: AnswerSoFar | None) -> None:
        request = self.request
        if request.log.call is not None and came is not None:
            request.log.call.came = lambda: came
        if isinstance(read, PlainAnswer):
            await request.succeeded()
            await request.close(Outcome.SUCCESS, 200)
        else:
            failure = await request.failed(read)
            await request.close(Outcome.FAILED, 200, failure.kind)


def _lost(said: str) -> Failure:
    return Failure(FailureKind.CANCELLED, said, cools=Cools.NOTHING)
