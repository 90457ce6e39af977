"""The icon in the system's tray and all knowledge of the package under it. Without a tray, nothing is shown or said.

It runs in a process of its own (`program/with_window.py`), and asks the router for what it shows.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LOOK_EVERY = 10.0  # seconds
NAME, TITLE = "localrouter", "LocalRouter"
SIZE = 64  # pixels
BLUE, WHITE = (47, 95, 208, 255), (255, 255, 255, 255)
NO_LIMITS, NO_ANSWER = "No limits are set", "LocalRouter does not answer"
NO_ADDRESS = "—"
MOST_SHOWN = 999  # per cent


@dataclass(frozen=True, slots=True)
class TrayActions:
    """What the icon does and shows. Any of them may be called from any thread."""

    open: Callable[[], None]
    address: Callable[[], str | None]
    strategies: Callable[[], Sequence[Mapping[str, Any]] | None]
    quit: Callable[[], None]


def tightest_limit(strategies: Sequence[Mapping[str, Any]] | None) -> str:
    """What is used of the limit that is nearest to its end, of all strategies: one line for a menu."""
    if strategies is None:
        return NO_ANSWER
    limits = [
        ((used["used"] + used["reserved"]) / used["value"], strategy["name"], used)
        for strategy in strategies
        for used in strategy["usage"]
    ]
    if not limits:
        return NO_LIMITS
    share, name, limit = max(limits, key=lambda each: each[0])
    is_cost = limit["limit_type"] == "cost"
    value = f"${limit['value']:g}" if is_cost else f"{limit['value']:,.0f} {limit['limit_type'].replace('_', ' ')}"
    return f"{name}: {min(int(100 * share), MOST_SHOWN)} % of {value} per {limit['time_window']}"


class Tray:
    """The icon with its menu: open, copy the address, what is used of the tightest limit, quit."""

    def __init__(self, actions: TrayActions) -> None:
        self._actions = actions
        self._icon: Any = None
        self._line = NO_LIMITS
        self._is_ending = threading.Event()

    def run(self) -> None:
        """Show the icon and block until `end`. Call it in the main thread. Returns at once if there can be no icon."""
        with contextlib.suppress(Exception):  # whatever a desktop lacks, LocalRouter works without an icon
            pystray = importlib.import_module("pystray")  # it looks for a display when it is imported
            self._icon = pystray.Icon(NAME, _picture(), TITLE, self._menu(pystray))
            self._icon.run(self._set_up)

    def end(self) -> None:
        """Take the icon away; `run` returns."""
        self._is_ending.set()
        if self._icon is not None:
            self._icon.stop()

    def _menu(self, pystray: Any) -> Any:
        item = pystray.MenuItem
        return pystray.Menu(
            item("Open LocalRouter", lambda: _apart(self._actions.open), default=True),
            item(lambda _: f"Copy address: {self._actions.address() or NO_ADDRESS}", self._copy_address),
            item(lambda _: self._line, None, enabled=False),
            pystray.Menu.SEPARATOR,
            item("Quit LocalRouter", lambda: _apart(self._actions.quit)),
        )

    def _set_up(self, icon: Any) -> None:
        if self._is_ending.is_set():
            icon.stop()
            return
        icon.visible = True
        threading.Thread(target=self._keep_current, args=(icon,), name="tray", daemon=True).start()

    def _keep_current(self, icon: Any) -> None:
        while True:
            self._line = tightest_limit(self._actions.strategies())
            with contextlib.suppress(Exception):  # the tray may have gone
                icon.title = f"{TITLE}: {self._line}"
                icon.update_menu()
            if self._is_ending.wait(LOOK_EVERY):
                return

    def _copy_address(self) -> None:
        address = self._actions.address()
        if address is not None and not copy(address):
            _apart(self._actions.open)  # the pages show it with a button that copies it


def copy(text: str) -> bool:
    """Put a text on the clipboard, where GTK can. This process keeps it there."""
    with contextlib.suppress(ImportError, ValueError, AttributeError):
        importlib.import_module("gi").require_version("Gtk", "3.0")
        gdk = importlib.import_module("gi.repository.Gdk")
        gtk = importlib.import_module("gi.repository.Gtk")
        gtk.Clipboard.get(gdk.SELECTION_CLIPBOARD).set_text(text, -1)
        return True
    return False


def may_have_tray(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether it is worth starting a process for the icon: there is a display, and the package is installed."""
    has_display = bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
    return has_display and importlib.util.find_spec("pystray") is not None


def _apart(act: Callable[[], None]) -> None:
    """In a thread of its own: the desktop waits while a menu's item is handled."""
    threading.Thread(target=act, daemon=True).start()


def _picture() -> Any:
    """The icon of the pages, drawn: one line that becomes two."""
    image, drawing = importlib.import_module("PIL.Image"), importlib.import_module("PIL.ImageDraw")
    picture = image.new("RGBA", (SIZE, SIZE), (0, 0, 0, 0))
    draw = drawing.Draw(picture)
    draw.rounded_rectangle((0, 0, SIZE - 1, SIZE - 1), radius=14, fill=BLUE)
    for way in (((14, 32), (26, 32)), ((26, 32), (38, 18), (50, 18)), ((26, 32), (38, 46), (50, 46))):
        draw.line(way, fill=WHITE, width=5, joint="curve")
    draw.ellipse((21, 27, 31, 37), fill=WHITE)
    return picture
