"""The only place that writes the small files of a home: readable by their owner only, and completely or not at all.

If the owner has linked a file elsewhere, the link's target is written and the link stays. A file that cannot be
replaced by a rename, because it is a mount point or its folder belongs to somebody else, is written in place.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
MAX_FILE_BYTES = 64 * 2**20  # a file that is larger, or has no end, is not one of ours
MAX_LINKS = 40  # as many as Linux follows
_SUFFIX = ".tmp"
_NOT_TO_BE_RENAMED = {errno.EBUSY, errno.EXDEV, errno.EPERM, errno.EACCES, errno.EROFS}
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_WAITING = getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)

_WORDS = {
    errno.EPERM: "Operation not permitted (it may be immutable, or belong to another user)",
    errno.ENOSPC: "No space left on device (the disk is full)",
    errno.EISDIR: "Is a directory (Docker creates one in place of a missing file: mount its folder instead)",
    errno.EBUSY: "Device or resource busy (it may be a mount point: mount its folder instead)",
}


def in_words(error: OSError) -> str:
    """Why a file could not be used, in words for its owner."""
    said = error.strerror or "the system refuses"
    return said if error.errno is None or said != os.strerror(error.errno) else _WORDS.get(error.errno, said)


def read_file(path: Path) -> bytes:
    """The content of a file. Anything else is not read: a pipe would never answer, a device never end."""
    descriptor = os.open(path, os.O_RDONLY | _NO_WAITING | _BINARY)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is not a file", str(path))
        if status.st_size > MAX_FILE_BYTES:
            raise OSError(errno.EFBIG, f"it is larger than {MAX_FILE_BYTES // 2**20} MB", str(path))
        return _read_all(descriptor)
    finally:
        os.close(descriptor)


def write_private(path: Path, data: bytes) -> None:
    """Replaces a file's content with `data`. After a crash the file holds either the old content or the new, unless it
    must be written in place."""
    place = kept_at(path)
    try:
        staged = stage_private(place, data)
        try:
            os.replace(staged, place)
        except OSError:
            discard(staged)
            raise
    except OSError as error:
        if not can_only_be_overwritten(place, error):
            raise
        overwrite(place, data)
        return
    sync_folder(place.parent)


def stage_private(path: Path, data: bytes, *, at: Path | None = None) -> Path:
    """Writes `data` to disk beside a file (or at another place), ready to be renamed over it. Returns the path."""
    staged = at or staged_path(path)
    discard(staged)
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, PRIVATE_FILE)
    try:
        try:
            _write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        discard(staged)
        raise
    return staged


def staged_path(path: Path) -> Path:
    """Where the new content of a file waits. One process owns a home, so the path can be fixed."""
    return path.with_name(path.name + _SUFFIX)


def kept_at(path: Path) -> Path:
    """Where a file is kept: at the end of its owner's links. Other users' links are not followed."""
    place = path
    for _ in range(MAX_LINKS):
        if not place.is_symlink():
            return place
        beyond = place.parent / os.readlink(place)
        if not _is_trusted(place, beyond):
            raise PermissionError(errno.EPERM, f"it is a link that belongs to {owner_of(place)}, not to you", str(path))
        place = beyond
    raise OSError(errno.ELOOP, "its links lead in a circle", str(path))


def owner_of(path: Path) -> str:
    """Who owns what is at a path, a link itself included: `root (uid 0)`."""
    return user_name(path.lstat().st_uid)


def user_name(uid: int) -> str:
    """A user's name for people to read; many users have only a number, for example in containers."""
    if os.name == "nt":
        return "another user"
    import pwd  # noqa: PLC0415 - there is none on Windows

    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except (KeyError, OverflowError):
        return f"uid {uid}"


def can_only_be_overwritten(place: Path, error: OSError) -> bool:
    """Whether a file exists there that cannot be replaced by a rename because of its folder."""
    return error.errno in _NOT_TO_BE_RENAMED and stat.S_ISREG(_mode(place))


def overwrite(place: Path, data: bytes) -> None:
    """Writes a file in place. A failure is undone, but a crash may leave a mixture of old and new content."""
    descriptor = os.open(place, os.O_RDWR | _NO_FOLLOW | _BINARY)
    try:
        before = _read_all(descriptor)
        try:
            _fill(descriptor, data)
        except OSError:
            with suppress(OSError):
                _fill(descriptor, before)
            raise
    finally:
        os.close(descriptor)


def discard(path: Path) -> None:
    with suppress(OSError):
        os.unlink(path)


def sync_folder(folder: Path) -> None:
    """Makes renames in a folder durable. Windows cannot open folders and needs no such call."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_private_folder(folder: Path) -> None:
    """Creates a folder for its owner only. An existing one is closed to others if it is ours."""
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    close_to_others(folder, PRIVATE_FOLDER)


def close_to_others(path: Path, mode: int = PRIVATE_FILE) -> None:
    """Removes other users' permissions from a file, if it is ours."""
    status = path.stat()
    if status.st_mode & 0o077 and is_ours(status):
        with suppress(PermissionError):  # a file system without modes
            path.chmod(mode)


def is_ours(status: os.stat_result) -> bool:
    """Whether a file with this status belongs to this user. Windows has no owner numbers."""
    return status.st_uid == _user(status.st_uid)


def who_else_writes(folder: Path) -> str | None:
    """Who besides this user can change what LocalRouter does by changing its files."""
    status = folder.stat()
    if os.name == "nt" or not status.st_mode & 0o022:
        return None
    whose = "" if is_ours(status) else f" It belongs to {user_name(status.st_uid)}."
    return f"Other users can write in the home {folder}, and so change what LocalRouter does.{whose}"


def _is_trusted(link: Path, beyond: Path) -> bool:
    """Links of this user and of root are trusted. If we are root, so are other users' links into a folder of their own,
    which gain them nothing."""
    owner = link.lstat().st_uid
    us = _user(owner)
    if owner in (us, 0):
        return True
    with suppress(OSError):
        return us == 0 and beyond.parent.stat().st_uid == owner
    return False


def _user(otherwise: int) -> int:
    """The user who owns files made here. Windows has no such number."""
    return os.geteuid() if hasattr(os, "geteuid") else otherwise


def _mode(place: Path) -> int:
    try:
        return place.lstat().st_mode
    except OSError:
        return 0


def _fill(descriptor: int, data: bytes) -> None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    _write_all(descriptor, data)
    os.ftruncate(descriptor, len(data))
    os.fsync(descriptor)
    if _read_all(descriptor) != data:
        raise OSError(errno.EIO, "it does not hold what was written to it")


def _read_all(descriptor: int) -> bytes:
    os.lseek(descriptor, 0, os.SEEK_SET)
    parts = []
    while part := os.read(descriptor, 2**20):
        parts.append(part)
    return b"".join(parts)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
