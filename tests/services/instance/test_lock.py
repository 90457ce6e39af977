from __future__ import annotations

import errno
import itertools
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localrouter.domain.errors import Unavailable
from localrouter.services.instance import lock
from localrouter.services.instance.lock import FILE_NAME, LOCK_NAME, Instance, RunningInstance, is_owned, running

OWNER = """
import sys, time
from pathlib import Path
from localrouter.services.instance.lock import Instance
instance = Instance.acquire(Path(sys.argv[1]))
if len(sys.argv) > 2:
    instance.announce(sys.argv[2])
print("ready", flush=True)
for url in sys.stdin:
    instance.announce(url.strip())
instance.release()
"""
URL = "http://127.0.0.1:3625"


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts processes that own a home until their standard input ends."""
    started: list[subprocess.Popen[bytes]] = []

    def start(home: Path, *url: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", OWNER, str(home), *url]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        return process

    yield start
    for process in started:
        with process:
            process.kill()


def test_one_process_owns_a_home_until_it_gives_it_back(tmp_path: Path) -> None:
    first = Instance.acquire(tmp_path)
    with pytest.raises(Unavailable, match=str(tmp_path)):
        Instance.acquire(tmp_path)
    first.release()
    first.release()
    with Instance.acquire(tmp_path), pytest.raises(Unavailable):
        Instance.acquire(tmp_path)


def test_homes_do_not_hinder_each_other(tmp_path: Path) -> None:
    with Instance.acquire(tmp_path / "a"), Instance.acquire(tmp_path / "b"):
        assert running(tmp_path / "a") is None


def test_who_is_late_learns_who_runs_where(tmp_path: Path, start: Callable[..., subprocess.Popen[bytes]]) -> None:
    process = start(tmp_path, URL)
    assert running(tmp_path) == RunningInstance(URL, process.pid)
    with pytest.raises(Unavailable, match=f"{URL} .process {process.pid}.") as refusal:
        Instance.acquire(tmp_path)
    assert refusal.value.data == {"url": URL, "pid": process.pid}
    assert running(tmp_path) == RunningInstance(URL, process.pid)


def test_the_announcement_is_its_owners_alone_and_goes_with_the_instance(tmp_path: Path) -> None:
    with Instance.acquire(tmp_path) as instance:
        assert running(tmp_path) is None
        instance.announce(URL)
        assert running(tmp_path) == RunningInstance(URL, os.getpid())
        assert stat.S_IMODE((tmp_path / "instance.json").stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "instance.lock").stat().st_mode) == 0o600
    assert running(tmp_path) is None
    assert not (tmp_path / "instance.json").exists()


def test_what_a_killed_process_leaves_behind_deceives_nobody(
    tmp_path: Path, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    process = start(tmp_path, URL)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (tmp_path / "instance.json").exists()
    assert running(tmp_path) is None
    start(tmp_path)
    assert running(tmp_path) is None


def test_a_home_can_be_waited_for(tmp_path: Path, start: Callable[..., subprocess.Popen[bytes]]) -> None:
    process = start(tmp_path)
    assert process.stdin is not None
    process.stdin.close()
    Instance.acquire(tmp_path, wait=60).release()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": 1, "pid": 2}', '{"url": "x"}'])
def test_a_spoilt_announcement_names_nobody(tmp_path: Path, text: str) -> None:
    with Instance.acquire(tmp_path):
        (tmp_path / "instance.json").write_text(text)
        assert running(tmp_path) is None


def test_asking_who_runs_leaves_an_absent_home_absent(tmp_path: Path) -> None:
    assert running(tmp_path / "none") is None
    assert not (tmp_path / "none").exists()


def test_a_home_that_cannot_be_used_says_why_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(Unavailable, match=r"cannot be used: .+ Choose another with --home or LOCALROUTER_HOME"):
        Instance.acquire(tmp_path / "file")


def test_who_comes_while_another_starts_waits_until_it_can_say_who_runs_where(
    tmp_path: Path, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    process = start(tmp_path)
    assert process.stdin is not None
    process.stdin.write(f"{URL}\n".encode())
    process.stdin.flush()
    with pytest.raises(Unavailable) as refusal:
        Instance.acquire(tmp_path, wait=60)
    assert refusal.value.data == {"url": URL, "pid": process.pid}


def test_who_clears_the_lock_file_away_lets_no_second_process_in(
    tmp_path: Path, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    start(tmp_path, URL)
    (tmp_path / LOCK_NAME).unlink()
    assert is_owned(tmp_path)
    with pytest.raises(Unavailable, match=URL):
        Instance.acquire(tmp_path)


def test_an_announcement_that_was_cleared_away_is_written_again(tmp_path: Path) -> None:
    with Instance.acquire(tmp_path) as instance:
        instance.announce_again()
        assert running(tmp_path) is None
        (tmp_path / "admin.sock").touch()
        instance.announce(URL, "admin.sock")
        (tmp_path / FILE_NAME).unlink()
        instance.announce_again()
        assert running(tmp_path) == RunningInstance(URL, os.getpid(), tmp_path / "admin.sock")
        (tmp_path / "admin.sock").unlink()
        instance.announce_again()
        assert running(tmp_path) == RunningInstance(URL, os.getpid())


def test_a_home_whose_file_system_has_no_locks_is_refused_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_descriptor: int) -> bool:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(lock, "_take", refuse)
    with pytest.raises(Unavailable, match=r"cannot lock files \(No locks available\).+local disk with --home"):
        Instance.acquire(tmp_path)
    with pytest.raises(Unavailable, match="cannot lock files"):
        is_owned(tmp_path)


def test_a_folder_that_cannot_be_locked_is_owned_by_its_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_take_folder", lambda _home: ())
    with Instance.acquire(tmp_path):
        assert is_owned(tmp_path)
        with pytest.raises(Unavailable):
            Instance.acquire(tmp_path)
    assert not is_owned(tmp_path)


def test_a_home_that_is_served_is_not_waited_for(tmp_path: Path, start: Callable[..., subprocess.Popen[bytes]]) -> None:
    start(tmp_path, URL)
    seconds = itertools.count()
    with pytest.raises(Unavailable, match=URL):
        Instance.acquire(tmp_path, wait=50, clock=lambda: float(next(seconds)))
    assert next(seconds) < 10
