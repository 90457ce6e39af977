"""A display without a screen, and what a window manager does on one: finding windows, and asking them to close."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

XVFB_MISSING = "Xvfb is not installed (apt-get install xvfb)"
_CLIENT_MESSAGE, _VIEWABLE = 33, 2


_ON_ERROR = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("_rest", ctypes.c_long * 24),
    )


class _Attributes(ctypes.Structure):
    _fields_ = (
        ("geometry", ctypes.c_int * 5),
        ("visual", ctypes.c_void_p),
        ("root", ctypes.c_ulong),
        ("ints", ctypes.c_int * 4),
        ("planes", ctypes.c_ulong * 2),
        ("save_under", ctypes.c_int),
        ("colormap", ctypes.c_ulong),
        ("map_installed", ctypes.c_int),
        ("map_state", ctypes.c_int),
        ("_rest", ctypes.c_long * 16),
    )


@dataclass(frozen=True)
class Shown:
    """A window on the display."""

    number: int
    title: str


class XDisplay:
    """A client of the display `name`, such as `:99`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._x = ctypes.CDLL("libX11.so.6")
        self._x.XOpenDisplay.restype = ctypes.c_void_p
        self._x.XDefaultRootWindow.restype = ctypes.c_ulong
        self._x.XInternAtom.restype = ctypes.c_ulong
        self._on_error = _ON_ERROR(lambda display, event: 0)  # a window may go while it is looked at; Xlib would exit
        self._x.XSetErrorHandler(self._on_error)
        self._display = ctypes.c_void_p(self._x.XOpenDisplay(name.encode()))
        assert self._display, f"no display {name}"

    def windows(self, *, titled_or_not: bool = False) -> list[Shown]:
        """The visible top-level windows that have a title; dialogs may have none."""
        root, parent, children, count = (
            ctypes.c_ulong(),
            ctypes.c_ulong(),
            ctypes.POINTER(ctypes.c_ulong)(),
            ctypes.c_uint(),
        )
        top = ctypes.c_ulong(self._x.XDefaultRootWindow(self._display))
        found = (ctypes.byref(each) for each in (root, parent, children, count))
        self._x.XQueryTree(self._display, top, *found)
        shown = [Shown(number, self._title(number)) for number in children[: count.value] if self._is_visible(number)]
        self._x.XFree(children)
        return [window for window in shown if window.title or titled_or_not]

    def titled(self, title: str) -> list[Shown]:
        return [window for window in self.windows() if window.title == title]

    def close(self, window: Shown) -> None:
        """What the cross in a window's corner does."""
        protocols, delete = (self._atom(name) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW"))
        event = _Event(type=_CLIENT_MESSAGE, window=window.number, message_type=protocols, format=32)
        event.data[0] = delete
        self._x.XSendEvent(self._display, ctypes.c_ulong(window.number), 0, ctypes.c_long(0), ctypes.byref(event))
        self._x.XSync(self._display, 0)

    def disconnect(self) -> None:
        self._x.XCloseDisplay(self._display)
        self._x.XSetErrorHandler(None)

    def _atom(self, name: bytes) -> int:
        return int(self._x.XInternAtom(self._display, name, 0))

    def _title(self, number: int) -> str:
        text = ctypes.c_char_p()
        self._x.XFetchName(self._display, ctypes.c_ulong(number), ctypes.byref(text))
        return (text.value or b"").decode(errors="replace")

    def _is_visible(self, number: int) -> bool:
        attributes = _Attributes()
        self._x.XGetWindowAttributes(self._display, ctypes.c_ulong(number), ctypes.byref(attributes))
        return int(attributes.map_state) == _VIEWABLE


def has_xvfb() -> bool:
    return shutil.which("Xvfb") is not None


@contextmanager
def xvfb() -> Iterator[XDisplay]:
    """An X server with one empty screen, until the end of the block."""
    with x_server() as (name, _):
        display = XDisplay(name)
        try:
            yield display
        finally:
            display.disconnect()


@contextmanager
def x_server() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The same by its name, for whoever ends it before the block does: a client of it in this process would go too."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1400x900x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with open(reading) as numbers:
            name = f":{numbers.readline().strip()}"
        yield name, server
    finally:
        server.terminate()
        server.wait(10)


def wait_until(condition: Callable[[], object], what: str, patience: float = 60) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen: {what}"
        time.sleep(0.05)
