"""The demo leaves nothing behind, however it ends: no folder, no emulator, no window."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from localrouter.demo.parts import SURELY_LEFT, remove_left_over
from localrouter.domain.configuration.document import read
from localrouter.program.ending import SAME_PRESS
from localrouter.services.instance.home import DEMO_PREFIX, Home
from localrouter.services.instance.lock import Instance, running
from localrouter.surfaces.cli.running import running_remote
from tests.toolkits import environment, need
from tests.x_display import XDisplay, wait_until, x_server

pytest.importorskip("llmock", reason="the extra `demo` is not installed")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@contextmanager
def demo(folder: Path, *words: str, variables: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """A demo whose temporary files are below `folder`."""
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "localrouter", "demo", *words],
        env={**(variables or os.environ), "TMPDIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def homes(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{DEMO_PREFIX}*"))


def until_it_serves(folder: Path, process: subprocess.Popen[str]) -> None:
    wait_until(lambda: any(map(running, homes(folder))) or process.poll() is not None, "the demo serves")
    assert process.poll() is None, process.communicate()[1]


def processes_naming(text: str) -> list[str]:
    """The commands of the processes that name it."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            command = each.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if text in command:
                found.append(command)
    return found


def nothing_is_left(folder: Path) -> None:
    wait_until(lambda: not processes_naming(str(folder)), "the emulator is gone", 90)
    wait_until(lambda: not homes(folder), "the folder is gone", 90)


@on_linux
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_demo_that_is_ended_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "tmp"
    with demo(folder, "--headless") as process:
        until_it_serves(folder, process)
        wait_until(lambda: bool(processes_naming(str(folder))), "the emulator runs", 30)
        process.send_signal(number)
        if number is signal.SIGINT:
            time.sleep(2 * SAME_PRESS)
            process.send_signal(number)
        code = process.wait(30)
        assert code == (-signal.SIGKILL if number is signal.SIGKILL else 0)
        nothing_is_left(folder)


def test_each_demo_has_an_emulator_of_its_own_though_they_start_at_once(tmp_path: Path) -> None:
    with ExitStack() as stack:
        folders = [tmp_path / str(number) for number in range(3)]
        started = [(folder, stack.enter_context(demo(folder, "--headless"))) for folder in folders]
        for folder, process in started:
            until_it_serves(folder, process)
        urls = {
            read((home / "config.json").read_bytes()).providers[0].base_url
            for folder in folders
            for home in homes(folder)
        }
    assert len(urls) == len(folders)


@on_linux
def test_the_key_of_the_simulated_providers_hides_no_word_of_what_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "tmp"
    with demo(folder, "--headless") as process:
        until_it_serves(folder, process)
        [home] = homes(folder)
        remote = running_remote(Home(home))
        assert remote is not None
        for provider in remote.call("list_providers", {}):
            remote.call("update_provider", {"name": provider["name"], "base_url": "http://127.0.0.1:1/v1"})
            told = remote.call("test_provider", {"name": provider["name"]})
            assert provider["name"] in str(told["message"])


@on_linux
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_demo_that_is_ended_while_it_starts_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "tmp"
    with demo(folder, "--headless") as process:
        wait_until(lambda: processes_naming(str(folder)), "the emulator starts")
        process.send_signal(number)
        code, said = process.wait(30), process.communicate()[1]
        assert code in (0, 130)
        assert "Traceback" not in said
        nothing_is_left(folder)


@on_linux
def test_a_demo_whose_port_is_taken_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "tmp"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with demo(folder, "--headless", "--port", str(taken.getsockname()[1])) as process:
            code, said = process.wait(60), process.communicate()[1]
    assert code == 1
    assert "in use" in said
    nothing_is_left(folder)


@on_linux
def test_a_demo_whose_display_goes_away_serves_on_and_leaves_nothing(tmp_path: Path) -> None:
    need("gtk", tmp_path)
    folder = tmp_path / "tmp"
    with x_server() as (name, server):
        display = XDisplay(name)
        with demo(folder, variables=environment(tmp_path, display)) as process:
            wait_until(lambda: display.titled("LocalRouter") or process.poll() is not None, "the window is there")
            display.disconnect()
            server.kill()
            assert process.stderr is not None
            while "window is gone" not in (said := process.stderr.readline()):
                assert said, "it ended"
            assert any(map(running, homes(folder)))
            process.terminate()
            assert process.wait(30) == 0
            nothing_is_left(folder)


def test_what_a_demo_could_not_throw_away_goes_at_the_next_start_and_nothing_else(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    left, new, held, other = (tmp_path / f"{DEMO_PREFIX}{name}" for name in ("left", "new", "held", "file"))
    for path in (left, new, held):
        path.mkdir()
        (path / "config.json").write_text("{}")
    other.write_text("no folder")
    (tmp_path / f"{DEMO_PREFIX}link").symlink_to(elsewhere)
    with Instance.acquire(held):
        for path in (left, held, held / "instance.lock", elsewhere, other):
            old = time.time() - SURELY_LEFT - 60
            os.utime(path, (old, old))
        remove_left_over(tmp_path)
    assert not left.exists()
    assert all(path.exists() for path in (new, held, elsewhere, other))
    assert (tmp_path / f"{DEMO_PREFIX}link").is_symlink()
