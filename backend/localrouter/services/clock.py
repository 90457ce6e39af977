"""The clocks of the program. Decisions are made by one that never jumps; records bear the time of day."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

if hasattr(time, "CLOCK_BOOTTIME"):

    def steady() -> float:
        """Seconds that only grow and that count while the machine sleeps."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

else:

    def steady() -> float:
        """Seconds that only grow; where the system has no such clock, sleep is not counted."""
        return time.monotonic()


def wall() -> float:
    """Unix time in seconds."""
    return time.time()


def boot_id() -> str:
    """What tells one boot of this machine from another; empty where the system has no such name."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Clocks:
    """The two clocks that a program runs by."""

    steady: Callable[[], float] = steady
    wall: Callable[[], float] = wall


SYSTEM = Clocks()
