"""Installs what suites and emulators need, each into a folder of its own, once for each state of its locks."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from runner.suites import Suite

EMULATORS = Path(__file__).parent.parent / "emulators"
SUPPORT = Path(__file__).parent.parent / "support"
STAMP = "installed.txt"


class CannotInstall(Exception):
    """Said to the user, with the installer's last words."""


@dataclass(frozen=True)
class Installed:
    """A suite that can run: its program, the interpreter for it, and where its commands are."""

    program: Path
    interpreter: str
    commands: Path
    folder: Path


def install(suite: Suite, parent: Path) -> Installed:
    folder = parent / suite.name
    if suite.runtime == "python":
        locks = [path for path in (suite.folder / "requirements.txt", suite.folder / "sources.txt") if path.exists()]
        if not _is_current(folder, locks):
            _install_python(folder, suite)
            _mark(folder, locks)
        return Installed(suite.folder / suite.program, str(folder / "bin" / "python"), folder / "bin", folder)
    install_node(suite.folder, folder)
    commands = folder / "node_modules" / ".bin"
    if suite.runtime == "agent":
        return Installed(suite.folder / suite.program, sys.executable, commands, folder)
    for file in SUPPORT.glob("*.mjs"):
        shutil.copy(file, folder / file.name)
    return Installed(folder / suite.program, "node", commands, folder)


def install_node(source: Path, folder: Path) -> None:
    """Node finds packages beside the file that asks for them: so the folder's files stand beside the packages."""
    locks = [source / "package.json", source / "package-lock.json"]
    current = _is_current(folder, locks)
    folder.mkdir(parents=True, exist_ok=True)
    for file in source.iterdir():
        if file.is_file():
            shutil.copy(file, folder / file.name)
    if not current:
        _run(["npm", "ci", "--no-audit", "--no-fund"], folder)
        _mark(folder, locks)


def emulator_folder(name: str, parent: Path) -> Path:
    return parent / "emulators" / name


def install_emulator(name: str, parent: Path) -> Path:
    folder = emulator_folder(name, parent)
    install_node(EMULATORS / name, folder)
    return folder


def _install_python(folder: Path, suite: Suite) -> None:
    venv.create(folder, clear=True, with_pip=True)
    python = str(folder / "bin" / "python")
    pip = [python, "-m", "pip"]
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    install = [uv, "pip", "install", "--python", python] if uv else [*pip, "install"]  # uv takes seconds, not minutes
    _run([*install, "--quiet", "--require-hashes", "-r", str(suite.folder / "requirements.txt")], folder)
    sources = suite.folder / "sources.txt"
    if sources.exists():
        options = ["--quiet", "--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--require-hashes"]
        _run([*pip, "download", *options, "-d", str(folder / "sources"), "-r", str(sources)], folder)
        for archive in (folder / "sources").glob("*.tar.gz"):
            shutil.unpack_archive(archive, folder / "sources", filter="data")


def _run(command: list[str], folder: Path) -> None:
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        words = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise CannotInstall(f"installing into {folder} failed:\n{words}")


def _digest(locks: Iterable[Path]) -> str:
    return hashlib.sha256(b"\0".join(lock.read_bytes() for lock in locks)).hexdigest()


def _is_current(folder: Path, locks: Iterable[Path]) -> bool:
    stamp = folder / STAMP
    return stamp.exists() and stamp.read_text() == _digest(locks)


def _mark(folder: Path, locks: Iterable[Path]) -> None:
    (folder / STAMP).write_text(_digest(locks))
