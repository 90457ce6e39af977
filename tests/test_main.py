"""The program as a process of its own."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import localrouter

ENVIRONMENT = {"PATH": os.defpath, "LOCALROUTER_SECRETS": "file", "PYTHONPATH": os.pathsep.join(sys.path)}


def run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**ENVIRONMENT, "LOCALROUTER_HOME": str(home)}
    command = [sys.executable, "-W", "error", "-m", "localrouter", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_version_is_told(tmp_path: Path) -> None:
    done = run(tmp_path, "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("LocalRouter ")


def test_a_command_is_run_on_a_home_that_nobody_serves(tmp_path: Path) -> None:
    done = run(tmp_path / "home", "call", "create_client", "name=Editor")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["client"]["name"] == "Editor"
    assert json.loads(run(tmp_path / "home", "call", "list_clients").stdout)[0]["name"] == "Editor"


PROGRAM = [sys.executable, "-P", "-m", "localrouter"]


def shell(line: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A line of the shell, in which `lr` is the program."""
    environment = {**ENVIRONMENT, "LOCALROUTER_HOME": str(home), **variables}
    words = ["bash", "-c", f'lr() {{ {shlex.join(PROGRAM)} "$@"; }}; {line}']
    return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("set -o pipefail; lr call --list | head -1", 0),
        ("lr --help | true", 0),
        ("lr call list_clients >&-", 0),
        ("lr call list_clients >&- 2>&-", 0),
        ("lr call list_strategies >/dev/full", 1),
        ("cd $LOCALROUTER_HOME/gone && rmdir ../gone && lr status", 1),
        ("cd $LOCALROUTER_HOME/gone && rmdir ../gone && lr check --home .", 1),
        ("unset LOCALROUTER_HOME HOME; lr status", 1),
        ("lr status --home '~nobody-of-this-name/x'", 1),
        ("lr call list_clients --home /dev/null", 1),
        ("lr serve --home /dev/null/x", 1),
        ("lr check --home /dev/null", 1),
        ("lr call list_clients --home $(printf 'x%.0s' {1..5000})", 1),
        ("LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 TERM=dumb lr call get_client client_id=“nobody”", 1),
        ("lr call create_client name=@/proc/self/mem", 2),
        ("lr call create_client - <&-", 2),
        ("printf '\\377' | PYTHONIOENCODING=utf-8 lr call create_client -", 2),
    ],
)
def test_whatever_the_environment_a_verb_says_in_words_what_is_wrong(tmp_path: Path, line: str, code: int) -> None:
    (tmp_path / "gone").mkdir(mode=0o700)
    done = shell(line, tmp_path)
    assert "Traceback" not in done.stderr
    assert "Error" not in done.stderr
    assert len(done.stderr.splitlines()) <= 1
    assert done.returncode == code, done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_result_is_json_on_every_terminal(tmp_path: Path, encoding: str) -> None:
    name = "“é😀”"
    assert run(tmp_path, "call", "create_client", f"name={name}").returncode == 0
    done = subprocess.run(
        [*PROGRAM, "call", "list_clients"],
        env={**ENVIRONMENT, "LOCALROUTER_HOME": str(tmp_path), "PYTHONIOENCODING": encoding},
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert json.loads(done.stdout)[0]["name"] == name


def test_signs_that_a_terminal_lacks_are_said_in_others(tmp_path: Path) -> None:
    environment = {**ENVIRONMENT, "LOCALROUTER_HOME": str(tmp_path), "PYTHONIOENCODING": "ascii"}
    command = [*PROGRAM, "call", "get_client", "client_id=“Editor…”"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert '""Editor..."' in done.stderr


def test_ctrl_c_ends_a_verb_that_waits_in_one_line(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    command = [*PROGRAM, "call", "create_client", f"name=@{tmp_path / 'pipe'}"]
    environment = {**ENVIRONMENT, "LOCALROUTER_HOME": str(tmp_path)}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    with open(tmp_path / "pipe", "w"):  # opens once the program reads it
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "Interrupted.\n")


def test_a_package_that_is_missing_is_named(tmp_path: Path) -> None:
    """The program's own folder alone, without what is installed beside it."""
    environment = {"PATH": os.defpath, "PYTHONPATH": str(Path(localrouter.__file__).parent.parent)}
    command = [sys.executable, "-S", "-P", "-m", "localrouter", "status"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "Install it again" in done.stderr
    assert len(done.stderr.splitlines()) == 1
