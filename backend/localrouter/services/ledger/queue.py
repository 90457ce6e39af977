"""Who waits for room, in which order: nobody is overtaken by a later request of the same strategy.

Whoever waits is counted before every later request as if it had what it wants already (`ahead_of`). Only the first is
woken; when it has got its room or has left, the next one is.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from localrouter.domain.limits.demand import NOTHING_RESERVED, ReservedAmounts
from localrouter.domain.limits.windows import Amounts


@dataclass(slots=True)
class QueuePlace:
    wanted: ReservedAmounts
    turn: asyncio.Future[None] | None = None


class Queue:
    """The requests that wait at one strategy; any object may stand for a request."""

    def __init__(self) -> None:
        self._places: OrderedDict[object, QueuePlace] = OrderedDict()
        self._wanted = NOTHING_RESERVED

    def __len__(self) -> int:
        return len(self._places)

    def ahead_of(self, request: object | None) -> ReservedAmounts:
        """What those want who came before the request: all of them, unless it is itself the first."""
        if not self._places or request is next(iter(self._places)):
            return NOTHING_RESERVED
        own = self._places.get(request)
        return self._wanted if own is None else _changed(self._wanted, own.wanted, -1)

    async def wait(self, request: object, wanted: ReservedAmounts, at_most: float) -> bool:
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
        self._wanted = _changed(self._wanted, place.wanted, -1)
        self.wake_first()

    def wake_first(self) -> None:
        if not self._places:
            return
        turn = next(iter(self._places.values())).turn
        if turn is not None and not turn.done():
            turn.set_result(None)

    def _place(self, request: object, wanted: ReservedAmounts) -> QueuePlace:
        place = self._places.get(request)
        if place is None:
            place = self._places[request] = QueuePlace(NOTHING_RESERVED)
        self._wanted = _changed(_changed(self._wanted, place.wanted, -1), wanted, 1)
        place.wanted = wanted
        return place


def _changed(total: ReservedAmounts, by: ReservedAmounts, sign: int) -> ReservedAmounts:
    return ReservedAmounts(_sum(total.expected, by.expected, sign), _sum(total.at_most, by.at_most, sign))


def _sum(total: Amounts, by: Amounts, sign: int) -> Amounts:
    a, b, c, d, e, f = (one + sign * other for one, other in zip(total, by, strict=True))
    return (a, b, c, d, e, f)
