"""The configuration's files: the document, its backup and the last revisions, changed together or not at all.

`config.json` is authoritative. Its backup and its revision file follow it, and are repaired from it after a crash.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from localrouter.private_files import (
    discard,
    kept_at,
    make_private_folder,
    read_file,
    stage_private,
    staged_path,
    sync_folder,
    write_private,
)
from localrouter.services.configuration.file_replacement import FileSwap, Rename

KEPT_REVISIONS = 50
_REVISION_NAME = re.compile(r"(\d{10})-(\d{8}T\d{6}Z)\.json")
_TIME = "%Y%m%dT%H%M%SZ"

Signature = tuple[int, int, int, int]
UNSEEN: Signature = (0, 0, 0, 0)  # matches no file


@dataclass(frozen=True, slots=True, order=True)
class RevisionFile:
    """A saved revision. Its name sorts by number and includes when it was made."""

    revision: int
    made_at: datetime
    path: Path


class ConfigFiles:
    """Reads and replaces the files in one home. The store decides what they mean."""

    def __init__(self, home: Path, *, rename: Rename = os.replace) -> None:
        self.document = home / "config.json"
        self.backup = home / "config.json.bak"
        self._revisions = home / "revisions"
        self._rename = rename
        make_private_folder(home)
        make_private_folder(self._revisions)

    def text(self) -> bytes | None:
        """The document on disk; None if it is missing."""
        text = content(self.document)
        if text is None and self.document.is_symlink() and not self._is_new:
            raise OSError(errno.ENOLINK, f"it is a link to {kept_at(self.document)}, which does not exist")
        return text

    @property
    def _is_new(self) -> bool:
        """Whether the home never held a document, so that a dangling link may point to where the first one goes."""
        return not (self.backup.exists() or self.revisions())

    def signature(self) -> Signature | None:
        """Changes whenever the document does, without reading it; None if it is missing."""
        try:
            status = self.document.stat()
        except OSError:
            return None
        return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)

    @property
    def is_document_fixed(self) -> bool:
        """Whether the document can be read but not written, because something else manages it (a read-only mount)."""
        with suppress(OSError):
            place = kept_at(self.document)
            return not (place.stat().st_mode & 0o222 and os.access(place, os.W_OK))
        return False

    def finish(self) -> None:
        """Completes what a crash interrupted and removes its leftovers. Call this before reading a home."""
        with suppress(OSError):
            kept = self.revisions()
            self._swap(self.document).complete(content(self.backup), content(kept[-1].path) if kept else None)
        self._tidy()

    def replace(self, text: bytes, *, revision: int, made_at: datetime) -> None:
        """Puts a new revision in place. Any failure leaves the files as they were.

        If even that cannot be undone, the new revision file stays beside its document, so that a later start finds a
        complete revision instead of a hand edit.
        """
        self._tidy()
        kept = self._revision_path(revision, made_at)
        document, backup = self._swap(self.document), self._swap(self.backup)
        try:
            stage_private(kept, text)
            for each in (document, backup):
                each.stage(text)
            self._rename(staged_path(kept), kept)  # this order tells the next start what a crash interrupted
            for each in (document, backup):
                each.put()
            sync_folder(self._revisions)
            for each in (document, backup):
                each.sync()
        except OSError:
            backup.undo()
            if document.undo():
                discard(kept)
            self._tidy()
            raise
        self._tidy()
        self._prune(kept)

    def follow(self, text: bytes, *, revision: int, made_at: datetime) -> None:
        """Saves the revision that a read-only document holds."""
        self.keep(text, revision=revision, made_at=made_at)
        self.restate_backup(text)
        self._prune(self._revision_path(revision, made_at))

    def keep(self, text: bytes, *, revision: int, made_at: datetime) -> None:
        """Saves a document that was in force but is missing from the revisions."""
        write_private(self._revision_path(revision, made_at), text)

    def restate(self, text: bytes) -> None:
        """Rewrites the document and its backup without a new revision."""
        self.restate_backup(text)
        document = self._swap(self.document)
        try:
            document.stage(text)
            document.put()
            document.sync()
        except OSError:
            document.undo()
            raise
        finally:
            document.tidy()

    def restate_backup(self, text: bytes) -> None:
        write_private(self.backup, text)

    def revisions(self) -> tuple[RevisionFile, ...]:
        """The saved revisions, oldest first."""
        found = ((path, _REVISION_NAME.fullmatch(path.name)) for path in self._revisions.iterdir())
        return tuple(sorted(_revision_file(path, match) for path, match in found if match))

    def newest_revision(self, at_least: int) -> int:
        return max((at_least, *(kept.revision for kept in self.revisions())))

    def forget_after(self, revision: int) -> None:
        """Removes later revisions, which never came into force."""
        for kept in self.revisions():
            if kept.revision > revision:
                discard(kept.path)

    def supplant(self, text: bytes, *, revision: int, made_at: datetime) -> Path | None:
        """Replaces an unusable document with a new revision. Returns where the old document was saved, None if there
        was none. A failure is undone."""
        aside = self._unused_name(self.document, made_at)
        if not self.document.exists():
            self.replace(text, revision=revision, made_at=made_at)
            return None
        if not self.document.is_file():
            os.replace(self.document, aside)
            try:
                self.replace(text, revision=revision, made_at=made_at)
            except OSError:
                os.replace(aside, self.document)
                raise
            return aside
        unused = read_file(self.document)
        write_private(aside, unused)  # a linked or mounted document cannot be moved aside
        try:
            self.replace(text, revision=revision, made_at=made_at)
        except OSError:
            with suppress(OSError):
                if read_file(self.document) == unused:
                    discard(aside)
            raise
        return aside

    def _unused_name(self, path: Path, at: datetime) -> Path:
        wanted = path.with_name(f"{path.name}.rejected-{at.astimezone(UTC).strftime(_TIME)}")
        place, number = wanted, 2
        while place.exists():
            place, number = wanted.with_name(f"{wanted.name}-{number}"), number + 1
        return place

    def _swap(self, path: Path) -> FileSwap:
        return FileSwap(path, self._rename)

    def _tidy(self) -> None:
        """Removes staged files that were never put in place."""
        for path in (self.document, self.backup):
            with suppress(OSError):
                self._swap(path).tidy()
        for left in self._left_in_revisions():
            discard(left)

    def _left_in_revisions(self) -> Iterator[Path]:
        with suppress(OSError):
            for path in self._revisions.iterdir():
                name = path.name.removesuffix(".tmp")
                if name != path.name and _REVISION_NAME.fullmatch(name):
                    yield path

    def _revision_path(self, revision: int, made_at: datetime) -> Path:
        return self._revisions / f"{revision:010d}-{made_at.astimezone(UTC).strftime(_TIME)}.json"

    def _prune(self, newest: Path) -> None:
        """Removes the oldest revisions, and any refused one with the newest's number that could not be removed then."""
        with suppress(OSError):  # the new revision is in place; the old ones can go next time
            kept = self.revisions()
            refused = [file for file in kept if file.path.name[:10] == newest.name[:10] and file.path != newest]
            for file in (*refused, *[file for file in kept if file not in refused][:-KEPT_REVISIONS]):
                discard(file.path)


def content(path: Path) -> bytes | None:
    """A file's content; None if there is no file."""
    try:
        return read_file(path)
    except FileNotFoundError:
        return None


def _revision_file(path: Path, match: re.Match[str]) -> RevisionFile:
    made_at = datetime.strptime(match[2], _TIME).replace(tzinfo=UTC)
    return RevisionFile(int(match[1]), made_at, path)
