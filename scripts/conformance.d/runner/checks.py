"""Runs a suite's program once, and reads its checks from what it prints."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.installing import Installed

SUPPORT = Path(__file__).parent.parent / "support"
ROOT = Path(__file__).parents[3]
LONGEST_WHY = 240
KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TERM",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
)  # nothing that a program reads as its settings


@dataclass(frozen=True)
class Check:
    name: str
    passed: bool
    why: str = ""


def run(installed: Installed, given: Mapping[str, str], *, timeout: float) -> list[Check]:
    """The checks of one run. What ends before its time, or says nothing, is a check that failed."""
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        home = Path(folder, "home")
        work = Path(folder, "work")
        home.mkdir()
        work.mkdir()
        environment = _environment(installed, given, home)
        command = [installed.interpreter, str(installed.program)]
        try:
            done = subprocess.run(
                command, cwd=work, env=environment, capture_output=True, text=True, timeout=timeout, check=False
            )
        except subprocess.TimeoutExpired as error:
            said = error.stdout.decode() if isinstance(error.stdout, bytes) else error.stdout or ""
            return [*read(said, folder), Check("the program ends", False, f"not within {timeout:g} s")]
        checks = read(done.stdout, folder)
        if done.returncode or not checks:
            last = " ".join(done.stderr.strip().splitlines()[-3:]) or f"exit code {done.returncode}"
            checks.append(Check("the program ends well", False, tidy(last, folder)))
        return checks


def _environment(installed: Installed, given: Mapping[str, str], home: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    own = {
        "HOME": str(home),
        "PATH": f"{installed.commands}{os.pathsep}{kept.get('PATH', '')}",
        "PYTHONPATH": str(SUPPORT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "SUITE_FOLDER": str(installed.folder),
    }
    return kept | own | dict(given)


def read(said: str, folder: str = "") -> list[Check]:
    """The lines that are checks; everything else that a program prints is its own affair."""
    checks = []
    for line in said.splitlines():
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if isinstance(told, dict) and isinstance(told.get("check"), str) and isinstance(told.get("passed"), bool):
            checks.append(Check(told["check"], told["passed"], tidy(str(told.get("why") or ""), folder)))
    return checks


def tidy(why: str, folder: str = "") -> str:
    """A reason in one line that is the same on every machine: no folders, ports or ids of one run."""
    for place in (folder, str(ROOT)):
        why = why.replace(place, "…") if place else why
    why = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1", why)
    why = re.sub(r"\b(req|chatcmpl|msg|resp|call|toolu)[-_][\w-]{8,}|\b[0-9a-f]{16,}\b|0x[0-9a-f]+", "…", why)
    why = re.sub(r"(?:/[\w.@-]+){2,}/", "…/", why) if "/v1" not in why else why
    why = " ".join(why.split())
    return why if len(why) <= LONGEST_WHY else f"{why[: LONGEST_WHY - 1]}…"
