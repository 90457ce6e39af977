"""What a client gets: a whole body, a stream, or an error. Whoever sends an answer must close it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from localrouter.domain.configuration.config import Strategy
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.header_values import list_value, name_value
from localrouter.domain.limits.check_result import LimitStatus
from localrouter.domain.metrics.samples import Outcome
from localrouter.domain.models.pricing import to_usd
from localrouter.domain.routing.decide import status_of
from localrouter.domain.routing.failures import Failure, FailureKind
from localrouter.gateway.in_flight.abort import CLIENT_LEFT, AbortReason
from localrouter.gateway.in_flight.request import InFlightRequest
from localrouter.gateway.messages.errors import broke_off
from localrouter.gateway.messages.rate_headers import rate_headers
from localrouter.gateway.relay import Stream

TO_SAY_SO = 2.0  # seconds to tell the client that the deadline has passed


@dataclass(slots=True)
class Answer:
    """One answer: a whole `body`, an `error`, or a `stream` that is read with `next`. `goes_on` has it followed to its
    end, where its provider goes on with it whoever leaves."""

    request: InFlightRequest
    status: int = 200
    body: bytes = b""
    error: ErrorReply | None = None
    stream: Stream | None = None
    goes_on: Callable[[], bool] | None = None
    is_followed: bool = False

    @property
    def ends_by(self) -> float | None:
        """When a stream must be over (loop time), whatever its client does: shortly after the total deadline."""
        return None if self.stream is None else self.stream.response.total_deadline + TO_SAY_SO

    async def next(self) -> bytes:
        """The next bytes of the stream; b"" at its end. If the stream breaks off, its last bytes are the error.

        A stream is settled before its last bytes are handed out: a client that has seen the end finds limits and record
        up to date.
        """
        stream = self.stream
        if stream is None:
            return b""
        data = await stream.next()
        if stream.failure is not None:
            return data or await self._broke(stream, stream.failure)
        if stream.is_done or stream.is_over:
            await self._succeeded(stream)
        return data

    async def close(self, reason: AbortReason = CLIENT_LEFT) -> None:
        """End the answer, finished or not. May be called at any time and more than once."""
        if self.stream is not None:
            self.stream.response.abort()
        if self.is_followed:
            return
        self.is_followed = self.goes_on is not None and not self.request.is_closed and self.goes_on()
        if not self.is_followed:
            await self.request.cancel(reason)

    async def interrupt(self, message: str) -> bytes:
        """End a stream from our side. Returns its last bytes, which tell the client why."""
        failure = Failure(FailureKind.CANCELLED, message)
        if self.stream is None:
            return b""
        if self.request.is_closed:
            reply = broke_off(self.request.explained(), failure, 503)
            return self.stream.writer.error(replace(reply, answer_id=self.stream.decoder.answer_id))
        return await self._broken_off(self.stream, failure, 503)

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers that say how the request was served."""
        request = self.request
        overhead = request.log.overhead(request.incoming.started, request.context.clock())
        headers = [
            (b"x-request-id", request.incoming.request_id.encode()),
            (b"x-localrouter-attempts", b"%d" % (len(request.log.attempts) + (request.log.call is not None))),
            (b"x-localrouter-overhead-ms", b"%.2f" % (overhead * 1000)),
        ]
        if (served := request.log.served_by) is not None:
            headers.append((b"x-localrouter-model", name_value(f"{served.provider}/{served.model}").encode()))
            headers.append((b"x-localrouter-cost-usd", _usd(request.log.cost())))
        elif request.log.call is not None:
            headers.append((b"x-localrouter-model", name_value(request.log.call.candidate.name).encode()))
        if warnings := request.warnings:
            headers.append((b"x-localrouter-warnings", list_value(warnings).encode()))
        strategy = request.strategy_in(request.snapshot())
        if strategy.rate_limits:
            headers += _limits_in_headers(request, strategy)
        return headers

    async def _succeeded(self, stream: Stream) -> None:
        if not self.request.is_closed:
            self.request.skipped_malformed(stream.malformed)
            await self.request.succeeded()
            await self.request.close(Outcome.SUCCESS, self.status)

    async def _broke(self, stream: Stream, failure: Failure) -> bytes:
        if self.request.is_closed:
            return b""
        return await self._broken_off(stream, failure, status_of(failure))

    async def _broken_off(self, stream: Stream, failure: Failure, status: int) -> bytes:
        """Close the record with the error that the client receives."""
        await self.request.context.turn()  # a provider that goes away breaks all its streams at once
        failure = await self.request.failed(failure)
        reply = broke_off(self.request.explained(), failure, status)
        self.request.error = reply.kept
        await self.request.close(Outcome.FAILED, self.status, failure.kind)
        return stream.writer.error(replace(reply, answer_id=stream.decoder.answer_id))


def _limits_in_headers(request: InFlightRequest, strategy: Strategy) -> list[tuple[bytes, bytes]]:
    ledger, now = request.context.ledger, request.context.clock()

    def seconds_until_more(state: LimitStatus) -> float:
        at = ledger.more_room_at(strategy, state)
        return 0.0 if at is None else max(0.0, at - now)

    return rate_headers(ledger.states(strategy), seconds_until_more)


def _usd(picodollars: int) -> bytes:
    """Plain decimal notation without trailing zeros."""
    return f"{to_usd(picodollars):.12f}".rstrip("0").rstrip(".").encode()
