"""Talks to providers over the network; nothing else does.

It does nothing behind the caller's back: no redirects, cookies or proxies from the environment, and no retries but of
a GET or DELETE on a connection that had been closed while it was idle. Outcomes are values: an `UpstreamResponse`, or
the `Failure` that says why there is none.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from localrouter.domain.routing.failures import Cools, Failure, FailureKind, FailurePhase
from localrouter.services.upstream.addresses import Address, escaped, head_of, read_address
from localrouter.services.upstream.answer import UpstreamResponse, deadline_failure
from localrouter.services.upstream.ca_files import CaFiles
from localrouter.services.upstream.connection import HttpConnection
from localrouter.services.upstream.dialing import Dialer, Route
from localrouter.services.upstream.errors import (
    ClosedWithoutAnswer,
    ConnectTimeout,
    InterimFlood,
    NotHttp,
    NotSendable,
    OversizedHead,
    UpstreamError,
)
from localrouter.services.upstream.failure_messages import (
    is_for_want_of_descriptors,
    none_left,
    unreachable,
)
from localrouter.services.upstream.pool import Pool
from localrouter.services.upstream.turns import Turns

OUR_HEADERS = {"accept-encoding": "identity", "user-agent": "localrouter"}
REPEATABLE = frozenset({"GET", "DELETE"})


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


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(slots=True)
class _Call:
    """A request on its way. `is_sent`: its first bytes are being written, or were."""

    route: Route
    head: bytes
    body: bytes
    target: Target
    is_repeatable: bool
    is_sent: bool = False


class NotSent(asyncio.CancelledError):
    """The call was cancelled before anything was sent: the provider never heard of it."""


class Upstream:
    """`start` it on the event loop that uses it. Connections are pooled, except for calls that want a fresh one."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pool: Pool | None = None
        self._dialer: Dialer | None = None
        self._ca_files = CaFiles()
        self._system: ssl.SSLContext | None = None  # trusts the system's authorities; made at its first use
        self._turns = Turns()

    async def turn(self) -> None:
        """Wait for this round of the event loop's turn with work that many requests may have at once."""
        await self._turns.take()

    async def start(self) -> None:
        self._loop = loop = asyncio.get_running_loop()
        self._pool, self._dialer = Pool(loop), Dialer(loop)

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()
            await asyncio.sleep(0)  # transports end in the loop's next round

    def renew(self) -> None:
        """Stop reusing the present connections: idle ones close now, the others once their calls are over."""
        if self._pool is not None and self._loop is not None:
            self._pool.close()
            self._pool = Pool(self._loop)

    async def post(
        self, target: Target, path: str, body: bytes, headers: Mapping[str, str], *, first: float, total: float
    ) -> UpstreamResponse | Failure:
        """Send a request and wait for the head of its answer, at most `first` seconds (`total` for the whole). Raises
        `NotSent` if it is cancelled before it is sent."""
        return await self._send(target, _Request("POST", path, headers, body), first, total)

    async def get(self, target: Target, path: str, *, total: float) -> UpstreamResponse | Failure:
        return await self._send(target, _Request("GET", path, {}, None), total, total)

    async def ask(
        self, method: str, target: Target, path: str, *, first: float, total: float
    ) -> UpstreamResponse | Failure:
        """A call without a body, about something that the provider keeps."""
        return await self._send(target, _Request(method, path, {}, None), first, total)

    async def _send(self, target: Target, request: _Request, first: float, total: float) -> UpstreamResponse | Failure:
        if self._pool is None:
            return _not_called("LocalRouter is shutting down.", FailurePhase.DEADLINE)
        try:
            address = read_address(target.base_url)
            proxy = None if target.proxy is None else read_address(target.proxy)
            head = _head(request, target, address, proxy)
        except NotSendable as error:
            return _not_called(unreachable(target.provider, error), FailurePhase.CONNECT)
        tls = None
        if address.origin.is_tls or (proxy is not None and proxy.origin.is_tls):
            found = await self._trust(target)
            if isinstance(found, Failure):
                return found
            tls = found
        call = _Call(Route(address.origin, proxy, tls), head, request.body or b"", target, request.method in REPEATABLE)
        return await self._call(call, first, total)

    async def _call(self, call: _Call, first: float, total: float) -> UpstreamResponse | Failure:
        """Raises `NotSent`."""
        started = asyncio.get_running_loop().time()
        deadline = started + min(first, total)
        try:
            answer = await self._answer(call, deadline, started + total)
        except asyncio.CancelledError as cancelled:
            if call.is_sent:
                raise
            raise NotSent(*cancelled.args) from cancelled
        except ConnectTimeout:
            message = f"{call.target.provider} could not be connected to within {call.target.connect:g} s."
            return Failure(FailureKind.UNREACHABLE, message, phase=FailurePhase.CONNECT_DEADLINE, unbilled=True)
        except TimeoutError:
            return replace(deadline_failure(), unbilled=not call.is_sent)
        except (UpstreamError, OSError) as error:
            if is_for_want_of_descriptors(error) and self._pool is not None:
                self._pool.let_idle_go()
            return _without_answer(call.target, error, was_sent=call.is_sent)
        return answer

    async def _answer(self, call: _Call, deadline: float, total: float) -> UpstreamResponse:
        connection = None if call.target.fresh or self._pool is None else self._pool.take(call.route)
        if connection is not None:
            try:
                return await self._ask(connection, call, deadline, total)
            except (ClosedWithoutAnswer, ConnectionError):
                if not call.is_repeatable:
                    raise
        return await self._ask(await self._connect(call, deadline), call, deadline, total)

    async def _ask(self, connection: HttpConnection, call: _Call, deadline: float, total: float) -> UpstreamResponse:
        call.is_sent = True
        answer = UpstreamResponse(connection.send(call.head, call.body), total, self._turns)
        answer.allow_until(deadline)
        try:
            await answer.head()
        except BaseException as error:
            answer.abort()
            if answer.expired and isinstance(error, UpstreamError):
                raise TimeoutError from error
            raise
        return answer

    async def _connect(self, call: _Call, deadline: float) -> HttpConnection:
        pool, dialer = self._pool, self._dialer
        if pool is None or dialer is None:
            raise ClosedWithoutAnswer
        let_go = HttpConnection.close if call.target.fresh else partial(pool.give, call.route)
        async with asyncio.timeout_at(deadline):
            return await dialer.connect(call.route, call.target.connect, let_go)

    async def _trust(self, target: Target) -> ssl.SSLContext | Failure:
        """Which authorities to trust; a failure, before anything is sent, if the provider's CA file is unusable."""
        ca_file = target.ca_file
        try:
            if ca_file is None:
                if self._system is None:
                    self._system = await asyncio.to_thread(ssl.create_default_context)
                return self._system
            context = self._ca_files.trusting(ca_file)
        except OSError:
            return none_left()
        if isinstance(context, str):
            said = f"The ca_file of {target.provider} {context}. Correct it, or remove it to trust the system's."
            return replace(_not_called(said, FailurePhase.CONNECT), final=True)
        return context


