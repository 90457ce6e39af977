"""The files of the configuration: the document, its backup and the last revisions, changed together or not at all.

`config.json` is the truth. Its backup and its revision file follow it; what a crash left of them is put right from it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from localrouter.private_files import (
    discard,
    make_private_folder,
    stage_private,
    staged_path,
    sync_folder,
    write_private,
)

KEPT_REVISIONS = 50
_REVISION_NAME = re.compile(r"(\d{10})-(\d{8}T\d{6}Z)\.json")
_TIME = "%Y%m%dT%H%M%SZ"

Signature = tuple[int, int, int]
UNSEEN: Signature = (0, 0, 0)  # the signature of no file


@dataclass(frozen=True, slots=True, order=True)
class RevisionFile:
    """A kept revision. Its name sorts by its number and tells when it was made."""

    revision: int
    made_at: datetime
    path: Path


class ConfigFiles:
    """Reads and replaces the files below one home. What they mean is the store's business."""

    def __init__(self, home: Path, *, rename: Callable[[Path, Path], None] = os.replace) -> None:
        self.document = home / "config.json"
        self.backup = home / "config.json.bak"
        self._revisions = home / "revisions"
        self._rename = rename
        make_private_folder(home)
        make_private_folder(self._revisions)

    def text(self) -> bytes | None:
        """The document as it stands on disk; None where it is missing."""
        return content(self.document)

    def signature(self) -> Signature | None:
        """What changes with the document and costs no reading; None where it is missing."""
        try:
            status = self.document.stat()
        except OSError:
            return None
        return (status.st_mtime_ns, status.st_size, status.st_ino)

    def replace(self, text: bytes, *, revision: int, made_at: datetime) -> None:
        """Puts a new revision in place. Whatever fails leaves the files as they were."""
        kept = self._revision_path(revision, made_at)
        before = {path: content(path) for path in (self.document, self.backup)}
        targets = (kept, self.document, self.backup)  # opening a home tells by this order what a crash interrupted
        try:
            for path in targets:
                stage_private(path, text)
            for path in targets:
                self._rename(staged_path(path), path)
            sync_folder(self._revisions)
            sync_folder(self.document.parent)
        except OSError:
            for path in (kept, *map(staged_path, targets)):
                discard(path)
            for path, former in before.items():
                _put_back(path, former)
            raise
        self._prune()

    def keep(self, text: bytes, *, revision: int, made_at: datetime) -> None:
        """Adds a document that was in force without having been kept as a revision."""
        write_private(self._revision_path(revision, made_at), text)

    def restate(self, text: bytes) -> None:
        """Writes the document and its backup anew without a new revision."""
        self.restate_backup(text)
        write_private(self.document, text)

    def restate_backup(self, text: bytes) -> None:
        write_private(self.backup, text)

    def revisions(self) -> tuple[RevisionFile, ...]:
        """The kept revisions, the oldest first."""
        found = ((path, _REVISION_NAME.fullmatch(path.name)) for path in self._revisions.iterdir())
        return tuple(sorted(_revision_file(path, match) for path, match in found if match))

    def forget_after(self, revision: int) -> None:
        """Removes what a crash left of a revision that was never in force."""
        for kept in self.revisions():
            if kept.revision > revision:
                discard(kept.path)

    def set_aside(self, path: Path, at: datetime) -> Path:
        """Renames a file that cannot be used, so that nothing is lost; returns its new place."""
        wanted = path.with_name(f"{path.name}.rejected-{at.astimezone(UTC).strftime(_TIME)}")
        place, number = wanted, 2
        while place.exists():
            place, number = wanted.with_name(f"{wanted.name}-{number}"), number + 1
        os.replace(path, place)
        sync_folder(path.parent)
        return place

    def _revision_path(self, revision: int, made_at: datetime) -> Path:
        return self._revisions / f"{revision:010d}-{made_at.astimezone(UTC).strftime(_TIME)}.json"

    def _prune(self) -> None:
        for kept in self.revisions()[:-KEPT_REVISIONS]:
            discard(kept.path)


def content(path: Path) -> bytes | None:
    """What a file holds, None where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _revision_file(path: Path, match: re.Match[str]) -> RevisionFile:
    made_at = datetime.strptime(match[2], _TIME).replace(tzinfo=UTC)
    return RevisionFile(int(match[1]), made_at, path)


def _put_back(path: Path, before: bytes | None) -> None:
    with suppress(OSError):
        if content(path) == before:
            return
        if before is None:
            path.unlink()
        else:
            write_private(path, before)
