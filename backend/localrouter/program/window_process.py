"""The desktop window in its own process, because a toolkit ends its whole process when its display goes away.

Parent and window communicate over the window's standard input and output. The window ends when its input does, so that
it never outlives its parent, however that ended.
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
TOLD = "\x01"  # starts a line for the parent; every other line is for the user
_RUN = """import sys
from pathlib import Path
from localrouter.program.with_window import be_window
be_window(Path(sys.argv[1]))
"""


class Order(StrEnum):
    """What the parent tells the window."""

    OPEN = "open"  # the server answers
    SHOW = "show"


class News(StrEnum):
    """What the window tells its parent."""

    SHOWN = "shown"
    PROBLEM = "problem"  # followed by why there can be no window
    QUIT = "quit"  # the user ends the program


class How(StrEnum):
    """How the window ended."""

    BY_USER = "by_user"
    AS_TOLD = "as_told"
    NEVER_SHOWN = "never_shown"
    LOST = "lost"


class WindowProcess:
    """The window's process. The context manager starts and ends it; any thread may call `show` and `end`."""

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
            start_new_session=True,  # Ctrl+C must reach only the program, which ends its window
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
        """Let the window open, and wait until it has ended. `say` gets its messages to the user."""
        process = self._process
        if process is None or process.stdout is None:
            raise RuntimeError("enter first")
        self._tell(Order.OPEN)
        listening = threading.Thread(target=self._listen, args=(process.stdout, say), name="window", daemon=True)
        listening.start()
        process.wait()
        was_told = self.is_ending  # read now: an order from here on is not what ended it
        listening.join(ENDS_WITHIN)  # a toolkit's helpers may hold the other end for a moment
        if not listening.is_alive():
            process.stdout.close()
        if was_told:
            return How.AS_TOLD
        if self._has_quit:
            return How.BY_USER
        return How.LOST if self._is_shown.is_set() else How.NEVER_SHOWN

    def show(self) -> bool:
        """Bring the window to the front. False if there is none."""
        return self._tell(Order.SHOW)

    def end(self) -> None:
        """Ask the window to end, and make sure that it does soon. A second call does nothing."""
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
    """Sends the parent a message. Called in the window's process."""
    with contextlib.suppress(OSError, ValueError):
        print(f"{TOLD}{news} {what}".rstrip(), flush=True)
