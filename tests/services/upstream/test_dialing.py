"""Ways to a provider: names, proxies, tunnels, TLS inside them, and connections that are used again."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop

from localrouter.domain.routing.failures import Failure, FailurePhase
from localrouter.services.upstream.answer import UpstreamResponse
from localrouter.services.upstream.client import Target, Upstream

CERTIFICATES = Path(__file__).parent.parent.parent / "certificates"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
LOOPS = [uvloop.new_event_loop, asyncio.new_event_loop]
Heads = list[str]
MakeLoop = Callable[[], asyncio.AbstractEventLoop]


@asynccontextmanager
async def serving(heads: Heads, *, tls: bool = False, answer: bytes = ANSWER) -> AsyncIterator[int]:
    """A provider; each request's head is kept, with the number of its connection in front."""
    context = None
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(CERTIFICATES / "server.pem")
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections, number = connections + 1, connections
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                heads.append(f"{number} {head.decode()}")
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def tunnelling(heads: Heads, port: int, *, status: bytes = b"200 Connection established") -> AsyncIterator[int]:
    """A proxy that leads every tunnel to one port."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 " + status + b"\r\nproxy-agent: test\r\n\r\n")
        if not status.startswith(b"200"):
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def calling() -> AsyncIterator[Upstream]:
    upstream = Upstream()
    await upstream.start()
    try:
        yield upstream
    finally:
        await upstream.close()


async def told(upstream: Upstream, target: Target, method: str = "POST") -> bytes | Failure:
    call = (
        upstream.post(target, "x", b"", {}, first=15, total=15)
        if method == "POST"
        else upstream.get(target, "x", total=15)
    )
    answer = await call
    return await answer.read() if isinstance(answer, UpstreamResponse) else answer


def run(scene: Callable[[], object], loop: MakeLoop = uvloop.new_event_loop) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(scene())  # type: ignore[arg-type]


@pytest.mark.parametrize("loop", LOOPS)
def test_tls_goes_through_a_proxys_tunnel_and_the_key_stays_inside(
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def scene() -> None:
        asked: Heads = []
        heads: Heads = []
        async with serving(heads, tls=True) as port, tunnelling(asked, port) as proxy, calling() as upstream:
            target = Target(
                "acme",
                f"https://localhost:{port}/v1",
                {"authorization": "Bearer sk-1"},
                proxy=f"http://ann:p%40ss@127.0.0.1:{proxy}",
                ca_file=str(CERTIFICATES / "ca.pem"),
            )
            assert [await told(upstream, target) for _ in range(3)] == [b"ok"] * 3
        assert [head.split("\r\n")[0] for head in heads] == ["0 POST /v1/x HTTP/1.1"] * 3
        [connect] = asked  # one tunnel serves all three
        assert connect.startswith(f"CONNECT localhost:{port} HTTP/1.1\r\n")
        assert f"proxy-authorization: Basic {base64.b64encode(b'ann:p@ss').decode()}\r\n" in connect
        assert "sk-1" not in connect

    run(scene, loop)


def test_a_proxy_is_asked_for_the_whole_address_of_a_plain_provider() -> None:
    async def scene() -> None:
        heads: Heads = []
        async with serving(heads) as port, calling() as upstream:
            target = Target("acme", "http://models.example:8080/v1", {}, "?a=b", proxy=f"http://127.0.0.1:{port}")
            assert await told(upstream, target) == b"ok"
        assert heads[0].startswith(
            "0 POST http://models.example:8080/v1/x?a=b HTTP/1.1\r\nhost: models.example:8080\r\n"
        )

    run(scene)


def test_a_proxy_that_refuses_is_told_with_its_status() -> None:
    async def scene() -> None:
        heads: Heads = []
        async with tunnelling(heads, 9, status=b"407 Proxy Authentication Required") as proxy, calling() as upstream:
            found = await told(upstream, Target("acme", "https://localhost:9", {}, proxy=f"http://127.0.0.1:{proxy}"))
        assert isinstance(found, Failure)
        assert found.message == "The proxy of acme refused the connection (status 407)."
        assert found.unbilled

    run(scene)


def test_a_proxy_that_says_nothing_costs_no_more_than_connecting_may() -> None:
    async def scene() -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and reads nothing
            proxy = f"http://127.0.0.1:{silent.getsockname()[1]}"
            async with calling() as upstream:
                found = await told(upstream, Target("acme", "https://localhost:9", {}, proxy=proxy, connect=0.05))
        assert isinstance(found, Failure)
        assert found.phase is FailurePhase.CONNECT_DEADLINE
        assert found.message == "acme could not be connected to within 0.05 s."

    run(scene)


def test_connections_are_used_again_unless_a_fresh_one_is_wanted() -> None:
    async def scene() -> None:
        heads: Heads = []
        async with serving(heads) as port, calling() as upstream:
            kept, fresh = (Target("acme", f"http://127.0.0.1:{port}", {}, fresh=each) for each in (False, True))
            for target in (kept, kept, fresh, kept):
                assert await told(upstream, target) == b"ok"
            upstream.renew()
            assert await told(upstream, kept) == b"ok"
        assert [head.split()[0] for head in heads] == ["0", "0", "1", "0", "2"]

    run(scene)


def test_only_what_may_be_repeated_is_sent_again_where_the_provider_had_closed_the_connection() -> None:
    async def scene() -> None:
        heads: Heads = []
        closing: list[asyncio.StreamWriter] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            """Answers the first request of a connection and drops its second."""
            heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            writer.write(ANSWER)
            closing.append(writer)
            await reader.read(1)
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with calling() as upstream:
            target = Target("acme", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", {})
            assert await told(upstream, target, "GET") == b"ok"
            assert await told(upstream, target, "GET") == b"ok"
            found = await told(upstream, target, "POST")
        server.close()
        assert isinstance(found, Failure)
        assert found.phase is FailurePhase.CONNECT
        assert not found.unbilled  # it was sent: what became of it is not known
        assert len(heads) == 2

    run(scene)


def test_a_name_is_looked_up_once_for_many_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        heads: Heads = []
        asked: list[object] = []
        loop = asyncio.get_running_loop()
        look_up = loop.getaddrinfo

        async def counted(host: str, port: int, **settings: int) -> object:
            asked.append(host)
            return await look_up(host, port, **settings)

        monkeypatch.setattr(loop, "getaddrinfo", counted)
        async with serving(heads) as port, calling() as upstream:
            target = Target("acme", f"http://localhost:{port}", {})
            assert await asyncio.gather(*(told(upstream, target) for _ in range(20))) == [b"ok"] * 20
        assert asked == ["localhost"]

    run(scene, asyncio.new_event_loop)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_connection_whose_end_has_arrived_carries_no_request_though_nobody_has_looked_yet(loop: MakeLoop) -> None:
    answered = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for _ in range(2):
                connection, _ = listening.accept()
                with connection:
                    connection.recv(65_536)
                    connection.sendall(ANSWER)
                answered.set()

        threading.Thread(target=serve, daemon=True).start()

        async def scene() -> list[bytes | Failure]:
            async with calling() as upstream:
                target = Target("acme", f"http://127.0.0.1:{listening.getsockname()[1]}", {})
                first = await upstream.post(target, "x", b"", {}, first=15, total=15)
                assert isinstance(first, UpstreamResponse)
                answered.wait(15)  # holds the loop up until the connection has been closed
                return [await first.read(), await told(upstream, target)]

        with asyncio.Runner(loop_factory=loop) as runner:
            assert runner.run(scene()) == [b"ok", b"ok"]