def _head(request: _Request, target: Target, address: Address, proxy: Address | None) -> bytes:
    origin = address.origin
    where = escaped(f"{address.path}/{request.path}{target.query}")
    headers = {"host": origin.authority, **OUR_HEADERS, **target.headers, **request.headers}
    if proxy is not None and not origin.is_tls:
        where = f"http://{origin.authority}{where}"
        if proxy.credentials is not None:
            headers["proxy-authorization"] = proxy.credentials
    return head_of(request.method, where, headers, None if request.body is None else len(request.body))


def _without_answer(target: Target, error: Exception, *, was_sent: bool) -> Failure:
    if not was_sent and is_for_want_of_descriptors(error):
        return none_left()
    if isinstance(error, InterimFlood | OversizedHead):
        return Failure(FailureKind.SERVER_ERROR, f"{target.provider} {error}")
    if isinstance(error, NotHttp):
        message = (
            f"{target.provider} answered with something that is not proper HTTP. Check its base URL, "
            "and whether it begins with http:// or https://."
        )
        return Failure(FailureKind.UNREACHABLE, message)
    said = unreachable(target.provider, error)
    return Failure(FailureKind.UNREACHABLE, said, phase=FailurePhase.CONNECT, unbilled=not was_sent)


def _not_called(said: str, phase: FailurePhase) -> Failure:
    """A failure of our own, which says nothing about the provider."""
    nothing = Cools.NOTHING
    return Failure(FailureKind.UNREACHABLE, said, phase=phase, cools=nothing, undispatched=True, unbilled=True)
