"""What running requests hold together, and that freed memory is the system's again."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from localrouter.services.memory import Memory

MB = 1024 * 1024
# Pieces that the allocator keeps: one in eight stays in use, at the end too.
FILL_AND_FREE = """
import ctypes, gc
from localrouter.services.memory import FreedMemory
freed = FreedMemory()
pieces = [b"x" * 100_000 for _ in range(2_000)]
kept = pieces[::8]
del pieces
before = freed._resident()
freed.give_back()
print(before - freed._resident())
"""


def test_what_was_freed_is_given_back_to_the_system() -> None:
    if not hasattr(ctypes.CDLL(None), "malloc_trim") or not Path("/proc/self/statm").exists():
        pytest.skip("this C library gives back by itself, or does not tell")
    command = [sys.executable, "-c", FILL_AND_FREE]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)})
    assert int(done.stdout) > 50 * MB


def test_all_requests_together_hold_no_more_than_the_cap() -> None:
    memory = Memory(lambda: 1)
    first, second = memory.hold(), memory.hold()
    assert first.grow(MB // 2)
    assert not second.grow(MB // 2 + 1)
    assert second.fits_alone(MB // 2 + 1)
    first.release()
    first.release()
    assert second.grow(MB // 2 + 1)
    assert memory.held == MB // 2 + 1
