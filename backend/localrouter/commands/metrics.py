"""Commands about metrics: charts and totals. Times are Unix seconds."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from localrouter.commands.registration.references import Refers
from localrouter.commands.registration.registry import Params, View, command
from localrouter.commands.registration.services import Services, needed
from localrouter.domain.events import Source
from localrouter.domain.metrics.samples import Measure, Tier, Totals, measured, parse_scope
from localrouter.services.metrics.queries import Chart, Point
from localrouter.services.metrics.store import MetricsStore

Time = Annotated[float, Field(ge=0, lt=1e11, allow_inf_nan=False, description="Unix seconds.")]


class GetMetrics(Params):
    scope: Annotated[str, Refers("scope")] = Field(
        description="llm_global, or a tier and an id or name in it: llm_strategy:default, llm_model:openai/gpt-4o."
    )
    measure: Measure
    since: Time
    until: Time | None = None
    buckets: Annotated[int, Field(ge=1, le=1_000)] = 60
    compare: bool = Field(default=False, description="Also return the preceding period of the same length.")


class ListMetricScopes(Params):
    tier: Tier


class GetUsageSummary(Params):
    since: Time
    until: Time | None = None


class PointView(View):
    """One bucket of a chart, starting at `timestamp`. `value` is null where it is unknown."""

    timestamp: int
    value: float | None


class ChartView(View):
    """A measure over time, with one point every `width` seconds. `total` is the measure over the whole period.
    `previous` covers the preceding period of the same length."""

    scope: str
    measure: Measure
    width: int
    points: tuple[PointView, ...]
    total: float | None
    previous: tuple[PointView, ...]
    previous_total: float | None


class TotalsView(View):
    """Totals. `requests` excludes denied ones. `cost_usd` is null where no price was known; rates (0 to 1) and
    latencies (ms) are null without requests."""

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
    """The totals of one scope, such as `llm_strategy:default`."""

    scope: str
    totals: TotalsView


class UsageSummaryView(View):
    """Totals over a period: of everything, and of every scope that has any."""

    since: float
    until: float
    total: TotalsView
    scopes: tuple[ScopeTotals, ...]


@command("get_metrics", reads=(Source.USAGE,))
async def get_metrics(services: Services, params: GetMetrics) -> ChartView:
    """Return a measure over time, for a chart."""
    chart = await metrics_of(services).get_metrics(
        parse_scope(params.scope),
        params.measure,
        params.since,
        until=params.until,
        buckets=params.buckets,
        compare=params.compare,
    )
    return _chart(chart)


@command("list_metric_scopes", reads=(Source.USAGE,))
async def list_metric_scopes(services: Services, params: ListMetricScopes) -> tuple[str, ...]:
    """List the scopes of a tier that have metrics, for use with `get_metrics`. Scopes of deleted clients and models
    remain."""
    return tuple(str(scope) for scope in await metrics_of(services).list_metric_scopes(params.tier))


@command("get_usage_summary", reads=(Source.USAGE,))
async def get_usage_summary(services: Services, params: GetUsageSummary) -> UsageSummaryView:
    """Return totals over a period: of everything, and of each client, strategy, provider and model."""
    found = await metrics_of(services).get_usage_summary(params.since, params.until)
    return UsageSummaryView(
        since=found.since,
        until=found.until,
        total=_totals(found.total),
        scopes=tuple(ScopeTotals(scope=str(scope), totals=_totals(sums)) for scope, sums in found.scopes.items()),
    )


def metrics_of(services: Services) -> MetricsStore:
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
