"""The commands about metrics: charts, sums and single requests. Times are Unix seconds."""

from __future__ import annotations

from typing import Annotated

import orjson
from pydantic import Field

from localrouter.commands.registry import Params, View, command
from localrouter.commands.services import Services, needed
from localrouter.domain.chat import Usage
from localrouter.domain.errors import NotFound
from localrouter.domain.failures import FailureKind
from localrouter.domain.metrics import AttemptSample, Measure, Outcome, Sample, Tier, Totals, measured, parse_scope
from localrouter.domain.pricing import to_usd
from localrouter.domain.running import Doing, RunningRequest
from localrouter.services.metrics_queries import Chart, Point
from localrouter.services.metrics_records import RequestFilter
from localrouter.services.metrics_store import MetricsStore

Time = Annotated[float, Field(ge=0, lt=1e11, allow_inf_nan=False)]
_NOT_SERVING = "Only a running LocalRouter serves requests. Start one with: localrouter serve"
_EVERY = 1_000_000
_FILTERS = tuple(RequestFilter.__dataclass_fields__)


class GetMetrics(Params):
    scope: str = Field(
        description="llm_global, or a tier with its holder: llm_strategy:default, llm_model:openai/gpt-4o."
    )
    measure: Measure
    since: Time
    until: Time | None = None
    buckets: Annotated[int, Field(ge=1, le=1_000)] = 60
    compare: bool = Field(default=False, description="Add the stretch of time right before.")


class ListMetricScopes(Params):
    tier: Tier


class GetUsageSummary(Params):
    since: Time
    until: Time | None = None


class ListRequests(Params):
    client_id: str | None = None
    strategy_id: str | None = None
    provider: str | None = None
    model: str | None = None
    outcome: Outcome | None = None
    kind: FailureKind | None = None
    since: Time | None = None
    until: Time | None = None
    cursor: str | None = Field(default=None, description="The next_cursor of the page before.")
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class ListRunningRequests(Params):
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class RequestId(Params):
    request_id: str


class PointView(View):
    """One bucket of a chart, from `timestamp` on; `value` is null where it is unknown."""

    timestamp: int
    value: float | None


class ChartView(View):
    """A measure over time, a point every `width` seconds. `previous` is the stretch of time right before."""

    scope: str
    measure: Measure
    width: int
    points: tuple[PointView, ...]
    total: float | None
    previous: tuple[PointView, ...]
    previous_total: float | None


class TotalsView(View):
    """Sums. `cost_usd` is null where no price was known."""

    requests: int
    successful_requests: int
    failed_requests: int
    cancelled_requests: int
    denied_requests: int
    unpriced_requests: int
    estimated_requests: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    cost_usd: float | None
    success_rate: float | None
    avg_latency_ms: float | None
    p50_latency_ms: float | None
    p95_latency_ms: float | None
    p99_latency_ms: float | None


class ScopeTotals(View):
    scope: str
    totals: TotalsView


class UsageSummaryView(View):
    """Sums over a stretch of time, of everything and of every scope that has any."""

    since: float
    until: float
    total: TotalsView
    scopes: tuple[ScopeTotals, ...]


