"""What is true at the moment of deciding: what cools and which limits have room, as `decide` asks for it."""

from __future__ import annotations

from dataclasses import dataclass

from localrouter.domain.configuration.config import Strategy
from localrouter.domain.limits.shortages import LimitExceeded
from localrouter.domain.routing.decide import Candidate
from localrouter.gateway.sizing import Sizing
from localrouter.services.health import Health, ModelEndpoint
from localrouter.services.ledger.ledger import Ledger, Reservation


@dataclass(frozen=True, slots=True)
class Moment:
    """`strategy` is the one of this moment, whatever the request started with: its limits are what holds now."""

    ledger: Ledger
    health: Health
    strategy: Strategy
    sizing: Sizing
    now: float
    jitter: float = 0.0
    may_wait: bool = True
    reservation: Reservation | None = None

    def cooling_until(self, candidate: Candidate) -> float | None:
        return self.health.cooling_until(ModelEndpoint(candidate.provider, candidate.model, self.sizing.endpoint))

    def shortage(self, candidate: Candidate) -> LimitExceeded | None:
        if not self.strategy.rate_limits:
            return None
        return self.ledger.shortage(self.strategy, self.sizing.demand(candidate), self.reservation)
