"""The socket in the home's folder: creates it, connects to it, and says who is at its other end. Standard library only.

Only their owner can enter the folder and use the socket, so callers there need no token. The system limits a socket's
path to about a hundred bytes; a longer one is reached by a shorter name of its folder.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import socket
import stat
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

HAS_UNIX_SOCKETS = hasattr(socket, "AF_UNIX") and os.name == "posix"
MAX_PATH = 100  # bytes; Linux takes 107, macOS 103
BACKLOG = 1024
TRY_AGAIN_SECONDS = 0.02
_PRIVATE = 0o600
_XUCRED = struct.Struct("=IIh")  # version, user id, number of groups; more follows
_DARWIN_SOL_LOCAL, _DARWIN_LOCAL_PEERCRED = 0, 1


def listen_unix(path: Path) -> socket.socket:
    """A socket that listens at `path`, replacing one that a killed process left there. Raises `OSError` if that fails.
    The caller must hold the home's lock."""
    remove_unix(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with contextlib.suppress(OSError):
            os.fchmod(sock.fileno(), _PRIVATE)  # on Linux the socket's file is made with this mode
        with _short(path) as name:
            sock.bind(name)
            os.chmod(name, _PRIVATE)
        sock.setblocking(False)
        sock.listen(BACKLOG)  # before this nobody can connect
    except OSError:
        sock.close()
        raise
    return sock


def remove_unix(path: Path) -> None:
    """Remove the socket, if there is one. Anything else at the path stays: it is not ours."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()


def connect_unix(path: Path, timeout: float) -> socket.socket:
    """A connection to this user's own process that listens at `path`. Raises `OSError` if there is none, or if it is
    another user's: somebody who may write into a home could put a socket there to receive the keys that are set."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout)
        with _short(path) as name:
            _connect(sock, name, time.monotonic() + timeout)
        _refuse_others(sock)
    except OSError:
        sock.close()
        raise
    return sock


def _refuse_others(sock: socket.socket) -> None:
    uid = peer_uid(sock)
    if uid is not None and uid != os.geteuid():
        raise PermissionError(errno.EPERM, f"its socket is served by another user (uid {uid}), so it was told nothing")


def peer_uid(sock: socket.socket) -> int | None:
    """The user at the other end, according to the kernel; None if the system cannot say."""
    if sys.platform == "linux":
        _, uid, _ = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
        return int(uid)
    if sys.platform == "darwin":
        _, uid, _ = _XUCRED.unpack_from(sock.getsockopt(_DARWIN_SOL_LOCAL, _DARWIN_LOCAL_PEERCRED, 128))
        return int(uid)
    return None


def _connect(sock: socket.socket, name: str, until: float) -> None:
    """Connects, trying again while the queue of the listening socket is full: a Unix socket then fails instead of
    waiting by itself."""
    while True:
        try:
            sock.connect(name)
        except BlockingIOError as error:
            if time.monotonic() >= until:
                raise TimeoutError(error.errno, "nobody accepted the connection in time") from error
            time.sleep(TRY_AGAIN_SECONDS)
        else:
            return


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name for the path that is short enough, valid within the block."""
    if len(os.fsencode(path)) <= MAX_PATH:
        yield str(path)
    elif sys.platform == "linux" and Path("/proc/self/fd").is_dir():
        folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
        try:
            yield f"/proc/self/fd/{folder}/{path.name}"
        finally:
            os.close(folder)
    else:
        with _linked(path.parent) as folder_name:
            yield f"{folder_name}/{path.name}"


@contextlib.contextmanager
def _linked(folder: Path) -> Iterator[str]:
    """A short name for the folder: a link to it in a folder of our own."""
    own = tempfile.mkdtemp(prefix="lr-", dir="/tmp")
    try:
        link = f"{own}/h"
        os.symlink(folder, link)
        yield link
    finally:
        shutil.rmtree(own, ignore_errors=True)
