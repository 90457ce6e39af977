"""One running request: what it has tried, what it holds, and the record that it leaves.

Whatever happens to a request, `InFlightRequest.close` is called in the end, once: it settles the reservation, makes
the one sample, and hands it on. Nothing else records anything.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import takewhile

from localrouter.domain.configuration.config import Client, Strategy
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.conversation.request import ModelRequest, Usage
from localrouter.domain.limits.limit_check import LimitStatus, Overrun
from localrouter.domain.limits.recovery import RequestStart
from localrouter.domain.metrics.samples import Outcome, Sample, ToldError, total_usage
from localrouter.domain.models.pricing import cost as cost_of
from localrouter.domain.routing.attempt_ends import (
    NOTHING_RECEIVED,
    AnswerSoFar,
    AttemptEnd,
    CountedUsage,
    ending_of,
    is_possible,
    recorded,
)
from localrouter.domain.routing.attempts import Attempt
from localrouter.domain.routing.decide import Candidate, Plan, Skip
from localrouter.domain.routing.failures import Failure, FailureKind, FailurePhase, timed
from localrouter.domain.routing.in_flight import RequestPhase
from localrouter.domain.routing.trace import Decided, trace_json
from localrouter.gateway.abort import CLIENT_LEFT, AbortReason
from localrouter.gateway.messages.limits import counted_of, not_believed, overrun_of
from localrouter.gateway.model_labels import ModelLabels
from localrouter.services.health import Health, ModelEndpoint
from localrouter.services.ledger.ledger import Ledger, Reservation
from localrouter.services.memory import HeldMemory, unlimited

LOG = logging.getLogger(__name__)
NOT_PLANNED = Plan(())


@dataclass(frozen=True, slots=True)
class GatewayContext:
    """What opening and closing a request touch. `clock` never jumps; `wall` is Unix time."""

    ledger: Ledger
    health: Health
    record: Callable[[Sample], None]
    clock: Callable[[], float]
    wall: Callable[[], float]
    redacted: Callable[[Failure], Failure]  # the same failure, with no secret in what the provider said
    labels: ModelLabels | None = None  # None: each model under its own name
    clean: Callable[[str], str] = str  # takes secrets out of what a client made up
    running: dict[str, InFlightRequest] = field(default_factory=dict)  # by their ids, those that are not closed yet

    def wall_offset(self) -> float:
        """What turns seconds of `clock` into Unix time."""
        return self.wall() - self.clock()


@dataclass(slots=True)
class ProviderCall:
    """The call in progress of one candidate. Times are clock seconds; `came` says what of its answer has come so far,
    whoever has seen it."""

    candidate: Candidate
    started: float
    dispatched: bool = False
    first_token: float | None = None
    status: int | None = None
    came: Callable[[], AnswerSoFar] = lambda: NOTHING_RECEIVED


@dataclass(slots=True)
class InFlightRequest:
    recorder: GatewayContext
    snapshot: Callable[[], Snapshot]
    request_id: str
    client: Client
    strategy: Strategy
    request: ModelRequest
    jitter: float
    plan: Plan = NOT_PLANNED
    started: float = 0.0
    started_wall: float = 0.0
    attempts: list[Attempt] = field(default_factory=list)
    skipped: tuple[Skip, ...] = ()
    refused_by: tuple[LimitStatus, ...] = ()  # the limits as they were when no attempt was admitted
    reservation: Reservation | None = None
    call: ProviderCall | None = None
    outside: float = 0.0  # seconds that were not ours: waiting for providers, retries and room
    overruns: list[tuple[Candidate, Overrun]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)  # what there is to say beside the plan's warnings
    may_wait: bool = True
    pause: RequestPhase = RequestPhase.WAITING  # what it does while it calls nobody
    error: ToldError | None = None  # what the client is told instead of an answer
    is_closed: bool = False
    held: HeldMemory = field(default_factory=unlimited)  # what it holds in memory

    def __post_init__(self) -> None:
        self.recorder.running[self.request_id] = self

    def begin_call(self, candidate: Candidate) -> ProviderCall:
        self.call = ProviderCall(candidate, started=self.recorder.clock())
        return self.call

    def failed(self, failure: Failure) -> Failure:
        """The call in progress failed; what it used, or may have used, counts at once. Returns the failure as it is
        recorded, with no secret in it."""
        failure = self.recorder.redacted(failure)
        call = self._end_call()
        if call is None:
            return failure
        candidate, failure = call.candidate, timed(failure, self.recorder.wall())
        told = call.came()
        self._settle(call, ending_of(failure, told, was_sent=call.dispatched, status=call.status), told, failure)
        if failure.kind is FailureKind.CANCELLED or self._proves_nothing(failure):
            self.recorder.health.abandoned(self.tells_of(candidate))
        else:
            self.recorder.health.failed(self.tells_of(candidate), failure, self.client.id)
        return failure

    def take_back_call(self) -> None:
        """The call in progress could not be made, for a reason of our own: it leaves no attempt and counts nothing."""
        call = self._end_call()
        if call is None:
            return
        self.recorder.health.abandoned(self.tells_of(call.candidate))
        if self.reservation is not None:
            ledger, ending = self.recorder.ledger, AttemptEnd.UNDISPATCHED
            ledger.spend(self.reservation, Usage(), 0, call.candidate.name, ending=ending)

    def succeeded(self) -> None:
        """The call in progress answered: settle at once, so that the next request finds the limits as they are."""
        call = self._end_call()
        if call is None:
            return
        self._settle(call, AttemptEnd.WHOLE, call.came(), None)
        self.recorder.health.succeeded(self.tells_of(call.candidate))

    def cancel(self, reason: AbortReason = CLIENT_LEFT) -> None:
        """End the request before its answer did. What was sent and came of it is on somebody's bill."""
        if self.is_closed:
            return
        if self.call is not None:
            self.failed(Failure(FailureKind.CANCELLED, reason.message))
        if reason.outcome is not Outcome.CANCELLED:
            self.error = ToldError(None, reason.message)
        self.close(reason.outcome, reason.status, FailureKind.CANCELLED)

    def close(self, outcome: Outcome, status: int, kind: FailureKind | None = None) -> None:
        """Leave the record. Later calls do nothing."""
        if self.is_closed:
            return
        self.is_closed = True
        self.recorder.running.pop(self.request_id, None)
        if self.reservation is not None:
            self.recorder.ledger.close_request(self.reservation)
        sample = self._record(outcome, status, kind)
        if self._was_called and not (outcome is Outcome.SUCCESS and len(self.attempts) == 1):
            self.recorder.ledger.ended(sample, self.start())
        self.recorder.record(sample)

    def start(self) -> RequestStart:
        """What its record needs to know of it from the moment of its admission on."""
        return RequestStart(
            client_id=self.client.id,
            endpoint=self.request.endpoint.value,
            model_asked=self.request.model,
            streamed=self.request.stream,
            arrived_at=self.started_wall,
            waited=self.recorder.clock() - self.started,
            overhead=self.overhead(),
        )

    def tells_of(self, candidate: Candidate) -> ModelEndpoint:
        """What a call of the candidate tells of: the model at the endpoint that this request is for."""
        return ModelEndpoint(candidate.provider, self._label(candidate), self.request.endpoint)

    def _label(self, candidate: Candidate, *, answered: bool = False) -> str:
        labels = self.recorder.labels
        return candidate.model if labels is None else labels.of(candidate.provider, candidate.model, answered=answered)

    def strategy_now(self) -> Strategy:
        """Limits are judged by the configuration of this moment, whatever the request started with."""
        return self.snapshot().strategy(self.strategy.id) or self.strategy

    def overhead(self) -> float:
        """Seconds of this request that were spent in the router itself, so far."""
        now = self.recorder.clock()
        calling = 0.0 if self.call is None else now - self.call.started
        return max(0.0, now - self.started - self.outside - calling)

    @property
    def decided(self) -> Decided:
        return Decided(
            self.plan, self.skipped, self.attempts, self.limits, self.warnings, overruns=tuple(self.overruns)
        )

    @property
    def _was_called(self) -> bool:
        return bool(self.attempts) or (self.reservation is not None and self.reservation.is_admitted)

    @property
    def doing(self) -> RequestPhase:
        if self.call is None:
            return self.pause
        return RequestPhase.CALLING if self.call.first_token is None else RequestPhase.STREAMING

    @property
    def limits(self) -> tuple[LimitStatus, ...]:
        """As they were when its last attempt was admitted, or when none was."""
        if self.refused_by or self.reservation is None or self.reservation.check is None:
            return self.refused_by
        return self.reservation.check.states()

    @property
    def warnings(self) -> tuple[str, ...]:
        return (*self.plan.warnings, *self.remarks)

    def remark(self, said: str) -> None:
        """Something to say of the answer; once, however often a model is called."""
        if said not in self.remarks:
            self.remarks.append(said)

    @property
    def served(self) -> Attempt | None:
        return self.attempts[-1] if self.attempts and self.attempts[-1].kind is None else None

    def _settle(self, call: ProviderCall, ending: AttemptEnd, told: AnswerSoFar, failure: Failure | None) -> None:
        """Record what the attempt used, and let the limits count it."""
        usage = recorded(ending, told, self.request)
        attempt = self._sample(call, usage, failure)
        if ending is AttemptEnd.WHOLE and told.usage is not None and told.is_whole and not is_possible(told):
            self.remarks.append(not_believed(call.candidate.name, told.usage))
        counted = self._spend(call.candidate, attempt, ending)
        self.attempts.append(attempt if counted is None else replace(attempt, counted=counted))

    def _spend(self, candidate: Candidate, attempt: Attempt, ending: AttemptEnd) -> CountedUsage | None:
        """What limits count of it, None where that is its usage."""
        if self.reservation is None:
            return None
        is_strict, has_limits = self.reservation.held.output_cap is not None, self.reservation.check is not None
        spent = self.recorder.ledger.spend(
            self.reservation, attempt.usage, attempt.cost, candidate.name, ending=ending, attempt=attempt
        )
        if spent.counted is not None and has_limits:
            self.remarks.append(counted_of(candidate.name, ending, is_strict=is_strict))
        for overrun in spent.overruns:
            self.overruns.append((candidate, overrun))
            said = overrun_of(candidate.name, overrun)
            LOG.warning("Request %s: %s", self.request_id, said)
            self.remarks.append(said)
        return spent.counted

    def _proves_nothing(self, failure: Failure) -> bool:
        """A connection lost before any answer may just have been an old one: the retry, on a new one, tells."""
        return (
            failure.phase is FailurePhase.CONNECT
            and not failure.final
            and self._calls_in_a_row() <= self.plan.retry.attempts
        )

    def _calls_in_a_row(self) -> int:
        name = self.attempts[-1].name
        return len(list(takewhile(lambda attempt: attempt.name == name, reversed(self.attempts))))

    def _end_call(self) -> ProviderCall | None:
        call, self.call = self.call, None
        if call is not None:
            self.outside += self.recorder.clock() - call.started
        return call

    def _sample(self, call: ProviderCall, usage: Usage, failure: Failure | None) -> Attempt:
        candidate, now = call.candidate, self.recorder.clock()
        label = self._label(candidate, answered=failure is None)
        return Attempt(
            provider=candidate.provider,
            model=candidate.model,
            kind=None if failure is None else failure.kind,
            status=call.status if failure is None or failure.status is None else failure.status,
            started_at=self.started_wall + call.started - self.started,
            duration=now - call.started,
            first_token=None if call.first_token is None else call.first_token - call.started,
            usage=usage,
            cost=_cost(usage, candidate),
            unpriced=candidate.price is None and usage.total_tokens > 0,
            message=None if failure is None else failure.message,
            label=None if label == candidate.model else label,
            dispatched=call.dispatched,
            failure=failure,
            ended=now,
        )

    def _record(self, outcome: Outcome, status: int, kind: FailureKind | None) -> Sample:
        served = self.served
        duration = self.recorder.clock() - self.started
        first = None if served is None or served.first_token is None else served.started_at + served.first_token
        return Sample(
            request_id=self.request_id,
            started_at=self.started_wall,
            client_id=self.client.id,
            strategy_id=self.strategy.id,
            endpoint=self.request.endpoint.value,
            model_asked=self.request.model,
            provider_served=None if served is None else served.provider,
            model_served=None if served is None else served.model,
            outcome=outcome,
            kind=kind,
            status=status,
            streamed=self.request.stream,
            duration=duration,
            first_token=None if first is None else first - self.started_wall,
            overhead=max(0.0, duration - self.outside),
            usage=total_usage(self.attempts),
            cost=sum(attempt.cost for attempt in self.attempts),
            unpriced=any(attempt.unpriced for attempt in self.attempts),
            attempts=tuple(self.attempts),
            trace=trace_json(self.decided, self.recorder.wall_offset()),
            error=self.error,
        )


def _cost(usage: Usage, candidate: Candidate) -> int:
    """What a call cost. One without tokens gave no answer, and is not billed by the answer either."""
    return cost_of(usage, candidate.price) if usage.total_tokens else 0
