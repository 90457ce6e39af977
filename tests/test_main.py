"""The program as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

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
