"""What one request holds of its strategy's limits, from its place in the queue to its settlement."""

from __future__ import annotations

from dataclasses import dataclass, field

from localrouter.domain.limits.demands import NO_HOLD, Hold
from localrouter.domain.limits.judged import Judged
from localrouter.domain.limits.recovery import RequestStart
from localrouter.domain.limits.windows import Amounts
from localrouter.domain.metrics.samples import AttemptSample
from localrouter.services.ledger.records import Calling
from localrouter.services.ledger.replay import Told


@dataclass(slots=True, eq=False)
class Reservation:
    """What one request holds of its strategy's limits. Until it is admitted it may wait for room in its place."""

    strategy_id: str
    request_id: str
    held: Hold = NO_HOLD
    admitted_at: float | None = None
    uses: tuple[tuple[float, Amounts], ...] = ()  # what was counted of its attempts, and when
    is_calling: bool = False  # an attempt is under way and not yet settled
    judged: Judged | None = None  # the limits as they were when an attempt was last admitted; None where there are none
    start: RequestStart | None = None  # for its record; None where nobody asked for one
    model: str = ""  # of the last attempt: `provider/name`
    called_at: float = 0.0
    attempts: list[AttemptSample] = field(default_factory=list)

    @property
    def is_admitted(self) -> bool:
        return self.admitted_at is not None

    def told(self) -> Told:
        """What the journal must retell of it, once it is admitted."""
        calling = Calling(self.model, self.called_at, self.held.at_most) if self.is_calling else None
        told = Told(self.strategy_id, self.admitted_at or 0.0, list(self.uses), calling)
        told.start, told.attempts = self.start, list(self.attempts)
        return told
