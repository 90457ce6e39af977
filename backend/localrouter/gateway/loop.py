"""The one loop that serves every model request: decide, reserve, send, classify, decide again.

Plain and streamed, named and auto: all of them pass here, and nothing else sends a client's request to a provider.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from localrouter.dialects.contract import Dialects, EncodedCall
from localrouter.domain.configuration.access import without_keys
from localrouter.domain.configuration.config import AUTO_MODEL, Client, Provider, Strategy
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.configuration.validation.unpriced import served_unpriced
from localrouter.domain.conversation.request import ModelRequest
from localrouter.domain.limits.limit_check import LimitExceeded
from localrouter.domain.metrics.samples import Outcome
from localrouter.domain.routing.decide import Candidate, GiveUp, Try, Wait, WaitForRoom, decide
from localrouter.domain.routing.failures import Cools, Failure, FailurePhase
from localrouter.domain.routing.in_flight import RequestPhase
from localrouter.domain.routing.via import HEADER as VIA
from localrouter.domain.routing.via import header_value
from localrouter.gateway.abort import BROKE_DOWN, CLIENT_LEFT, SHUT_DOWN, reason_of
from localrouter.gateway.answer import Answer
from localrouter.gateway.endpoints import Targets
from localrouter.gateway.messages.errors import gave_up, rejected, without_descriptors
from localrouter.gateway.messages.limits import capped
from localrouter.gateway.plan import (
    KEY_AS_MODEL,
    PlanRejection,
    Sources,
    find_model,
    first_token_patience,
    make_plan,
)
from localrouter.gateway.relay import Body, Stream, read_failure
from localrouter.gateway.run import GatewayContext, InFlightRequest
from localrouter.gateway.turn import Turn
from localrouter.services.ledger.ledger import Reservation
from localrouter.services.memory import HeldMemory
from localrouter.services.upstream.client import NotSent, Target, Upstream, UpstreamResponse


@dataclass(frozen=True, slots=True)
class Gateway:
    """What serving a request needs. `snapshot` gives the current configuration, `jitter` draws the wait before a
    jittered retry in seconds."""

    snapshot: Callable[[], Snapshot]
    sources: Sources
    dialects: Dialects
    targets: Targets
    upstream: Upstream
    recorder: GatewayContext
    jitter: Callable[[], float]

    async def open(self, client: Client, request: ModelRequest, request_id: str, held: HeldMemory) -> Answer:
        """Serve a request up to the point where its answer can be sent. The caller closes the answer. `held` is the
        account of the memory that it takes."""
        snapshot = self.snapshot()
        strategy = snapshot.strategy_of(client)
        cleaned = self._without_key(snapshot, strategy, request)
        run = InFlightRequest(
            recorder=self.recorder,
            snapshot=self.snapshot,
            request_id=request_id,
            client=client,
            strategy=strategy,
            request=cleaned,
            held=held,
            jitter=self.jitter(),
            started=self.recorder.clock(),
            started_wall=self.recorder.wall(),
        )
        try:
            return self._reject(run, KEY_AS_MODEL) if cleaned is not request else await self._route(snapshot, run)
        except asyncio.CancelledError as cancelled:
            # Nothing was sent to the client yet, so that it cannot have stopped reading.
            run.cancel(SHUT_DOWN if reason_of(cancelled) is SHUT_DOWN else CLIENT_LEFT)
            raise
        except BaseException:
            run.cancel(BROKE_DOWN)
            raise

    def _without_key(self, snapshot: Snapshot, strategy: Strategy, request: ModelRequest) -> ModelRequest:
        """The request itself, or one whose model's name holds no key any more. Names that the owner gave or a provider
        lists are no slip, whatever is in them."""
        name = without_keys(self.recorder.clean(request.model))
        if name == request.model or self._is_real(snapshot, strategy, request.model):
            return request
        return replace(request, model=name)

    def _is_real(self, snapshot: Snapshot, strategy: Strategy, name: str) -> bool:
        if snapshot.alias(strategy, name) is not None or name == AUTO_MODEL:
            return True
        found = find_model(snapshot, strategy, name, self.sources)
        labels = self.recorder.labels
        return found is not None and labels is not None and labels.of(found[0].name, found[1]) == found[1]

    def _turn(self, run: InFlightRequest) -> Turn:
        snapshot = self.snapshot()
        return Turn(
            ledger=self.recorder.ledger,
            health=self.recorder.health,
            snapshot=snapshot,
            strategy=snapshot.strategy(run.strategy.id) or run.strategy,
            endpoint=run.request.endpoint,
            now=self.recorder.clock(),
            jitter=run.jitter,
            may_wait=run.may_wait,
            reservation=run.reservation,
        )

    async def _route(self, snapshot: Snapshot, run: InFlightRequest) -> Answer:
        plan = make_plan(snapshot, run.strategy, run.request, self.sources)
        if isinstance(plan, PlanRejection):
            return self._reject(run, plan)
        run.plan = plan
        while True:
            turn = self._turn(run)
            match decide(plan, run.attempts, turn):
                case Try() as step:
                    run.skipped = step.skipped or run.skipped
                    answer = await self._try(snapshot, run, step, turn)
                    if answer is not None:
                        return answer
                case Wait(until=until):
                    await self._pause(run, until - turn.now)
                case WaitForRoom() as step:
                    await self._wait_for_room(run, step, turn)
                case GiveUp() as step:
                    return self._give_up(run, step, turn)

    async def _try(self, snapshot: Snapshot, run: InFlightRequest, step: Try, turn: Turn) -> Answer | None:
        """One call of one model: its answer, or None where it failed and the run holds the attempt."""
        candidate = step.candidate
        provider = snapshot.provider(candidate.provider)
        if provider is None:
            raise LookupError(candidate.provider)  # decide never tries what plan barred
        target = await self.targets.reach(provider)
        if isinstance(target, Target) and _lost_its_connection(run, candidate):
            target = replace(target, fresh=True)
        if not isinstance(target, Failure) and not self._reserve(run, candidate, turn):
            return None
        call = run.begin_call(candidate)
        if isinstance(target, Failure):
            run.failed(target)
            return None
        self.recorder.health.begin(run.tells_of(candidate))
        if candidate.price is None:
            run.remark(served_unpriced(candidate.name))
        cap = None if run.reservation is None else run.reservation.held.output_cap
        encoded = self.encode(run.request, candidate, provider, cap)
        if encoded.capped is not None and cap is not None:
            run.remarks.append(capped(candidate.name, encoded.capped, cap))
        first = provider.timeouts.first_byte
        if run.request.stream:
            first = first_token_patience(run.plan, candidate, provider, is_last=step.is_last)
        headers = encoded.headers
        if run.request.via:
            headers = {**headers, VIA: header_value(run.request.via, self.targets.router_id)}
        call.dispatched = True
        try:
            response = await self.upstream.post(
                target, encoded.path, encoded.body, headers, first=first, total=provider.timeouts.total
            )
        except NotSent:
            call.dispatched = False
            raise
        call.dispatched = not (isinstance(response, Failure) and response.undispatched)
        if isinstance(response, Failure) and response.ours:
            return self._could_not_call(run)
        if isinstance(response, Failure):
            run.failed(_of_first_token(response, run))
            return None
        return await self._read(run, response, provider)

    def _reserve(self, run: InFlightRequest, candidate: Candidate, turn: Turn) -> bool:
        """Take the room that `decide` saw. False where it has to decide again: somebody else took the room, or the
        configuration changed, while the keychain was asked."""
        if self.snapshot() is not turn.snapshot:
            return False
        held = run.reservation
        start = run.start() if held is None or not held.is_admitted else None
        reserved = self.recorder.ledger.reserve(turn.strategy, candidate.demand, run.request_id, held, start)
        if isinstance(reserved, LimitExceeded):
            return False
        run.reservation, run.refused_by = reserved, ()
        return True

    def encode(self, request: ModelRequest, candidate: Candidate, provider: Provider, cap: int | None) -> EncodedCall:
        """The call as it is sent, its answer capped where a strict limit has to hold."""
        preset = self.sources.presets[provider.preset]
        return self.dialects.providers[preset.dialect].encode(request, candidate.model, preset, cap)

    async def _read(self, run: InFlightRequest, response: UpstreamResponse, provider: Provider) -> Answer | None:
        preset = self.sources.presets[provider.preset]
        dialect, client = self.dialects.providers[preset.dialect], self.dialects.clients[run.request.dialect]
        passes = preset.dialect == run.request.dialect
        if run.call is not None:
            run.call.status = response.status
        try:
            if not 200 <= response.status < 300:
                run.failed(await read_failure(response, dialect, preset))
                return None
            if run.request.stream:
                stream = Stream(
                    response,
                    decoder=dialect.stream_decoder(run.request, preset),
                    writer=client.stream_writer(run.request),
                    passes=passes,
                    idle=provider.timeouts.idle,
                    answers=run.request.answers,
                    held=run.held,
                )
                return await self._open_stream(run, stream)
            body = Body(response, dialect, run.held)
            if run.call is not None:
                run.call.came = body.came
            plain = await body.read(run.request, preset, provider.timeouts.idle)
        except BaseException:
            response.abort()
            raise
        if isinstance(plain, Failure):
            response.abort()
            run.failed(plain)
            return None
        run.succeeded()
        run.close(Outcome.SUCCESS, 200)
        return Answer(run, body=plain.raw if passes else client.write_answer(plain))

    async def _open_stream(self, run: InFlightRequest, stream: Stream) -> Answer | None:
        if run.call is not None:
            run.call.came = stream.came
        failure = await stream.until_content()
        if failure is not None:
            stream.response.abort()
            run.failed(_of_first_token(failure, run))
            return None
        if run.call is not None:
            run.call.first_token = self.recorder.clock()
            self.recorder.health.answered(run.tells_of(run.call.candidate))
        return Answer(run, stream=stream)

    async def _pause(self, run: InFlightRequest, seconds: float) -> None:
        run.pause = RequestPhase.PAUSING
        await asyncio.sleep(seconds)
        run.outside += seconds

    async def _wait_for_room(self, run: InFlightRequest, step: WaitForRoom, turn: Turn) -> None:
        run.pause, run.skipped = RequestPhase.WAITING, step.skipped
        before = self.recorder.clock()
        patience = run.plan.retry.max_wait - (before - run.started)
        run.reservation = place = run.reservation or Reservation(run.strategy.id, run.request_id)
        demand, ledger = step.candidate.demand, self.recorder.ledger
        run.refused_by = turn.limits(step.candidate)
        run.may_wait = patience > 0 and await ledger.wait_for_capacity(turn.strategy, place, demand, at_most=patience)
        run.outside += self.recorder.clock() - before

    def _could_not_call(self, run: InFlightRequest) -> Answer:
        """End a request for want of what a call needs: other models would need it as well, and none is to blame."""
        run.take_back_call()
        reply = without_descriptors(run)
        run.close(Outcome.FAILED, reply.status)
        return Answer(run, status=reply.status, error=reply)

    def _reject(self, run: InFlightRequest, rejection: PlanRejection) -> Answer:
        reply = rejected(run, rejection)
        run.error = reply.kept
        run.close(Outcome.DENIED, rejection.status)
        return Answer(run, status=rejection.status, error=reply)

    def _give_up(self, run: InFlightRequest, step: GiveUp, turn: Turn) -> Answer:
        run.skipped = step.skipped or run.skipped
        if not run.attempts:
            run.refused_by = turn.limits(run.plan.candidates[0])
        reply = gave_up(run, step)
        run.error = reply.kept
        if step.failure is None:
            run.close(Outcome.DENIED, step.status)
        else:
            run.close(Outcome.FAILED, step.status, step.failure.kind)
        return Answer(run, status=step.status, error=reply)


def _lost_its_connection(run: InFlightRequest, candidate: Candidate) -> bool:
    """Whether the model was just called on a connection that turned out to be dead: the next may be as old."""
    last = run.attempts[-1] if run.attempts else None
    if last is None or last.failure is None:
        return False
    return last.name == candidate.name and last.failure.phase is FailurePhase.CONNECT


def _of_first_token(failure: Failure, run: InFlightRequest) -> Failure:
    """Silence before the first token of a stream tells of the model, not of its provider."""
    if run.request.stream and failure.phase is FailurePhase.DEADLINE:
        return replace(failure, cools=Cools.MODEL)
    return failure
