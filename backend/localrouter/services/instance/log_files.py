"""Writes the log: one file per day in the home's `logs/`, or more on a busy day, readable by their owner only. Their
total size is capped.

Errors and warnings go to the terminal as well. No line holds a prompt, an answer, a key or a token.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import BaseRotatingHandler
from pathlib import Path
from typing import TextIO

from localrouter.domain.configuration.config import Logging
from localrouter.domain.metrics.samples import Sample
from localrouter.domain.models.pricing import to_usd
from localrouter.domain.plain_text import one_line, printable_lines
from localrouter.private_files import PRIVATE_FILE, PRIVATE_FOLDER, discard

FILE_NAME = "localrouter.log"
DAY = 86_400  # seconds
MAX_FILE_BYTES = 10 * 2**20
MAX_BYTES = 100 * 2**20  # of all files; the oldest go first
LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"
ROOT = "localrouter"
_FORMER_NAME = re.compile(rf"{re.escape(FILE_NAME)}\.(\d{{4}}-\d\d-\d\d)(?:\.(\d+))?")
ACCESS = logging.getLogger("localrouter.access")


class LogFiles:
    """The log of one process, from `open` to `close`."""

    def __init__(self, folder: Path, redact: Callable[[str], str] = str) -> None:
        """`redact` removes secrets from a text."""
        self._file = _PrivateFile(folder / FILE_NAME)
        self._file.setFormatter(_Lines(LINE, redact))
        self._terminal = _Terminal()
        self._terminal.setLevel(logging.WARNING)
        self._terminal.setFormatter(_Lines("%(levelname)s: %(message)s", redact))
        self._access = False

    def open(self, settings: Logging) -> None:
        logger = logging.getLogger(ROOT)
        logger.addHandler(self._file)
        logger.addHandler(self._terminal)
        self.follow(settings)

    def follow(self, settings: Logging) -> None:
        """Adopt the configured level and retention."""
        logging.getLogger(ROOT).setLevel(settings.level.value.upper())
        ACCESS.setLevel(logging.INFO if settings.access_log else logging.CRITICAL)
        self._access = settings.access_log
        self._file.kept_days = settings.retention_days

    def access(self, sample: Sample) -> None:
        """Write a line for a finished request, if the access log is on."""
        if self._access:
            ACCESS.info("%s", access_line(sample))

    def close(self) -> None:
        logger = logging.getLogger(ROOT)
        for handler in (self._file, self._terminal):
            logger.removeHandler(handler)
            handler.close()


def access_line(sample: Sample) -> str:
    """Says who asked for what, who served it, how it ended, and what it used."""
    served = f"{sample.provider_served}/{sample.model_served}" if sample.provider_served else "-"
    return (
        f"{sample.request_id} client={sample.client_id} strategy={sample.strategy_id} {sample.endpoint} "
        f"asked={_one_line(sample.model_asked)} served={_one_line(served)} {sample.outcome} {sample.status} "
        f"attempts={len(sample.attempts)} ms={sample.duration * 1000:.1f} "
        f"tokens={sample.usage.input_tokens}+{sample.usage.output_tokens} usd={to_usd(sample.cost):.9f}"
    )


def _one_line(text: str) -> str:
    """Keeps a name that a client chose from looking like a log line of its own."""
    return "".join(char if char.isprintable() and char != " " else "?" for char in text)


class _Lines(logging.Formatter):
    """One line per event, whatever a foreign name or message contains. A traceback follows it indented, so that none of
    its lines can look like an event of its own."""

    def __init__(self, form: str, redact: Callable[[str], str]) -> None:
        super().__init__(form)
        self._redact = redact

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name that logging calls
        return one_line(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        lines = printable_lines(self._redact(super().format(record)))
        return lines.replace("\n", "\n    ")


class _Terminal(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name that logging calls
        """Stays silent when the terminal is gone: logging's default would print the line as it was before redaction."""


class _PrivateFile(BaseRotatingHandler):
    """A file that only its owner can read, from its first byte. A new one replaces it at midnight (UTC), when it is
    full, and when somebody has moved or removed it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "a", encoding="utf-8", delay=True)
        self.kept_days = 1
        self._path = path
        self._identity = (0, 0)
        self._day: int | None = None  # the day of its lines, counted from 1970

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 - the name that logging calls
        if self.stream is None:
            self.stream = self._open()
        try:
            status = os.stat(self.baseFilename)
        except FileNotFoundError:
            status = None
        if status is None or (status.st_dev, status.st_ino) != self._identity:
            self._close_file()
            self.stream = self._open()
            status = os.fstat(self.stream.fileno())
        today = int(record.created // DAY)
        if self._day is None:
            self._day = today
        return status.st_size >= MAX_FILE_BYTES or today != self._day

    def doRollover(self) -> None:  # noqa: N802 - the name that logging calls
        self._close_file()
        with suppress(OSError):  # if this fails, the file is continued
            self._path.rename(self._free_name(_named(self._day or 0)))
            self._drop_old()

    def _open(self) -> TextIOWrapper:
        with suppress(OSError):  # whoever clears the logs may remove their folder too
            self._path.parent.mkdir(PRIVATE_FOLDER)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
        status = os.fstat(descriptor)
        self._identity = (status.st_dev, status.st_ino)
        self._day = int(status.st_mtime // DAY) if status.st_size else None
        return os.fdopen(descriptor, "a", encoding="utf-8")

    def _close_file(self) -> None:
        if self.stream is not None:
            stream, self.stream = self.stream, None
            with suppress(OSError):
                stream.close()

    def _free_name(self, day: str) -> Path:
        """Named by its day: `localrouter.log.2026-11-28`, then `localrouter.log.2026-11-28.1` and so on."""
        number = 1 + max((number for of, number, _ in self._former() if of == day), default=-1)
        return self._path.with_name(f"{FILE_NAME}.{day}" + (f".{number}" if number else ""))

    def _former(self) -> list[tuple[str, int, Path]]:
        """The earlier files with their days, oldest first."""
        found = ((path, _FORMER_NAME.fullmatch(path.name)) for path in self._path.parent.iterdir())
        return sorted((match[1], int(match[2] or 0), path) for path, match in found if match)

    def _drop_old(self) -> None:
        oldest, left = _named(int(time.time() // DAY) - self.kept_days), MAX_BYTES - MAX_FILE_BYTES
        for day, _, path in reversed(self._former()):
            left -= path.stat().st_size
            if left < 0 or day < oldest:
                discard(path)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name that logging calls
        """A failing disk costs the line, not the request that caused it."""


def _named(day: int) -> str:
    return datetime.fromtimestamp(day * DAY, UTC).date().isoformat()
