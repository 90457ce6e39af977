"""The helper for scripts, against a real server."""

from __future__ import annotations

import ast
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import localrouter.client
from localrouter.client import Client, NotRunning, RpcError, connect
from localrouter.domain.configuration import server_address
from localrouter.services.instance.home import Home
from localrouter.services.instance.lock import Instance
from localrouter.surfaces.cli import remote
from localrouter.surfaces.cli.remote import Remote
from localrouter.surfaces.http import unix_socket
from tests.commands.world import World
from tests.running_home import running_home


@pytest.fixture(params=["by the socket in the home", "over TCP"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with running_home(tmp_path / "home", socket="socket" in request.param) as world:
        yield world


def test_commands_are_methods(world: World) -> None:
    router = connect(world.home)
    created = router.create_client(name="Editor")
    assert created["key"].startswith("lr-")
    assert [client["name"] for client in router.list_clients()] == ["Editor"]
    assert router.update_client(client_id=created["client"]["id"], enabled=False)["client"]["enabled"] is False


def test_the_home_may_be_named_by_the_environment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALROUTER_HOME", str(world.home))
    assert connect().list_clients() == []


def test_no_proxy_of_the_environment_comes_between(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert connect(world.home).list_clients() == []


def test_a_refusal_is_raised_with_code_message_and_data(world: World) -> None:
    with pytest.raises(RpcError, match="no strategy") as raised:
        connect(world.home).get_strategy(strategy_id="nothing")
    assert raised.value.code == -32001
    with pytest.raises(RpcError) as raised:
        connect(world.home).create_client(name=7)  # type: ignore[arg-type]
    assert raised.value.code == -32602
    assert raised.value.data["findings"][0]["path"] == "name"


def test_a_command_that_the_helper_does_not_know_can_be_called_by_its_name(world: World) -> None:
    router = connect(world.home)
    assert router.call("list_clients") == []
    with pytest.raises(RpcError) as raised:
        router.call("dance")
    assert raised.value.code == -32601


def test_a_private_name_is_no_command(world: World) -> None:
    with pytest.raises(AttributeError):
        connect(world.home)._secret  # type: ignore[attr-defined]  # noqa: B018


def test_the_token_is_not_shown(world: World) -> None:
    assert str(Home(world.home).read_admin_token()) not in repr(connect(world.home)) + repr(vars(connect(world.home)))


def test_a_server_that_does_not_hold_the_token_is_not_told_it(world: World) -> None:
    url = connect(world.home)._remote.url
    with pytest.raises(NotRunning, match="did not prove"):
        Client(Remote(url, "wrong")).list_clients()


def test_an_instance_is_reached_by_its_address_and_its_token_too(world: World) -> None:
    url, token = connect(world.home)._remote.url, Home(world.home).read_admin_token()
    assert connect(url=url, token=token).list_clients() == []


def test_a_script_goes_on_after_a_rotation(world: World) -> None:
    router = connect(world.home)
    router.rotate_admin_token()
    assert router.list_clients() == []


def test_a_home_that_nobody_serves_is_not_running(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="localrouter serve"):
        connect(tmp_path)


def test_an_instance_that_has_gone_is_not_running(tmp_path: Path) -> None:
    Home(tmp_path).ensure_admin_token()
    with Instance.acquire(tmp_path) as instance:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            instance.announce(f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(NotRunning, match="cannot be reached"):
            connect(tmp_path).list_clients()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n[]",
        b"SSH-2.0-OpenSSH\r\n",
    ],
)
def test_what_is_no_localrouter_is_not_running(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def reply() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=reply)
        thread.start()
        with pytest.raises(NotRunning):
            Client(Remote(f"http://127.0.0.1:{server.getsockname()[1]}", "token")).list_clients()
        thread.join()


def test_the_helper_needs_no_package_to_talk() -> None:
    files = [Path(remote.__file__), Path(unix_socket.__file__), Path(server_address.__file__)]
    imported = {name for file in files for name in imports_of(ast.parse(file.read_text()))}
    assert {name for name in imported if name.startswith("localrouter")} == {
        "localrouter.domain.configuration.server_address"
    }
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names | {"localrouter"}
    assert localrouter.client.__all__ == ["Client", "NotRunning", "RpcError", "connect"]


def imports_of(tree: ast.AST) -> set[str]:
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return imported | {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
