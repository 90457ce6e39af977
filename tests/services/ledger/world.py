"""One strategy's ledger without files, for stories about who gets room and who waits."""

from __future__ import annotations

from localrouter.domain.configuration.config import LimitType, Strategy, StrategyRateLimit
from localrouter.domain.conversation.request import Usage
from localrouter.domain.limits.check_result import LimitExceeded
from localrouter.domain.limits.demand import Demand
from localrouter.services.ledger.journal import Journal
from localrouter.services.ledger.ledger import Ledger, Reservation
from tests.limits import limit, outcome

THEN = 1_700_000_000.0  # Unix time
CALL = Demand(0, None, "one/a")


class World:
    """A ledger of one strategy with a limit of total tokens, and a clock that stands still."""

    def __init__(self, *limits: StrategyRateLimit) -> None:
        self.time = 1_000.0
        self.ledger = Ledger(lambda: self.time, lambda: THEN + self.time, Journal())
        self.strategy = Strategy(
            id="first", name="first", rate_limits=limits or (limit(LimitType.TOTAL_TOKENS, 2_000),)
        )
        self.admitted: list[str] = []

    def reserve(self, name: str, held: Reservation | None = None, demand: Demand | None = None) -> Reservation:
        taken = self.ledger.reserve(self.strategy, demand or CALL, name, held)
        assert isinstance(taken, Reservation)
        self.admitted.append(name)
        return taken

    async def wait(self, name: str, *, at_most: float = 30.0, demand: Demand | None = None) -> Reservation | None:
        """What a request does that only running ones keep out."""
        place = Reservation(self.strategy.id, name)
        try:
            while isinstance(outcome(self.ledger.check(self.strategy, demand or CALL, place)), LimitExceeded):
                if not await self.ledger.wait_for_capacity(self.strategy, place, demand or CALL, at_most=at_most):
                    return None
            return self.reserve(name, place, demand)
        finally:
            if name not in self.admitted:
                self.ledger.close_request(place)

    def settle(self, reservation: Reservation, tokens: int = 0) -> None:
        self.ledger.spend(reservation, Usage(tokens, 0), 0, "one/a")
        self.ledger.close_request(reservation)

    @property
    def reserved(self) -> int:
        [state, *_] = self.ledger.states(self.strategy)
        return state.reserved
