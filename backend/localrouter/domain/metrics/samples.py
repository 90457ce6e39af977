"""What is recorded of a request, and how records add up: one sample, with one row per attempt.

Sums are kept per scope, which is one member of a tier (`llm_strategy:default`). This module decides what tiers count:

- Global, key and strategy count requests; provider and model count attempts.
- `requests` are all that no limit refused; they split into successful, failed and cancelled ones (the client left:
  neither a success nor anyone's failure). Denied ones are counted separately and nowhere else.
- Tokens and cost are those of the attempts, in every tier, so that no two tiers can disagree.
- Latency covers everything in `requests`. A whole sample, including its attempts, belongs to the instant at which the
  request arrived.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from localrouter.domain.conversation.request import Usage
from localrouter.domain.errors import Invalid
from localrouter.domain.metrics.histogram import Histogram, bin_of
from localrouter.domain.models.pricing import to_usd
from localrouter.domain.routing.attempt_ends import CountedUsage, as_counted
from localrouter.domain.routing.attempts import Attempt
from localrouter.domain.routing.failures import FailureKind


class Outcome(StrEnum):
    """How a request ended. Denied requests were refused by the router itself; cancelled ones were left by their
    client."""

    SUCCESS = "success"
    FAILED = "failed"  # every attempt failed, or the answer broke off
    DENIED = "denied"  # refused by the router itself (a limit, a name) before anything was dispatched
    CANCELLED = "cancelled"  # the client left


OTHER_MODEL = "other"  # stands for all model names that clients made up


@dataclass(frozen=True, slots=True)
class ToldError:
    """The error that the client received."""

    code: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One request, from its arrival to its record.

    `started_at` is Unix time in seconds; `duration`, `first_token` and `overhead` are seconds. `usage` and `cost`
    (picodollars) are the sums over its attempts. `trace` is the routing explanation as JSON text. `recovered`: the
    process was killed before it wrote the record. For a request that was still running then, limits count its
    reservation from `cut_settled_at` on (Unix time), the latest time at which it can have ended.
    """

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
    duration: float
    first_token: float | None
    overhead: float
    usage: Usage
    cost: int
    unpriced: bool
    attempts: tuple[Attempt, ...]
    trace: str
    recovered: bool = False
    cut_settled_at: float | None = None
    error: ToldError | None = None

    @property
    def settled_at(self) -> float:
        """The time from which its tokens and cost count."""
        return self.started_at + self.duration if self.cut_settled_at is None else self.cut_settled_at

    @property
    def counted(self) -> CountedUsage | None:
        """What limits count for it; None if that is its usage."""
        if not any(attempt.counted for attempt in self.attempts):
            return None
        each = [attempt.counted or as_counted(attempt.usage, attempt.cost) for attempt in self.attempts]
        tokens_in, tokens_out, total, cost = map(sum, zip(*each, strict=True))
        return CountedUsage(tokens_in, tokens_out, total, cost)


class Tier(StrEnum):
    """What totals are kept for. The value is the first part of a scope's key."""

    GLOBAL = "llm_global"
    KEY = "llm_key"
    PROVIDER = "llm_provider"
    MODEL = "llm_model"
    STRATEGY = "llm_strategy"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whatever sums are kept for: a client id, a provider's name, `provider/name` or a strategy id; None for global."""

    tier: Tier
    key: str | None = None

    def __str__(self) -> str:
        return self.tier.value if self.key is None else f"{self.tier.value}:{self.key}"


GLOBAL = Scope(Tier.GLOBAL)


def parse_scope(text: str) -> Scope:
    tier, colon, key = text.partition(":")
    if tier not in set(Tier) or bool(key) == (tier == Tier.GLOBAL) or bool(colon) != bool(key):
        forms = ", ".join(str(Scope(tier, None if tier is Tier.GLOBAL else "…")) for tier in Tier)
        raise Invalid(f"There is no scope {text!r}. Scopes are written {forms}.")
    return Scope(Tier(tier), key or None)


