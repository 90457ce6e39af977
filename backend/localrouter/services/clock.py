"""The program's clocks. Decisions use one that never jumps; records carry the time of day."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

if hasattr(time, "CLOCK_BOOTTIME"):

    def steady() -> float:
        """Monotonic seconds that include the time the machine was asleep."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

else:

    def steady() -> float:
        """Monotonic seconds. This system has no such clock that also counts sleep."""
        return time.monotonic()


def wall() -> float:
    """Unix time in seconds."""
    return time.time()


def boot_id() -> str:
    """Identifies this boot of the machine; empty where the system has no such id."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Clocks:
    """The program's two clocks."""

    steady: Callable[[], float] = steady
    wall: Callable[[], float] = wall


SYSTEM = Clocks()
