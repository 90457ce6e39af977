"""One request's reservation, from its place in the queue to its settlement."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from localrouter.domain.limits.check_result import LimitCheck, Overrun
from localrouter.domain.limits.demand import NOTHING_RESERVED, ReservedAmounts
from localrouter.domain.limits.recovery import RequestStart
from localrouter.domain.limits.windows import Amounts
from localrouter.domain.routing.attempt_ends import CountedUsage
from localrouter.domain.routing.attempts import Attempt
from localrouter.services.ledger.records import OpenCall
from localrouter.services.ledger.replay import JournaledRequest


class Spent(NamedTuple):
    """What settling an attempt came to: what limits count where that is not its usage, and which strict limits it
    passed all the same."""

    counted: CountedUsage | None = None
    overruns: tuple[Overrun, ...] = ()


NOTHING_SPENT = Spent()


@dataclass(slots=True, eq=False)
class Reservation:
    """What one request has reserved of its strategy's limits. Until it is admitted it may wait in its place."""

    strategy_id: str
    request_id: str
    reserved: ReservedAmounts = NOTHING_RESERVED
    admitted_at: float | None = None
    uses: tuple[tuple[float, Amounts], ...] = ()  # what was counted of its attempts, and when
    is_calling: bool = False  # an attempt is under way and not yet settled
    dispatched: bool = False  # an attempt that is settled was sent, or may have been
    check: LimitCheck | None = None  # by which an attempt was last admitted; None where there are no limits
    start: RequestStart | None = None  # for its record; None where nobody asked for one
    model: str = ""  # of the last attempt: `provider/name`
    called_at: float = 0.0
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def is_admitted(self) -> bool:
        return self.admitted_at is not None

    def told(self) -> JournaledRequest:
        """What the journal must retell of it, once it is admitted."""
        calling = OpenCall(self.model, self.called_at, self.reserved.at_most) if self.is_calling else None
        told = JournaledRequest(self.strategy_id, self.admitted_at or 0.0, list(self.uses), calling)
        told.start, told.attempts, told.dispatched = self.start, list(self.attempts), self.dispatched
        return told
