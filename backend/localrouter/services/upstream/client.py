"""Talks to providers over the network; nothing else does.

It does nothing behind the caller's back: no redirects, cookies, retries or proxies from the environment. Outcomes are
values: an `UpstreamResponse`, or the `Failure` that says why there is none.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import aiohttp
from yarl import URL

from localrouter.domain.routing.failures import Cools, Failure, FailureKind, FailurePhase
from localrouter.services.upstream.ca_files import CaFiles
from localrouter.services.upstream.connection import (
    MAX_HEAD,
    MAX_HEADERS,
    Connections,
    ConnectionUse,
    InterimFlood,
    NotedBody,
    NotedPieces,
    OversizedHead,
)
from localrouter.services.upstream.encoding import DECODED, Inflater, UndecodableBody
from localrouter.services.upstream.failure_messages import (
    broken_connection,
    is_for_want_of_descriptors,
    none_left,
    unreachable,
)
from localrouter.services.upstream.turns import PIECE, SMALL, Turns

IDLE_CONNECTION_LASTS = 30.0
MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_SKIPPED_BYTES = 64 * 1024  # bytes after a compressed body's end, read only to keep the connection usable
SECONDS_TO_END = 1.0  # seconds that a body may stay open after all that can be in it
WRITTEN_WHOLE = 256 * 1024  # bytes
Watch = Callable[[bytes], Failure | None]
OUR_HEADERS = {"accept-encoding": "identity", "user-agent": "localrouter"}
LEFT_OUT = ("Accept", "Accept-Encoding", "User-Agent")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a provider's calls go. `headers` carry its credentials, so a target is never logged or shown.

    `fresh`: use a new connection, not one from the pool.
    """

    provider: str
    base_url: str
    headers: Mapping[str, str] = field(repr=False)
    query: str = ""
    proxy: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    connect: float = 5.0
    fresh: bool = False


class UpstreamResponse:
    """An answer as it arrives. Read it to its end or `abort` it: nothing else releases the connection."""

    __slots__ = (
        "_deadline",
        "_encoding",
        "_expired",
        "_inflater",
        "_is_awaited",
        "_response",
        "_turns",
        "_watch",
        "_watched_until",
        "headers",
        "status",
        "total_deadline",
    )

    def __init__(self, response: aiohttp.ClientResponse, total_deadline: float, turns: Turns) -> None:
        self._response = response
        self._turns = turns
        self._deadline = total_deadline
        self._watch: asyncio.Handle | None = None
        self._watched_until = 0.0
        self._is_awaited = False
        self._expired = False
        self._encoding = response.headers.get("content-encoding", "identity").lower()
        self._inflater = Inflater() if self._encoding in DECODED else None
        self.total_deadline = total_deadline  # loop time
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers

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
        self._response.close()

    async def turn(self) -> None:
        """Let other requests go on before more of this answer is processed."""
        await self._turns.take()

    async def _next_raw(self) -> bytes | Failure:
        if self._watch is None:
            self._arm()
        self._is_awaited = True
        try:
            chunk = await self._response.content.read(PIECE)
        except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError) as error:
            return self._broken(error)
        finally:
            self._is_awaited = False
        if not chunk and self._expired:
            return _deadline_failure()
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
        self._response.close()

    def _broken(self, error: Exception) -> Failure:
        self._disarm()
        if self._expired:
            return _deadline_failure()
        return Failure(FailureKind.UNREACHABLE, broken_connection(error))


class NotSent(asyncio.CancelledError):
    """The call was cancelled before anything was sent: the provider never heard of it."""


