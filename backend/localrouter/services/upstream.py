"""The only place that talks to providers over the network.

One pooled session. Nothing is hidden: no redirects, no decompression, no proxies from the environment, no retries.
Outcomes are values: an `UpstreamResponse`, or the `Failure` that says why there is none.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp
from yarl import URL

from localrouter.domain.failures import Failure, FailureKind, Phase

IDLE_CONNECTION_LASTS = 30.0
BODY_AT_MOST = 64 * 1024 * 1024
OUR_HEADERS = {"accept-encoding": "identity", "user-agent": "localrouter"}
LEFT_OUT = ("Accept", "Accept-Encoding", "User-Agent")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a provider's calls go. `headers` carry its credentials: a target is never logged or shown."""

    provider: str
    base_url: str
    headers: Mapping[str, str] = field(repr=False)
    query: str = ""
    proxy: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    connect: float = 5.0


class UpstreamResponse:
    """An answer as it comes in. Read it to its end, or `abort` it: nothing else gives the connection back."""

    __slots__ = ("_deadline", "_expired", "_response", "_total", "_watch", "headers", "status")

    def __init__(self, response: aiohttp.ClientResponse, total_deadline: float) -> None:
        self._response = response
        self._total = total_deadline
        self._deadline = total_deadline
        self._watch: asyncio.TimerHandle | None = None
        self._expired = False
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers

    def allow_until(self, deadline: float) -> None:
        """Set the moment (loop time) by which the next bytes must have come.

        One timer serves the whole answer: it looks at the deadline when it fires, so that moving it costs nothing.
        """
        self._deadline = min(deadline, self._total)
        if self._watch is None:
            self._arm()
        elif self._deadline < self._watch.when():
            self._watch.cancel()
            self._arm()

    async def next_chunk(self) -> bytes | Failure:
        """The next bytes as they came, b"" at the end of the body, or why it broke off."""
        try:
            chunk = await self._response.content.readany()
        except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError) as error:
            return self._broken(error)
        if not chunk and self._expired:
            return _deadline_failure()
        if not chunk:
            self._disarm()
        return chunk

    async def read(self) -> bytes | Failure:
        """The whole body."""
        chunks: list[bytes] = []
        size = 0
        while True:
            chunk = await self.next_chunk()
            if isinstance(chunk, Failure):
                return chunk
            if not chunk:
                return chunks[0] if len(chunks) == 1 else b"".join(chunks)
            size += len(chunk)
            if size > BODY_AT_MOST:
                self.abort()
                return Failure(FailureKind.SERVER_ERROR, f"The answer is larger than {BODY_AT_MOST >> 20} MB.")
            chunks.append(chunk)

    def abort(self) -> None:
        """End the call at once; what was not read is lost. Does nothing after the end of the body."""
        self._disarm()
        self._response.close()

    def _arm(self) -> None:
        self._watch = asyncio.get_running_loop().call_at(self._deadline, self._look)

    def _disarm(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _look(self) -> None:
        if asyncio.get_running_loop().time() < self._deadline:
            self._arm()
            return
        self._expired = True
        self._response.close()

    def _broken(self, error: Exception) -> Failure:
        self._disarm()
        if self._expired:
            return _deadline_failure()
        return Failure(FailureKind.UNREACHABLE, f"The connection broke while the provider answered ({_name(error)}).")


class Upstream:
    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._contexts: dict[str, ssl.SSLContext] = {}

    async def start(self) -> None:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_CONNECTION_LASTS)
        self._session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=LEFT_OUT,
            headers=OUR_HEADERS,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post(
        self, target: Target, path: str, body: bytes, headers: Mapping[str, str], *, first: float, total: float
    ) -> UpstreamResponse | Failure:
        """Send a request and wait for the head of its answer, at most `first` seconds (`total` for the whole)."""
        return await self._send("POST", target, path, body, headers, (first, total))

    async def get(self, target: Target, path: str, *, total: float) -> UpstreamResponse | Failure:
        return await self._send("GET", target, path, None, {}, (total, total))

    async def _send(
        self,
        method: str,
        target: Target,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
        deadlines: tuple[float, float],
    ) -> UpstreamResponse | Failure:
        if self._session is None:
            return Failure(FailureKind.UNREACHABLE, "LocalRouter is shutting down.", phase=Phase.DEADLINE)
        first, total = deadlines
        now = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(now + min(first, total)):
                response = await self._session.request(
                    method,
                    URL(f"{target.base_url}/{path}{target.query}", encoded=True),
                    data=body,
                    headers={**target.headers, **headers},
                    allow_redirects=False,
                    proxy=target.proxy,
                    ssl=self._ssl(target.ca_file),
                    timeout=aiohttp.ClientTimeout(total=None, sock_connect=target.connect),
                )
        except TimeoutError as error:
            return _silent(target, error)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Failure(FailureKind.UNREACHABLE, _unreachable(target, error), phase=Phase.CONNECT)
        answer = UpstreamResponse(response, now + total)
        answer.allow_until(now + min(first, total))
        return answer

    def _ssl(self, ca_file: str | None) -> ssl.SSLContext | bool:
        if ca_file is None:
            return True
        if ca_file not in self._contexts:
            self._contexts[ca_file] = ssl.create_default_context(cafile=ca_file)
        return self._contexts[ca_file]


def _silent(target: Target, error: TimeoutError) -> Failure:
    if isinstance(error, aiohttp.ClientError):
        message = f"{target.provider} could not be connected to within {target.connect:g} s."
        return Failure(FailureKind.UNREACHABLE, message, phase=Phase.CONNECT_DEADLINE)
    return _deadline_failure()


def _deadline_failure() -> Failure:
    return Failure(FailureKind.UNREACHABLE, "The provider stayed silent past its deadline.", phase=Phase.DEADLINE)


def _unreachable(target: Target, error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            return f"The certificate of {target.provider} is not trusted."
        case aiohttp.ClientConnectorDNSError():
            return f"The address of {target.provider} could not be found (DNS)."
        case aiohttp.ClientConnectorError():
            reason = error.os_error.strerror or "no connection"
            return f"{target.provider} could not be connected to: {reason}."
        case aiohttp.ServerDisconnectedError():
            return f"{target.provider} closed the connection without an answer."
        case _:
            return f"{target.provider} could not be reached ({_name(error)})."


def _name(error: Exception) -> str:
    return type(error).__name__
