"""Samples for tests of the metrics: whole requests from the few values that a test is about."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from localrouter.domain.conversation.request import Usage
from localrouter.domain.metrics.samples import Outcome, Sample, spent
from localrouter.domain.routing.attempts import Attempt
from localrouter.domain.routing.failures import FailureKind

START = 1_790_000_000.0
NUMBERS = count(1)
USAGE = Usage(100, 50)


def attempt(
    provider: str,
    model: str,
    *,
    kind: FailureKind | None = None,
    usage: Usage = USAGE,
    cost: int = 1_000,
    unpriced: bool = False,
    duration: float = 0.4,
) -> Attempt:
    return Attempt(
        provider=provider,
        model=model,
        kind=kind,
        status=200 if kind is None else 500,
        started_at=START,
        duration=duration,
        first_token=None,
        usage=usage,
        cost=cost,
        unpriced=unpriced,
        message=None if kind is None else "said no",
    )


def sample(
    *,
    request_id: str | None = None,
    started_at: float = START,
    client_id: str = "app",
    strategy_id: str = "default",
    outcome: Outcome = Outcome.SUCCESS,
    duration: float = 0.5,
    first_token: float | None = None,
    attempts: tuple[Attempt, ...] | None = None,
) -> Sample:
    if attempts is None:
        attempts = (replace(attempt("local", "small"), started_at=started_at),)
    served = attempts[-1] if attempts and outcome is Outcome.SUCCESS else None
    whole = Sample(
        request_id=request_id or f"request-{next(NUMBERS)}",
        started_at=started_at,
        client_id=client_id,
        strategy_id=strategy_id,
        endpoint="chat/completions",
        model_asked="localrouter/auto",
        provider_served=served.provider if served else None,
        model_served=served.model if served else None,
        outcome=outcome,
        kind=attempts[-1].kind if attempts else None,
        status=200 if served else 502,
        streamed=False,
        duration=duration,
        first_token=first_token,
        overhead=0.001,
        usage=Usage(),
        cost=0,
        unpriced=any(each.unpriced for each in attempts),
        attempts=attempts,
        trace='{"candidates": []}',
    )
    usage, cost = spent(whole)
    return replace(whole, usage=usage, cost=cost)