class Upstream:
    """`start` it on the event loop that uses it. Connections are pooled, except for calls that want a fresh one."""

    def __init__(self) -> None:
        self._pooled: aiohttp.ClientSession | None = None
        self._fresh: aiohttp.ClientSession | None = None
        self._retired: list[aiohttp.ClientSession] = []
        self._ca_files = CaFiles()
        self._turns = Turns()

    async def turn(self) -> None:
        """Wait for this round of the event loop's turn with work that many requests may have at once."""
        await self._turns.take()

    async def start(self) -> None:
        self._pooled = _session(Connections(keepalive_timeout=IDLE_CONNECTION_LASTS))
        self._fresh = _session(Connections(force_close=True))

    async def close(self) -> None:
        sessions = (self._pooled, self._fresh, *self._retired)
        self._pooled = self._fresh = None
        for session in sessions:
            if session is not None:
                await session.close()

    def renew(self) -> None:
        """Stop reusing the present connections. Running calls go on; idle connections close by themselves."""
        if self._pooled is not None:
            self._retired.append(self._pooled)
            self._pooled = _session(Connections(keepalive_timeout=IDLE_CONNECTION_LASTS))

    async def post(
        self, target: Target, path: str, body: bytes, headers: Mapping[str, str], *, first: float, total: float
    ) -> UpstreamResponse | Failure:
        """Send a request and wait for the head of its answer, at most `first` seconds (`total` for the whole). Raises
        `NotSent` if it is cancelled before it is sent."""
        return await self._send("POST", target, path, body, headers, (first, total))

    async def get(self, target: Target, path: str, *, total: float) -> UpstreamResponse | Failure:
        return await self._send("GET", target, path, None, {}, (total, total))

    async def ask(
        self, method: str, target: Target, path: str, *, first: float, total: float
    ) -> UpstreamResponse | Failure:
        """A call without a body, about something that the provider keeps."""
        return await self._send(method, target, path, None, {}, (first, total))

    async def _send(
        self,
        method: str,
        target: Target,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
        deadlines: tuple[float, float],
    ) -> UpstreamResponse | Failure:
        session = self._fresh if target.fresh else self._pooled
        if session is None:
            return _not_called("LocalRouter is shutting down.", FailurePhase.DEADLINE)
        context = self._ssl(target)
        if isinstance(context, Failure):
            return context
        first, total = deadlines
        now, call = asyncio.get_running_loop().time(), ConnectionUse()
        try:
            async with asyncio.timeout_at(now + min(first, total)):
                response = await session.request(
                    method,
                    URL(f"{target.base_url}/{path}{target.query}", encoded=True),
                    data=_noted(body, call),
                    headers={**target.headers, **headers},
                    allow_redirects=False,
                    proxy=target.proxy,
                    ssl=context,
                    timeout=aiohttp.ClientTimeout(total=None, connect=target.connect),
                )
        except asyncio.CancelledError as cancelled:
            if call.is_sent:
                raise
            raise NotSent(*cancelled.args) from cancelled
        except TimeoutError as error:
            return _silent(target, error, was_sent=call.is_sent)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if is_for_want_of_descriptors(error):
                self._let_idle_go()
            return _without_answer(target, error, was_sent=call.is_sent)
        answer = UpstreamResponse(response, now + total, self._turns)
        answer.allow_until(now + min(first, total))
        return answer

    def _let_idle_go(self) -> None:
        """Release the descriptors of connections that no call uses."""
        if self._pooled is not None and isinstance(self._pooled.connector, Connections):
            self._pooled.connector.let_idle_go()

    def _ssl(self, target: Target) -> ssl.SSLContext | bool | Failure:
        """Which authorities to trust; a failure, before anything is sent, if the provider's CA file is unusable."""
        ca_file = target.ca_file
        if ca_file is None:
            return True
        try:
            context = self._ca_files.trusting(ca_file)
        except OSError:
            return none_left()
        if isinstance(context, str):
            said = f"The ca_file of {target.provider} {context}. Correct it, or remove it to trust the system's."
            return replace(_not_called(said, FailurePhase.CONNECT), final=True)
        return context


def _session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        auto_decompress=False,
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=LEFT_OUT,
        headers=OUR_HEADERS,
        max_line_size=2 * MAX_HEAD,  # the connection itself looks after the size of a head
        max_field_size=2 * MAX_HEAD,
        max_headers=MAX_HEADERS,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
    )


def _noted(body: bytes | None, call: ConnectionUse) -> NotedBody | NotedPieces | None:
    if body is None:
        return None
    return NotedBody(body, call) if len(body) <= WRITTEN_WHOLE else NotedPieces(body, call)


def _too_large(at_most: int) -> Failure:
    said = f"The answer is larger than {at_most >> 20} MB." if at_most >> 20 else "The answer is too large."
    return Failure(FailureKind.SERVER_ERROR, said)


def _without_answer(target: Target, error: Exception, *, was_sent: bool) -> Failure:
    if not was_sent and is_for_want_of_descriptors(error):
        return none_left()
    if isinstance(error, InterimFlood | OversizedHead):
        return Failure(FailureKind.SERVER_ERROR, f"{target.provider} {error}")
    if isinstance(error, aiohttp.ClientResponseError):
        message = (
            f"{target.provider} answered with something that is not proper HTTP. Check its base URL, "
            "and whether it begins with http:// or https://."
        )
        return Failure(FailureKind.UNREACHABLE, message)
    said = unreachable(target.provider, error)
    if isinstance(error, ValueError) and not was_sent:  # a bad address or header: nothing reached the network
        return _not_called(said, FailurePhase.CONNECT)
    return Failure(FailureKind.UNREACHABLE, said, phase=FailurePhase.CONNECT, unbilled=not was_sent)


def _not_called(said: str, phase: FailurePhase) -> Failure:
    """A failure of our own, which says nothing about the provider."""
    nothing = Cools.NOTHING
    return Failure(FailureKind.UNREACHABLE, said, phase=phase, cools=nothing, undispatched=True, unbilled=True)


def _silent(target: Target, error: TimeoutError, *, was_sent: bool) -> Failure:
    if isinstance(error, aiohttp.ClientError):
        message = f"{target.provider} could not be connected to within {target.connect:g} s."
        return Failure(FailureKind.UNREACHABLE, message, phase=FailurePhase.CONNECT_DEADLINE, unbilled=True)
    return replace(_deadline_failure(), unbilled=not was_sent)


def _deadline_failure() -> Failure:
    said = "The provider sent nothing before its deadline."
    return Failure(FailureKind.UNREACHABLE, said, phase=FailurePhase.DEADLINE)