class Entry(NamedTuple):
    """What one request or one attempt adds to a scope's sums."""

    outcome: Outcome
    usage: Usage
    cost: int
    unpriced: bool
    latency_us: int
    latency_bin: int
    first_token_us: int | None

    @property
    def is_metered(self) -> bool:
        return self.usage.total_tokens > 0 or self.cost > 0


@dataclass(slots=True)
class Totals:
    """Sums over some interval of some scope. Mutable: an accumulator.

    `cost` is in picodollars; 64 bits hold nine million USD. `metered_requests` used tokens or cost something. Of those,
    `unpriced_requests` had at least partly unknown prices, and `estimated_requests` had providers that reported no
    usage or only a part. The latter's usage, cost and unpriced count are also kept separately, since averages must
    leave them out.
    """

    requests: int = 0
    successful_requests: int = 0
    failed_requests: int = 0
    denied_requests: int = 0
    metered_requests: int = 0
    unpriced_requests: int = 0
    estimated_requests: int = 0
    estimated_unpriced: int = 0
    estimated_input: int = 0
    estimated_output: int = 0
    estimated_cost: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    cost: int = 0
    latency_us: int = 0
    first_tokens: int = 0
    first_token_us: int = 0
    latencies: Histogram = field(default_factory=Histogram)

    def add(self, entry: Entry) -> None:
        if entry.outcome is Outcome.DENIED:
            self.denied_requests += 1
        else:
            self._add_request(entry)
        if entry.is_metered:
            self._add_usage(entry)

    def _add_request(self, entry: Entry) -> None:
        self.requests += 1
        self.successful_requests += entry.outcome is Outcome.SUCCESS
        self.failed_requests += entry.outcome is Outcome.FAILED
        self.latency_us += entry.latency_us
        self.latencies.add_to_bin(entry.latency_bin)
        if entry.first_token_us is not None:
            self.first_tokens += 1
            self.first_token_us += entry.first_token_us

    def _add_usage(self, entry: Entry) -> None:
        usage = entry.usage
        self.metered_requests += 1
        self.unpriced_requests += entry.unpriced
        if usage.estimated:
            self.estimated_requests += 1
            self.estimated_unpriced += entry.unpriced
            self.estimated_input += usage.input_tokens
            self.estimated_output += usage.output_tokens
            self.estimated_cost += entry.cost
        self.input_tokens += usage.input_tokens
        self.output_tokens += usage.output_tokens
        self.cached_tokens += usage.cached_tokens
        self.reasoning_tokens += usage.reasoning_tokens
        self.cost += entry.cost

    def merge(self, other: Totals) -> None:
        for name in COUNTERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.latencies.merge(other.latencies)

    @property
    def cancelled_requests(self) -> int:
        return self.requests - self.successful_requests - self.failed_requests


COUNTERS: tuple[str, ...] = tuple(name for name in Totals.__dataclass_fields__ if name != "latencies")


def total_usage(attempts: Sequence[Attempt]) -> Usage:
    if len(attempts) == 1:
        return attempts[0].usage
    return Usage(
        input_tokens=sum(a.usage.input_tokens for a in attempts),
        output_tokens=sum(a.usage.output_tokens for a in attempts),
        cached_tokens=sum(a.usage.cached_tokens for a in attempts),
        reasoning_tokens=sum(a.usage.reasoning_tokens for a in attempts),
        estimated=any(a.usage.estimated for a in attempts),
    )


def spent(sample: Sample) -> tuple[Usage, int]:
    """A sample's tokens and cost, summed over its attempts."""
    return total_usage(sample.attempts), sum(a.cost for a in sample.attempts)


def attempt_outcome(attempt: Attempt) -> Outcome:
    match attempt.kind:
        case None:
            return Outcome.SUCCESS
        case FailureKind.CANCELLED:
            return Outcome.CANCELLED
        case _:
            return Outcome.FAILED


