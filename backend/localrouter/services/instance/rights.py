"""Checks, before anything in a home is opened, that this user may use every file in it.

Another user's file then stops the start with a clear message instead of being taken for a damaged one. A single run as
root leaves such files.
"""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from localrouter.private_files import in_words, is_ours, kept_at, owner_of, user_name

_READ, _WRITE = os.R_OK, os.W_OK
_FOLDER = os.R_OK | os.W_OK | os.X_OK
_FOLDERS = ("revisions", "logs")
_REPLACED = ("config.json", "config.json.bak", "credentials.json", "secrets.json", "admin.token", "instance.json")
_WRITTEN = ("instance.lock", "metrics.db", "metrics.db-wal", "metrics.db-shm", "logs/localrouter.log")
_PATTERNS = (("ledger.journal*", _READ | _WRITE), ("models.json", _READ), ("revisions/*.json", _READ))
_CAN_BE_DONE_WITHOUT = frozenset(("config.json",))  # if its link is dangling, the last good copy serves


@dataclass(frozen=True, slots=True)
class _Obstacle:
    path: Path
    said: str


def unusable_file(home: Path) -> str | None:
    """One line about a file that this user cannot use: whose it is and what to do. None if all is well."""
    found = list(_obstacles(home))
    if not found:
        return None
    others = f" The same applies to {len(found) - 1} more in {home}." if len(found) > 1 else ""
    return f"{found[0].path} {found[0].said}{others}"


def _obstacles(home: Path) -> Iterator[_Obstacle]:
    if not home.exists():
        return
    if not home.is_dir():
        yield _Obstacle(home, "is a file, and a home is a folder. Name another with --home or LOCALROUTER_HOME.")
        return
    closed: set[Path] = set()
    for path, needed in ((home, _FOLDER), *_entries(home)):
        if path.parent in closed:  # its content cannot be seen
            continue
        said = _obstacle(path, needed, home)
        if said is not None:
            closed.add(path)
            yield _Obstacle(path, said)


def _entries(home: Path) -> Iterator[tuple[Path, int]]:
    """What a start opens, with the access it needs. A file that is replaced as a whole need not be writable."""
    for name in _FOLDERS:
        yield home / name, _FOLDER
    for name in _REPLACED:
        yield home / name, _READ
    for name in _WRITTEN:
        yield home / name, _READ | _WRITE
    for pattern, needed in _PATTERNS:
        for path in sorted(home.glob(pattern)):
            yield path, needed


def _obstacle(path: Path, needed: int, home: Path) -> str | None:
    is_needed = path.name not in _CAN_BE_DONE_WITHOUT
    try:
        place = kept_at(path)
        if not os.path.lexists(place):
            return _lost(path, place) if is_needed else None
    except PermissionError as error:  # somebody else's link, or a folder on the way
        return f"cannot be used: {in_words(error)}. Remove it, or run LocalRouter as its owner."
    except OSError as error:
        return f"cannot be used: {in_words(error)}." if is_needed else None
    return None if _may(place, needed) else _forbidden(place, home)


def _lost(path: Path, place: Path) -> str | None:
    if place == path or place.parent.is_dir():
        return None
    return f"is a link to {place}, which does not exist. Put it back, or remove the link."


def _may(path: Path, needed: int) -> bool:
    return os.access(path, needed, effective_ids=os.access in os.supports_effective_ids)


def _forbidden(path: Path, home: Path) -> str:
    verb = "written" if _may(path, _READ) else "read"
    if os.name == "nt":
        return f"cannot be {verb} by this user."
    status = path.stat()
    if is_ours(status):
        if verb == "written" and os.statvfs(path).f_flag & os.ST_RDONLY:
            return "is on a file system that is read-only. Make it writable, or name another home with --home."
        rights = "rwx" if stat.S_ISDIR(status.st_mode) else "rw"
        return f"cannot be {verb} by you, its owner. Allow it: chmod u+{rights} {shlex.quote(str(path))}"
    return (
        f"belongs to {owner_of(path)} and cannot be {verb} by {user_name(os.geteuid())}. "
        f"Give it back: sudo chown -R {os.geteuid()} {shlex.quote(str(home))}"
    )
