"""What the requests that are being served do at this moment: the same explanation as of finished ones, so far."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice

from localrouter.domain.routing.in_flight import RunningRequest
from localrouter.domain.routing.trace import CallInProgress, trace
from localrouter.gateway.run import GatewayContext, InFlightRequest


@dataclass(frozen=True, slots=True)
class RequestsInFlight:
    recorder: GatewayContext

    def has(self, request_id: str) -> bool:
        return request_id in self.recorder.running

    def count(self) -> int:
        return len(self.recorder.running)

    def list(self, at_most: int) -> tuple[RunningRequest, ...]:
        """The requests that run, those that run longest first."""
        now, offset = self.recorder.clock(), self.recorder.wall_offset()
        return tuple(_told(run, now, offset) for run in islice(self.recorder.running.values(), at_most))


def _told(run: InFlightRequest, now: float, offset: float) -> RunningRequest:
    call = run.call
    calling = None
    if call is not None:
        first = None if call.first_token is None else call.first_token - call.started
        calling = CallInProgress(call.candidate, now - call.started, first)
    return RunningRequest(
        request_id=run.request_id,
        started_at=run.started_wall,
        duration_ms=round((now - run.started) * 1000, 3),
        client_id=run.client.id,
        strategy_id=run.strategy.id,
        endpoint=run.request.endpoint.value,
        model_asked=run.request.model,
        streamed=run.request.stream,
        doing=run.doing,
        model=None if call is None else call.candidate.name,
        attempts=len(run.attempts),
        trace=trace(replace(run.decided, calling=calling), offset),
    )
