"""The tray's icon: what it says of limits, and that nothing happens where there is no tray."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

import pytest

from localrouter.surfaces.desktop import tray
from localrouter.surfaces.desktop.tray import NO_ANSWER, NO_LIMITS, Tray, TrayActions, may_have_tray, tightest_limit


def limit(used: float, value: float, kind: str = "cost", reserved: float = 0.0) -> dict[str, Any]:
    return {"limit_type": kind, "value": value, "time_window": "day", "used": used, "reserved": reserved}


def test_the_tightest_limit_of_all_strategies_is_told() -> None:
    strategies = [
        {"name": "Jobs", "usage": [limit(1.0, 2.0), limit(10, 1000, "requests")]},
        {"name": "Editor", "usage": [limit(50_000, 100_000, "total_tokens", reserved=25_000)]},
    ]
    assert tightest_limit(strategies) == "Editor: 75 % of 100,000 total tokens per day"
    assert tightest_limit(strategies[:1]) == "Jobs: 50 % of $2 per day"


def test_without_limits_or_an_answer_it_says_so() -> None:
    assert tightest_limit([{"name": "Default Strategy", "usage": []}]) == NO_LIMITS
    assert tightest_limit(None) == NO_ANSWER


class FakePystray(types.ModuleType):
    """The package, on a desktop that shows the icon until it is stopped."""

    def __init__(self) -> None:
        super().__init__("pystray")
        self.items: list[tuple[Any, Any]] = []
        self.Menu = types.SimpleNamespace
        self.is_stopped = False

    def give(self, monkeypatch: pytest.MonkeyPatch) -> None:
        package = self

        class Menu:
            SEPARATOR = None

            def __init__(self, *items: Any) -> None:
                package.items = [item for item in items if item is not None]

        class Icon:
            visible = False

            def __init__(self, *_: Any) -> None:
                self.title = ""

            def run(self, set_up: Callable[[Any], None]) -> None:
                set_up(self)

            def update_menu(self) -> None:
                pass

            def stop(self) -> None:
                package.is_stopped = True

        vars(package).update(Menu=Menu, Icon=Icon, MenuItem=lambda text, act, **_: (text, act))
        monkeypatch.setitem(sys.modules, "pystray", package)
        monkeypatch.setattr(tray, "_picture", lambda: None)
        monkeypatch.setattr(tray, "_apart", lambda act: act())


def test_its_menu_opens_copies_and_quits(monkeypatch: pytest.MonkeyPatch) -> None:
    package, done, copied = FakePystray(), list[str](), list[str]()
    package.give(monkeypatch)
    monkeypatch.setattr(tray, "copy", copied.append)
    icon = Tray(
        TrayActions(
            open=lambda: done.append("open"),
            address=lambda: "http://127.0.0.1:3625/v1",
            strategies=lambda: None,
            quit=lambda: done.append("quit"),
        )
    )
    icon.run()
    opening, copying, _, quitting = package.items
    assert "http://127.0.0.1:3625/v1" in copying[0](None)
    for _, act in (opening, copying, quitting):
        act()
    # This clipboard does not say that it took the address, so the pages are opened: they show it.
    assert (done, copied) == (["open", "open", "quit"], ["http://127.0.0.1:3625/v1"])
    icon.end()
    assert package.is_stopped


def test_without_the_package_or_a_display_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pystray", None)  # importing it fails
    Tray(TrayActions(lambda: None, lambda: None, lambda: None, lambda: None)).run()
    assert not may_have_tray({})
