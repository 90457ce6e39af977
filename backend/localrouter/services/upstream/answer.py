"""An answer as its reader sees it: in bounded pieces, decoded, and with a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from localrouter.domain.routing.failures import Failure, FailureKind, FailurePhase
from localrouter.services.upstream.connection import Exchange
from localrouter.services.upstream.encoding import DECODED, Inflater, UndecodableBody
from localrouter.services.upstream.errors import UpstreamError
from localrouter.services.upstream.failure_messages import broken_connection
from localrouter.services.upstream.turns import SMALL, Turns

MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_SKIPPED_BYTES = 64 * 1024  # bytes after a compressed body's end, read only to keep the connection usable
SECONDS_TO_END = 1.0  # seconds that a body may stay open after all that can be in it
Watch = Callable[[bytes], Failure | None]


class UpstreamResponse:
    """An answer as it arrives. Read it to its end or `abort` it: nothing else releases the connection."""

    __slots__ = (
        "_deadline",
        "_encoding",
        "_exchange",
        "_expired",
        "_inflater",
        "_is_awaited",
        "_turns",
        "_watch",
        "_watched_until",
        "headers",
        "status",
        "total_deadline",
    )

    def __init__(self, exchange: Exchange, total_deadline: float, turns: Turns) -> None:
        self._exchange = exchange
        self._turns = turns
        self._deadline = total_deadline
        self._watch: asyncio.Handle | None = None
        self._watched_until = 0.0
        self._is_awaited = False
        self._expired = False
        self._encoding = "identity"
        self._inflater: Inflater | None = None
        self.total_deadline = total_deadline  # loop time
        self.status = 0
        self.headers: Mapping[str, str] = {}  # by lower-case name

    @property
    def expired(self) -> bool:
        """Whether a deadline ended the call."""
        return self._expired

    async def head(self) -> None:
        """Wait for the answer's head. Raises what prevents it."""
        exchange = self._exchange
        self._is_awaited = True
        try:
            await exchange.head()
        finally:
            self._is_awaited = False
        self.status, self.headers = exchange.status, exchange.headers
        encoding = exchange.headers.get("content-encoding")
        if encoding is not None:
            self._encoding = encoding.lower()
            self._inflater = Inflater() if self._encoding in DECODED else None

    def allow_until(self, deadline: float) -> None:
        """Set the time (of the event loop) by which the next bytes must have arrived.

        It counts only while we wait for them: a slow client must not pass for a silent provider. One timer serves the
        whole answer and checks the deadline when it fires, so that moving the deadline costs nothing.
        """
        self._deadline = min(deadline, self.total_deadline)
        if self._watch is None:
            self._arm()
        elif self._deadline < self._watched_until:
            self._watch.cancel()
            self._arm()

    async def next_chunk(self) -> bytes | Failure:
        """The next bytes as they arrived, b"" at the end of the body, or why it broke off."""
        if self._inflater is not None:
            return await self._next_inflated(self._inflater)
        if self._encoding not in ("", "identity"):
            self.abort()
            what = f"The provider answered in an encoding that was not asked for ({self._encoding[:20]})."
            return Failure(FailureKind.SERVER_ERROR, what, status=self.status)
        return await self._next_raw()

    async def read(
        self,
        idle: float | None = None,
        into: list[bytes] | None = None,
        *,
        at_most: int = MAX_BODY_BYTES,
        watch: Watch | None = None,
        is_whole: Callable[[], bool] = lambda: False,
    ) -> bytes | Failure:
        """The whole body. `idle` is the longest allowed pause in seconds. Pieces are appended to `into` as they arrive,
        so that the caller has the beginning of a body that breaks off. `watch` sees each piece first, and ends the call
        if it objects. `is_whole` says that nothing can follow what came: a body without a length of its own that then
        does not end, or breaks off, is taken as it is."""
        loop = asyncio.get_running_loop()
        chunks: list[bytes] = [] if into is None else into
        size, has_length = 0, "content-length" in self.headers
        while True:
            whole = not has_length and is_whole()
            if idle is not None:
                self.allow_until(loop.time() + (min(idle, SECONDS_TO_END) if whole else idle))
            chunk = await self.next_chunk()
            if isinstance(chunk, Failure) and whole:
                self.abort()
                chunk = b""
            if isinstance(chunk, Failure):
                return chunk
            if not chunk:
                return chunks[0] if len(chunks) == 1 else b"".join(chunks)
            size += len(chunk)
            objection = _too_large(at_most) if size > at_most else None if watch is None else watch(chunk)
            if objection is not None:
                self.abort()
                return objection
            chunks.append(chunk)

    def abort(self) -> None:
        """End the call at once; unread bytes are lost. Does nothing after the end of the body."""
        self._disarm()
        self._exchange.abort()

    async def turn(self) -> None:
        """Let other requests go on before more of this answer is processed."""
        await self._turns.take()

    async def _next_raw(self) -> bytes | Failure:
        if self._watch is None:
            self._arm()
        self._is_awaited = True
        try:
            chunk = await self._exchange.read()
        except (UpstreamError, OSError) as error:
            return self._broken(error)
        finally:
            self._is_awaited = False
        if not chunk:
            self._disarm()
        elif len(chunk) > SMALL:
            await self._turns.take()
        return chunk

    async def _next_inflated(self, inflater: Inflater) -> bytes | Failure:
        try:
            while not (piece := inflater.take()):
                chunk = await self._next_raw()
                if isinstance(chunk, Failure):
                    return chunk
                if not chunk:
                    inflater.end()
                    return b""
                inflater.feed(chunk)
                if inflater.left_out > MAX_SKIPPED_BYTES:
                    self.abort()
                    return b""
        except UndecodableBody:
            self.abort()
            said = f"The provider's answer is not valid {self._encoding}."
            return Failure(FailureKind.SERVER_ERROR, said)
        return piece

    def _arm(self) -> None:
        # The time is kept here: uvloop's handle does not tell it where it has passed already.
        self._watched_until = self._deadline
        self._watch = asyncio.get_running_loop().call_at(self._deadline, self._look)

    def _disarm(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _look(self) -> None:
        self._watch = None
        if not self._is_awaited:
            return
        if asyncio.get_running_loop().time() < self._deadline:
            self._arm()
            return
        self._expired = True
        self._exchange.abort()

    def _broken(self, error: Exception) -> Failure:
        self._disarm()
        if self._expired:
            return deadline_failure()
        return Failure(FailureKind.UNREACHABLE, broken_connection(error))


def deadline_failure() -> Failure:
    said = "The provider sent nothing before its deadline."
    return Failure(FailureKind.UNREACHABLE, said, phase=FailurePhase.DEADLINE)


def _too_large(at_most: int) -> Failure:
    said = f"The answer is larger than {at_most >> 20} MB." if at_most >> 20 else "The answer is too large."
    return Failure(FailureKind.SERVER_ERROR, said)
