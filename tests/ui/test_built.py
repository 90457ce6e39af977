"""What is built: how much of it the first page needs, and what must not be in it."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from localrouter.surfaces.pages.files import FOLDER

MOST_AT_FIRST = 250_000


@pytest.fixture
def index(built: None) -> str:
    return (FOLDER / "index.html").read_text()


def at_first(index: str) -> list[Path]:
    """The scripts that run before anything is shown."""
    return [FOLDER / found for found in re.findall(r'(?:src|href)="/ui/([^"]+\.js)"', index)]


def test_the_first_script_is_small(index: str) -> None:
    scripts = at_first(index)
    assert scripts
    assert sum(len(gzip.compress(script.read_bytes())) for script in scripts) < MOST_AT_FIRST


def test_the_document_has_no_script_of_its_own_and_names_no_other_origin(index: str) -> None:
    assert re.findall(r"<script(?![^>]*\ssrc=)", index) == []
    assert re.findall(r"""(?:src|href)=["'](?!/ui/)""", index) == []
    assert re.findall(r"\son\w+=", index) == []


def test_no_script_knows_the_desktop_windows_bridge_or_runs_text(built: None) -> None:
    text = "".join(script.read_text() for script in FOLDER.rglob("*.js"))
    assert (
        re.findall(r"pywebview|js_api|\beval\(|new Function\(|new WebSocket|new EventSource|importScripts", text) == []
    )
