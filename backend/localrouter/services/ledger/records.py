"""What the journal keeps of a request beside what limits count: enough for its record, should the process be killed
before the metrics have written it. The only place that words these parts of lines and reads them.

    start    [client, endpoint, asked, streamed, arrived, waited, overhead]   `arrived` is Unix time; then seconds
    attempt  [provider, model, kind, status, began, took, first token,
              input, output, cached, reasoning, cost, marks, counted]
                          `marks`: 1 estimated, 2 unpriced, 4 nothing was sent
    end      [outcome, kind, status, took, first token, overhead, settled, error]
                          `settled` null where it was when it ended; `error` the code and words that the client was told

What providers said of single attempts is not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from localrouter.domain.conversation.request import Usage
from localrouter.domain.limits.recovery import CUT_KIND, CUT_STATUS, KILLED, RequestStart
from localrouter.domain.limits.windows import Amounts
from localrouter.domain.metrics.samples import Outcome, Sample, ToldError, total_usage
from localrouter.domain.routing.attempt_ends import CountedUsage
from localrouter.domain.routing.attempts import Attempt
from localrouter.domain.routing.failures import FailureKind
from localrouter.domain.routing.trace import recovered_trace

Part = list[object]
_ESTIMATED, _UNPRICED, _UNDISPATCHED = 1, 2, 4
_KINDS = {kind.value: kind for kind in FailureKind}
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}


class OpenCall(NamedTuple):
    """The call that was under way: of which model (`provider/name`), since when (steady seconds), holding what."""

    model: str
    since: float
    held: Amounts


class End(NamedTuple):
    """How a request ended that was no plain success of a single attempt."""

    outcome: Outcome
    kind: FailureKind | None
    status: int
    duration: float
    first_token: float | None
    overhead: float
    settled_at: float | None = None
    error: ToldError | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """All that the journal tells of a request for its record. `admitted_at` is in steady seconds, and so is `cut_at`:
    until then a call that was not settled may have used what it held; `seen_at` is when the process is known to have
    lived."""

    request_id: str
    strategy_id: str
    start: RequestStart
    admitted_at: float
    attempts: Sequence[Attempt]
    calling: OpenCall | None
    end: End | None
    seen_at: float
    cut_at: float


def start_part(start: RequestStart) -> Part:
    return [*start]


def read_start(part: object) -> RequestStart | None:
    match part:
        case [
            str(client),
            str(endpoint),
            str(asked),
            bool(streamed),
            float() | int() as arrived,
            float() | int() as waited,
            float() | int() as overhead,
        ]:
            return RequestStart(client, endpoint, asked, streamed, arrived, waited, overhead)
        case _:
            return None


def attempt_part(attempt: Attempt, counted: CountedUsage | None) -> Part:
    usage = attempt.usage
    return [
        attempt.provider,
        attempt.model,
        attempt.kind,
        attempt.status,
        attempt.started_at,
        attempt.duration,
        attempt.first_token,
        usage.input_tokens,
        usage.output_tokens,
        usage.cached_tokens,
        usage.reasoning_tokens,
        attempt.cost,
        _marks(attempt),
        None if counted is None else [*counted],
    ]


def _marks(attempt: Attempt) -> int:
    marks = attempt.usage.estimated * _ESTIMATED + attempt.unpriced * _UNPRICED
    return marks if attempt.dispatched else marks + _UNDISPATCHED


def read_attempt(part: object) -> Attempt | None:
    match part:
        case [
            str(provider),
            str(model),
            str() | None as kind,
            int() | None as status,
            float() | int() as began,
            float() | int() as took,
            float() | int() | None as first,
            int(tokens_in),
            int(tokens_out),
            int(cached),
            int(reasoning),
            int(cost),
            int(marks),
            counted,
        ] if kind is None or kind in _KINDS:
            usage = Usage(tokens_in, tokens_out, cached, reasoning, estimated=bool(marks & _ESTIMATED))
            return Attempt(
                provider=provider,
                model=model,
                kind=None if kind is None else _KINDS[kind],
                status=status,
                started_at=began,
                duration=took,
                first_token=first,
                usage=usage,
                cost=cost,
                unpriced=bool(marks & _UNPRICED),
                counted=_counted(counted),
                dispatched=not marks & _UNDISPATCHED,
            )
        case _:
            return None


def read_attempts(parts: object) -> list[Attempt]:
    if not isinstance(parts, list):
        return []
    return [attempt for attempt in map(read_attempt, parts) if attempt is not None]


def end_part(sample: Sample) -> Part:
    times = (sample.duration, sample.first_token, sample.overhead, sample.cut_settled_at)
    error = None if sample.error is None else [sample.error.code, sample.error.message]
    return [sample.outcome, sample.kind, sample.status, *times, error]


def read_end(part: object) -> End | None:
    match part:
        case [
            str(outcome),
            str() | None as kind,
            int(status),
            float() | int() as took,
            float() | int() | None as first,
            float() | int() as overhead,
            float() | int() | None as settled,
            *more,
        ] if outcome in _OUTCOMES and (kind is None or kind in _KINDS):
            known = None if kind is None else _KINDS[kind]
            return End(_OUTCOMES[outcome], known, status, took, first, overhead, settled, _error(more))
        case _:
            return None


def recovered(life: Life) -> Sample:
    """The record of a request that has none."""
    start, attempts, end = life.start, list(life.attempts), life.end
    if end is None and life.calling is None and attempts and attempts[-1].kind is None:
        end = _answered(start, attempts[-1])
    if end is None:
        end, attempts = _cut(life, attempts)
    served = attempts[-1] if attempts and attempts[-1].kind is None else None
    return Sample(
        request_id=life.request_id,
        started_at=start.arrived_at,
        client_id=start.client_id,
        strategy_id=life.strategy_id,
        endpoint=start.endpoint,
        model_asked=start.model_asked,
        provider_served=None if served is None else served.provider,
        model_served=None if served is None else served.model,
        outcome=end.outcome,
        kind=end.kind,
        status=end.status,
        streamed=start.streamed,
        duration=end.duration,
        first_token=end.first_token,
        overhead=end.overhead,
        usage=total_usage(attempts),
        cost=sum(attempt.cost for attempt in attempts),
        unpriced=any(attempt.unpriced for attempt in attempts),
        attempts=tuple(attempts),
        trace=recovered_trace(attempts, is_cut=end.settled_at is not None),
        recovered=True,
        cut_settled_at=end.settled_at,
        error=end.error,
    )


def _answered(start: RequestStart, attempt: Attempt) -> End:
    before = max(0.0, attempt.started_at - start.arrived_at)
    first = None if attempt.first_token is None else before + attempt.first_token
    return End(Outcome.SUCCESS, None, 200, before + attempt.duration, first, start.overhead)


def _cut(life: Life, attempts: list[Attempt]) -> tuple[End, list[Attempt]]:
    """Of a request that was running: what it held counts until it may have ended, and nobody told its usage."""
    start, calling = life.start, life.calling
    if calling is not None:
        provider, _, model = calling.model.partition("/")
        _, *four, _ = calling.held
        began = start.arrived_at + start.waited + calling.since - life.admitted_at
        attempts.append(
            Attempt(
                provider=provider,
                model=model,
                kind=CUT_KIND,
                status=None,
                started_at=began,
                duration=max(0.0, life.seen_at - calling.since),
                first_token=None,
                usage=Usage(estimated=True),
                cost=0,
                unpriced=False,
                message=KILLED,
                counted=CountedUsage(*four) if any(four) else None,
            )
        )
    duration = start.waited + max(0.0, life.seen_at - life.admitted_at)
    settled_at = start.arrived_at + start.waited + max(0.0, life.cut_at - life.admitted_at)
    return End(Outcome.FAILED, CUT_KIND, CUT_STATUS, duration, None, start.overhead, settled_at), attempts


def _error(parts: list[object]) -> ToldError | None:
    match parts:
        case [[str() | None as code, str(message)]]:
            return ToldError(code, message)
        case _:
            return None


def _counted(part: object) -> CountedUsage | None:
    match part:
        case [int(tokens_in), int(tokens_out), int(total), int(cost)]:
            return CountedUsage(tokens_in, tokens_out, total, cost)
        case _:
            return None
