"""A request's record, made at its end from what arrived and what was tried."""

from __future__ import annotations

from dataclasses import dataclass

from localrouter.domain.metrics.samples import Outcome, Sample, ToldError, total_usage
from localrouter.domain.routing.failures import FailureKind
from localrouter.gateway.in_flight.attempts import AttemptLog
from localrouter.gateway.in_flight.incoming import IncomingRequest


@dataclass(frozen=True, slots=True)
class RequestEnd:
    """How a request ended. `at` is in clock seconds, `error` what the client was told instead of an answer."""

    at: float
    outcome: Outcome
    status: int
    kind: FailureKind | None
    error: ToldError | None


def record_of(incoming: IncomingRequest, log: AttemptLog, end: RequestEnd, trace: str) -> Sample:
    """`trace` is the routing explanation as JSON text."""
    served = log.served_by
    duration = end.at - incoming.started
    first = None if served is None or served.first_token is None else served.started_at + served.first_token
    return Sample(
        request_id=incoming.request_id,
        started_at=incoming.started_wall,
        client_id=incoming.client.id,
        strategy_id=incoming.strategy.id,
        endpoint=incoming.asked.called,
        model_asked=incoming.asked.model,
        provider_served=None if served is None else served.provider,
        model_served=None if served is None else served.model,
        outcome=end.outcome,
        kind=end.kind,
        status=end.status,
        streamed=incoming.asked.stream,
        duration=duration,
        first_token=None if first is None else first - incoming.started_wall,
        overhead=max(0.0, duration - log.external_wait),
        usage=total_usage(log.attempts),
        cost=log.cost(),
        unpriced=any(attempt.unpriced for attempt in log.attempts),
        attempts=tuple(log.attempts),
        trace=trace,
        error=end.error,
    )
