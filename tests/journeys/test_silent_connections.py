"""A router on whose sockets others sit silent: its owner and its clients are served all the same."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from localrouter.domain.configuration.config import Provider
from localrouter.surfaces.http import server
from localrouter.surfaces.http.slots import Room
from localrouter.surfaces.http.unix_socket import connect_unix
from tests.rig import Router, router, until
from tests.upstream import STREAM_HEAD, Asked, Step, Upstream, chat, chunked, event

SLOTS = 20


@pytest.fixture(autouse=True)
def few_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a low limit of open files."""
    monkeypatch.setattr(server, "room_within", lambda _descriptors: Room(SLOTS, spare=8))


def provider(upstream: Upstream) -> Provider:
    return Provider(name="one", preset="openai-compatible", base_url=upstream.url, models=("a",))


@contextlib.contextmanager
def silent(lr: Router, count: int) -> Iterator[None]:
    """So many connections that say nothing, at the port and at the socket in the home."""
    address = urlsplit(lr.url)
    with contextlib.ExitStack() as held:
        for _ in range(count):
            held.enter_context(socket.create_connection((address.hostname, address.port), timeout=20))
            held.enter_context(connect_unix(lr.home.admin_socket, 20))
        yield


def test_silent_connections_shut_nobody_out(tmp_path: Path) -> None:
    with Upstream(chat) as up, router(tmp_path, [provider(up)]) as lr, silent(lr, 10 * SLOTS):
        for _ in range(3):
            assert lr.rpc("get_server_status")
            assert lr.request("GET", "/ui/").status == 200
            assert lr.chat(model="one/a").status == 200
        with connect_unix(lr.home.admin_socket, 20) as owner:
            call = b'{"jsonrpc": "2.0", "id": 1, "method": "list_strategies", "params": {}}'
            head = b"POST /rpc HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\n"
            owner.sendall(head + b"content-length: %d\r\n\r\n" % len(call) + call)
            assert owner.recv(65_536).startswith(b"HTTP/1.1 200")


def test_where_clients_use_every_slot_the_owner_still_gets_in_and_others_are_told_when(tmp_path: Path) -> None:
    def for_ever(_: Asked) -> Iterator[Step]:
        yield STREAM_HEAD
        while True:
            yield chunked(event({"content": "x"}))
            yield 0.1

    with (
        Upstream(for_ever) as up,
        router(tmp_path, [provider(up)]) as lr,
        contextlib.ExitStack() as held,
    ):
        for _ in range(SLOTS):
            held.enter_context(lr.send_chat(model="one/a", stream=True))
        until(lambda: len(lr.rpc("list_running_requests")) == SLOTS, "all of them run", patience=20)
        with silent(lr, 2 * SLOTS):
            refused = lr.chat(model="one/a")
            assert (refused.status, refused.json["error"]["code"]) == (503, "too_many_connections")
            assert int(refused.headers["retry-after"]) > 0
            assert lr.request("GET", "/ui/").status == 200
            assert len(lr.rpc("list_running_requests")) == SLOTS
