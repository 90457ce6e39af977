"""What the ledger must not forget when the process is killed: a line before each dispatch, and one when it is settled.

Lines are appended without fsync: they outlive the process, not a loss of power. A request's lines can go once its
record is in the metrics. `rotate` sets a journal aside, together with a new one that holds what still runs; when the
records up to then are written, `drop_old` ends it.

    ["d", request, strategy, wall, [in, out, total, cost]]   dispatched; what it holds from now on
    ["u", request, strategy, wall, [in, out, total, cost]]   used by an attempt; what it held before is over
    ["l", wall]                                              earlier usage was lost; ["a"]: that was acknowledged
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from localrouter.domain.limits import INPUT, ONE_REQUEST, SETTLED, Amounts
from localrouter.private_files import PRIVATE_FILE

Line = list[object]
_USED = slice(INPUT, SETTLED)


@dataclass(slots=True)
class Unrecorded:
    """A request of which the journal alone knows. Times are Unix seconds; `held` is what it held when it was cut."""

    request_id: str
    strategy_id: str
    admitted_at: float
    uses: list[tuple[float, Amounts]] = field(default_factory=list)
    held: tuple[float, Amounts] | None = None

    def past(self) -> Iterator[tuple[float, Amounts]]:
        """What it used, and what it may have used: a request that was cut counts with what it held."""
        yield self.admitted_at, ONE_REQUEST
        yield from self.uses
        if self.held is not None:
            yield self.held


@dataclass(slots=True)
class Replay:
    """What a journal tells. `lost_at` is when usage was lost that nobody has acknowledged yet."""

    requests: dict[str, Unrecorded] = field(default_factory=dict)
    lost_at: float | None = None


class Journal:
    """An append-only file. Without a path it keeps nothing."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._file: int | None = None
        self.size = 0
        self.problem: str | None = None

    def replay(self) -> Replay:
        """What both files tell; a torn last line is passed over."""
        replay = Replay()
        for path in self._paths():
            with suppress(FileNotFoundError):
                for line in _lines(path.read_bytes()):
                    _take(replay, line)
        return replay

    def restart(self, kept: Iterable[Line]) -> None:
        """Begin anew with the lines that are still needed. What stood before is replaced in one step."""
        if self._path is None:
            return
        self.close()
        draft = self._path.with_name(f"{self._path.name}.new")
        draft.unlink(missing_ok=True)
        self._file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, PRIVATE_FILE)
        self.size = 0
        for line in kept:
            self._write(line)
        draft.replace(self._path)
        self._old.unlink(missing_ok=True)

    def rotate(self, running: Iterable[Line]) -> bool:
        """Set the journal aside and go on in a new one. False while an older one still stands."""
        if self._path is None or self._old.exists():
            return False
        os.replace(self._path, self._old)
        if self._file is not None:
            os.close(self._file)
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
        self.size = 0
        for line in running:
            self._write(line)
        return True

    def drop_old(self) -> None:
        if self._path is not None:
            self._old.unlink(missing_ok=True)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def dispatched(self, request: str, strategy: str, wall: float, amounts: Amounts) -> None:
        self._write(["d", request, strategy, wall, amounts[_USED]])

    def used(self, request: str, strategy: str, wall: float, amounts: Amounts) -> None:
        self._write(["u", request, strategy, wall, amounts[_USED]])

    def lost(self, wall: float) -> None:
        self._write(["l", wall])

    def acknowledged(self) -> None:
        self._write(["a"])

    @property
    def _old(self) -> Path:
        if self._path is None:
            raise LookupError("a journal without a path has no older one")
        return self._path.with_name(f"{self._path.name}.old")

    def _paths(self) -> Sequence[Path]:
        return () if self._path is None else (self._old, self._path)

    def _write(self, line: Line) -> None:
        """One call of the system for one line. A disk that refuses is told, and limits go on in memory."""
        if self._file is None:
            return
        try:
            self.size += os.write(self._file, orjson.dumps(line) + b"\n")
            self.problem = None
        except OSError as error:
            self.problem = f"The limits' journal cannot be written ({error.strerror}); limits go on in memory."


def lines_of(request: Unrecorded) -> Iterator[Line]:
    """The lines that tell of a request what is known of it."""
    yield ["d", request.request_id, request.strategy_id, request.admitted_at, [0, 0, 0, 0]]
    for used_at, amounts in request.uses:
        yield ["u", request.request_id, request.strategy_id, used_at, amounts[_USED]]
    if request.held is not None:
        held_at, amounts = request.held
        yield ["d", request.request_id, request.strategy_id, held_at, amounts[_USED]]


def _lines(data: bytes) -> Iterator[Line]:
    for line in data.split(b"\n"):
        with suppress(orjson.JSONDecodeError):
            read = orjson.loads(line)
            if isinstance(read, list):
                yield read


def _take(replay: Replay, line: Line) -> None:
    match line:
        case ["d", str(request), str(strategy), float() | int() as wall, list(held)]:
            entry = replay.requests.setdefault(request, Unrecorded(request, strategy, wall))
            entry.held = (wall, _amounts(held))
        case ["u", str(request), str(strategy), float() | int() as wall, list(used)]:
            entry = replay.requests.setdefault(request, Unrecorded(request, strategy, wall))
            entry.uses.append((wall, _amounts(used)))
            entry.held = None
        case ["l", float() | int() as wall]:
            replay.lost_at = wall
        case ["a"]:
            replay.lost_at = None


def _amounts(four: list[int]) -> Amounts:
    tokens_in, tokens_out, total, cost = (*four, 0, 0, 0, 0)[:4]
    return (0, tokens_in, tokens_out, total, cost, 0)
