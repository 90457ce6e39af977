"""What clients sent and what a provider saw of it, and whether limits held by that alone.

Nothing of the router is read here. The provider bills as unkindly as one may that keeps to the cap it is sent: prompts
by up to their bytes, what it wrote before anybody noticed that the client left, what it wrote before it broke off or
failed in the middle of a stream, and calls whose answer was lost.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from tests.journeys.wires import NAME, Wire, wire_of
from tests.upstream import STREAM_END, STREAM_HEAD, Asked, End, Step, answer, chunked

LATE = 0.05  # seconds between the end of a call at the provider and what the router knows of it, on a quiet computer


class Break(Enum):
    """How a stream ends before its time; the usage of what it sent until then is billed and never told."""

    CLOSE = "close"
    ERROR = "error"
    ERROR_WITH_CONTENT = "error with content"  # in one write, so that who reads the one has the other


@dataclass
class Call:
    """One call, as its provider saw and billed it. `request` is what the client named it by. Times are those of the
    router's clock, which the tests move on."""

    request: str
    model: str
    dispatched: float
    cap: int | None
    path: str = ""
    ended: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0
    is_told: bool = False  # the router was told the usage

    @property
    def tokens(self) -> int:
        return self.tokens_in + self.tokens_out


Amount = Callable[[Call], float]


@dataclass
class Provider:
    """Answers in the dialect that it is asked in, and remembers every call. `is_kind`: it loses no answer and hides no
    usage."""

    seed: int
    now: Callable[[], float]
    is_kind: bool = False
    calls: list[Call] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Iterator[Step]:
        if asked.path.endswith("/models"):
            yield answer(200, {"object": "list", "data": [{"id": "cheap"}, {"id": "dear"}]})
            return
        body, wire, name = asked.json, wire_of(asked.path), NAME.search(asked.body)
        assert name is not None, asked.body
        call = Call(name[1].decode(), wire.model(asked.path, body), self.now(), wire.cap(body), wire.path)
        chance = random.Random(f"{self.seed} {call.request} {len(self.calls)}")
        self.calls.append(call)
        try:
            yield from self._answer(call, asked, wire, chance)
        finally:
            call.ended = self.now()

    def _answer(self, call: Call, asked: Asked, wire: Wire, chance: random.Random) -> Iterator[Step]:
        body, fate = asked.json, chance.random()
        if fate < 0.05:
            yield answer(500, {"error": {"message": "Oh", "type": "server_error"}})
            return
        size, answers = wire.prompt_at_most(body), body.get("n", 1)
        call.tokens_in = chance.randint(size // 4, size)
        wanted = answers * min(chance.randint(1, 400), call.cap or 400)
        if fate < 0.08 and not self.is_kind:
            call.tokens_out = wanted
            yield End.RESET if fate < 0.07 else End.SILENCE
        elif wire.streams(asked.path, body):
            yield from self._stream(call, wanted, wire, chance)
        else:
            call.tokens_out = wanted
            yield chance.uniform(0.001, 0.03)
            call.is_told = self.is_kind or fate > 0.1
            yield answer(200, wire.whole((call.tokens_in, wanted) if call.is_told else None))

    def _stream(self, call: Call, wanted: int, wire: Wire, chance: random.Random) -> Iterator[Step]:
        how = None if self.is_kind else _break(chance)
        breaks_at = wanted if how is None else chance.choice((1, chance.randint(1, wanted)))
        yield STREAM_HEAD + chunked(wire.begin(call.tokens_in))
        while call.tokens_out < breaks_at:
            call.tokens_out += min(chance.randint(1, 40), wanted - call.tokens_out)
            content = wire.piece()
            if how is Break.ERROR_WITH_CONTENT and call.tokens_out >= breaks_at:
                yield chunked(content + wire.overloaded) + STREAM_END
                return
            yield chunked(content)
            yield 0.002
        if how is not None:
            yield End.CLOSE if how is Break.CLOSE else chunked(wire.overloaded) + STREAM_END
            return
        call.is_told = True
        yield chunked(wire.end((call.tokens_in, wanted))) + STREAM_END


def _break(chance: random.Random) -> Break | None:
    kinds = (None, Break.CLOSE, Break.ERROR, Break.ERROR_WITH_CONTENT)
    return chance.choices(kinds, (0.94, 0.03, 0.015, 0.015))[0]


def fullest(calls: Sequence[Call], window: float, amount: Amount) -> float:
    """The most that was billed in any trailing window."""
    return max((sum(amount(call) for call in _within(calls, last, window)) for last in calls), default=0.0)


def most_requests(calls: Sequence[Call], window: float) -> int:
    """The most requests of which something arrived at the provider in any trailing window, by their first calls."""
    first: dict[str, float] = {}
    for call in calls:
        first[call.request] = min(call.dispatched, first.get(call.request, call.dispatched))
    return max((sum(1 for at in first.values() if end - window < at <= end) for end in first.values()), default=0)


def excusable(calls: Sequence[Call], window: float, amount: Amount, late: float = LATE) -> float:
    """How far averages may be wrong in the fullest window: by all that ran when the last call was admitted, and by
    what was billed for calls whose usage the router never learnt. It learns of an end up to `late` seconds after it."""
    by_window = [_within(calls, last, window) for last in calls]
    worst = max(by_window, key=lambda inside: sum(map(amount, inside)), default=[])
    last = max((call.dispatched for call in worst), default=0.0)
    return sum(amount(call) for call in worst if call.ended > last - late or not call.is_told)


def _within(calls: Sequence[Call], last: Call, window: float) -> list[Call]:
    return [call for call in calls if last.ended - window < call.ended <= last.ended]
