"""The desktop window and all knowledge of the toolkits under it: whether one can be shown, and how it behaves.

The toolkit runs in the main thread (`DesktopWindow.run`); every other method may be called from any thread. Pages get
no object of ours to call: they talk to the program over HTTP, as in any browser.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from localrouter.shell_command import program

Toolkit = Literal["gtk", "qt"]
TITLE = "LocalRouter"
SIZE, SMALLEST = (1240, 820), (640, 480)  # pixels
TOOLKITS: tuple[Toolkit, ...] = ("gtk", "qt")
WAIT_FOR_QT = 30.0  # seconds
WAIT_FOR_PAGE = 3.0
ASK_PAGE_EVERY = 0.15
_ASKING = "asking"
_ASK_PAGE = "window.localrouterClosing ? window.localrouterClosing() : ''"
_OPENED_ELSEWHERE = ("http", "https", "mailto")
_QT_QUIET = "default.warning=false;qt.*.warning=false"  # silences remarks about graphics drivers at every start
_TRY_QT = "from qtpy.QtWidgets import QApplication; QApplication([])"
_OPEN = "import signal, sys, webbrowser; signal.pthread_sigmask(signal.SIG_SETMASK, ()); webbrowser.open(sys.argv[1])"


def display_problem(environment: Mapping[str, str]) -> str | None:
    """Why no window can appear here; None if a display answers.

    Check this before loading any toolkit: Qt ends the whole process if it finds no display.
    """
    if sys.platform in ("darwin", "win32") or _wayland_answers(environment):
        return None
    display = environment.get("DISPLAY")
    if not display:
        return "there is no display"
    return None if _x11_answers() else f"the display {display} cannot be opened"


def toolkit_problem() -> str | None:
    """Loads a toolkit. Says why no window can be made although there is a display; None if one can."""
    return None if _toolkit(os.environ) else f"neither GTK WebKit nor Qt WebEngine can be loaded; {_remedy()}"


def _remedy() -> str:
    """How to get a toolkit; in a checkout, its start script fetches one."""
    if program().endswith("scripts/run"):
        return f"{program()} installs one of them"
    return "install one of them: pip install 'pywebview[pyside6]' in LocalRouter's environment"


class DialogAnswer(StrEnum):
    """What closing the window should do. The first three are the page's own words."""

    KEEP_SERVING = "keep_serving"
    QUIT = "quit"
    CANCEL = "cancel"
    NO_PAGE = "no_page"


