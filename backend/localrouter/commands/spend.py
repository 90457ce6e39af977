"""Commands about spending: where money and tokens went, what was saved, and how full limits were over time."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

from pydantic import Field

from localrouter.commands.metrics import metrics_of
from localrouter.commands.registration.references import OptionalStrategyRef, Refers
from localrouter.commands.registration.registry import Params, View, command
from localrouter.commands.registration.services import Services
from localrouter.commands.views.savings import Savings
from localrouter.domain.configuration.config import LimitType, RateLimitTimeWindow
from localrouter.domain.configuration.edits.clients_and_strategies import find_strategy
from localrouter.domain.events import Source
from localrouter.domain.metrics.breakdown import CellSums, Period, Split
from localrouter.domain.metrics.samples import parse_scope
from localrouter.domain.models.pricing import to_usd
from localrouter.domain.routing.failures import FailureKind
from localrouter.services.metrics.breakdown import Breakdown, BreakdownQuestion, Series
from localrouter.services.metrics.limit_history import LimitHistory

SpendMeasure = Literal["cost_usd", "requests", "tokens"]


class GetSpend(Params):
    period: Period = Field(description="The trailing period: 15m, 1h, 24h, 7d or 30d.")
    by: Split = Field(default=Split.MODEL, description="By what the usage is split.")
    scope: Annotated[str, Refers("scope")] = Field(
        default="llm_global", description="llm_global, or a tier and an id or name in it, as for `get_metrics`."
    )
    measure: SpendMeasure = Field(default="cost_usd", description="What `series` shows over time.")


class GetLimitHistory(Params):
    period: Period = Field(description="The trailing period: 15m, 1h, 24h, 7d or 30d.")
    strategy_id: OptionalStrategyRef = None


class SpendTotals(View):
    """What was used. `requests` excludes denied ones and splits into paid, free, unpriced (no known price) and those
    that used nothing. Tokens split into paid, free and unpriced ones. Estimated figures are part of the others: their
    providers reported no usage. `cost_usd` is null where no price was known."""

    requests: int
    failed_requests: int
    denied_requests: int
    paid_requests: int
    free_requests: int
    unpriced_requests: int
    estimated_requests: int
    calls: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    paid_tokens: int
    free_tokens: int
    unpriced_tokens: int
    estimated_tokens: int
    cost_usd: float | None
    estimated_cost_usd: float


class SpendRow(View):
    """One model, provider, client or strategy. `group` is its id (empty: no model was called), `name` its name, null if
    it is no longer configured. `share` is its part of the whole cost, 0 to 1; null where nothing was paid. `saved_usd`
    is what its cached tokens and free calls saved, as far as that is known: see `savings`."""

    group: str
    name: str | None
    totals: SpendTotals
    share: float | None
    saved_usd: float
    previous_cost_usd: float | None
    previous_requests: int


class SpendSeries(View):
    """Values over time, one for each of `timestamps`. `group` is null for all that have no series of their own."""

    group: str | None
    name: str | None
    values: tuple[float, ...]


class FreeComparison(View):
    """What free calls of a strategy are measured against: the first model of its prioritized list that has a price."""

    strategy_id: str
    strategy: str
    model: str
    input_per_million: float
    output_per_million: float
    free_tokens: int
    saved_usd: float


class SavingsView(View):
    """What was saved, at the prices of now: `cached_usd` by prompt caches, against the same model's price for input
    that is not cached; `free_usd` by free models, against the models in `compared_with`. Neither includes tokens for
    which that is unknown: cached ones of models without a price now, and free ones of strategies without a priced
    model in their list."""

    prices: Literal["now"]
    cached_usd: float
    cached_tokens: int
    cached_tokens_without_price: int
    free_usd: float
    free_tokens: int
    free_tokens_without_comparison: int
    compared_with: tuple[FreeComparison, ...]


class FailureCount(View):
    """How many calls failed in a way."""

    kind: FailureKind
    calls: int


class SpendView(View):
    """Usage over a period, split. Buckets of `width` seconds begin at `timestamps`; the last one is under way. `rows`
    come with the dearest first; every split adds up to `total`. A request is counted at the model that answered it or
    failed last, tokens and cost at the models that used them. `previous` is the period of the same length right
    before."""

    scope: str
    by: Split
    period: Period
    measure: SpendMeasure
    since: int
    until: int
    width: int
    timestamps: tuple[int, ...]
    series: tuple[SpendSeries, ...]
    rows: tuple[SpendRow, ...]
    total: SpendTotals
    previous: SpendTotals
    savings: SavingsView
    failures: tuple[FailureCount, ...]


class LimitHistoryView(View):
    """How full a limit of today was over time, in its own unit: what its window held at the end of each bucket of
    `width` seconds from `since` on. Where the window is shorter than a bucket, the most that it held in it. The last
    bucket is under way: its value is no less than what the limit counts now. Where a provider did not report usage,
    limits count more than metrics show."""

    strategy_id: str
    strategy: str
    limit_type: LimitType
    time_window: RateLimitTimeWindow
    value: float
    since: int
    width: int
    values: tuple[float, ...]


_NAMES_AND_PRICES = (Source.CLIENTS, Source.STRATEGIES, Source.PROVIDERS, Source.PRICING_OVERRIDES)


@command("get_spend", reads=(Source.USAGE, *_NAMES_AND_PRICES))
async def get_spend(services: Services, params: GetSpend) -> SpendView:
    """Return usage over a trailing period, split by model, provider, client or strategy: cost, requests and tokens,
    paid and free, what was saved, failures by kind, and the period before."""
    question = BreakdownQuestion(parse_scope(params.scope), params.by, params.period, params.measure)
    found = await metrics_of(services).get_breakdown(question)
    savings = Savings(services)
    sums: dict[str, CellSums] = {}
    failures: Counter[str] = Counter()
    for cell, each in found.cells.items():
        key = cell.key(params.by)
        sums.setdefault(key, CellSums()).merge(each)
        savings.add(key, cell, each)
        if cell.kind:
            failures[cell.kind] += each.calls
    timestamps = tuple(range(found.start, found.start + found.count * found.width, found.width))
    return SpendView(
        scope=params.scope,
        by=params.by,
        period=params.period,
        measure=params.measure,
        since=found.start,
        until=found.start + found.count * found.width,
        width=found.width,
        timestamps=timestamps,
        series=tuple(_series(services, params, each) for each in found.series),
        rows=_rows(services, params.by, found, sums, savings),
        total=_totals(_merged(sums)),
        previous=_totals(_merged(found.previous)),
        savings=_savings(savings),
        failures=tuple(FailureCount(kind=FailureKind(kind), calls=calls) for kind, calls in failures.most_common()),
    )


@command("get_limit_history", reads=(Source.USAGE, Source.STRATEGIES))
async def get_limit_history(services: Services, params: GetLimitHistory) -> tuple[LimitHistoryView, ...]:
    """Return how full the limits of a strategy, or of all strategies, were over a trailing period."""
    config = services.config
    strategies = config.strategies if params.strategy_id is None else (find_strategy(config, params.strategy_id),)
    limits = {each.id: each.rate_limits for each in strategies if each.rate_limits}
    names = {each.id: each.name for each in strategies}
    now = {
        (each.id, state.limit): state.used
        for each in strategies
        if each.rate_limits
        for state in services.ledger.states(each)
    }
    found = await metrics_of(services).get_limit_histories(limits, params.period) if limits else []
    return tuple(_history(each, names[each.strategy_id], now.get((each.strategy_id, each.limit))) for each in found)


def _rows(
    services: Services, split: Split, found: Breakdown, sums: dict[str, CellSums], savings: Savings
) -> tuple[SpendRow, ...]:
    whole = sum(each.cost for each in sums.values())
    ranked = sorted(sums, key=lambda key: (-sums[key].cost, -sums[key].total_tokens, -sums[key].requests, key))
    nothing = CellSums()
    rows = []
    for key in ranked:
        before = _totals(found.previous.get(key, nothing))
        rows.append(
            SpendRow(
                group=key,
                name=_name(services, split, key),
                totals=_totals(sums[key]),
                share=sums[key].cost / whole if whole else None,
                saved_usd=to_usd(savings.by_key[key]),
                previous_cost_usd=before.cost_usd,
                previous_requests=before.requests,
            )
        )
    return tuple(rows)


def _name(services: Services, split: Split, key: str) -> str | None:
    snapshot = services.store.snapshot
    match split:
        case Split.CLIENT:
            client = snapshot.client(key)
            return None if client is None else client.name
        case Split.STRATEGY:
            strategy = snapshot.strategy(key)
            return None if strategy is None else strategy.name
        case Split.PROVIDER:
            return key if snapshot.provider(key) is not None else None
        case Split.MODEL:
            return key if key and snapshot.provider(key.partition("/")[0]) is not None else None


def _series(services: Services, params: GetSpend, series: Series) -> SpendSeries:
    unit = to_usd if params.measure == "cost_usd" else float
    name = None if series.key is None else _name(services, params.by, series.key)
    return SpendSeries(group=series.key, name=name, values=tuple(map(unit, series.values)))


def _merged(sums: dict[str, CellSums]) -> CellSums:
    whole = CellSums()
    for each in sums.values():
        whole.merge(each)
    return whole


def _totals(sums: CellSums) -> SpendTotals:
    is_unknown = not sums.cost and 0 < sums.total_tokens == sums.unpriced_tokens
    return SpendTotals(
        requests=sums.requests,
        failed_requests=sums.failed_requests,
        denied_requests=sums.denied_requests,
        paid_requests=sums.paid_requests,
        free_requests=sums.free_requests,
        unpriced_requests=sums.unpriced_requests,
        estimated_requests=sums.estimated_requests,
        calls=sums.calls,
        input_tokens=sums.input_tokens,
        output_tokens=sums.output_tokens,
        cached_tokens=sums.cached_tokens,
        paid_tokens=sums.paid_tokens,
        free_tokens=sums.free_tokens,
        unpriced_tokens=sums.unpriced_tokens,
        estimated_tokens=sums.estimated_tokens,
        cost_usd=None if is_unknown else to_usd(sums.cost),
        estimated_cost_usd=to_usd(sums.estimated_cost),
    )


def _savings(savings: Savings) -> SavingsView:
    return SavingsView(
        prices="now",
        cached_usd=to_usd(savings.cached),
        cached_tokens=savings.cached_tokens,
        cached_tokens_without_price=savings.cached_without_price,
        free_usd=to_usd(sum(each.saved for each in savings.comparisons.values())),
        free_tokens=savings.free_tokens,
        free_tokens_without_comparison=savings.free_without_comparison,
        compared_with=tuple(
            FreeComparison(
                strategy_id=strategy_id,
                strategy=each.strategy,
                model=each.model,
                input_per_million=each.price.input / 1e6,
                output_per_million=each.price.output / 1e6,
                free_tokens=each.free_tokens,
                saved_usd=to_usd(each.saved),
            )
            for strategy_id, each in savings.comparisons.items()
        ),
    )


def _history(history: LimitHistory, name: str, now: int | None) -> LimitHistoryView:
    limit = history.limit
    unit = to_usd if limit.limit_type is LimitType.COST else float
    values = (*history.values[:-1], max(history.values[-1], now or 0))
    return LimitHistoryView(
        strategy_id=history.strategy_id,
        strategy=name,
        limit_type=limit.limit_type,
        time_window=limit.time_window,
        value=limit.value,
        since=history.start,
        width=history.width,
        values=tuple(map(unit, values)),
    )