class UsageView(View):
    """Tokens and cost. `estimated` marks tokens that the provider did not tell."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    estimated: bool
    unpriced: bool
    cost_usd: float


class RequestView(View):
    """One request, from its arrival to its record."""

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
    streamed: bool
    duration_ms: float
    first_token_ms: float | None
    overhead_ms: float
    usage: UsageView


class RequestPage(View):
    """Requests, the newest first. `next_cursor` leads to older ones; null on the last page."""

    items: tuple[RequestView, ...]
    next_cursor: str | None


class AttemptView(View):
    """One call of one model; `kind` is null where it answered."""

    provider: str
    model: str
    kind: FailureKind | None
    status: int | None
    message: str | None
    started_at: float
    duration_ms: float
    first_token_ms: float | None
    usage: UsageView


class RunningRequestView(View):
    """A request that is being served. `model` is the one that is being called, after so many `attempts`; `trace`
    explains its route so far, in the shape that `get_request` has."""

    request_id: str
    started_at: float
    duration_ms: float
    client_id: str
    strategy_id: str
    endpoint: str
    model_asked: str
    streamed: bool
    doing: Doing
    model: str | None
    attempts: int
    trace: dict[str, object]


class RequestDetails(View):
    """A request with every call that it took, and the explanation of its route; null where that is no longer kept."""

    request: RequestView
    attempts: tuple[AttemptView, ...]
    trace: dict[str, object] | None


@command("get_metrics")
async def get_metrics(services: Services, params: GetMetrics) -> ChartView:
    """A measure over time, for a chart."""
    chart = await _store(services).get_metrics(
        parse_scope(params.scope),
        params.measure,
        params.since,
        until=params.until,
        buckets=params.buckets,
        compare=params.compare,
    )
    return _chart(chart)


@command("list_metric_scopes")
async def list_metric_scopes(services: Services, params: ListMetricScopes) -> tuple[str, ...]:
    """The scopes of a tier that have metrics, for `get_metrics`. They outlive the clients and models they are of."""
    return tuple(str(scope) for scope in await _store(services).list_metric_scopes(params.tier))


@command("get_usage_summary")
async def get_usage_summary(services: Services, params: GetUsageSummary) -> UsageSummaryView:
    """Sums over a stretch of time: of everything, and of each client, strategy, provider and model."""
    found = await _store(services).get_usage_summary(params.since, params.until)
    return UsageSummaryView(
        since=found.since,
        until=found.until,
        total=_totals(found.total),
        scopes=tuple(ScopeTotals(scope=str(scope), totals=_totals(sums)) for scope, sums in found.scopes.items()),
    )


@command("list_requests")
async def list_requests(services: Services, params: ListRequests) -> RequestPage:
    """Recorded requests, the newest first. What is not given restricts nothing."""
    filters = RequestFilter(**{name: getattr(params, name) for name in _FILTERS})
    samples, cursor = await _store(services).list_requests(filters, params.cursor, params.limit)
    return RequestPage(items=tuple(_request(sample) for sample in samples), next_cursor=cursor)


@command("list_running_requests", needs_running=True)
async def list_running_requests(services: Services, params: ListRunningRequests) -> tuple[RunningRequestView, ...]:
    """The requests that are being served now, those that run longest first, each with its route so far."""
    found = needed(services.ongoing, _NOT_SERVING)(params.limit)
    return tuple(_running(each) for each in found)


@command("get_request")
async def get_request(services: Services, params: RequestId) -> RequestDetails:
    """One request with every call that it took, and the explanation of its route."""
    sample = await _store(services).get_request(params.request_id)
    if sample is None and _is_running(services, params.request_id):
        raise NotFound(f'The request "{params.request_id}" is still running: see list_running_requests.')
    if sample is None:
        raise NotFound(f'There is no record of a request "{params.request_id}". It may be older than what is kept.')
    return RequestDetails(
        request=_request(sample),
        attempts=tuple(_attempt(attempt) for attempt in sample.attempts),
        trace=orjson.loads(sample.trace) if sample.trace else None,
    )


def _store(services: Services) -> MetricsStore:
    return needed(services.metrics, "There are no metrics in this process.")


def _chart(chart: Chart) -> ChartView:
    return ChartView(
        scope=str(chart.scope),
        measure=chart.measure,
        width=chart.width,
        points=_points(chart.points),
        total=chart.total,
        previous=_points(chart.previous),
        previous_total=chart.previous_total,
    )


def _points(points: tuple[Point, ...]) -> tuple[PointView, ...]:
    return tuple(PointView(timestamp=point.timestamp, value=point.value) for point in points)


def _totals(totals: Totals) -> TotalsView:
    return TotalsView(
        requests=totals.requests,
        successful_requests=totals.successful_requests,
        failed_requests=totals.failed_requests,
        cancelled_requests=totals.cancelled_requests,
        denied_requests=totals.denied_requests,
        unpriced_requests=totals.unpriced_requests,
        estimated_requests=totals.estimated_requests,
        input_tokens=totals.input_tokens,
        output_tokens=totals.output_tokens,
        cached_tokens=totals.cached_tokens,
        reasoning_tokens=totals.reasoning_tokens,
        cost_usd=measured(totals, Measure.COST),
        success_rate=measured(totals, Measure.SUCCESS_RATE),
        avg_latency_ms=measured(totals, Measure.AVG_LATENCY),
        p50_latency_ms=measured(totals, Measure.P50_LATENCY),
        p95_latency_ms=measured(totals, Measure.P95_LATENCY),
        p99_latency_ms=measured(totals, Measure.P99_LATENCY),
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
        streamed=sample.streamed,
        duration_ms=_ms(sample.duration),
        first_token_ms=None if sample.first_token is None else _ms(sample.first_token),
        overhead_ms=_ms(sample.overhead),
        usage=_usage(sample.usage, sample.cost, unpriced=sample.unpriced),
    )


def _is_running(services: Services, request_id: str) -> bool:
    running = services.ongoing(_EVERY) if services.ongoing is not None else ()
    return any(each.request_id == request_id for each in running)


def _running(running: RunningRequest) -> RunningRequestView:
    return RunningRequestView(
        request_id=running.request_id,
        started_at=running.started_at,
        duration_ms=_ms(running.duration),
        client_id=running.client_id,
        strategy_id=running.strategy_id,
        endpoint=running.endpoint,
        model_asked=running.model_asked,
        streamed=running.streamed,
        doing=running.doing,
        model=running.model,
        attempts=running.attempts,
        trace=running.trace,
    )


def _attempt(attempt: AttemptSample) -> AttemptView:
    return AttemptView(
        provider=attempt.provider,
        model=attempt.model,
        kind=attempt.kind,
        status=attempt.status,
        message=attempt.message,
        started_at=attempt.started_at,
        duration_ms=_ms(attempt.duration),
        first_token_ms=None if attempt.first_token is None else _ms(attempt.first_token),
        usage=_usage(attempt.usage, attempt.cost, unpriced=attempt.unpriced),
    )


def _usage(usage: Usage, cost: int, *, unpriced: bool) -> UsageView:
    return UsageView(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_tokens=usage.cached_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        estimated=usage.estimated,
        unpriced=unpriced,
        cost_usd=to_usd(cost),
    )


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