class DesktopWindow:
    """One window on one address. When the user closes it, `on_close` is called in a thread of its own; the window stays
    open until `hide` or `end`."""

    def __init__(self, on_close: Callable[[], None], on_shown: Callable[[], None] = lambda: None) -> None:
        self._on_close, self._on_shown = on_close, on_shown
        self._being_closed = threading.Lock()
        self._ending = threading.Event()
        self._window: Any = None

    def run(self, address: str, moved_to: Callable[[], str | None] = lambda: None) -> bool:
        """Show the address and block until `end`. Call it in the main thread. False if no window came up.

        `moved_to` returns where the server is now: pages may lead there, as well as to the given address.
        """
        toolkit = None if self.is_ending else _toolkit(os.environ)
        if toolkit is None:
            return False
        import webview  # noqa: PLC0415 - needs no display, but takes a while

        webview.settings["ALLOW_FILE_URLS"] = False
        webview.settings["ALLOW_DOWNLOADS"] = toolkit == "gtk"  # its own code for Qt is for Qt 5; see _adapt_qt
        width, height = SIZE
        window: Any = webview.create_window(
            TITLE, address, width=width, height=height, min_size=SMALLEST, text_select=True, zoomable=True
        )
        window.events.closing += self._closing
        window.events.before_show += lambda: _adapt(window, lambda: (address, moved_to() or address))
        window.events.shown += self._on_shown
        window.events.shown += self._end_if_asked
        self._window = window
        webbrowser.register("localrouter", None, SystemBrowser(), preferred=True)
        with contextlib.suppress(webview.WebViewException):
            webview.start(gui=toolkit, private_mode=True)
        return bool(window.events.shown.is_set())

    def show(self) -> None:
        """Bring the window to the front, even if it was hidden or minimised."""
        if self._is_shown():
            self._window.show()
            self._window.restore()

    def hide(self) -> None:
        if self._is_shown():
            self._window.hide()

    def ask_page(self) -> DialogAnswer:
        """Ask the user, through the page, what closing the window should do. Its dialog can offer three answers.

        The page keeps the question open until it is answered. If the page is left or reloaded meanwhile, or the window
        ends, that counts as cancelled. `NO_PAGE` if the page could not ask because it is broken or hangs.
        """
        if not self._is_shown():
            return DialogAnswer.CANCEL
        told, given_up_at = self._told_by_page(), time.monotonic() + WAIT_FOR_PAGE
        while told is None and time.monotonic() < given_up_at and not self._ending.wait(ASK_PAGE_EVERY):
            told = self._told_by_page()  # the page may still be loading
        if told is None:
            return DialogAnswer.CANCEL if self._ending.is_set() else DialogAnswer.NO_PAGE
        while told == _ASKING and not self._ending.wait(ASK_PAGE_EVERY):
            told = self._told_by_page()
        return DialogAnswer(told) if told in set(DialogAnswer) else DialogAnswer.CANCEL

    def ask(self, title: str, question: str) -> bool:
        """Ask with OK and Cancel, in a dialog that needs no page. False if the window ends meanwhile."""
        if not self._is_shown():
            return False
        return self._window.create_confirmation_dialog(title, question) is True and not self._ending.is_set()

    def end(self) -> None:
        """Close the window for good, without asking `on_close`; `run` returns."""
        self._ending.set()
        self._end_if_asked()

    @property
    def is_ending(self) -> bool:
        return self._ending.is_set()

    def _told_by_page(self) -> str | None:
        """The page's immediate answer. It is asked in a thread of its own, since a page that hangs never answers."""
        told: list[object] = []
        asking = threading.Thread(target=lambda: told.append(self._window.run_js(_ASK_PAGE)), daemon=True)
        asking.start()
        asking.join(WAIT_FOR_PAGE)
        return str(told[0]) if told and told[0] else None

    def _is_shown(self) -> bool:
        return self._window is not None and bool(self._window.events.shown.is_set())

    def _end_if_asked(self) -> None:
        if self._ending.is_set() and self._is_shown():
            _dismiss_dialogs(self._window)
            self._window.destroy()

    def _closing(self) -> bool:
        """Whether the window may close. The toolkit waits for the answer, so the consequences run in another thread."""
        if self._ending.is_set():
            return True
        if self._being_closed.acquire(blocking=False):
            threading.Thread(target=self._closed_by_user, name="window-closing", daemon=True).start()
        return False

    def _closed_by_user(self) -> None:
        try:
            self._on_close()
        finally:
            self._being_closed.release()


class SystemBrowser(webbrowser.BaseBrowser):
    """Opens an address in the user's browser, which must not inherit this program's blocked signals."""

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        if urlsplit(url).scheme not in _OPENED_ELSEWHERE:
            return False
        command = [sys.executable, "-I", "-c", _OPEN, _without_code(url)]
        options: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False}
        threading.Thread(target=subprocess.run, args=(command,), kwargs=options, daemon=True).start()
        return True


def _without_code(url: str) -> str:
    """The address without its code: anybody can read it in the process list."""
    plain, _, fragment = url.partition("#")
    return plain if fragment.startswith("code=") else url


def _wayland_answers(environment: Mapping[str, str]) -> bool:
    name, folder = environment.get("WAYLAND_DISPLAY"), environment.get("XDG_RUNTIME_DIR")
    if not name or not (folder or name.startswith("/")):
        return False
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(Path(folder or "/") / name))
        return True
    return False


