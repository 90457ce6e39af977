"""Makes connections: names, TCP, proxies, TLS."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import aiohappyeyeballs

from localrouter.services.upstream.addresses import Address, Origin, head_of
from localrouter.services.upstream.connection import HttpConnection
from localrouter.services.upstream.errors import (
    MAX_HEAD,
    ConnectTimeout,
    NameNotFound,
    NotConnected,
    NotHttp,
    NoTls,
    ProxyNotConnected,
    ProxyRefused,
    UntrustedCertificate,
)

NAME_LASTS = 10.0  # seconds that a looked-up address is believed
NEXT_ADDRESS_AFTER = 0.25  # seconds after which the next address is tried beside one that does not answer

AddressInfos = list[aiohappyeyeballs.AddrInfoType]
_P = TypeVar("_P", bound=asyncio.Protocol)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Route:
    """Where a connection leads; connections of equal routes are interchangeable."""

    origin: Origin
    proxy: Address | None
    tls: ssl.SSLContext | None  # for the origin and the proxy, whichever wants it


class Dialer:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._names: dict[tuple[str, int], tuple[float, asyncio.Task[AddressInfos]]] = {}

    async def connect(self, route: Route, seconds: float, let_go: Callable[[HttpConnection], None]) -> HttpConnection:
        """Raises an `UpstreamError`, or `OSError` where no descriptor is left."""
        try:
            async with asyncio.timeout(seconds):
                connection = HttpConnection(let_go)
                try:
                    await self._connect(route, connection)
                except BaseException:
                    connection.abort()
                    raise
                return connection
        except TimeoutError:
            raise ConnectTimeout from None

    async def _connect(self, route: Route, connection: HttpConnection) -> None:
        origin, proxy = route.origin, route.proxy
        if proxy is None:
            await self._open(origin, route.tls, lambda: connection)
        elif not origin.is_tls or route.tls is None:
            await self._open_proxy(proxy, route.tls, lambda: connection)
        else:
            transport = await self._tunnel(origin, proxy, route.tls)
            over = await _secured(self._loop.start_tls(transport, connection, route.tls, server_hostname=origin.host))
            connection.attach(cast(asyncio.Transport, over))

    async def _tunnel(self, origin: Origin, proxy: Address, tls: ssl.SSLContext | None) -> asyncio.Transport:
        transport, asking = await self._open_proxy(proxy, tls, lambda: _AskForTunnel(self._loop))
        try:
            transport.write(_connect_head(origin, proxy))
            status = await asking.status
        except BaseException:
            transport.abort()
            raise
        if not 200 <= status < 300:
            transport.abort()
            raise ProxyRefused(status)
        return transport

    async def _open_proxy(
        self, proxy: Address, tls: ssl.SSLContext | None, make: Callable[[], _P]
    ) -> tuple[asyncio.Transport, _P]:
        try:
            return await self._open(proxy.origin, tls, make)
        except NotConnected as error:
            raise ProxyNotConnected(error.cause) from error

    async def _open(
        self, origin: Origin, tls: ssl.SSLContext | None, make: Callable[[], _P]
    ) -> tuple[asyncio.Transport, _P]:
        infos = await self._addresses_of(origin)
        try:
            taken = await aiohappyeyeballs.start_connection(
                infos, happy_eyeballs_delay=NEXT_ADDRESS_AFTER, interleave=1, loop=self._loop
            )
        except OSError as error:
            raise NotConnected(error) from error
        taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        settings: dict[str, Any] = {"ssl": tls, "server_hostname": origin.host} if origin.is_tls else {}
        try:
            return await _secured(self._loop.create_connection(make, sock=taken, **settings))
        except BaseException:
            taken.close()
            raise

    async def _addresses_of(self, origin: Origin) -> AddressInfos:
        """Calls to one host at once share one look-up, and it outlives whoever gives up waiting."""
        host, port = origin.host, origin.port
        if (numeric := _numeric(host, port)) is not None:
            return numeric
        until, asking = self._names.get((host, port), (0.0, None))
        if asking is None or (asking.done() and self._loop.time() > until) or _failed(asking):
            asking = self._loop.create_task(self._look_up(host, port))
            self._names = {key: kept for key, kept in self._names.items() if kept[0] > self._loop.time()}
            self._names[host, port] = (self._loop.time() + NAME_LASTS, asking)
        return await asyncio.shield(asking)

    async def _look_up(self, host: str, port: int) -> AddressInfos:
        try:
            found = await self._loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        except OSError as error:
            raise NameNotFound(error) from error
        return cast(AddressInfos, found)


class _AskForTunnel(asyncio.Protocol):
    """`status` is the proxy's answer to CONNECT."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.status: asyncio.Future[int] = loop.create_future()
        self._head = b""

    def data_received(self, data: bytes) -> None:
        if self.status.done():
            return
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        version, _, rest = self._head.partition(b" ")
        if end >= 0 and version.startswith(b"HTTP/1.") and rest[:3].isdigit():
            self.status.set_result(int(rest[:3]))
        elif end >= 0 or len(self._head) > MAX_HEAD:
            self.status.set_exception(NotHttp())

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.status.done():
            self.status.set_exception(ProxyNotConnected(exc if isinstance(exc, OSError) else OSError()))


def _connect_head(origin: Origin, proxy: Address) -> bytes:
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    headers = {"host": f"{host}:{origin.port}"}
    if proxy.credentials is not None:
        headers["proxy-authorization"] = proxy.credentials
    return head_of("CONNECT", headers["host"], headers, None)


async def _secured(connecting: Awaitable[_T]) -> _T:
    """What a connection's TLS says, in our own words."""
    try:
        return await connecting
    except ssl.SSLCertVerificationError as error:
        raise UntrustedCertificate(error.verify_message or "") from error
    except ssl.CertificateError as error:
        raise UntrustedCertificate("") from error
    except ssl.SSLError as error:
        raise NoTls(error.reason or "") from error
    except OSError as error:
        raise NotConnected(error) from error


def _numeric(host: str, port: int) -> AddressInfos | None:
    """The address that a host already is; None for a name."""
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        return None
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    where = (host, port) if version == 4 else (host, port, 0, 0)
    return [(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", where)]


def _failed(asking: asyncio.Task[AddressInfos]) -> bool:
    return asking.done() and (asking.cancelled() or asking.exception() is not None)
