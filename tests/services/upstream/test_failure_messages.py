"""Why a provider could not be reached, as its owner is told: real sockets, real certificates."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from localrouter.domain.routing.failures import Failure, FailureKind
from localrouter.services.upstream.client import Target, Upstream

CERTIFICATES = Path(__file__).parent.parent.parent / "certificates"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"


@contextmanager
def server(first: bytes, *, tls: bool = False) -> Iterator[int]:
    """A server that answers every connection with these bytes and closes it."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATES / "server.pem")
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                try:
                    with context.wrap_socket(connection, server_side=True) if tls else connection as spoken:
                        spoken.recv(65_536)
                        spoken.sendall(first)
                except OSError:
                    continue

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)


def told(
    base_url: str, *, ca_file: str | None = None, proxy: str | None = None, key: str = "Bearer sk-1"
) -> str | Failure:
    """The answer's body, or the failure."""

    async def ask() -> str | Failure:
        upstream = Upstream()
        await upstream.start()
        try:
            target = Target("acme", base_url, {"authorization": key}, ca_file=ca_file, proxy=proxy)
            response = await upstream.post(target, "chat", b"{}", {}, first=10, total=10)
            if isinstance(response, Failure):
                return response
            body = await response.read()
            response.abort()
            return body if isinstance(body, Failure) else body.decode()
        finally:
            await upstream.close()

    return asyncio.run(ask())


def message(outcome: str | Failure) -> str:
    assert isinstance(outcome, Failure), outcome
    assert outcome.kind is FailureKind.UNREACHABLE
    assert not any(name in outcome.message for name in ("Error", "Exception", "aiohttp", "Errno", "[SSL"))
    return outcome.message


def test_a_private_authority_is_trusted_by_its_file_and_named_without() -> None:
    with server(OK, tls=True) as port:
        url = f"https://localhost:{port}"
        assert told(url, ca_file=str(CERTIFICATES / "ca.pem")) == "hi"
        said = message(told(url))
    assert said.startswith("The certificate of acme is not trusted")
    assert "ca_file" in said


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("missing.pem", "cannot be read: No such file or directory"),
        ("junk.pem", "contains no readable certificate"),
        ("empty.pem", "contains no readable certificate"),
        (".", "cannot be read: Is a directory"),
    ],
)
def test_a_ca_file_that_cannot_be_used_is_told_before_anything_is_sent(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "junk.pem").write_text("hello")
    (tmp_path / "empty.pem").touch()
    outcome = told("https://127.0.0.1:9", ca_file=str(tmp_path / name))
    assert why in message(outcome)
    assert isinstance(outcome, Failure)
    assert outcome.final
    assert outcome.unbilled


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_no_ca_file_and_nobody_waits_for_what_it_never_says(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pem")
    assert "is not a file" in message(told("https://127.0.0.1:9", ca_file=str(tmp_path / "pipe.pem")))


@pytest.mark.parametrize("path", ["ca.pem", "~/ca.pem", "../ca.pem", ""])
def test_a_ca_file_must_be_a_whole_path(path: str) -> None:
    assert "is not an absolute path" in message(told("https://127.0.0.1:9", ca_file=path))


def test_https_to_a_plain_server_says_so() -> None:
    with server(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n") as port:
        assert "write http:// in its base URL" in message(told(f"https://127.0.0.1:{port}"))


def test_refused_unknown_and_proxied_addresses_are_told_apart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert message(told(f"http://127.0.0.1:{port}")) == "acme could not be connected to: connection refused."
    assert "(DNS)" in message(told("http://no-such-host.invalid"))
    assert message(told("http://127.0.0.1:9/", proxy=f"http://127.0.0.1:{port}")).startswith("The proxy of acme")


def test_a_connection_that_breaks_is_told_without_names_of_a_library() -> None:
    with server(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf") as port:
        assert message(told(f"http://127.0.0.1:{port}")).startswith(
            "The connection broke while the provider answered: "
        )
    with server(b"") as port:
        assert message(told(f"http://127.0.0.1:{port}")) == "acme closed the connection without an answer."


def test_what_no_header_can_carry_is_told_as_ours() -> None:
    with server(OK) as port:
        assert "cannot be sent" in message(told(f"http://127.0.0.1:{port}", key="Bearer a\r\nx: y"))
