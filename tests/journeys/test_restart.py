"""`restart_server`: another address, without losing what is known."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

from localrouter import client
from localrouter.domain.configuration.config import LimitType, Provider
from tests.limits import limit
from tests.rig import Router, auto, router, until
from tests.upstream import Upstream, chat


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def until_it_serves_at(lr: Router, port: int) -> None:
    lr.url = f"http://127.0.0.1:{port}"
    until(lambda: answers(lr), "it serves at its new address", patience=10)


def answers(lr: Router) -> bool:
    try:
        lr.request("GET", "/health")
    except OSError:
        return False
    return True


def test_a_restart_moves_to_the_configured_port_and_forgets_nothing(tmp_path: Path) -> None:
    limits = [limit(LimitType.REQUESTS, 1, "hour")]
    with Upstream(chat) as up:
        one = Provider(name="one", preset="openai-compatible", base_url=up.url, models=("a",))
        with router(tmp_path, [one], auto=auto(("one", "a")), limits=limits) as lr:
            assert lr.chat().status == 200
            port = free_port()
            helper = client.connect(lr.home.root)
            assert helper.update_server_config(server={"port": port})["needs_restart"]
            assert helper.restart_server() == {"accepted": True}
            until_it_serves_at(lr, port)
            assert client.connect(lr.home.root).get_server_status()["url"] == lr.url
            assert lr.chat().status == 429, "the limit remembers"


def test_a_restart_without_a_change_stays_where_it_is(tmp_path: Path) -> None:
    with router(tmp_path, []) as lr:
        port = urlsplit(lr.url).port or 0
        client.connect(lr.home.root).restart_server()
        time.sleep(0.3)
        until_it_serves_at(lr, port)
        assert client.connect(lr.home.root).list_clients()
