"""The last word where nobody else had one: a line, and nothing that may be a secret in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from localrouter.unexpected_errors import FAILED, INTERRUPTED, guarded
from tests.x_display import wait_until

SECRET = "sk-this-must-not-be-told"


def failing(error: BaseException) -> int:
    raise error


def said(error: BaseException, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = guarded(lambda: failing(error))
    captured = capsys.readouterr()
    assert captured.out == ""
    return code, captured.err


@pytest.mark.parametrize("error", [ValueError(SECRET), KeyError(SECRET), RuntimeError(SECRET), AssertionError(SECRET)])
def test_a_mistake_of_ours_is_told_in_one_line_with_the_place_where_it_is_noted(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code, line = said(error, capsys)
    (note,) = tmp_path.iterdir()
    assert code == FAILED
    assert line.count("\n") == 1
    assert line.strip().endswith(str(note))
    assert SECRET not in line + note.read_text()
    assert "failing" in note.read_text()
    assert type(error).__name__ not in line


def test_files_that_cannot_be_used_are_named_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    code, line = said(PermissionError(13, "Permission denied", "/srv/x"), capsys)
    assert (code, line) == (FAILED, "error: /srv/x cannot be used: Permission denied.\n")
    assert said(OSError(28, "No space left on device"), capsys)[1].endswith("No space left on device.\n")


def test_want_of_threads_is_no_mistake_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    code, line = said(RuntimeError("can't start new thread"), capsys)
    assert code == FAILED
    assert "no more threads" in line
    assert "ulimit -u" in line
    assert "stands in" not in line


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_told_with_how_to_get_it_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x"
    file.touch()
    os.chown(file, 54_321, 54_321)
    _, line = said(PermissionError(13, "Permission denied", str(file)), capsys)
    assert "belongs to the user 54321" in line
    assert f"sudo chown 0 {file}" in line


def test_codes_of_the_verb_of_the_reader_and_of_an_interrupt_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(lambda: 3) == 3
    assert said(SystemExit(2), capsys) == (2, "")
    assert said(KeyboardInterrupt(), capsys) == (INTERRUPTED, "Interrupted.\n")
    assert said(BrokenPipeError(), capsys) == (FAILED, "")


@pytest.mark.skipif(os.name == "nt", reason="closes descriptors as Unix does")
@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_a_server_without_standard_streams_serves_and_ends_properly(tmp_path: Path, closed: tuple[int, ...]) -> None:
    without = " ".join(f"{number}>&-" for number in closed)
    home = tmp_path / "home"
    words = [sys.executable, "-m", "localrouter", "serve", "--home", str(home), "--port", "0"]
    shell = ["/bin/sh", "-c", f'exec "$@" {without}', "sh", *words]
    with subprocess.Popen(shell, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: (home / "instance.json").exists() or process.poll() is not None, "it serves")
            process.terminate()
            assert process.wait(60) == 0
        finally:
            process.kill()


TALKER = """
import sys
from localrouter.unexpected_errors import guarded, need_no_output

def talk():
    if sys.argv[1] == "serves":
        need_no_output()
    for stream in (sys.stdout, sys.stderr):
        print("served", file=stream, flush=True)
        print("served" * 10_000, file=stream, flush=True)
    with open(sys.argv[2], "w") as file:
        file.write("to the end")
    return 0

sys.exit(guarded(talk))
"""


@pytest.mark.skipif(os.name == "nt", reason="output goes where Unix lets it go")
@pytest.mark.parametrize(("what", "code"), [("serves", 0), ("tells", FAILED)])
@pytest.mark.parametrize("into", ["a closed pipe", "/dev/full"])
def test_output_that_nobody_takes_ends_nothing_and_fails_only_what_is_there_to_tell(
    tmp_path: Path, what: str, code: int, into: str
) -> None:
    if into == "/dev/full" and not Path(into).exists():
        pytest.skip("there is no such device here")
    reader, writer = os.pipe() if into == "a closed pipe" else (-1, os.open(into, os.O_WRONLY))
    if reader >= 0:
        os.close(reader)
    try:
        words = [sys.executable, "-c", TALKER, what, str(tmp_path / "end")]
        ended = subprocess.run(words, stdout=writer, stderr=writer, check=False, timeout=60)
    finally:
        os.close(writer)
    assert (tmp_path / "end").read_text() == "to the end"
    assert ended.returncode == code


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no such device here")
def test_output_that_a_full_disk_did_not_take_is_told(tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        words = [sys.executable, "-c", TALKER, "tells", str(tmp_path / "end")]
        ended = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert ended.stderr.endswith("error: not all of the output could be written: No space left on device.\n")


ENDING = """
import os, signal, sys
from pathlib import Path
from localrouter.unexpected_errors import guarded

def run():
    try:
        os.kill(os.getpid(), signal.Signals[sys.argv[1]])
        return 0
    finally:
        Path(sys.argv[2]).write_text("tidied up")

sys.exit(guarded(run))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals between processes")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_that_comes_before_anything_handles_it_ends_in_good_order(tmp_path: Path, name: str) -> None:
    words = [sys.executable, "-c", ENDING, name, str(tmp_path / "end")]
    ended = subprocess.run(words, check=False, timeout=60, capture_output=True)
    assert (tmp_path / "end").read_text() == "tidied up"
    assert ended.returncode == -signal.Signals[name]
    assert ended.stderr == b""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals between processes")
def test_a_signal_that_was_ignored_from_the_start_stays_ignored(tmp_path: Path) -> None:
    words = [sys.executable, "-c", ENDING, "SIGHUP", str(tmp_path / "end")]
    assert subprocess.run(["nohup", *words], check=False, timeout=60, capture_output=True).returncode == 0
