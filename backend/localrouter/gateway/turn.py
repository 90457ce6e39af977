"""The conditions of one decision: which models are cooling, and which limits leave room.

Each candidate is checked against the limits at most once. Its check serves the decision, `retry_at` and the limits that
a refusal shows; with no await in between, nothing can have changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from localrouter.domain.configuration.config import Strategy
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.limits.check_result import LimitCheck, LimitExceeded, LimitStatus
from localrouter.domain.routing.decide import Candidate
from localrouter.services.health import Health, ModelEndpoint
from localrouter.services.ledger.ledger import Ledger, Reservation


@dataclass(slots=True)  # made for every decision; a frozen one would take twice as long to make
class Turn:
    """The conditions that `decide` asks about. `snapshot` and `strategy` are the current ones, whatever the request
    started with: limits may have changed since."""

    ledger: Ledger
    health: Health
    snapshot: Snapshot
    strategy: Strategy
    endpoint: Endpoint
    now: float
    jitter: float = 0.0
    may_wait: bool = True
    reservation: Reservation | None = None
    _checks: dict[str, LimitCheck] = field(default_factory=dict)

    def cooling_until(self, candidate: Candidate) -> float | None:
        return self.health.cooling_until(ModelEndpoint(candidate.provider, candidate.model, self.endpoint))

    def exceeded(self, candidate: Candidate) -> LimitExceeded | None:
        if not self.strategy.rate_limits:
            return None
        return self.check(candidate).exceeded

    def check(self, candidate: Candidate) -> LimitCheck:
        """What the request would reserve on this candidate, or the limit that it exceeds."""
        found = self._checks.get(candidate.name)
        if found is None:
            found = self.ledger.check(self.strategy, candidate.demand, self.reservation)
            self._checks[candidate.name] = found
        return found

    def limits(self, candidate: Candidate) -> tuple[LimitStatus, ...]:
        """How full each limit is, and what the request would need of it on this candidate."""
        if not self.strategy.rate_limits:
            return ()
        return self.check(candidate).states()
