"""Accounts for the memory that all running requests hold together, and caps it.

The account is an estimate from counted bytes and parts, made before the memory is taken. Every request has a
`HeldMemory`, which grows as its body arrives and its answer is read, and is released when it ends, however it ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Callable
from pathlib import Path

MOST_BY_DEFAULT = 2048 * 1024 * 1024  # bytes
GROWN = 16 * 1024 * 1024  # bytes
_OWN_SIZE = Path("/proc/self/statm")
_CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


class Memory:
    """`most_mb` returns the current cap; None means a quarter of the machine's memory, at most 2 GB."""

    __slots__ = ("_by_default", "_most_mb", "held")

    def __init__(self, most_mb: Callable[[], int | None]) -> None:
        self._most_mb = most_mb
        self._by_default = _quarter_of_machine()
        self.held = 0

    @property
    def cap(self) -> int:
        """The current cap in bytes."""
        most = self._most_mb()
        return self._by_default if most is None else most << 20

    def hold(self) -> HeldMemory:
        return HeldMemory(self)


class HeldMemory:
    """What one request holds, in bytes."""

    __slots__ = ("_memory", "size")

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.size = 0

    def grow(self, size: int) -> bool:
        """Hold `size` more bytes. False, with nothing added, if the total would exceed the cap."""
        if self._memory.held + size > self._memory.cap:
            return False
        self._memory.held += size
        self.size += size
        return True

    def shrink(self, size: int) -> None:
        size = min(size, self.size)
        self._memory.held -= size
        self.size -= size

    def release(self) -> None:
        """Give everything back. Safe to call again."""
        self.shrink(self.size)

    def fits_alone(self, size: int) -> bool:
        """Whether `size` more bytes would fit if nobody else held anything."""
        return self.size + size <= self._memory.cap

    @property
    def cap_mb(self) -> int:
        return self._memory.cap >> 20


class FreedMemory:
    """Returns freed memory to the system. The C library keeps freed pieces next to larger ones that are still in use,
    and would keep them for ever if nothing large were allocated again."""

    def __init__(self) -> None:
        self._trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
        self._least = self._resident()

    def give_back(self) -> None:
        """Takes a few milliseconds, so it runs only after the process has grown."""
        if self._trim is not None and self._resident() > self._least + GROWN:
            self._trim(0)
            self._least = self._resident()

    @staticmethod
    def _resident() -> int:
        """Resident bytes; 0 if the system does not say."""
        try:
            return int(_OWN_SIZE.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, ValueError, IndexError):
            return 0


def unlimited() -> HeldMemory:
    """For requests outside the account."""
    return Memory(lambda: 1 << 40).hold()


def _quarter_of_machine() -> int:
    try:
        has = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        has = MOST_BY_DEFAULT
    with contextlib.suppress(OSError, ValueError):
        has = min(has, int(_CONTAINER_LIMIT.read_text()))
    return min(has // 4, MOST_BY_DEFAULT)
