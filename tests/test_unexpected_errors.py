"""The last word where nobody else had one: a line, and nothing that may be a secret in it."""

from __future__ import annotations

import os
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
