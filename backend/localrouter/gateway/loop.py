"""The one loop that serves every model request: decide, reserve, send, classify, decide again.

Plain and streamed, named and auto requests all go through it. Nothing else sends a client's request to a provider.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from localrouter.dialects.adapters.answers.wrapping import UnwrappedStream, unwrapped
from localrouter.dialects.contract import EncodedCall
from localrouter.dialects.json_bodies.defaults import is_lost
from localrouter.dialects.tool_names import restored, restoring
from localrouter.dialects.translation import Dialects
from localrouter.domain.configuration.access import without_keys
from localrouter.domain.configuration.config import AUTO_MODEL, Client, Provider, Strategy
from localrouter.domain.configuration.names import fold
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.configuration.validation.unpriced import served_unpriced
from localrouter.domain.conversation.request import Endpoint, ModelRequest
from localrouter.domain.metrics.samples import Outcome
from localrouter.domain.routing.decide import Candidate, GiveUp, Try, Wait, WaitForCapacity, decide
from localrouter.domain.routing.failures import Cools, Failure, FailurePhase
from localrouter.domain.routing.in_flight import RequestPhase
from localrouter.domain.routing.via import HEADER as VIA
from localrouter.domain.routing.via import header_value
from localrouter.gateway.answer import Answer
from localrouter.gateway.endpoints import Targets
from localrouter.gateway.in_flight.abort import BROKE_DOWN, CLIENT_LEFT, SHUT_DOWN, reason_of
from localrouter.gateway.in_flight.attempts import nothing_left_out
from localrouter.gateway.in_flight.context import GatewayContext
from localrouter.gateway.in_flight.incoming import IncomingRequest, OpenEarly
from localrouter.gateway.in_flight.request import InFlightRequest
from localrouter.gateway.kept_answers.kept import Kept
from localrouter.gateway.messages.errors import gave_up, rejected, without_descriptors
from localrouter.gateway.messages.limits import capped, not_taken
from localrouter.gateway.plan import (
    KEY_AS_MODEL,
    PlanRejection,
    Sources,
    find_model,
    first_token_patience,
    made_elsewhere,
    make_plan,
)
from localrouter.gateway.relay import Body, Stream, read_failure
from localrouter.gateway.speech import Speech, Speeches
from localrouter.gateway.turn import Turn
from localrouter.services.memory import HeldMemory
from localrouter.services.upstream.answer import UpstreamResponse
from localrouter.services.upstream.client import NotSent, Target, Upstream

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gateway:
    """Everything needed to serve a request. `snapshot` returns the current configuration, `jitter` draws the wait in
    seconds before a jittered retry."""

    snapshot: Callable[[], Snapshot]
    sources: Sources
    dialects: Dialects
    targets: Targets
    upstream: Upstream
    context: GatewayContext
    jitter: Callable[[], float]
    kept: Kept

    async def open(
        self,
        client: Client,
        request: ModelRequest,
        request_id: str,
        memory: HeldMemory,
        open_early: OpenEarly | None = None,
    ) -> Answer:
        """Serve a request until its answer can be sent. The caller closes the answer. `memory` is the account of the
        memory that the request takes; `open_early` is called once a named model shows that it is at work."""
        snapshot = self.snapshot()
        strategy = snapshot.strategy_of(client)
        cleaned = self._without_key(snapshot, strategy, request)
        incoming = IncomingRequest(
            request_id=request_id,
            client=client,
            strategy=strategy,
            asked=cleaned,
            started=self.context.clock(),
            started_wall=self.context.wall(),
            jitter=self.jitter(),
            memory=memory,
            open_early=open_early,
        )
        in_flight = InFlightRequest(self.context, incoming, self.snapshot)
        try:
            if cleaned is not request:
                return await self._reject(in_flight, KEY_AS_MODEL)
            return await self._route(snapshot, in_flight)
        except asyncio.CancelledError as cancelled:
            # Nothing was sent to the client yet, so it cannot have stopped reading.
            await in_flight.cancel(SHUT_DOWN if reason_of(cancelled) is SHUT_DOWN else CLIENT_LEFT)
            raise
        except BaseException:
            await in_flight.cancel(BROKE_DOWN)
            raise

    @property
    def speeches(self) -> Speeches:
        return Speeches(self.sources.presets, self.sources.info, self.dialects)

    def _without_key(self, snapshot: Snapshot, strategy: Strategy, request: ModelRequest) -> ModelRequest:
        """The request with any key removed from its model name. A name that the owner configured or a provider lists
        stays."""
        name = without_keys(self.context.clean(request.model))
        if name == request.model or self._is_real(snapshot, strategy, request.model):
            return request
        return replace(request, model=name)

    def _is_real(self, snapshot: Snapshot, strategy: Strategy, name: str) -> bool:
        if snapshot.is_alias(strategy, name) or fold(name) == AUTO_MODEL:
            return True
        found = find_model(snapshot, strategy, name, self.sources)
        labels = self.context.labels
        return found is not None and labels is not None and labels.of(found[0].name, found[1]) == found[1]

    def _turn(self, request: InFlightRequest) -> Turn:
        snapshot = self.snapshot()
        return Turn(
            ledger=self.context.ledger,
            health=self.context.health,
            snapshot=snapshot,
            strategy=request.strategy_in(snapshot),
            endpoint=request.incoming.asked.endpoint,
            now=self.context.clock(),
            jitter=request.incoming.jitter,
            may_wait=request.may_wait,
            reservation=request.settlement.reservation,
        )

    async def _route(self, snapshot: Snapshot, request: InFlightRequest) -> Answer:
        if not self.kept.may_go_on(request.incoming):
            return await self._reject(request, made_elsewhere(None))
        plan = make_plan(snapshot, request.incoming.strategy, request.incoming.asked, self.sources)
        if isinstance(plan, PlanRejection):
            return await self._reject(request, plan)
        request.plan = plan
        while True:
            turn = self._turn(request)
            match decide(plan, request.log.attempts, turn):
                case Try() as step:
                    request.skip(step.skipped)
                    answer = await self._try(snapshot, request, step, turn)
                    if answer is not None:
                        return answer
                case Wait() as step:
                    await self._pause(request, step, turn)
                case WaitForCapacity() as step:
                    await self._wait_for_capacity(request, step, turn)
                case GiveUp() as step:
                    return await self._give_up(request, step, turn)

    async def _try(self, snapshot: Snapshot, request: InFlightRequest, step: Try, turn: Turn) -> Answer | None:
        """Call one model. Returns None if it failed; the attempt is then in the log."""
        candidate = step.candidate
        provider = snapshot.provider(candidate.provider)
        if provider is None:
            raise LookupError(candidate.provider)  # cannot happen: the plan bars it
        speech = self.speeches.to(candidate, provider, request.incoming.asked, self._left_out(request, candidate))
        if request.incoming.asked.endpoint is Endpoint.COUNT_TOKENS and not speech.passes:
            return await self._estimate(request, f"{candidate.name} has no way to count tokens")
        target = await self.targets.reach(provider)
        if isinstance(target, Target) and _lost_its_connection(request, candidate):
            target = replace(target, fresh=True)
        if not isinstance(target, Failure) and not await self._reserve(request, candidate, turn):
            return None
        call = request.begin_call(candidate)
        if isinstance(target, Failure):
            await request.failed(target)
            return None
        self.context.health.begin(request.endpoint_of(candidate))
        if candidate.price is None:
            request.remark(served_unpriced(candidate.name))
        encoded = await self._encoded(request, speech, candidate, provider)
        if isinstance(encoded, Failure):
            await request.failed(encoded)
            return None
        call.left_out = partial(speech.dialect.left_out, body=encoded.body)
        call.renamed = encoded.renamed
        first = provider.timeouts.first_byte
        if request.incoming.asked.stream:
            first = first_token_patience(request.plan, candidate, provider, is_last=step.is_last)
        headers = encoded.headers
        if request.incoming.asked.via:
            headers = {**headers, VIA: header_value(request.incoming.asked.via, self.targets.router_id)}
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
            return await self._could_not_call(request)
        if isinstance(response, Failure):
            await request.failed(_of_first_token(response, request))
            return None
        return await self._read(request, response, speech.reading(encoded), target, provider.timeouts.idle)

    async def _estimate(self, request: InFlightRequest, why: str) -> Answer:
        """Answer a request that only counts tokens by ourselves."""
        request.remark(f"the tokens are estimated, as {why}")
        await request.close(Outcome.SUCCESS, 200)
        asked = request.incoming.asked
        return Answer(request, body=self.dialects.clients[asked.dialect].write_estimate(asked))

    async def _reserve(self, request: InFlightRequest, candidate: Candidate, turn: Turn) -> bool:
        """Reserve what `decide` found free. Returns False if it must decide again: while the keychain was asked,
        another request took the capacity or the configuration changed."""
        if self.snapshot() is not turn.snapshot:
            return False
        start = None if request.settlement.is_admitted else request.start()
        return await request.settlement.reserve(turn.strategy, candidate, request.incoming.request_id, start)

    def _left_out(self, request: InFlightRequest, candidate: Candidate) -> frozenset[str]:
        """The fields that the model refused, in this request or in an earlier one that it then answered."""
        known = self.context.health.left_out(candidate.provider, candidate.model)
        left_out = known | request.log.left_out(candidate) if request.log.attempts else known
        body = request.incoming.asked.body
        for name in sorted(left_out & body.keys()):
            if is_lost(name, body[name]):
                request.remark(not_taken(candidate.name, name))
        return left_out

    async def _encoded(
        self, request: InFlightRequest, speech: Speech, candidate: Candidate, provider: Provider
    ) -> EncodedCall | Failure:
        """Encode the call, and tell of what it cannot say or says otherwise."""
        cap, asked, encode = request.settlement.output_cap, request.incoming.asked, self.speeches.encode
        if speech.passes or not asked.is_long:
            encoded = encode(speech, asked, candidate, provider, cap)
        else:
            encoded = await asyncio.to_thread(encode, speech, asked, candidate, provider, cap)
        if isinstance(encoded, Failure):
            return encoded
        for said in (*asked.warnings, *encoded.warnings):
            request.remark(said)
        if encoded.adapted:
            request.adapted(f"said to {candidate.name} in another way: {', '.join(encoded.adapted)}")
        if encoded.capped is not None and cap is not None:
            request.remarks.append(capped(candidate.name, encoded.capped, cap))
        return encoded

    async def _read(
        self, request: InFlightRequest, response: UpstreamResponse, speech: Speech, target: Target, idle: float
    ) -> Answer | None:
        preset, dialect, passes = speech.preset, speech.dialect, speech.passes
        client = self.dialects.clients[request.incoming.asked.dialect]
        asked = request.incoming.asked if passes else request.incoming.stamped
        renamed: Mapping[str, str] = {}
        if request.log.call is not None:
            request.log.call.status, renamed = response.status, request.log.call.renamed
        try:
            if not 200 <= response.status < 300:
                await request.failed(await read_failure(response, dialect, preset))
                return None
            if asked.stream:
                decoder = dialect.stream_decoder(speech.read_as or asked, preset)
                stream = Stream(
                    response,
                    decoder=decoder if speech.unwrapper is None else UnwrappedStream(decoder, speech.unwrapper),
                    writer=restoring(client.stream_writer(asked, passes=passes), renamed),
                    passes=passes and not asked.as_array,
                    idle=idle,
                    answers=asked.answers,
                    held=request.incoming.memory,
                )
                return await self._open_stream(request, stream, speech, target)
            body = Body(response, dialect, request.incoming.memory)
            if request.log.call is not None:
                request.log.call.came = body.came
            plain = await body.read(speech.read_as or asked, preset, idle)
        except BaseException:
            response.abort()
            raise
        if isinstance(plain, Failure):
            response.abort()
            await request.failed(plain)
            return None
        goes_on = self.kept.note(request, speech, target, plain.id)
        request.skipped_malformed(body.malformed)
        if plain.is_running and goes_on is not None:
            return Answer(request, body=plain.raw, goes_on=goes_on)
        await request.succeeded()
        await request.close(Outcome.SUCCESS, 200)
        if passes:
            return Answer(request, body=plain.raw)
        named = restored(plain if speech.unwrapper is None else unwrapped(plain, speech.unwrapper), renamed)
        if body.is_heavy:
            return Answer(request, body=await asyncio.to_thread(client.write_answer, named, asked))
        return Answer(request, body=client.write_answer(named, asked))

    async def _open_stream(
        self, request: InFlightRequest, stream: Stream, speech: Speech, target: Target
    ) -> Answer | None:
        if request.log.call is not None:
            request.log.call.came = stream.came
        open_early = request.incoming.open_early
        if request.plan.hold_streams:
            failure = await stream.until_end()
        elif open_early is None or not request.plan.named:
            failure = await stream.until_content()
        else:
            failure = await stream.until_content(lambda: open_early(Answer(request).headers()))
        if failure is not None:
            stream.response.abort()
            await request.failed(_of_first_token(failure, request))
            return None
        if (call := request.log.call) is not None:
            call.first_token = self.context.clock()
            call.left_out = nothing_left_out  # releases the body that was sent
            self.context.health.answered(request.endpoint_of(call.candidate), call.started)
            request.learn_refusals(call.candidate)
        goes_on = self.kept.note(request, speech, target, stream.decoder.answer_id)
        return Answer(request, stream=stream, goes_on=goes_on)

    async def _pause(self, request: InFlightRequest, step: Wait, turn: Turn) -> None:
        request.idle_phase, seconds = RequestPhase.PAUSING, step.until - turn.now
        LOG.debug("Request %s: calls %s again in %.3f s", request.incoming.request_id, step.candidate.name, seconds)
        await asyncio.sleep(seconds)
        request.log.external_wait += seconds

    async def _wait_for_capacity(self, request: InFlightRequest, step: WaitForCapacity, turn: Turn) -> None:
        request.idle_phase, settlement = RequestPhase.WAITING, request.settlement
        request.skip(step.skipped)
        before = self.context.clock()
        patience = request.plan.retry.max_wait - (before - request.incoming.started)
        settlement.refused_by = turn.limits(step.candidate)
        LOG.debug("Request %s: waits at most %.3f s for others to settle", request.incoming.request_id, patience)
        request.may_wait = await settlement.wait_for_capacity(turn.strategy, step.candidate, request.incoming, patience)
        request.log.external_wait += self.context.clock() - before

    async def _could_not_call(self, request: InFlightRequest) -> Answer:
        """No file descriptor is left: every other model would need one too, and none is to blame."""
        await request.take_back_call()
        reply = without_descriptors(request.explained())
        await request.close(Outcome.FAILED, reply.status)
        return Answer(request, status=reply.status, error=reply)

    async def _reject(self, request: InFlightRequest, rejection: PlanRejection) -> Answer:
        reply = rejected(request.explained(), rejection)
        request.error = reply.kept
        await request.close(Outcome.DENIED, rejection.status)
        return Answer(request, status=rejection.status, error=reply)

    async def _give_up(self, request: InFlightRequest, step: GiveUp, turn: Turn) -> Answer:
        request.skip(step.skipped)
        if request.incoming.asked.endpoint is Endpoint.COUNT_TOKENS and step.failure is not None:
            return await self._estimate(request, f"{request.log.attempts[-1].name} did not count them")
        if not request.log.attempts:
            request.settlement.refused_by = turn.limits(request.plan.candidates[0])
        reply = gave_up(request.explained(), step)
        request.error = reply.kept
        if step.failure is None:
            await request.close(Outcome.DENIED, step.status)
        else:
            await request.close(Outcome.FAILED, step.status, step.failure.kind)
        return Answer(request, status=step.status, error=reply)


def _lost_its_connection(request: InFlightRequest, candidate: Candidate) -> bool:
    """Whether the model's last call used a dead connection. The next pooled one may be just as old."""
    last = request.log.attempts[-1] if request.log.attempts else None
    if last is None or last.failure is None:
        return False
    return last.name == candidate.name and last.failure.phase is FailurePhase.CONNECT


def _of_first_token(failure: Failure, request: InFlightRequest) -> Failure:
    """Silence before a stream's first token is the model's fault, not its provider's."""
    if request.incoming.asked.stream and failure.phase is FailurePhase.DEADLINE:
        return replace(failure, cools=Cools.MODEL)
    return failure
