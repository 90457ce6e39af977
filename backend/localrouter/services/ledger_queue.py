"""Who waits for room, in which order: nobody is overtaken by a later request of the same strategy.

Whoever waits is counted before every later request as if it had what it wants already (`ahead_of`). Only the first is
woken; when it has got its room or has left, the next one is.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from localrouter.domain.windows import NOTHING, Amounts


@dataclass(slots=True)
class Place:
    wanted: Amounts
    turn: asyncio.Future[None] | None = None


class Queue:
    """The requests that wait at one strategy; any object may stand for a request."""

    def __init__(self) -> None:
        self._places: OrderedDict[object, Place] = OrderedDict()
        self._wanted = [0] * len(NOTHING)

    def __len__(self) -> int:
        return len(self._places)

    def ahead_of(self, request: object | None) -> Sequence[int]:
        """What those want who came before the request: all of them, unless it is itself the first."""
        if not self._places or request is next(iter(self._places)):
            return NOTHING
        own = self._places.get(request)
        if own is None:
            return self._wanted
        return [wanted - mine for wanted, mine in zip(self._wanted, own.wanted, strict=True)]

    async def wait(self, request: object, wanted: Amounts, at_most: float) -> bool:
        """Until it is the request's turn to look for room again; it keeps its place. False after `at_most` seconds."""
        place = self._place(request, wanted)
        turn = place.turn = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(at_most):
                await turn
        except TimeoutError:
            self.leave(request)
            return False
        except BaseException:
            self.leave(request)
            raise
        finally:
            place.turn = None
        return True

    def leave(self, request: object) -> None:
        """Give up the place, and let the next one look."""
        place = self._places.pop(request, None)
        if place is None:
            return
        self._count(place.wanted, -1)
        self.wake_first()

    def wake_first(self) -> None:
        if not self._places:
            return
        turn = next(iter(self._places.values())).turn
        if turn is not None and not turn.done():
            turn.set_result(None)

    def _place(self, request: object, wanted: Amounts) -> Place:
        place = self._places.get(request)
        if place is None:
            place = self._places[request] = Place(NOTHING)
        self._count(place.wanted, -1)
        self._count(wanted, 1)
        place.wanted = wanted
        return place

    def _count(self, amounts: Amounts, sign: int) -> None:
        for measure, amount in enumerate(amounts):
            self._wanted[measure] += sign * amount
