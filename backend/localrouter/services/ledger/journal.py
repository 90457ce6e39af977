"""What the ledger must not forget when the process is killed: a line before each dispatch, and one when it is settled.

Guaranteed: what was dispatched is in the file before the provider is called, and outlives the process however it ends.
Each settlement tells what its record needs, so that records which were not written yet are recovered. Price: a write of
some 300 bytes without fsync before each dispatch and after each settlement, some microseconds together. Limits
of it: lines do not outlive a loss of power, and on a full disk limits go on in memory only, which `problem` says.

A request's lines can go once its record is in the metrics. `rotate` sets the journal aside under the next number and
goes on in a new one that retells what still runs; when the records up to then are written, `drop` ends what was set
aside. Whatever the moment at which the process ends, the files tell each request once. `replay` has the lines.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import orjson

from localrouter.domain import counts
from localrouter.domain.limits.demand import ReservedAmounts
from localrouter.domain.limits.recovery import RequestStart
from localrouter.domain.limits.windows import INPUT, SETTLED, TOTAL, Amounts
from localrouter.private_files import PRIVATE_FILE, discard
from localrouter.services.ledger.records import Part, start_part
from localrouter.services.ledger.replay import Line, Replay, lines_in
from localrouter.services.ledger.reservation import Reservation

ROTATED_AT = 4 * 1024 * 1024  # bytes
ROTATED_EVERY = 60.0  # seconds; rows of the metrics may be deleted, so lines must not wait long for a full file
_FOUR = slice(INPUT, SETTLED)


class Journal:
    """Append-only files beside each other. Without a path it keeps nothing. `boot` names the boot of the machine."""

    def __init__(self, path: Path | None = None, boot: str = "") -> None:
        self._path = path
        self._file: int | None = None
        self._size = 0
        self._new = 0  # lines since the journal was begun
        self._begun = 0.0
        self._number = 0
        self.set_aside: list[int] = []  # the numbers of the files that wait for their records
        self._is_torn = False
        self.boot = boot
        self.problem: str | None = None

    def replay(self) -> Replay:
        """What all files tell, those set aside first."""
        self.set_aside = self._numbers()
        self._number = max(self.set_aside, default=0)
        return self._read([*self.set_aside, self._number + 1])

    def replay_set_aside(self, up_to: int) -> Replay:
        return self._read([number for number in self.set_aside if number <= up_to])

    def bytes_set_aside(self) -> int:
        sizes = 0
        for number in self.set_aside:
            with suppress(OSError):
                sizes += self._aside(number).stat().st_size
        return sizes

    def restart(self, told: Iterable[Line], now: float) -> bool:
        """Begin anew with what is still needed of all that stood before. Where the disk refuses, all of it stays and
        is added to."""
        if self._path is None:
            return True
        draft = self._draft([["n"], *told])
        if draft is not None and self._moved(self._draft_path, self._path):
            self._adopt(draft, now)
            self.drop(self._number)
            return True
        if draft is not None:
            os.close(draft)
        with suppress(OSError):
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
        self._is_torn = True
        return False

    def is_due(self, now: float) -> bool:
        """Whether the journal should be set aside: it is long, or it is old and no other one waits."""
        if self._file is None:
            return False
        if self._size >= ROTATED_AT or self._is_torn:
            return True
        return self._new > 0 and now >= self._begun + ROTATED_EVERY and not self.set_aside

    def rotate(self, told: Iterable[Line], now: float) -> bool:
        """Set the journal aside and go on in a new one. Where that cannot be done, the present one goes on."""
        if self._path is None or self._file is None:
            return False
        draft = self._draft(told)
        if draft is None:
            return False
        aside = self._aside(self._number + 1)
        if self._moved(self._path, aside):
            if self._moved(self._draft_path, self._path):
                self._number += 1
                self.set_aside.append(self._number)
                self._adopt(draft, now)
                return True
            self._moved(aside, self._path)
        os.close(draft)
        return False

    def drop(self, up_to: int) -> None:
        """End the files that were set aside up to this number."""
        for number in self.set_aside:
            if number <= up_to:
                discard(self._aside(number))
        self.set_aside = [number for number in self.set_aside if number > up_to]

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def dispatched(self, request: Reservation, at: float, hold: ReservedAmounts, start: RequestStart | None) -> None:
        """An attempt is about to be made; `start` with the first one."""
        if self._file is not None:
            line: Line = ["d", request.request_id, request.strategy_id, at, hold.at_most[_FOUR], request.model]
            self.write(line if start is None else [*line, start_part(start)])

    def used(self, request: Reservation, at: float, amounts: Amounts, attempt: Part | None) -> None:
        """What was counted of an attempt; `SETTLED` where it may be part of an average."""
        if self._file is not None:
            kind = "u" if amounts[SETTLED] or not amounts[TOTAL] else "e"
            self.write([kind, request.request_id, request.strategy_id, at, amounts[_FOUR], attempt])

    def undispatched(self, request: Reservation, at: float, attempt: Part | None) -> None:
        """The attempt that was announced was not made: nothing was sent, what it had reserved is released."""
        if self._file is not None:
            self.write(["x", request.request_id, request.strategy_id, at, attempt])

    def acknowledged(self) -> None:
        self.write(["a"])

    def write(self, *lines: Line) -> None:
        """One call of the system for the lines together. A disk that refuses is told, and limits go on in memory."""
        if self._file is None:
            return
        data = _encoded(lines[0]) if len(lines) == 1 else b"".join(map(_encoded, lines))
        if self._is_torn:
            data = b"\n" + data  # what is left of a line that was cut must not take this one with it
        try:
            written = os.write(self._file, data)
        except OSError as error:
            self._is_torn = True
            self._tell(error)
            return
        self._size += written
        self._new += len(lines)
        if written != len(data):
            self._is_torn = True
            self.problem = "The limits' journal cannot be written (disk full); limits go on in memory."
        elif self.problem is not None and not self._is_torn:
            self.problem = None

    def _draft(self, told: Iterable[Line]) -> int | None:
        """A new file with these lines, ready to be moved into its place. The present one is not touched."""
        discard(self._draft_path)
        try:
            file = os.open(self._draft_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, PRIVATE_FILE)
        except OSError as error:
            self._tell(error)
            return None
        try:
            _write_all(file, b"".join(map(_encoded, told)))
        except OSError as error:
            os.close(file)
            discard(self._draft_path)
            self._tell(error)
            return None
        return file

    def _moved(self, source: Path, target: Path) -> bool:
        try:
            os.replace(source, target)
        except OSError as error:
            self._tell(error)
            return False
        return True

    def _adopt(self, file: int, now: float) -> None:
        self.close()
        self._file, self._size, self._new, self._begun = file, os.fstat(file).st_size, 0, now
        self._is_torn = False
        self.problem = None

    def _numbers(self) -> list[int]:
        if self._path is None:
            return []
        names = (path.name.rpartition(".")[2] for path in self._path.parent.glob(f"{self._path.name}.*"))
        return sorted(int(name) for name in names if name.isdecimal())

    def _read(self, numbers: Iterable[int]) -> Replay:
        replay = Replay()
        for number in numbers:
            path = self._path if number > self._number else self._aside(number)
            if path is None:
                continue
            with suppress(FileNotFoundError):
                data = path.read_bytes()
                replay.is_there = True
                for line in lines_in(data):
                    replay.take(line, number)
        return replay

    @property
    def _draft_path(self) -> Path:
        return self._beside("new")

    def _aside(self, number: int) -> Path:
        return self._beside(str(number))

    def _beside(self, suffix: str) -> Path:
        if self._path is None:
            raise LookupError("a journal without a path has no other files")
        return self._path.with_name(f"{self._path.name}.{suffix}")

    def _tell(self, error: OSError) -> None:
        self.problem = f"The limits' journal cannot be written ({error.strerror}); limits go on in memory."


def _encoded(line: Line) -> bytes:
    try:
        return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        return orjson.dumps(_fitting(line), option=orjson.OPT_APPEND_NEWLINE)


def _fitting(value: object) -> object:
    """Counts that JSON cannot hold are told as the most that it can, and text as what it can."""
    match value:
        case list() | tuple():
            return [_fitting(each) for each in value]
        case bool():
            return value
        case int():
            return counts.held(value)
        case str():  # with halves of characters, which JSON can tell of and UTF-8 cannot
            return value.encode(errors="replace").decode()
        case _:
            return value


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]
