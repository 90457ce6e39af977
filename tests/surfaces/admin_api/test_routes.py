"""The paths of the administration over HTTP, behind the guard."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from localrouter.services.instance.home import Home
from tests.commands.world import World
from tests.running_home import running_home


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running_home(tmp_path / "home") as world:
        yield world


def send(world: World, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any, dict[str, str]]:
    assert world.services.serving is not None
    token = Home(world.home).read_admin_token()
    connection = http.client.HTTPConnection(urlsplit(world.services.serving.url).netloc, timeout=10)
    sent = {"Content-Type": "application/json", "Authorization": f"Bearer {token}", **headers}
    try:
        connection.request(method, path, None if body is None else json.dumps(body), sent)
        response = connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text.startswith((b"{", b"[")) else None, dict(response.getheaders())
    finally:
        connection.close()


def request(method: str, **params: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def test_a_command_is_answered_with_200_whatever_comes_of_it(world: World) -> None:
    status, answer, headers = send(world, "POST", "/rpc", request("list_clients"))
    assert (status, answer["result"]) == (200, [])
    assert headers["content-type"] == "application/json"
    assert headers["cache-control"] == "no-store"
    status, answer, _ = send(world, "POST", "/rpc", request("get_client", client_id="nobody"))
    assert (status, answer["error"]["code"]) == (200, -32001)


def test_a_notification_is_answered_with_204_and_nothing(world: World) -> None:
    notification = {"jsonrpc": "2.0", "method": "create_client", "params": {"name": "Editor"}}
    status, answer, _ = send(world, "POST", "/rpc", notification)
    assert (status, answer) == (204, None)
    assert [client.name for client in world.config.clients] == ["Editor"]


def test_commands_need_the_admin_token_and_json(world: World) -> None:
    assert send(world, "POST", "/rpc", request("list_clients"), Authorization="Bearer wrong")[0] == 401
    assert send(world, "POST", "/rpc", request("list_clients"), **{"Content-Type": "text/plain"})[0] == 415
    assert send(world, "POST", "/rpc", request("list_clients"), Origin="https://elsewhere.example")[0] == 403


def test_the_description_is_open_and_the_one_that_discover_tells(world: World) -> None:
    status, described, _ = send(world, "GET", "/openrpc.json", Authorization="")
    assert status == 200
    assert described == send(world, "POST", "/rpc", request("rpc.discover"))[1]["result"]
    assert described["openrpc"] == "1.3.2"


def test_other_methods_are_refused(world: World) -> None:
    assert send(world, "GET", "/rpc")[0] == 405
    assert send(world, "POST", "/openrpc.json", {})[0] == 405
