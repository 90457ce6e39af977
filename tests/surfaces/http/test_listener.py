"""Sockets that event loops treat as TCP, and refusals that name port and remedy."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable

import pytest

from localrouter.domain.errors import Refusal
from localrouter.surfaces.http.listener import CannotListen, PortTaken, listen, listen_on_free
from tests.surfaces.http.serving import LOOPS


@pytest.mark.parametrize("loop", LOOPS)
def test_an_accepted_connection_sends_without_delay(loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def accepted_no_delay() -> int:
        accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        class Look(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                sock = transport.get_extra_info("socket")
                accepted.set_result(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
                transport.close()

        sock = listen("127.0.0.1", 0)
        server = await asyncio.get_running_loop().create_server(Look, sock=sock)
        _, writer = await asyncio.open_connection(*sock.getsockname())
        try:
            return await asyncio.wait_for(accepted, 5)
        finally:
            writer.close()
            await writer.wait_closed()
            server.close()

    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(accepted_no_delay()) != 0


def test_a_taken_port_is_refused_by_name_with_a_remedy() -> None:
    with listen("127.0.0.1", 0) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(PortTaken) as refused:
            listen("127.0.0.1", port)
    assert isinstance(refused.value, Refusal)
    assert f"Port {port} on 127.0.0.1" in refused.value.message
    assert "server.port" in refused.value.message


def test_a_port_is_claimed_from_the_moment_it_is_listened_on() -> None:
    with listen("127.0.0.1", 0) as holder, socket.create_connection(holder.getsockname(), timeout=5):
        pass


def test_a_port_just_given_up_can_be_taken_again() -> None:
    holder = listen("127.0.0.1", 0)
    address = holder.getsockname()
    with socket.create_connection(address, timeout=5) as client:
        holder.setblocking(True)
        accepted, _ = holder.accept()
        accepted.close()
        holder.close()
        client.recv(1)
    listen(*address).close()


def test_ipv6_hosts_are_served() -> None:
    try:
        sock = listen("::1", 0)
    except CannotListen:
        pytest.skip("this computer has no IPv6")
    with sock, socket.create_connection(sock.getsockname()[:2], timeout=5):
        assert sock.family is socket.AF_INET6


def test_localhost_is_the_ipv4_address() -> None:
    with listen("localhost", 0) as sock:
        assert sock.getsockname()[0] == "127.0.0.1"


def test_the_next_free_port_is_taken_when_the_wished_one_is_not_free() -> None:
    with listen("127.0.0.1", 0) as holder:
        port = holder.getsockname()[1]
        with listen_on_free("127.0.0.1", port, 50) as sock:
            assert port < sock.getsockname()[1] < port + 50


def test_when_no_port_is_free_the_range_is_named() -> None:
    with listen("127.0.0.1", 0) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(PortTaken, match=f"{port} to {port} "):
            listen_on_free("127.0.0.1", port, 1)


def test_the_search_ends_at_the_highest_port() -> None:
    with pytest.raises(PortTaken, match="65535 to 65535"), listen("127.0.0.1", 65_535):
        listen_on_free("127.0.0.1", 65_535, 5)


@pytest.mark.parametrize(
    ("host", "port", "words"),
    [
        ("192.0.2.1", 0, "no address 192.0.2.1"),
        ("no such host", 0, "'no such host' is not known"),
        ("a" * 70 + ".invalid", 0, "is not known"),
        ("127.0.0.1", 70_000, "Port 70000 does not exist"),
    ],
)
def test_an_impossible_address_is_refused_in_words(host: str, port: int, words: str) -> None:
    with pytest.raises(CannotListen, match=words):
        listen(host, port)


def test_an_ipv6_host_without_ipv6_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    class WithoutIpv6(socket.socket):
        def __init__(self, family: int = socket.AF_INET, kind: int = socket.SOCK_STREAM, protocol: int = 0) -> None:
            if family == socket.AF_INET6:
                raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
            super().__init__(family, kind, protocol)

    monkeypatch.setattr(socket, "socket", WithoutIpv6)
    for host in ("::", "::1"):
        with pytest.raises(CannotListen, match=f"IPv6 switched off, so it has no address {host}. Use an IPv4 address"):
            listen(host, 0)
    listen("127.0.0.1", 0).close()
