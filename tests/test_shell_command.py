"""How a user types this program: what messages name must work as it stands, wherever they are read."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from localrouter import shell_command
from localrouter.services.instance.home import Home
from localrouter.shell_command import VARIABLE, program

CHECKOUT = Path(__file__).parent.parent
ENVIRONMENT = {"PATH": os.defpath, "LOCALROUTER_SECRETS": "file", "PYTHONPATH": os.pathsep.join(sys.path)}


def test_what_the_starter_says_is_taken() -> None:
    assert program({VARIABLE: "./scripts/run"}, "/x/__main__.py") == "./scripts/run"


@pytest.mark.parametrize("told", ["", "a\nb", "\x1b[31mred", "x" * 301])
def test_what_no_starter_would_say_is_passed_over(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CHECKOUT)
    assert program({VARIABLE: told}, "/x/__main__.py") == "./scripts/run"


def test_a_module_of_a_checkout_is_started_by_the_checkouts_starter_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shlex.split(program({}, "/x/__main__.py")) == [str(CHECKOUT / "scripts/run")]


def test_an_installed_program_is_named_as_it_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a folder" / "localrouter"
    file.parent.mkdir()
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", os.defpath)
    assert shlex.split(program({}, str(file))) == [str(file)]
    monkeypatch.setenv("PATH", str(file.parent))
    assert program({}, str(file)) == "localrouter"
    monkeypatch.setattr(shell_command, "_CHECKOUT", tmp_path)
    assert program({}, "/x/__main__.py") == "localrouter"
    monkeypatch.setenv("PATH", os.defpath)
    assert program({}, "/x/__main__.py") == f"{shlex.quote(sys.executable)} -m localrouter"


def test_a_home_is_named_unless_every_terminal_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("LOCALROUTER_HOME", raising=False)
    usual = Home(tmp_path / ".localrouter")
    assert usual.shell_command("serve") == "localrouter serve"
    odd = Home(tmp_path / "my home")
    assert shlex.split(odd.shell_command("serve")) == ["localrouter", "serve", "--home", str(odd.root)]
    monkeypatch.setenv("LOCALROUTER_HOME", str(odd.root))
    assert usual.shell_command("open") == f"localrouter open --home {usual.root}"


@pytest.mark.parametrize("folder", ["a checkout", "checkout"])
def test_the_starters_words_work_from_where_it_was_called(folder: str, tmp_path: Path) -> None:
    """The starter with a Python of ours in place of an environment: what it hands on runs it again."""
    root = tmp_path / folder
    shutil.copytree(CHECKOUT / "scripts", root / "scripts")
    shutil.copytree(CHECKOUT / "requirements", root / "requirements")
    fake = root / ".venv/bin/python"
    fake.parent.mkdir(parents=True)
    fake.write_text('#!/bin/sh\ncase "$*" in *version_info*) echo 3.11;; *) echo "$LOCALROUTER_COMMAND";; esac\n')
    fake.chmod(0o755)
    (root / ".venv/lib/python3.11/site-packages").mkdir(parents=True)
    shutil.copytree(root / "requirements", root / ".venv/locks")
    calls = [(root, ["./scripts/run"]), (root / "scripts", ["bash", "run"]), (tmp_path, [str(root / "scripts/run")])]
    for place, words in calls:
        said = subprocess.run(
            [*words, "status"], cwd=place, env={"PATH": os.defpath}, capture_output=True, text=True, check=True
        )
        again = subprocess.run(
            ["bash", "-c", f"{said.stdout.strip()} status"],
            cwd=place,
            env={"PATH": os.defpath},
            capture_output=True,
            text=True,
            check=True,
        )
        assert again.stdout.strip()


def test_a_message_of_the_program_names_a_command_that_runs(tmp_path: Path) -> None:
    environment = {
        **ENVIRONMENT,
        "LOCALROUTER_HOME": str(tmp_path / "home"),
        VARIABLE: f"{sys.executable} -m localrouter",
    }
    command = [sys.executable, "-m", "localrouter", "status"]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    named = told.stdout.splitlines()[0].rpartition(": ")[2]  # demos of other tests may be named below
    assert named == f"{sys.executable} -m localrouter serve --home {tmp_path / 'home'}"
    helped = subprocess.run(
        f"{named} --help", shell=True, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False
    )
    assert helped.returncode == 0
