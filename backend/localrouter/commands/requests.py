"""Commands about single requests, recorded or in flight. Times are Unix seconds."""

from __future__ import annotations

from typing import Annotated

import orjson
from pydantic import Field

from localrouter.commands.metrics import Time, metrics_of
from localrouter.commands.registration.references import OptionalClientRef, OptionalProviderRef, OptionalStrategyRef
from localrouter.commands.registration.registry import Params, View, command
from localrouter.commands.registration.services import Services, needed
from localrouter.commands.views.passed_over import PassedOver, passed_over
from localrouter.domain.errors import NotFound
from localrouter.domain.events import Source
from localrouter.domain.metrics.samples import Outcome, Sample, ToldError
from localrouter.domain.models.pricing import to_usd
from localrouter.domain.routing.attempts import Attempt
from localrouter.domain.routing.failures import FailureKind
from localrouter.domain.routing.in_flight import RunningRequest
from localrouter.domain.routing.trace import counted_json
from localrouter.services.metrics.records import RequestFilter

_FILTERS = tuple(RequestFilter.__dataclass_fields__)


class ListRequests(Params):
    client_id: OptionalClientRef = None
    strategy_id: OptionalStrategyRef = None
    provider: OptionalProviderRef = None
    model: str | None = None
    outcome: Outcome | None = None
    kind: FailureKind | None = None
    since: Time | None = None
    until: Time | None = None
    cursor: str | None = Field(default=None, description="The next_cursor of the previous page.")
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class ListRunningRequests(Params):
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class RequestId(Params):
    request_id: str


class CountedView(View):
    """What limits count for a request or an attempt whose provider did not report its usage: at least what was reserved
    for it. `total_tokens` is counted separately and may be less than input plus output."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    cost_usd: float


class UsageView(View):
    """Tokens and cost as known and billed. `estimated` means that the provider reported no usage, or figures that
    cannot be true. `counted` is what limits count instead; null where they count the same."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    estimated: bool
    unpriced: bool
    cost_usd: float
    counted: CountedView | None = None


class RequestView(View):
    """One request, from its arrival to its record. `error` is what its client was told instead of an answer, or at the
    end of an answer that broke off. `passed_over` are the first models that did not serve it, and why. `recovered`
    means that the router was killed before it wrote the record, which was rebuilt from the limits' journal."""

    request_id: str
    started_at: float
    client_id: str
    strategy_id: str
    endpoint: str
    model_asked: str
    provider_served: str | None
    model_served: str | None
    outcome: Outcome
    kind: FailureKind | None
    status: int
    error: ToldError | None
    streamed: bool
    duration_ms: float
    first_token_ms: float | None
    overhead_ms: float
    usage: UsageView
    passed_over: tuple[PassedOver, ...]
    recovered: bool


class RequestPage(View):
    """Requests, newest first. Pass `next_cursor` to get older ones; it is null on the last page."""

    items: tuple[RequestView, ...]
    next_cursor: str | None


class AttemptView(View):
    """One call of one model. `kind` says why it failed; null if it answered."""

    provider: str
    model: str
    kind: FailureKind | None
    status: int | None
    message: str | None
    started_at: float
    duration_ms: float
    first_token_ms: float | None
    usage: UsageView


class RequestDetails(View):
    """A request with all its attempts. `trace` explains its route; null if the explanation is no longer kept."""

    request: RequestView
    attempts: tuple[AttemptView, ...]
    trace: dict[str, object] | None


@command("list_requests", reads=(Source.USAGE,))
async def list_requests(services: Services, params: ListRequests) -> RequestPage:
    """List recorded requests, newest first. Filters left out match every request; `provider`, `model` and `kind` match
    every request that had such an attempt, whoever served it in the end."""
    filters = RequestFilter(**{name: getattr(params, name) for name in _FILTERS})
    samples, cursor = await metrics_of(services).list_requests(filters, params.cursor, params.limit)
    return RequestPage(items=tuple(_request(sample) for sample in samples), next_cursor=cursor)


@command("list_running_requests", reads=(Source.USAGE,), needs_running=True)
async def list_running_requests(services: Services, params: ListRunningRequests) -> tuple[RunningRequest, ...]:
    """List the requests that are being served now, longest-running first, each with its route so far."""
    in_flight = needed(services.in_flight, f"Only a running LocalRouter serves requests. {services.start_hint}")
    return in_flight.list(params.limit)


@command("get_request", reads=(Source.USAGE,))
async def get_request(services: Services, params: RequestId) -> RequestDetails:
    """Return one request with all its attempts and the explanation of its route."""
    sample = await metrics_of(services).get_request(params.request_id)
    if sample is None and services.in_flight is not None and services.in_flight.has(params.request_id):
        raise NotFound(f'The request "{params.request_id}" is still running: see list_running_requests.')
    if sample is None:
        raise NotFound(
            f'There is no record of a request "{params.request_id}". It may have been deleted because of its age.'
        )
    return RequestDetails(
        request=_request(sample),
        attempts=tuple(_attempt(attempt) for attempt in sample.attempts),
        trace=orjson.loads(sample.trace) if sample.trace else None,
    )


def _request(sample: Sample) -> RequestView:
    return RequestView(
        request_id=sample.request_id,
        started_at=sample.started_at,
        client_id=sample.client_id,
        strategy_id=sample.strategy_id,
        endpoint=sample.endpoint,
        model_asked=sample.model_asked,
        provider_served=sample.provider_served,
        model_served=sample.model_served,
        outcome=sample.outcome,
        kind=sample.kind,
        status=sample.status,
        error=sample.error,
        streamed=sample.streamed,
        duration_ms=_ms(sample.duration),
        first_token_ms=None if sample.first_token is None else _ms(sample.first_token),
        overhead_ms=_ms(sample.overhead),
        usage=_usage(sample),
        passed_over=passed_over(sample),
        recovered=sample.recovered,
    )


def _attempt(attempt: Attempt) -> AttemptView:
    return AttemptView(
        provider=attempt.provider,
        model=attempt.model,
        kind=attempt.kind,
        status=attempt.status,
        message=attempt.message,
        started_at=attempt.started_at,
        duration_ms=_ms(attempt.duration),
        first_token_ms=None if attempt.first_token is None else _ms(attempt.first_token),
        usage=_usage(attempt),
    )


def _usage(of: Sample | Attempt) -> UsageView:
    usage, counted = of.usage, of.counted
    return UsageView(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_tokens=usage.cached_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        estimated=usage.estimated,
        unpriced=of.unpriced,
        cost_usd=to_usd(of.cost),
        counted=None if counted is None else CountedView.model_validate(counted_json(counted)),
    )


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
