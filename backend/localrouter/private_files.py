"""The only place that writes the small files of a home: for their owner alone, and whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
_SUFFIX = ".tmp"


def write_private(path: Path, data: bytes) -> None:
    """Puts `data` in place of a file. After a crash either the old content stands there or the new one."""
    staged = stage_private(path, data)
    try:
        os.replace(staged, path)
    except OSError:
        discard(staged)
        raise
    sync_folder(path.parent)


def stage_private(path: Path, data: bytes) -> Path:
    """Writes `data` to disk beside a file, ready to be renamed over it; returns where."""
    staged = staged_path(path)
    discard(staged)
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        discard(staged)
        raise
    return staged


def staged_path(path: Path) -> Path:
    """Where the new content of a file waits. One process owns a home, so the place can be fixed."""
    return path.with_name(path.name + _SUFFIX)


def discard(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def sync_folder(folder: Path) -> None:
    """Makes renames in a folder last. Windows cannot open folders and needs no such call."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_private_folder(folder: Path) -> None:
    """Creates a folder for its owner alone; one that stands is closed to the others."""
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder.chmod(PRIVATE_FOLDER)
