"""What a request reserves of its strategy's limits, and what the limits counted for it in the end.

Reserving and settling are awaited, since another ledger may have to ask a database. This one never suspends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from localrouter.domain.configuration.config import Strategy
from localrouter.domain.conversation.request import Usage
from localrouter.domain.limits.check_result import LimitExceeded, LimitStatus, Overrun
from localrouter.domain.limits.recovery import RequestStart
from localrouter.domain.routing.attempt_ends import AttemptEnd, CountedUsage
from localrouter.domain.routing.attempts import Attempt
from localrouter.domain.routing.decide import Candidate
from localrouter.gateway.in_flight.incoming import IncomingRequest
from localrouter.gateway.messages.limits import counted_of, overrun_of
from localrouter.services.ledger.ledger import Ledger, Reservation


class Settled(NamedTuple):
    """What limits count for an attempt, None where that is its usage, and remarks about it."""

    counted: CountedUsage | None = None
    remarks: tuple[str, ...] = ()
    overruns: tuple[str, ...] = ()  # in words; each is also among the remarks


@dataclass(slots=True)
class Settlement:
    """`refused_by` holds the limits as they were when no attempt was admitted."""

    ledger: Ledger
    reservation: Reservation | None = None
    refused_by: tuple[LimitStatus, ...] = ()
    overruns: list[tuple[Candidate, Overrun]] = field(default_factory=list)

    @property
    def is_admitted(self) -> bool:
        return self.reservation is not None and self.reservation.is_admitted

    @property
    def output_cap(self) -> int | None:
        """How many tokens the call's answer may have, so that strict limits hold."""
        return None if self.reservation is None else self.reservation.reserved.output_cap

    @property
    def limits(self) -> tuple[LimitStatus, ...]:
        """As they were when the last attempt was admitted, or when none was."""
        if self.refused_by or self.reservation is None or self.reservation.check is None:
            return self.refused_by
        return self.reservation.check.states()

    async def reserve(
        self, strategy: Strategy, candidate: Candidate, request_id: str, start: RequestStart | None
    ) -> bool:
        """Exchange the current reservation for what the candidate needs. Returns False, with nothing changed, if a
        limit is exceeded. If this admits the request, `start` is written to the journal."""
        reserved = self.ledger.reserve(strategy, candidate.demand, request_id, self.reservation, start)
        if isinstance(reserved, LimitExceeded):
            return False
        self.reservation, self.refused_by = reserved, ()
        return True

    async def wait_for_capacity(
        self, strategy: Strategy, candidate: Candidate, incoming: IncomingRequest, patience: float
    ) -> bool:
        """Wait until it is the request's turn to try again. Returns False after `patience` seconds."""
        if self.reservation is None:
            self.reservation = Reservation(incoming.strategy.id, incoming.request_id)  # its place in the queue
        if patience <= 0:
            return False
        return await self.ledger.wait_for_capacity(strategy, self.reservation, candidate.demand, at_most=patience)

    async def spend(self, candidate: Candidate, attempt: Attempt, ending: AttemptEnd) -> Settled:
        """Count what the attempt used."""
        if self.reservation is None:
            return Settled()
        is_strict, has_limits = self.output_cap is not None, self.reservation.check is not None
        spent = self.ledger.spend(
            self.reservation, attempt.usage, attempt.cost, candidate.name, ending=ending, attempt=attempt
        )
        if spent.counted is None and not spent.overruns:
            return Settled()
        self.overruns += ((candidate, overrun) for overrun in spent.overruns)
        overruns = tuple(overrun_of(candidate.name, overrun) for overrun in spent.overruns)
        counted = (counted_of(candidate.name, ending, is_strict=is_strict),) if spent.counted and has_limits else ()
        return Settled(spent.counted, (*counted, *overruns), overruns)

    async def take_back(self, candidate: Candidate) -> None:
        """Release the reservation of a call that was never sent; nothing counts."""
        if self.reservation is not None:
            self.ledger.spend(self.reservation, Usage(), 0, candidate.name, ending=AttemptEnd.UNDISPATCHED)

    async def close(self) -> None:
        if self.reservation is not None:
            self.ledger.close_request(self.reservation)
