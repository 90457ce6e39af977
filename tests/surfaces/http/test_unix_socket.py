from __future__ import annotations

import contextlib
import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from functools import partial
from pathlib import Path

import pytest

from localrouter.surfaces.cli.remote import NotRunning, Remote
from localrouter.surfaces.http import unix_socket
from localrouter.surfaces.http.unix_socket import HAS_UNIX_SOCKETS, connect_unix, listen_unix, peer_uid, remove_unix

pytestmark = pytest.mark.skipif(not HAS_UNIX_SOCKETS, reason="this system has no Unix sockets")


def deep(folder: Path, length: int) -> Path:
    """A folder below this one whose path is at least so long."""
    while len(str(folder)) < length:
        folder = folder / ("d" * 60)
    folder.mkdir(parents=True)
    return folder


def talk(path: Path) -> None:
    """Say something to whoever listens at the path, and hear it."""
    with listen_unix(path) as listener, connect_unix(path, 15) as caller:
        listener.setblocking(True)
        accepted, _ = listener.accept()
        with accepted:
            caller.sendall(b"hello")
            assert accepted.recv(5) == b"hello"
            assert peer_uid(accepted) in (os.geteuid(), None)


def test_a_socket_is_its_owners_alone_whatever_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with listen_unix(tmp_path / "admin.sock"):
            assert stat.S_IMODE((tmp_path / "admin.sock").stat().st_mode) == 0o600
    finally:
        os.umask(before)
    talk(tmp_path / "admin.sock")


@pytest.mark.parametrize("length", [80, 95, 100, 104, 108, 200, 1_000])
def test_a_home_may_lie_as_deep_as_it_likes(tmp_path: Path, length: int) -> None:
    path = deep(tmp_path, length) / "admin.sock"
    talk(path)
    assert stat.S_ISSOCK(path.lstat().st_mode)


def test_without_proc_a_deep_home_is_reached_by_a_link_that_is_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    make = tempfile.mkdtemp

    def noted(**words: str) -> str:
        made.append(make(**words))
        return made[-1]

    monkeypatch.setattr(sys, "platform", "freebsd")
    monkeypatch.setattr(tempfile, "mkdtemp", noted)
    talk(deep(tmp_path, 300) / "admin.sock")
    assert len(made) == 2
    assert [each for each in made if Path(each).exists()] == []


def test_a_socket_that_a_killed_process_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "admin.sock"
    listen_unix(path).close()
    with pytest.raises(ConnectionRefusedError):
        connect_unix(path, 5)
    talk(path)


def test_what_is_no_socket_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "admin.sock"
    path.write_text("mine")
    remove_unix(path)
    with pytest.raises(OSError, match="in use"):
        listen_unix(path)
    assert path.read_text() == "mine"


def test_nobody_is_reached_where_nobody_listens(tmp_path: Path) -> None:
    remove_unix(tmp_path / "admin.sock")
    with pytest.raises(FileNotFoundError):
        connect_unix(tmp_path / "admin.sock", 5)


def test_who_is_at_the_other_end_is_what_the_kernel_says(tmp_path: Path) -> None:
    here, there = socket.socketpair(socket.AF_UNIX)
    with here, there:
        assert peer_uid(here) == os.geteuid()


IMPOSTOR = """
import os, socket, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
with socket.socket(socket.AF_UNIX) as sock:
    sock.bind(sys.argv[1])
    sock.listen()
    print("ready", flush=True)
    connection, _ = sock.accept()
    print(connection.recv(65536).decode(), end="", flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another user")
def test_a_socket_that_another_user_serves_is_told_nothing() -> None:
    """Where others may write into a home, they can put a socket in place of ours: a key that is set would go to it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        path = Path(folder) / "admin.sock"
        command = [sys.executable, "-c", IMPOSTOR, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as impostor:
            assert impostor.stdout is not None
            assert impostor.stdout.readline() == "ready\n"
            remote = Remote("http://127.0.0.1:9", dial=partial(connect_unix, path))
            with pytest.raises(NotRunning, match=r"served by .*65534.* told nothing"):
                remote.call("set_provider_key", {"name": "openai", "key": "sk-canary"}, timeout=20)
            assert impostor.stdout.read() == ""


def test_a_full_queue_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unix_socket, "BACKLOG", 1)
    path = tmp_path / "admin.sock"
    with listen_unix(path) as listener, contextlib.ExitStack() as held:
        listener.setblocking(True)
        for _ in range(2):
            held.enter_context(connect_unix(path, 15))
        with pytest.raises(TimeoutError):
            connect_unix(path, 0.1)
        later = threading.Timer(0.2, lambda: held.enter_context(listener.accept()[0]))
        later.start()
        held.enter_context(connect_unix(path, 15))
        later.join()
