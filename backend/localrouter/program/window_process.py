"""The desktop window as a process of its own: a toolkit ends its whole process when its display goes away, which must
not be the one that serves.

Parent and window talk over the window's standard input and output. The window ends when its input does, so that nothing
is left of it however its parent ended.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

ENDS_WITHIN = 5.0  # seconds
TOLD = "\x01"  # begins a line that is for the parent; every other line is for the user
_RUN = """import sys
from pathlib import Path
from localrouter.program.window import be_window
be_window(Path(sys.argv[1]))
"""


class Order(StrEnum):
    """What the window is told."""

    OPEN = "open"  # the server answers
    SHOW = "show"


class News(StrEnum):
    """What the window tells."""

    SHOWN = "shown"
    PROBLEM = "problem"  # with the reason why there can be none
    QUIT = "quit"  # its user ends the program


class How(StrEnum):
    """How the window ended."""

    BY_USER = "by_user"
    AS_TOLD = "as_told"
    NEVER_SHOWN = "never_shown"
    LOST = "lost"


class WindowProcess:
    """Started as a context manager, which ends it. `show` and `end` may be called from any thread."""

    def __init__(self, home: Path, command: tuple[str, ...] = (sys.executable, "-P", "-c", _RUN)) -> None:
        self._command = [*command, str(home)]
        self._process: subprocess.Popen[str] | None = None
        self._is_ending = threading.Event()
        self._is_shown = threading.Event()
        self._has_quit = False
        self.problem: str | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own words
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl+C is for the program, which ends its window
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()
        if self._process is not None:
            self._process.wait()

    @property
    def is_ending(self) -> bool:
        return self._is_ending.is_set()

    def follow(self, say: Callable[[str], None]) -> How:
        """Let it open, and stay until it has ended; `say` gets what it says to the user."""
        process = self._process
        if process is None or process.stdout is None:
            raise RuntimeError("enter first")
        self._tell(Order.OPEN)
        listening = threading.Thread(target=self._listen, args=(process.stdout, say), name="window", daemon=True)
        listening.start()
        process.wait()
        was_told = self.is_ending  # asked now: what is told from here on did not end it
        listening.join(ENDS_WITHIN)  # a toolkit's helpers may hold the other end for a moment
        if not listening.is_alive():
            process.stdout.close()
        if was_told:
            return How.AS_TOLD
        if self._has_quit:
            return How.BY_USER
        return How.LOST if self._is_shown.is_set() else How.NEVER_SHOWN

    def show(self) -> bool:
        """Bring it to the front; whether there is one."""
        return self._tell(Order.SHOW)

    def end(self) -> None:
        """Ask it to end; it has to, soon. A second call does nothing."""
        process = self._process
        if self._is_ending.is_set() or process is None:
            self._is_ending.set()
            return
        self._is_ending.set()
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        timer = threading.Timer(ENDS_WITHIN, process.kill)
        timer.daemon = True
        timer.start()

    def _tell(self, order: Order) -> bool:
        process = self._process
        if process is None or process.stdin is None or process.poll() is not None or self.is_ending:
            return False
        try:
            process.stdin.write(f"{order}\n")
            process.stdin.flush()
        except (OSError, ValueError):
            return False
        return True

    def _listen(self, lines: object, say: Callable[[str], None]) -> None:
        for line in lines:  # type: ignore[attr-defined]
            if not line.startswith(TOLD):
                say(line.rstrip("\n"))
                continue
            news, _, what = line.strip(f"{TOLD}\n").partition(" ")
            match news:
                case News.SHOWN:
                    self._is_shown.set()
                case News.QUIT:
                    self._has_quit = True
                case News.PROBLEM:
                    self.problem = what


def tell(news: News, what: str = "") -> None:
    """What the window's process tells its parent."""
    with contextlib.suppress(OSError, ValueError):
        print(f"{TOLD}{news} {what}".rstrip(), flush=True)
