"""Processes that open windows: what they need in their environment, and whether this Python can load a toolkit."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from localrouter import shell_command
from tests.x_display import XVFB_MISSING, XDisplay, has_xvfb

TOOLKITS = ("gtk", "qt")
DEBIANS_GI = Path("/usr/lib/python3/dist-packages/gi")
LOADED = {
    "gtk": "import gi; gi.require_version('WebKit2', '4.1'); from gi.repository import WebKit2",
    "qt": "import qtpy.QtWebEngineWidgets",
}
MISSING = {
    "gtk": "GTK WebKit cannot be loaded by this Python (apt-get install python3-gi gir1.2-webkit2-4.1)",
    "qt": "Qt WebEngine is not installed for this Python (requirements/desktop.txt)",
}


def environment(folder: Path, display: XDisplay | None, toolkit: str = "gtk") -> dict[str, str]:
    """The environment of a process whose home folder is `folder`."""
    links = folder / "toolkit"
    links.mkdir(exist_ok=True)
    if DEBIANS_GI.exists() and not (links / "gi").exists():
        (links / "gi").symlink_to(DEBIANS_GI)  # the one package of Debian's that is wanted, and no other
    paths = [*sys.path, str(links)] if toolkit == "gtk" else sys.path
    chosen = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": os.pathsep.join(paths)}
    chosen[shell_command.VARIABLE] = os.environ[shell_command.VARIABLE]  # as the tests themselves
    chosen |= {"LOCALROUTER_SECRETS": "file", "PYWEBVIEW_GUI": toolkit, "NO_AT_BRIDGE": "1"}
    return chosen if display is None else chosen | {"DISPLAY": display.name}


def need(toolkit: str, folder: Path) -> None:
    """Skip the test where the toolkit or a display is not to be had."""
    if not has_xvfb():
        pytest.skip(XVFB_MISSING)
    if not _loads(toolkit, folder):
        pytest.skip(MISSING[toolkit])


@cache
def _loads(toolkit: str, folder: Path) -> bool:
    done = subprocess.run(
        [sys.executable, "-c", LOADED[toolkit]],
        env=environment(folder, None, toolkit),
        capture_output=True,
        check=False,
    )
    return done.returncode == 0
