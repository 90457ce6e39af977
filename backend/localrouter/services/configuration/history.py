"""The saved revisions of the configuration, and what each of them changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from localrouter.domain.configuration.changes.change import Change
from localrouter.domain.configuration.changes.documents import changes
from localrouter.domain.configuration.config import Config
from localrouter.domain.configuration.document import read
from localrouter.domain.configuration.edits.providers import SECTIONS, changed_sections
from localrouter.domain.errors import Invalid
from localrouter.services.configuration.files import ConfigFiles, RevisionFile

_Seen = tuple[Path, int, int]


@dataclass(frozen=True, slots=True)
class Difference:
    """Between two states: the sections and, in words, each change. None where one of the two cannot be read."""

    sections: tuple[str, ...]
    changes: tuple[Change, ...] | None


@dataclass(frozen=True, slots=True)
class RevisionInfo:
    """A revision that can be restored. `changed` names the sections that differ from the saved revision before it, and
    `changes` says how; None where there is none before it, or one of the two cannot be read."""

    revision: int
    made_at: datetime
    changed: tuple[str, ...]
    changes: tuple[Change, ...] | None
    is_current: bool


class History:
    """Reads the revisions of one home. What it found out about two files is kept for as long as they stay the same."""

    def __init__(self, files: ConfigFiles) -> None:
        self._files = files
        self._known: dict[tuple[_Seen | None, _Seen], Difference] = {}

    def revisions(self, current: int) -> tuple[RevisionInfo, ...]:
        """All that are kept, newest first."""
        return tuple(reversed(tuple(self._told(self._files.revisions(), current))))

    def last(self, current: Config) -> tuple[RevisionInfo, int] | None:
        """The newest revision with what it changed, and the number of the one before it."""
        kept = self._files.revisions()[-2:]
        if len(kept) < 2 or kept[1].revision != current.revision:
            return None
        return tuple(self._told(kept, current.revision))[1], kept[0].revision

    def _told(self, kept: tuple[RevisionFile, ...], current: int) -> Iterator[RevisionInfo]:
        seen = [_seen(file) for file in kept]
        pairs = list(zip([None, *seen], seen, strict=False))
        self._known = {pair: found for pair, found in self._known.items() if pair[1] in seen}
        read_last: tuple[_Seen, Config | None] | None = None
        for file, pair in zip(kept, pairs, strict=True):
            if pair not in self._known:
                before = read_last[1] if read_last and read_last[0] == pair[0] else _document(pair[0])
                after = _document(pair[1])
                read_last = (pair[1], after)
                self._known[pair] = difference(before, after)
            found = self._known[pair]
            yield RevisionInfo(file.revision, file.made_at, found.sections, found.changes, file.revision == current)


def difference(before: Config | None, after: Config | None) -> Difference:
    if before is None or after is None:
        return Difference(SECTIONS, None)
    return Difference(changed_sections(before, after), changes(before, after))


def _seen(file: RevisionFile) -> _Seen:
    try:
        found = file.path.stat()
    except OSError:
        return (file.path, 0, 0)
    return (file.path, found.st_mtime_ns, found.st_size)


def _document(seen: _Seen | None) -> Config | None:
    try:
        return read(seen[0].read_bytes()) if seen else None
    except (OSError, Invalid):
        return None
