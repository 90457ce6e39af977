"""Calls to an instance that does not do what one expects of it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from localrouter.surfaces.cli import remote
from localrouter.surfaces.cli.remote import NotRunning, Remote


@pytest.fixture
def hung() -> Iterator[socket.socket]:
    """A process that hangs: the system still accepts connections for it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.mark.parametrize("way", ["its socket", "its port"])
def test_an_instance_that_hangs_is_not_waited_for_as_long_as_a_command_may_take(
    hung: socket.socket, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "ANSWERS_WITHIN", 0.05)
    address = hung.getsockname()[:2]

    def dial(timeout: float) -> socket.socket:
        return socket.create_connection(address, timeout)

    url = f"http://127.0.0.1:{address[1]}"
    called = Remote(url, dial=dial) if way == "its socket" else Remote(url, "a token")
    with pytest.raises(NotRunning, match=r"did not answer within 0\.05 seconds"):
        called.call("list_clients", {}, timeout=20)
