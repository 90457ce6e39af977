"""What the journal keeps of a request beside what limits count: enough for its record, should the process be killed
before the metrics have written it: these parts of lines, written and read.

    start    [client, endpoint, asked, streamed, arrived, waited, overhead]   `arrived` is Unix time; then seconds
    attempt  [provider, model, kind, status, began, took, first token,
              input, output, cached, reasoning, cost, marks, counted]
                          `marks`: 1 estimated, 2 unpriced, 4 nothing was sent
    end      [outcome, kind, status, took, first token, overhead, settled, error]
                          `settled` null where it was when it ended; `error` the code and words that the client was told

What providers said of single attempts is not kept.
"""

from __future__ import annotations

from typing import NamedTuple

from localrouter.domain.conversation.request import Usage
from localrouter.domain.limits.recovery import RequestStart
from localrouter.domain.limits.windows import Amounts
from localrouter.domain.metrics.samples import Outcome, Sample, ToldError
from localrouter.domain.routing.attempt_ends import CountedUsage
from localrouter.domain.routing.attempts import Attempt
from localrouter.domain.routing.failures import FailureKind

Part = list[object]
_ESTIMATED, _UNPRICED, _UNDISPATCHED = 1, 2, 4
_KINDS = {kind.value: kind for kind in FailureKind}
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}


class OpenCall(NamedTuple):
    """The call that was under way: of which model (`provider/name`), since when (steady seconds), and what it
    has reserved."""

    model: str
    since: float
    reserved: Amounts


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
