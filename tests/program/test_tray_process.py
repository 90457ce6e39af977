"""The tray's process: it lives as long as the program, and its menu reaches the running instance."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from localrouter.program import tray_process
from localrouter.program.tray_process import actions, tray
from localrouter.services.instance.home import Home
from tests.running_home import running_home

WAITS = "import pathlib, sys; root = pathlib.Path(sys.argv[1]); sys.stdin.read(); (root / 'ended').touch()"


def test_the_icon_ends_with_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tray_process, "may_have_tray", lambda: True)
    monkeypatch.setattr(tray_process, "ENDS_WITHIN", 60.0)
    with tray(Home(tmp_path), (sys.executable, "-c", WAITS)):
        assert not (tmp_path / "ended").exists()
    assert (tmp_path / "ended").exists()


def test_where_there_can_be_no_tray_no_process_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tray_process, "may_have_tray", lambda: False)
    with tray(Home(tmp_path), ("/does/not/exist",)):
        pass


def test_its_menu_asks_the_running_instance(tmp_path: Path) -> None:
    menu = actions(Home(tmp_path))
    assert (menu.address(), menu.strategies()) == (None, None)
    with running_home(tmp_path):
        address, strategies = menu.address(), menu.strategies()
    assert address is not None
    assert address.endswith("/v1")
    assert strategies is not None
    assert strategies[0]["name"] == "Default Strategy"
