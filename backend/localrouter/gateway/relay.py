"""Reads a provider's answer, whole or event by event as it arrives.

A stream is held back until its first content, so that another model can still be tried without the client noticing.
From then on every byte is passed on as it arrives; if the client speaks another dialect, its writer replaces the bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from localrouter.dialects.contract import PlainAnswer, Preset, ProviderDialect, StreamDecoder, StreamEvent, StreamWriter
from localrouter.dialects.json_bodies.weight import LIGHT, Limits, Weigher
from localrouter.dialects.sse import begins_stream
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.conversation.request import ModelRequest, Usage
from localrouter.domain.routing.attempt_ends import AnswerSoFar
from localrouter.domain.routing.failures import Cools, Failure, FailureKind
from localrouter.services.memory import HeldMemory, unlimited
from localrouter.services.upstream.answer import UpstreamResponse
from localrouter.services.upstream.turns import PIECE

MAX_KEPT_BACK_BYTES = 1024 * 1024
MAX_BLANK_BYTES = 64 * 1024  # of white space, by which a provider keeps a connection open
ERROR_BODY_SECONDS = 5.0  # seconds to wait for the explanation of an error
SECONDS_AFTER_FINISH = 1.0  # seconds that a stream may stay open after all its answers have ended
SECONDS_AFTER_USAGE = 0.1  # seconds to wait for the terminator if nothing else is expected
MANY_EVENTS = 500  # in one chunk of a stream; an event with text has 100 bytes or more
HEAVY_BYTES, HEAVY_CONTAINERS = 512 * 1024, 300  # of an answer: each list or object takes some 10 µs to translate
CROWDED_PORTION = 1024  # bytes per portion of a chunk with more events; each event has at least 3 bytes


# Each token of an answer may come with 20 alternatives, each an object.
ANSWER_LIMITS = Limits(containers=300_000, strings=1_000_000)
MAX_ERROR_BODY_BYTES = LIGHT  # bytes of an explanation


@dataclass(slots=True)
class Body:
    """A whole answer as it arrives. Its parts are counted before it is parsed; `held` is the account of its memory."""

    response: UpstreamResponse
    dialect: ProviderDialect
    held: HeldMemory
    weigher: Weigher = field(default_factory=lambda: Weigher(ANSWER_LIMITS))
    parts: list[bytes] = field(default_factory=list)
    answer: PlainAnswer | None = None
    is_heavy: bool = False  # nobody should wait while it is told in another dialect
    stream: Stream | None = None  # set if the answer comes as a stream although nobody asked for one

    async def read(self, request: ModelRequest, preset: Preset, idle: float) -> PlainAnswer | Failure:
        """The first byte may take as long as was set before; no later pause may be longer than `idle` seconds."""
        first = await self.response.next_chunk()
        while isinstance(first, bytes) and first.isspace() and len(first) < MAX_BLANK_BYTES:
            self.response.allow_until(asyncio.get_running_loop().time() + idle)
            more = await self.response.next_chunk()
            if not more:
                break
            first = more if isinstance(more, Failure) else first + more
        if isinstance(first, Failure):
            return first
        if begins_stream(first):
            return await self._read_stream(first, request, preset, idle)
        if (objection := self._watch(first)) is not None:
            return objection
        self.parts.append(first)
        rest: bytes | Failure = b""
        if first:
            rest = await self.response.read(
                idle, self.parts, watch=self._watch, is_whole=lambda: self.weigher.is_closed
            )
        if isinstance(rest, Failure):
            return rest
        size = self.weigher.parsed()
        if not self.held.grow(size):
            return _no_room(self.held)
        body = b"".join(self.parts)
        self.parts = [body]
        self.is_heavy = request.dialect != self.dialect.name and (
            len(body) > HEAVY_BYTES or self.weigher.containers > HEAVY_CONTAINERS
        )
        if self.is_heavy:
            read = await asyncio.to_thread(self.dialect.plain_answer, body, request, preset)
        else:
            read = self.dialect.plain_answer(body, request, preset)
        self.held.shrink(size)
        if isinstance(read, PlainAnswer):
            self.answer = read
        return read

    async def _read_stream(
        self, first: bytes, request: ModelRequest, preset: Preset, idle: float
    ) -> PlainAnswer | Failure:
        """A stream that came instead of a whole answer ends as any stream does, even if its sender leaves it open."""
        decoder = self.dialect.stream_decoder(replace(request, stream=True, wants_usage_chunk=True), preset)
        self.stream = Stream(
            self.response, decoder, _NOBODY, idle=idle, answers=request.answers, held=self.held, unread=first
        )
        while not self.stream.is_over:
            self.response.allow_until(asyncio.get_running_loop().time() + idle)
            piece = await self.stream.next()
            if not self.held.grow(len(piece)):
                return _no_room(self.held)
            self.parts.append(piece)
        if self.stream.failure is not None:
            return self.stream.failure
        self.response.abort()
        read = self.dialect.plain_answer(b"".join(self.parts), request, preset)
        if isinstance(read, PlainAnswer):
            self.answer = read
        return read

    @property
    def malformed(self) -> int:
        return 0 if self.stream is None else self.stream.malformed

    def _watch(self, piece: bytes) -> Failure | None:
        if not self.held.grow(len(piece)):
            return _no_room(self.held)
        excess = self.weigher.feed(piece)
        if excess is None:
            return None
        return Failure(FailureKind.SERVER_ERROR, f"The provider's answer has more than {excess}, too many to read.")

    def came(self) -> AnswerSoFar:
        """What has come so far."""
        if self.answer is not None:
            return AnswerSoFar(self.answer.usage, self.answer.usage is not None, self.answer.output_bytes)
        if self.stream is not None:
            return self.stream.came()
        usage, output_bytes = self.dialect.seen_in(b"".join(self.parts))
        return AnswerSoFar(usage, usage is not None, output_bytes, output_bytes > 0)


class _Nobody:
    """A writer without a client: what the stream says is assembled into a whole answer instead."""

    def event(self, _event: StreamEvent) -> bytes:
        return b""

    def end(self) -> bytes:
        return b""

    def error(self, _reply: ErrorReply) -> bytes:
        return b""


_NOBODY = _Nobody()


def _no_room(held: HeldMemory) -> Failure:
    """A failure of our own, reported as ours: it says nothing about the provider."""
    said = f"LocalRouter has no memory left for this answer ({held.cap_mb} MB for all requests, server.memory_mb)."
    return Failure(FailureKind.OVERLOADED, said, cools=Cools.NOTHING, ours=True)


async def read_failure(response: UpstreamResponse, dialect: ProviderDialect, preset: Preset) -> Failure:
    """Why an answer with an error status failed. The status is enough if the body cannot be read."""
    response.allow_until(asyncio.get_running_loop().time() + ERROR_BODY_SECONDS)
    pieces: list[bytes] = []
    body = await response.read(into=pieces, at_most=MAX_ERROR_BODY_BYTES)
    if isinstance(body, Failure):
        response.abort()
        body = b""
    return dialect.failure(response.status, response.headers, body, preset)


@dataclass(slots=True)
class Stream:
    """One stream from a provider. `failure` is set once it has broken, `usage` once the provider has reported it.
    `answers` is how many answers it contains, None if that is unknown.

    Once every answer has finished, the stream is complete: an error, a break or silence is then no failure, and only
    the usage and the terminator are waited for.
    """

    response: UpstreamResponse
    decoder: StreamDecoder
    writer: StreamWriter
    idle: float
    passes: bool = True  # the client speaks the provider's dialect: bytes pass unchanged
    answers: int | None = 1
    held: HeldMemory = field(default_factory=unlimited)
    unread: bytes = b""  # bytes of it that were read before
    kept_back: bytes = b""
    usage: Usage | None = None
    closed_by_usage: bool = False  # it came after the end of all answers
    said_more: bool = False  # content came after it
    received_bytes: int = 0  # of the model's text
    malformed: int = 0
    is_finished: bool = False  # one answer has ended
    is_complete: bool = False  # every answer has ended
    is_done: bool = False  # the terminator was seen
    is_over: bool = False
    failure: Failure | None = None
    _has_content: bool = field(default=False)
    _has_events: bool = False  # something came that is whole: a comment will do
    _incomplete: int = 0  # bytes of an incomplete event
    _ends_by: float | None = None  # loop time

    async def until_content(self, on_sign: Callable[[], Awaitable[None]] | None = None) -> Failure | None:
        """Read up to the first content, or to a proper end without any. Returns None if there is something to relay."""
        while not (self._has_content or self.is_over):
            self.kept_back += await self._advance()
            if len(self.kept_back) > MAX_KEPT_BACK_BYTES and not self._has_content:
                said = "The stream went on for too long without any content."
                return Failure(FailureKind.SERVER_ERROR, said)
            if self.failure is not None:
                return self.failure
            if on_sign is not None and self._has_events and not (self._has_content or self.is_over):
                await on_sign()
                on_sign = None
        return None

    async def until_end(self) -> Failure | None:
        """Read the whole stream before any of it is shown: a break at any place is then as if nothing had been said."""
        pieces: list[bytes] = []
        while not (self.is_over or self.is_done):
            pieces.append(await self._advance())
            if not self.held.grow(len(pieces[-1])):
                return _no_room(self.held)
            if self.failure is not None:
                return self.failure
        self.kept_back = b"".join(pieces)
        return None

    async def next(self) -> bytes:
        """The next bytes for the client; b"" when the stream is over, properly or not (see `failure`)."""
        if self.kept_back:
            kept, self.kept_back = self.kept_back, b""
            return kept
        while not self.is_over:
            if data := await self._advance():
                return data
        return b""

    async def _advance(self) -> bytes:
        if self._ends_by is not None:
            self.response.allow_until(self._ends_by)
        elif self._has_content:
            # Until the first content its deadline stands: pings must not extend it.
            self.response.allow_until(asyncio.get_running_loop().time() + self.idle)
        chunk, self.unread = self.unread or await self.response.next_chunk(), b""
        if isinstance(chunk, Failure):
            return self._over(chunk)
        if not chunk:
            last = self._take(self.decoder.end())
            return last if self.is_over else last + self._over()
        data: list[bytes] = []
        for place, portion in enumerate(_portions(chunk)):
            if place:
                await self.response.turn()
            events = self.decoder.feed(portion)
            self._has_events |= bool(events)
            if (self._incomplete or not events) and not self._holds(0 if events else self._incomplete + len(portion)):
                self.response.abort()
                data.append(self._over(_no_room(self.held)))
            else:
                data.append(self._take(events))
            if self.is_over:
                break
        if (self.is_complete or self.is_done) and not self.is_over:
            data.append(self._wait_for_the_end())
        return data[0] if len(data) == 1 else b"".join(data)

    def _holds(self, incomplete: int) -> bool:
        """Account for a growing event; False if there is no memory for more of it."""
        more, self._incomplete = incomplete - self._incomplete, incomplete
        if more >= 0:
            return self.held.grow(more)
        self.held.shrink(-more)
        return True

    def _take(self, events: Iterable[StreamEvent]) -> bytes:
        data: list[bytes] = []
        write = None if self.passes else self.writer.event
        for event in events:
            if event.failure is not None:
                data.append(self._over(event.failure))
                break
            self.malformed += event.malformed and not self.is_complete
            self._has_content |= event.is_content
            if event.finished:
                self._finish()
            self.received_bytes += event.output_bytes
            self._take_usage(event)
            if event.done and not (self._has_content or self.is_finished):
                self._over()
                break
            self.is_done |= event.done
            if shown := event.raw if write is None else write(event):
                data.append(shown)
        return data[0] if len(data) == 1 else b"".join(data)

    def _finish(self) -> None:
        self.is_finished = True
        self.is_complete = self.answers is not None and self.decoder.answers_finished >= self.answers

    def _take_usage(self, event: StreamEvent) -> None:
        if event.usage is not None and (event.usage.total_tokens or self.usage is None):
            self.usage, self.said_more = event.usage, False
            self.closed_by_usage = self.is_finished and (event.closes or self.answers == 1)
        elif event.is_content:
            self.said_more = True

    def came(self) -> AnswerSoFar:
        """What has come so far."""
        return AnswerSoFar(self.usage, self._usage_is_whole, self.received_bytes, self._has_content)

    @property
    def _usage_is_whole(self) -> bool:
        """Whether the usage covers the whole stream: some providers report it with every chunk, some only part of
        it."""
        if self.usage is None or self.said_more:
            return False
        return self.closed_by_usage or (self.failure is None and self.is_finished and (self.is_done or self.is_over))

    def _wait_for_the_end(self) -> bytes:
        """Every answer has ended: set the time by which the stream must end, and end it once that has passed."""
        now = asyncio.get_running_loop().time()
        if self._ends_by is None:
            self._ends_by = now + SECONDS_AFTER_FINISH
        if self.closed_by_usage and not (self.said_more or self.is_done):
            self._ends_by = min(self._ends_by, now + SECONDS_AFTER_USAGE)
        return self._over() if now >= self._ends_by else b""

    def _over(self, failure: Failure | None = None) -> bytes:
        """End the stream, normally or with a failure. Returns the terminator if none arrived."""
        self.is_over = True
        if not (self.is_complete or self.is_done or (self.is_finished and failure is None)):
            self.failure = failure or self._cut_short()
            return b""
        terminator = b"" if self.is_done else self.writer.end()
        self.is_done = True
        return terminator

    def _cut_short(self) -> Failure:
        said = "broke off" if self._has_content else "ended before it said anything"
        return Failure(FailureKind.SERVER_ERROR, f"The provider's stream {said}: no finish reason came.")


def _portions(chunk: bytes) -> Iterator[bytes]:
    """The received bytes in portions that each take a few milliseconds, however many events a provider crowds into one
    chunk: other requests run in between."""
    for start in range(0, len(chunk), PIECE):
        piece = chunk[start : start + PIECE]
        if piece.count(b"\n\n") + piece.count(b"\r") // 2 <= MANY_EVENTS:
            yield piece
        else:
            yield from (piece[at : at + CROWDED_PORTION] for at in range(0, len(piece), CROWDED_PORTION))
