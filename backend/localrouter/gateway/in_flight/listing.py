"""The requests in flight, each with the explanation that its record would contain so far."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice

from localrouter.domain.routing.in_flight import RunningRequest
from localrouter.domain.routing.trace import CallInProgress, trace
from localrouter.gateway.in_flight.context import GatewayContext
from localrouter.gateway.in_flight.request import InFlightRequest


@dataclass(frozen=True, slots=True)
class RequestsInFlight:
    context: GatewayContext

    def has(self, request_id: str) -> bool:
        return request_id in self.context.in_flight

    def count(self) -> int:
        return len(self.context.in_flight)

    def list(self, at_most: int) -> tuple[RunningRequest, ...]:
        """The longest-running requests come first."""
        now, offset = self.context.clock(), self.context.wall_offset()
        return tuple(_told(request, now, offset) for request in islice(self.context.in_flight.values(), at_most))


def _told(request: InFlightRequest, now: float, offset: float) -> RunningRequest:
    call = request.log.call
    calling = None
    if call is not None:
        first = None if call.first_token is None else call.first_token - call.started
        calling = CallInProgress(call.candidate, now - call.started, first)
    return RunningRequest(
        request_id=request.incoming.request_id,
        started_at=request.incoming.started_wall,
        duration_ms=round((now - request.incoming.started) * 1000, 3),
        client_id=request.incoming.client.id,
        strategy_id=request.incoming.strategy.id,
        endpoint=request.incoming.asked.called,
        model_asked=request.incoming.asked.model,
        streamed=request.incoming.asked.stream,
        doing=request.phase,
        model=None if call is None else call.candidate.name,
        attempts=len(request.log.attempts),
        trace=trace(replace(request.decided, calling=calling), offset),
    )
