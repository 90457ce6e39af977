"""One request in flight, from its plan to its record.

Whatever happens to a request, `InFlightRequest.close` runs once in the end: it settles the reservation, makes the one
record and hands it on. Nothing else records anything.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from localrouter.domain.configuration.config import Strategy
from localrouter.domain.configuration.names import counted
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.conversation.request import Usage
from localrouter.domain.limits.recovery import RequestStart
from localrouter.domain.metrics.samples import Outcome, ToldError
from localrouter.domain.models.pricing import cost as cost_of
from localrouter.domain.routing.attempt_ends import AnswerSoFar, AttemptEnd, ending_of, is_possible, recorded
from localrouter.domain.routing.attempts import Attempt
from localrouter.domain.routing.decide import Candidate, Plan, Skip
from localrouter.domain.routing.failures import Failure, FailureKind, FailurePhase, timed
from localrouter.domain.routing.in_flight import RequestPhase
from localrouter.domain.routing.trace import Decided, trace_json
from localrouter.gateway.in_flight.abort import CLIENT_LEFT, AbortReason
from localrouter.gateway.in_flight.attempts import AttemptLog, ProviderCall, nothing_left_out
from localrouter.gateway.in_flight.context import GatewayContext
from localrouter.gateway.in_flight.incoming import IncomingRequest
from localrouter.gateway.in_flight.record import RequestEnd, record_of
from localrouter.gateway.in_flight.settlement import Settlement
from localrouter.gateway.messages.errors import ExplainedRequest
from localrouter.gateway.messages.limits import not_believed, tier_not_priced
from localrouter.services.health import ModelEndpoint

LOG = logging.getLogger(__name__)
NOT_PLANNED = Plan(())
MALFORMED = "malformed_events"  # the code in the record of an answer that lacks some


@dataclass(slots=True)
class InFlightRequest:
    """`remarks` are added to the plan's warnings; `error` is what the client is told instead of an answer; `idle_phase`
    is what the request is doing while no call is in progress."""

    context: GatewayContext
    incoming: IncomingRequest
    snapshot: Callable[[], Snapshot]
    plan: Plan = NOT_PLANNED
    log: AttemptLog = field(default_factory=AttemptLog)
    settlement: Settlement = field(init=False)
    skipped: tuple[Skip, ...] = ()
    remarks: list[str] = field(default_factory=list)
    adaptations: list[str] = field(default_factory=list)  # of the request to its providers: the trace alone tells them
    may_wait: bool = True
    idle_phase: RequestPhase = RequestPhase.WAITING
    error: ToldError | None = None
    is_closed: bool = False

    def __post_init__(self) -> None:
        self.settlement = Settlement(self.context.ledger)
        self.context.in_flight[self.incoming.request_id] = self

    def begin_call(self, candidate: Candidate) -> ProviderCall:
        LOG.debug("Request %s: calls %s", self.incoming.request_id, candidate.name)
        return self.log.begin_call(candidate, self.context.clock())

    async def failed(self, failure: Failure) -> Failure:
        """Record that the call in progress failed; what it used, or may have used, counts at once. Returns the failure
        as recorded, without secrets."""
        failure = self.context.redacted(failure)
        call = self.log.end_call(self.context.clock())
        if call is None:
            return failure
        failure = timed(failure, self.context.wall())
        if failure.kind is FailureKind.UNSUPPORTED:
            failure = replace(failure, left_out=call.left_out(failure))
        came, endpoint, health = call.came(), self.endpoint_of(call.candidate), self.context.health
        await self._settle(call, ending_of(failure, came, was_sent=call.dispatched, status=call.status), came, failure)
        if failure.kind is FailureKind.CANCELLED or self._proves_nothing(failure):
            health.abandoned(endpoint)
        else:
            health.failed(endpoint, failure, self.incoming.client.id, self.incoming.started)
        return failure

    def let_body_go(self) -> None:
        """Release what was asked: its answer goes on by itself, perhaps for hours."""
        self.incoming = replace(self.incoming, asked=replace(self.incoming.asked, body={}))
        if self.log.call is not None:
            self.log.call.left_out = nothing_left_out

    async def take_back_call(self) -> None:
        """Undo a call that could not be made for a reason of our own: it leaves no attempt and counts nothing."""
        call = self.log.end_call(self.context.clock())
        if call is not None:
            self.context.health.abandoned(self.endpoint_of(call.candidate))
            await self.settlement.take_back(call.candidate)

    async def succeeded(self) -> None:
        """Record that the call in progress answered. Settles at once, so that the next request finds the limits up to
        date."""
        call = self.log.end_call(self.context.clock())
        if call is not None:
            await self._settle(call, AttemptEnd.WHOLE, call.came(), None)
            self.context.health.succeeded(self.endpoint_of(call.candidate), call.started)
            self.learn_refusals(call.candidate)

    def learn_refusals(self, candidate: Candidate) -> None:
        """The candidate answers: what it refused before is left out of other requests from now on."""
        if self.log.attempts and (left_out := self.log.left_out(candidate)):
            health, since = self.context.health, self.incoming.started
            health.learn_left_out(candidate.provider, candidate.model, left_out, since)

    def skipped_malformed(self, events: int) -> None:
        """Note that events of the answer could not be read and were left out: its record is not a plain success."""
        if events:
            said = f"{counted(events, 'malformed event')} of the stream skipped"
            self.remarks.append(said)
            self.error = ToldError(MALFORMED, f"{said}: part of the answer may be missing.")

    async def cancel(self, reason: AbortReason = CLIENT_LEFT) -> None:
        """End the request before its answer did. Whatever was sent and received is still billed to somebody."""
        if self.is_closed:
            return
        try:
            await self.context.turn()  # clients may leave by the hundred
        finally:
            await self._cancel(reason)

    async def _cancel(self, reason: AbortReason) -> None:
        if self.log.call is not None:
            await self.failed(Failure(FailureKind.CANCELLED, reason.message))
        if reason.outcome is not Outcome.CANCELLED:
            self.error = ToldError(None, reason.message)
        await self.close(reason.outcome, reason.status, FailureKind.CANCELLED)

    async def close(self, outcome: Outcome, status: int, kind: FailureKind | None = None) -> None:
        """Make the record. Later calls do nothing."""
        if self.is_closed:
            return
        self.is_closed = True
        self.context.in_flight.pop(self.incoming.request_id, None)
        await self.settlement.close()
        end = RequestEnd(self.context.clock(), outcome, status, kind, self.error)
        sample = record_of(self.incoming, self.log, end, trace_json(self.decided, self.context.wall_offset()))
        was_called = bool(self.log.attempts) or self.settlement.is_admitted
        # For a plain success with one attempt, the journal's line for that attempt is enough.
        if was_called and not (outcome is Outcome.SUCCESS and len(self.log.attempts) == 1):
            self.context.ledger.ended(sample, self.start())
        LOG.debug("Request %s: %s with status %d", self.incoming.request_id, outcome.value, status)
        self.context.record(sample)

    def start(self) -> RequestStart:
        """What its record must contain from its admission on."""
        incoming, now = self.incoming, self.context.clock()
        return RequestStart(
            client_id=incoming.client.id,
            endpoint=incoming.asked.called,
            model_asked=incoming.asked.model,
            streamed=incoming.asked.stream,
            arrived_at=incoming.started_wall,
            waited=now - incoming.started,
            overhead=self.log.overhead(incoming.started, now),
        )

    def endpoint_of(self, candidate: Candidate) -> ModelEndpoint:
        """What a call of the candidate says something about: the model at this request's endpoint."""
        return ModelEndpoint(candidate.provider, self._label(candidate), self.incoming.asked.endpoint)

    def _label(self, candidate: Candidate, *, answered: bool = False) -> str:
        labels = self.context.labels
        return candidate.model if labels is None else labels.of(candidate.provider, candidate.model, answered=answered)

    def strategy_in(self, snapshot: Snapshot) -> Strategy:
        """The current strategy: limits of the present configuration hold, whatever the request started with."""
        return snapshot.strategy(self.incoming.strategy.id) or self.incoming.strategy

    @property
    def decided(self) -> Decided:
        settlement = self.settlement
        overruns = tuple(settlement.overruns)
        told = (*self.warnings, *self.adaptations)
        return Decided(self.plan, self.skipped, self.log.attempts, settlement.limits, told, overruns=overruns)

    def explained(self) -> ExplainedRequest:
        """The request as an error describes it."""
        return ExplainedRequest(
            self.context,
            self.incoming.strategy,
            self.incoming.request_id,
            self.log.attempts,
            self.skipped,
            self.settlement.limits,
        )

    @property
    def phase(self) -> RequestPhase:
        if self.log.call is None:
            return self.idle_phase
        return RequestPhase.CALLING if self.log.call.first_token is None else RequestPhase.STREAMING

    @property
    def warnings(self) -> tuple[str, ...]:
        return (*self.plan.warnings, *self.remarks)

    def remark(self, said: str) -> None:
        """Add a remark about the answer, once, however often a model is called."""
        if said not in self.remarks:
            self.remarks.append(said)

    def adapted(self, said: str) -> None:
        """How the request was said in another way; once, however often a model is called."""
        if said not in self.adaptations:
            self.adaptations.append(said)

    def skip(self, skipped: tuple[Skip, ...]) -> None:
        """Keep what the last decision skipped. A decision that skipped nothing leaves the earlier skips in place."""
        self.skipped = skipped or self.skipped
        for skip in skipped:
            LOG.debug("Request %s: skips %s (%s)", self.incoming.request_id, skip.candidate.name, skip.reason.value)

    async def _settle(self, call: ProviderCall, ending: AttemptEnd, came: AnswerSoFar, failure: Failure | None) -> None:
        """Record what the attempt used, and let the limits count it."""
        attempt = self._attempt(call, recorded(ending, came, self.incoming.asked), failure)
        if ending is AttemptEnd.WHOLE and came.usage is not None and came.is_whole and not is_possible(came):
            self.remarks.append(not_believed(call.candidate.name, came.usage))
        tier, price = attempt.usage.service_tier, call.candidate.price
        if tier is not None and price is not None and price.in_service_tier(tier) is None:
            self.remarks.append(tier_not_priced(call.candidate.name, tier))
        settled = await self.settlement.spend(call.candidate, attempt, ending)
        self.remarks += settled.remarks
        for overrun in settled.overruns:
            LOG.warning("Request %s: %s", self.incoming.request_id, overrun)
        self.log.attempts.append(attempt if settled.counted is None else replace(attempt, counted=settled.counted))
        if failure is not None:
            # Without the provider's message: it may quote what the client wrote.
            said = (self.incoming.request_id, attempt.name, failure.kind.value, attempt.status, attempt.duration)
            LOG.debug("Request %s: %s failed (%s, status %s) after %.3f s", *said)

    def _proves_nothing(self, failure: Failure) -> bool:
        """A connection lost before any answer may just have been a stale one: the retry, on a new connection,
        decides."""
        return (
            failure.phase is FailurePhase.CONNECT
            and not failure.final
            and self.log.calls_in_a_row() <= self.plan.retry.attempts
        )

    def _attempt(self, call: ProviderCall, usage: Usage, failure: Failure | None) -> Attempt:
        candidate, now = call.candidate, self.context.clock()
        label = self._label(candidate, answered=failure is None)
        return Attempt(
            provider=candidate.provider,
            model=candidate.model,
            kind=None if failure is None else failure.kind,
            status=call.status if failure is None or failure.status is None else failure.status,
            started_at=self.incoming.started_wall + call.started - self.incoming.started,
            duration=now - call.started,
            first_token=None if call.first_token is None else call.first_token - call.started,
            usage=usage,
            # A call without tokens gave no answer, and is not billed for one either.
            cost=cost_of(usage, candidate.price) if usage.total_tokens else 0,
            unpriced=candidate.price is None and usage.total_tokens > 0,
            message=None if failure is None else failure.message,
            label=None if label == candidate.model else label,
            dispatched=call.dispatched,
            failure=failure,
            ended=now,
        )
