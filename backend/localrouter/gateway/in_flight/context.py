"""What opening and closing a request touch, whatever its client and strategy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localrouter.domain.metrics.samples import Sample
from localrouter.domain.routing.failures import Failure
from localrouter.gateway.model_labels import ModelLabels
from localrouter.services.health import Health
from localrouter.services.ledger.ledger import Ledger

if TYPE_CHECKING:
    from localrouter.gateway.in_flight.request import InFlightRequest


async def _at_once() -> None:
    """Nobody else has anything to do."""


@dataclass(frozen=True, slots=True)
class GatewayContext:
    """`clock` never jumps; `wall` is Unix time. `turn` is awaited before work that many requests may have at once."""

    ledger: Ledger
    health: Health
    record: Callable[[Sample], None]
    clock: Callable[[], float]
    wall: Callable[[], float]
    redacted: Callable[[Failure], Failure]  # the same failure, with secrets removed from the provider's message
    labels: ModelLabels | None = None  # None: each model under its own name
    clean: Callable[[str], str] = str  # removes secrets from text that a client supplied
    turn: Callable[[], Awaitable[object]] = _at_once
    in_flight: dict[str, InFlightRequest] = field(default_factory=dict)  # requests that are not closed yet, by id

    def wall_offset(self) -> float:
        """The number of seconds that turns `clock` into Unix time."""
        return self.wall() - self.clock()
