"""Writes the log: one file a day in the home's `logs/`, readable by its owner only.

Errors and warnings go to the terminal as well. No line holds a prompt, an answer, a key or a token.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from io import TextIOWrapper
from logging.handlers import TimedRotatingFileHandler
from pathlib import Path
from typing import TextIO

from localrouter.domain.configuration.config import Logging
from localrouter.domain.metrics.samples import Sample
from localrouter.domain.models.pricing import to_usd
from localrouter.domain.plain_text import one_line, printable_lines
from localrouter.private_files import PRIVATE_FILE

FILE_NAME = "localrouter.log"
LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"
ROOT = "localrouter"
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
        self._file.backupCount = settings.retention_days

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


class _PrivateFile(TimedRotatingFileHandler):
    """A file that rotates at midnight (UTC) and that only its owner can read, from its first byte."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, when="midnight", utc=True, encoding="utf-8", delay=True)

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
        return os.fdopen(descriptor, "a", encoding="utf-8")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name that logging calls
        """A failing disk costs the line, not the request that caused it."""
