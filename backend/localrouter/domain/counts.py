"""Whole numbers as JSON writers and SQLite can hold them."""

from __future__ import annotations

MOST = 2**63 - 1


def held(count: int) -> int:
    """A count that is larger than 64 bits is told as the most that they hold, rather than not at all."""
    return min(count, MOST)
