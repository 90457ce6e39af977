"""Decides which process owns a home: one at a time, by locks that end with the process.

The file `instance.lock` is locked, and so is the folder itself where the system supports it: somebody who clears old
files away may remove the file, but leaves a locked folder alone.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import orjson

from localrouter.domain.errors import Unavailable
from localrouter.private_files import (
    PRIVATE_FILE,
    discard,
    in_words,
    make_private_folder,
    owner_of,
    read_file,
    write_private,
)

LOCK_NAME = "instance.lock"
FILE_NAME = "instance.json"
STARTS_WITHIN = 10.0  # seconds from taking a home to serving it
_BETWEEN_TRIES = 0.02
_AT_LEAST = 0.2  # seconds; `running` takes a free lock for an instant, which a start must sit out

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class RunningInstance:
    """The process that serves a home, and where. `socket` is the path of its socket in the home, if it has one."""

    url: str
    pid: int
    socket: Path | None = None


class Instance:
    """This process's ownership of a home, from `acquire` to `release`."""

    def __init__(self, home: Path, locks: tuple[int, ...]) -> None:
        self._home = home
        self._file = home / FILE_NAME
        self._locks = locks
        self._announced: RunningInstance | None = None

    @classmethod
    def acquire(cls, home: Path, wait: float = 0, *, clock: Callable[[], float] = time.monotonic) -> Instance:
        """Takes the home, waiting up to `wait` seconds, but not for a process that serves it. `Unavailable` says who
        has it."""
        try:
            make_private_folder(home)
            descriptor = _open_lock(home)
        except OSError as error:
            said = f"The home {home} cannot be used: {in_words(error)}. Choose another with --home or LOCALROUTER_HOME."
            raise Unavailable(said) from None
        began = clock()
        try:
            while not _take(descriptor) or (folder := _take_folder(home)) is None:
                waited = clock() - began
                if waited >= max(wait, _AT_LEAST) or (waited >= _AT_LEAST and running(home) is not None):
                    raise _taken(home)
                time.sleep(_BETWEEN_TRIES)
        except OSError as error:
            os.close(descriptor)
            raise _without_locks(home, error) from None
        except BaseException:
            os.close(descriptor)
            raise
        instance = cls(home, (descriptor, *folder))
        discard(instance._file)  # left behind by a killed process
        return instance

    def announce(self, url: str, socket: str | None = None) -> None:
        """Writes down where this process serves, and on which socket in its home. Call it once it serves."""
        said = {"url": url, "pid": os.getpid()} | ({} if socket is None else {"socket": socket})
        write_private(self._file, orjson.dumps(said))
        self._announced = RunningInstance(url, os.getpid(), None if socket is None else self._home / socket)

    def announce_again(self) -> None:
        """Writes it down once more if somebody removed the file, and without the socket if that was removed."""
        if (said := self._announced) is None or (self._file.exists() and (said.socket is None or said.socket.exists())):
            return
        socket = None if said.socket is None or not said.socket.exists() else said.socket.name
        with suppress(OSError):  # the home may be gone as a whole
            self.announce(said.url, socket)

    def release(self) -> None:
        """Gives the home back. A second call does nothing."""
        if not self._locks:
            return
        discard(self._file)
        for descriptor in self._locks:
            os.close(descriptor)
        self._locks = ()

    def __enter__(self) -> Instance:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def running(home: Path) -> RunningInstance | None:
    """The process that serves a home now; None if there is none, whatever a killed process left behind."""
    announced = _announced(home)
    if announced is None or not is_owned(home):
        return None
    return announced


def _announced(home: Path) -> RunningInstance | None:
    try:
        document = orjson.loads(read_file(home / FILE_NAME))
    except PermissionError:
        raise _closed(home / FILE_NAME) from None
    except (OSError, orjson.JSONDecodeError):
        return None
    match document:
        case {"url": str(url), "pid": int(pid), "socket": str(name)} if name == Path(name).name:
            return RunningInstance(url, pid, home / name)
        case {"url": str(url), "pid": int(pid)}:
            return RunningInstance(url, pid)
        case _:
            return None


def is_owned(home: Path) -> bool:
    """Whether some process owns the home now, serving or not."""
    try:
        folder = _take_folder(home)
        if folder is None:
            return True
        for descriptor in folder:
            os.close(descriptor)
        if not (home / LOCK_NAME).exists():
            return False
        descriptor = _open_lock(home)
    except PermissionError:
        raise _closed(home / LOCK_NAME) from None
    try:
        return not _take(descriptor)
    except OSError as error:
        raise _without_locks(home, error) from None
    finally:
        os.close(descriptor)


def _open_lock(home: Path) -> int:
    return os.open(home / LOCK_NAME, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)


def _take_folder(home: Path) -> tuple[int, ...] | None:
    """The lock on the folder; None if another process has it. Empty where folders cannot be locked, as on NFS."""
    try:
        descriptor = os.open(home, os.O_RDONLY)
    except OSError:  # Windows opens no folders
        return ()
    try:
        if _take(descriptor):
            return (descriptor,)
    except OSError:
        os.close(descriptor)
        return ()
    os.close(descriptor)
    return None


def _without_locks(home: Path, error: OSError) -> Unavailable:
    return Unavailable(
        f"The home {home} cannot be used: its file system cannot lock files ({in_words(error)}), so nothing would keep "
        "a second LocalRouter out. Choose a folder on a local disk with --home or LOCALROUTER_HOME."
    )


def _closed(path: Path) -> Unavailable:
    """The error for a file that this user may not read. If even its owner is hidden, the folder is somebody else's."""
    try:
        whose = f"{path} belongs to {owner_of(path)}"
    except OSError:
        whose = f"The home {path.parent} belongs to another user"
    return Unavailable(f"{whose}. Work as that user, or name another home with --home.")


def _taken(home: Path) -> Unavailable:
    owner = running(home)
    if owner is None:
        return Unavailable(f"Another LocalRouter process is using {home}. Wait for it to end, or use another --home.")
    data: dict[str, object] = {"url": owner.url, "pid": owner.pid}
    return Unavailable(f"LocalRouter already runs at {owner.url} (process {owner.pid}) with the home {home}.", data)