def _x11_answers() -> bool:
    """Whether the X server of this process's DISPLAY answers."""
    try:
        library = ctypes.CDLL("libX11.so.6")
    except OSError:
        return False
    library.XOpenDisplay.restype = ctypes.c_void_p
    library.XCloseDisplay.argtypes = [ctypes.c_void_p]
    display = library.XOpenDisplay(None)
    if display:
        library.XCloseDisplay(display)
    return bool(display)


def _toolkit(environment: Mapping[str, str]) -> Toolkit | None:
    """The first toolkit that loads. PYWEBVIEW_GUI names the one to try first."""
    sys.argv[0] = "localrouter"  # toolkits use it as the name by which desktops group windows
    wanted = environment.get("PYWEBVIEW_GUI")
    ordered = sorted(TOOLKITS, key=lambda name: name != wanted)
    return next((name for name in ordered if _loads(name)), None)


def _loads(toolkit: Toolkit) -> bool:
    if f"webview.platforms.{toolkit}" in sys.modules:
        return True
    try:
        return _load_gtk() if toolkit == "gtk" else _load_qt()
    except (ImportError, ValueError, RuntimeError):  # missing; without WebKit; qtpy finds no binding
        return False


def _load_gtk() -> bool:
    import webview.platforms.gtk  # noqa: F401, PLC0415

    return True


def _load_qt() -> bool:
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        os.environ["QTWEBENGINE_DISABLE_SANDBOX"] = "1"  # Chromium's sandbox refuses to run as root
    os.environ.setdefault("QT_LOGGING_RULES", _QT_QUIET)
    if not _qt_starts():
        return False
    import webview.platforms.qt  # noqa: F401, PLC0415

    return True


def _qt_starts() -> bool:
    """Whether Qt starts. Tried in a process of its own, because Qt ends its process if a library is missing."""
    if importlib.util.find_spec("qtpy") is None:
        return False
    command = [sys.executable, "-P", "-c", _TRY_QT]
    with contextlib.suppress(subprocess.TimeoutExpired):
        done = subprocess.run(  # noqa: S603 - our own interpreter, our own words
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=WAIT_FOR_QT, check=False
        )
        return done.returncode == 0
    return False


def _adapt(window: Any, addresses: Callable[[], tuple[str, ...]]) -> None:
    """Keep the window on our own pages; links elsewhere open in the user's browser."""
    view = window.gui.BrowserView.instances[window.uid].webview
    adapt = _adapt_gtk if window.gui.renderer.startswith("gtk") else _adapt_qt
    adapt(view, lambda target: any(belongs(target, address) for address in addresses()))


def belongs(target: str, address: str) -> bool:
    """Whether a page may be shown in the window on an address: only that server's own."""
    here, there = urlsplit(address), urlsplit(target.removeprefix("blob:"))
    return target == "about:blank" or (here.scheme, here.netloc) == (there.scheme, there.netloc)


def _adapt_gtk(view: Any, belongs: Callable[[str], bool]) -> None:
    def decide(_: Any, decision: Any, kind: Any) -> bool:
        if kind.value_nick != "navigation-action":
            return False
        target = decision.get_navigation_action().get_request().get_uri()
        if belongs(target):
            return False
        decision.ignore()
        webbrowser.open(target)
        return True

    view.connect("decide-policy", decide)
    view.get_settings().props.enable_html5_local_storage = True  # kept in memory, like everything in a private window


def _adapt_qt(view: Any, belongs: Callable[[str], bool]) -> None:
    def decide(request: Any) -> None:
        target = request.url().toString()
        if not belongs(target):
            request.reject()
            webbrowser.open(target)

    view.page().navigationRequested.connect(decide)
    view.page().profile().downloadRequested.connect(lambda download: download.accept())


def _dismiss_dialogs(window: Any) -> None:
    """Closes open dialogs, which keep GTK's loop from ending. Qt closes its dialogs by itself."""
    if not window.gui.renderer.startswith("gtk"):
        return
    gtk, glib = window.gui.gtk, window.gui.glib

    def dismiss() -> None:
        for each in gtk.Window.list_toplevels():
            if isinstance(each, gtk.Dialog):
                each.response(gtk.ResponseType.CANCEL)

    glib.idle_add(dismiss)
