"""Replaces one configuration file, wherever its owner keeps it (links included), so that the change can be undone.

Usually the new content is staged beside the file and renamed over it. A mount point cannot be replaced by a rename, and
nothing can be staged in somebody else's folder. Then the file is written in place while a staged copy waits in the
home, from which `complete` finishes the write after a crash.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from localrouter.private_files import (
    can_only_be_overwritten,
    discard,
    kept_at,
    overwrite,
    read_file,
    stage_private,
    staged_path,
    sync_folder,
)

Rename = Callable[[Path, Path], None]


class FileSwap:
    """One file's replacement, from staging to clean-up. `rename` moves the new content into place."""

    def __init__(self, path: Path, rename: Rename) -> None:
        self._path = path
        self._place = kept_at(path)
        self._rename = rename
        self._staged = staged_path(self._place)
        self._former = self._place.with_name(f"{self._place.name}.undo")
        self._before: bytes | None = None
        self._text = b""
        self._is_in_place = False
        self._is_touched = False

    def stage(self, text: bytes) -> None:
        """Write the new content to disk, and secure the former content."""
        self._text, self._before = text, _content(self._place)
        try:
            self._keep_former()
            stage_private(self._place, text)
            self._take_over_rights()
        except OSError as error:
            self._fall_back(error)

    def put(self) -> None:
        """Replace the file's content with the new one."""
        self._is_touched = True
        if not self._is_in_place:
            try:
                self._rename(self._staged, self._place)
            except OSError as error:
                self._fall_back(error)
        if self._is_in_place:
            overwrite(self._place, self._text)

    def sync(self) -> None:
        if not self._is_in_place:
            sync_folder(self._place.parent)

    def undo(self) -> bool:
        """Put the former content back. Returns whether that worked."""
        if not self._is_touched:
            return True
        with suppress(OSError):
            if _content(self._place) == self._before:
                return True
            if self._before is None:
                os.unlink(self._place)
            elif self._is_in_place:
                overwrite(self._place, self._before)
            else:
                os.replace(self._former, self._place)
            return True
        return False

    def tidy(self) -> None:
        """Remove staged and saved copies, including those of a killed process."""
        for left in {self._staged, staged_path(self._path), self._former}:
            discard(left)

    def complete(self, former: bytes | None, staged: bytes | None) -> None:
        """Finish an in-place write that a crash interrupted: the file starts with the staged content and ends with the
        former one. A file that holds anything else is left alone."""
        there = _content(self._place)
        if staged is None or there in (None, staged, former) or _content(staged_path(self._path)) != staged:
            return
        if _is_begun(there or b"", staged, former or b""):
            overwrite(self._place, staged)

    def _keep_former(self) -> None:
        discard(self._former)
        if self._before is None:
            return
        try:
            os.link(self._place, self._former)
        except OSError:  # another owner's file, or a file system without hard links
            stage_private(self._place, self._before, at=self._former)

    def _take_over_rights(self) -> None:
        """A file outside the home keeps its owner and its permissions."""
        if self._place == self._path or self._before is None or os.name == "nt":
            return
        status = self._place.stat()
        with suppress(PermissionError):
            self._staged.chmod(stat.S_IMODE(status.st_mode) & 0o777)
            if status.st_uid == self._place.parent.stat().st_uid:
                os.chown(self._staged, status.st_uid, status.st_gid)

    def _fall_back(self, error: OSError) -> None:
        """Write in place from here on, if the folder is what caused the error."""
        if not can_only_be_overwritten(self._place, error):
            raise error
        discard(self._staged)
        discard(self._former)
        stage_private(self._path, self._text)
        sync_folder(self._path.parent)
        self._is_in_place = True


def _is_begun(there: bytes, staged: bytes, former: bytes) -> bool:
    equal = zip(there, staged, strict=False)
    written = next((place for place, (one, other) in enumerate(equal) if one != other), min(len(there), len(staged)))
    return written > 0 and there[written:] in (b"", former[written:])


def _content(path: Path) -> bytes | None:
    try:
        return read_file(path)
    except FileNotFoundError:
        return None
