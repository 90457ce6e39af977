"""The socket in the home, served by the real program: who gets in, and what is served there."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from localrouter import client
from localrouter.services.instance.lock import running
from localrouter.surfaces.admin_api.owner_socket import PEER, UNKNOWN, OwnerDoor
from localrouter.surfaces.http.unix_socket import HAS_UNIX_SOCKETS, connect_unix
from tests.rig import Reply, Router, router

pytestmark = pytest.mark.skipif(not HAS_UNIX_SOCKETS, reason="this system has no Unix sockets")

LIST = {"jsonrpc": "2.0", "id": 1, "method": "list_clients", "params": {}}
JSON = {"content-type": "application/json"}
STRANGER = """
import os, socket, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
with socket.socket(socket.AF_UNIX) as sock:
    try:
        sock.connect(sys.argv[1])
    except PermissionError:
        print("kept out by the file system")
        raise SystemExit
    body = b'{"jsonrpc": "2.0", "id": 1, "method": "issue_session_code", "params": {}}'
    head = "POST /rpc HTTP/1.1\\r\\nhost: x\\r\\nconnection: close\\r\\ncontent-type: application/json\\r\\n"
    head += "content-length: %d\\r\\n\\r\\n"
    sock.sendall((head % len(body)).encode() + body)
    said = b""
    while piece := sock.recv(65536):
        said += piece
    print(said.decode())
"""


@pytest.fixture
def lr(tmp_path: Path) -> Iterator[Router]:
    with router(tmp_path, []) as started:
        yield started


class OnSocket(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self) -> None:
        self.sock = connect_unix(self.path, 30)


def ask(
    lr: Router, body: object = LIST, headers: dict[str, str] | None = None, *, method: str = "POST", path: str = "/rpc"
) -> Reply:
    connection = OnSocket(lr.home.admin_socket)
    try:
        connection.request(method, path, json.dumps(body).encode(), JSON if headers is None else headers)
        answer = connection.getresponse()
        return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def test_the_owner_needs_no_token(lr: Router) -> None:
    assert len(ask(lr).json["result"]) == 1


def test_the_instance_says_that_it_has_a_socket_and_where_it_serves(lr: Router) -> None:
    assert json.loads(lr.home.instance.read_bytes()) == {"url": lr.url, "pid": os.getpid(), "socket": "admin.sock"}
    assert stat.S_IMODE(lr.home.admin_socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(lr.home.root.stat().st_mode) == 0o700
    found = running(lr.home.root)
    assert found is not None
    assert found.socket == lr.home.admin_socket


@pytest.mark.parametrize("name", ["../admin.sock", "/tmp/x", "a/b"])
def test_only_a_socket_in_the_home_itself_is_believed(lr: Router, name: str) -> None:
    lr.home.instance.write_text(json.dumps({"url": lr.url, "pid": 1, "socket": name}))
    found = running(lr.home.root)
    assert found is not None
    assert found.socket is None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("opened", [False, True])
def test_another_user_gets_nothing_even_where_all_folders_stand_open(lr: Router, opened: bool) -> None:
    path = lr.home.admin_socket
    if opened:
        for folder in [lr.home.root, *lr.home.root.parents]:
            if folder.owner() == "root" and folder.stat().st_mode & 0o777 == 0o700 and "pytest" in str(folder):
                folder.chmod(0o711)
        lr.home.root.chmod(0o711)
        path.chmod(0o666)
    said = subprocess.run(
        [sys.executable, "-c", STRANGER, str(path)], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    if opened and "kept out" not in said:
        assert said.startswith("HTTP/1.1 403 ")
        assert "belongs to the user with the id" in said
    else:
        assert said == "kept out by the file system\n"
    assert "lrc-" not in said


@dataclass
class Commands:
    calls: int = 0

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        self.calls += 1


@pytest.mark.parametrize(("peer", "calls"), [(1000, 1), (None, 1), (0, 0), (1001, 0), (UNKNOWN, 0)])
def test_only_the_owner_gets_in_root_included(peer: int | None, calls: int) -> None:
    commands, sent = Commands(), []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {"method": "POST", "path": "/rpc", "headers": [(b"content-type", b"application/json")]}
    asyncio.run(OwnerDoor(commands, 1000)({**scope, "state": {PEER: peer}}, None, send))  # type: ignore[arg-type]
    assert commands.calls == calls
    assert [message["status"] for message in sent if "status" in message] == [403] * (1 - calls)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 415),
        ({"content-type": "text/plain"}, 415),
        ({**JSON, "origin": "http://127.0.0.1:3625"}, 403),
        ({**JSON, "origin": "null"}, 403),
        ({**JSON, "sec-fetch-site": "none"}, 403),
        ({**JSON, "referer": "http://127.0.0.1:3625/ui/"}, 403),
    ],
)
def test_only_json_is_taken_and_nothing_that_a_browser_sent(lr: Router, headers: dict[str, str], status: int) -> None:
    assert ask(lr, headers=headers).status == status


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/rpc"), ("GET", "/events"), ("POST", "/v1/chat/completions"), ("GET", "/ui/"), ("POST", "/session")],
)
def test_nothing_but_commands_is_served(lr: Router, method: str, path: str) -> None:
    assert ask(lr, method=method, path=path).status == 404


def test_the_port_does_not_take_the_sockets_word(lr: Router) -> None:
    assert lr.request("POST", "/rpc", LIST, {"authorization": ""}).status == 401


def test_a_killed_instances_socket_is_replaced_and_a_stopped_one_leaves_none(lr: Router) -> None:
    lr.stop()
    assert not lr.home.admin_socket.exists()
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(lr.home.admin_socket))
    again = Router(lr.home, lr.config, lr.key)
    with again:
        assert len(ask(again).json["result"]) == 1


def test_a_restart_keeps_callers_waiting_instead_of_losing_them(lr: Router) -> None:
    script = client.connect(lr.home.root)
    for _ in range(10):
        script.restart_server()
        assert len(script.list_clients()) == 1


def test_where_no_socket_can_be_made_commands_go_over_tcp(tmp_path: Path) -> None:
    lr = router(tmp_path, [])
    lr.home.prepare()
    lr.home.admin_socket.write_text("in the way")
    with lr:
        assert "socket" not in json.loads(lr.home.instance.read_bytes())
        assert len(client.connect(lr.home.root).list_clients()) == 1
    assert lr.home.admin_socket.read_text() == "in the way"