def entries(sample: Sample) -> Iterator[tuple[tuple[str, ...], Entry]]:
    """Everything that a sample adds to sums: scope keys, with what is added to each of them."""
    usage, cost = spent(sample)
    outcome, unpriced = sample.outcome, any(a.unpriced for a in sample.attempts)
    whole = _entry(outcome, usage, cost, unpriced=unpriced, times=(sample.duration, sample.first_token))
    yield ("llm_global", f"llm_key:{sample.client_id}", f"llm_strategy:{sample.strategy_id}"), whole
    for attempt in sample.attempts:
        part = _entry(
            attempt_outcome(attempt),
            attempt.usage,
            attempt.cost,
            unpriced=attempt.unpriced,
            times=(attempt.duration, attempt.first_token),
        )
        yield (f"llm_provider:{attempt.provider}", f"llm_model:{attempt.provider}/{attempt.counted_as}"), part


def _entry(outcome: Outcome, usage: Usage, cost: int, *, unpriced: bool, times: tuple[float, float | None]) -> Entry:
    duration, first_token = times
    return Entry(
        outcome=outcome,
        usage=usage,
        cost=cost,
        unpriced=unpriced,
        latency_us=round(duration * 1e6),
        latency_bin=bin_of(duration * 1e3),
        first_token_us=None if first_token is None else round(first_token * 1e6),
    )


class Measure(StrEnum):
    """What a chart can show. The names match the view's columns, where it has them."""

    REQUESTS = "requests"
    SUCCESSFUL_REQUESTS = "successful_requests"
    FAILED_REQUESTS = "failed_requests"
    DENIED_REQUESTS = "denied_requests"
    INPUT_TOKENS = "input_tokens"
    OUTPUT_TOKENS = "output_tokens"
    TOTAL_TOKENS = "total_tokens"
    COST = "cost_usd"
    SUCCESS_RATE = "success_rate"
    AVG_LATENCY = "avg_latency_ms"
    P50_LATENCY = "p50_latency_ms"
    P95_LATENCY = "p95_latency_ms"
    P99_LATENCY = "p99_latency_ms"
    AVG_FIRST_TOKEN = "avg_first_token_ms"  # noqa: S105 - a time, no password


def measured(totals: Totals, measure: Measure) -> float | None:
    """A measure's value; None if unknown, like a rate or latency without requests, or a cost without any price."""
    match measure:
        case Measure.TOTAL_TOKENS:
            return totals.input_tokens + totals.output_tokens
        case Measure.COST:
            unknown = 0 < totals.metered_requests == totals.unpriced_requests and not totals.cost
            return None if unknown else to_usd(totals.cost)
        case Measure.SUCCESS_RATE:
            return _ratio(totals.successful_requests, totals.requests)
        case Measure.AVG_LATENCY:
            return _ratio(totals.latency_us / 1e3, totals.requests)
        case Measure.AVG_FIRST_TOKEN:
            return _ratio(totals.first_token_us / 1e3, totals.first_tokens)
        case Measure.P50_LATENCY:
            return totals.latencies.percentile(0.50)
        case Measure.P95_LATENCY:
            return totals.latencies.percentile(0.95)
        case Measure.P99_LATENCY:
            return totals.latencies.percentile(0.99)
        case _:
            return int(getattr(totals, measure.value))


def _ratio(part: float, whole: int) -> float | None:
    return part / whole if whole else None


@dataclass(frozen=True, slots=True)
class Average:
    """A request's average usage, over those whose providers reported it. Unknown cost is None, never 0."""

    requests: int
    input_tokens: float
    output_tokens: float
    cost: float | None


def average(totals: Totals) -> Average | None:
    """The average of reported usage; None, never zero, if none was reported. Estimates are left out."""
    told = totals.metered_requests - totals.estimated_requests
    priced = told - (totals.unpriced_requests - totals.estimated_unpriced)
    if not told:
        return None
    return Average(
        requests=told,
        input_tokens=(totals.input_tokens - totals.estimated_input) / told,
        output_tokens=(totals.output_tokens - totals.estimated_output) / told,
        cost=(totals.cost - totals.estimated_cost) / priced if priced else None,
    )
