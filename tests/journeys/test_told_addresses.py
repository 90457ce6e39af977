"""Every address that is told is one that answers from here, wherever the program listens."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from localrouter.services.instance.home import Home
from localrouter.surfaces.cli.running import running_remote
from tests.x_display import wait_until


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_where_it_listens_everywhere_the_told_addresses_work_from_here(tmp_path: Path, host: str) -> None:
    if ":" in host and not has_ipv6():
        pytest.skip("this system has no IPv6")
    home = Home(tmp_path / "home")
    words = [sys.executable, "-m", "localrouter", "serve", "--home", str(home.root), "--host", host, "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            wait_until(lambda: home.instance.exists() or process.poll() is not None, "it serves")
            remote = running_remote(home)
            assert remote is not None
            told = remote.call("get_server_status", {})
            announced = json.loads(home.instance.read_text())["url"]
            assert told["url"] == announced == remote.url
            with urllib.request.urlopen(f"{announced}/health", timeout=30) as answer:
                assert answer.status == 200
            process.terminate()
            said = process.communicate(timeout=30)[0]
        finally:
            process.kill()
    assert "0.0.0.0" not in said
    assert "[::]" not in said
    assert announced in said
    for each in told["network"]:
        assert each["url"] in said, "what others can use is told at the start"
