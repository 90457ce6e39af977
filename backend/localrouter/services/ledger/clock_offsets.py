"""What the wall clock showed when: turns its stamps into times of the clock that never jumps.

Records bear the time of day, which may be set forward or back while the program runs. In each period both clocks ran
alike. A stamp that could be of two periods is taken for the later one, so that nothing is forgotten early.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

BEGINNING = -1e18  # a steady time before every other; finite, since it is written as JSON
A_JUMP = 0.5  # seconds that the clocks may differ within a period
KEPT = 1_000


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """From `since` to `until` (steady seconds) the wall clock showed `offset` seconds more than the steady one."""

    since: float
    until: float
    offset: float


class ClockOffsets:
    """`seen` is the last steady time at which the clocks are known to have run as in the last period."""

    def __init__(self, offsets: Iterable[ClockOffset] = ()) -> None:
        self._offsets = list(offsets)
        self.seen = BEGINNING

    def __iter__(self) -> Iterator[ClockOffset]:
        return iter(self._offsets)

    @property
    def offset(self) -> float | None:
        return self._offsets[-1].offset if self._offsets else None

    def note(self, now: float, wall: float) -> ClockOffset | None:
        """Both clocks at one moment; the new period, where they say that one has begun."""
        offset = wall - now
        offsets = self._offsets
        if offsets and -A_JUMP <= offset - offsets[-1].offset <= A_JUMP:
            self.seen = now
            return None
        return self.begin(self.seen, now, offset)

    def begin(self, since: float, seen: float, offset: float) -> ClockOffset:
        """A period that was noticed at `seen` and may have begun as early as `since`."""
        if self._offsets:
            self._offsets[-1] = replace(self._offsets[-1], until=seen)
        period = ClockOffset(since, math.inf, offset)
        self._offsets = [*self._offsets[1 - KEPT :], period]
        self.seen = seen
        return period

    def moved(self, seconds: float) -> ClockOffsets:
        """The same periods by a steady clock that shows `seconds` more."""
        moved = ClockOffsets(
            ClockOffset(e.since + seconds, e.until + seconds, e.offset - seconds) for e in self._offsets
        )
        moved.seen = self.seen + seconds
        return moved

    def at(self, wall: float, now: float, late: float = 0.0, ran: float = 0.0) -> float:
        """The steady time of a stamp of the wall clock, made up to `late` seconds ahead: the latest that it can
        have been, and never after `now`. A stamp that was counted on for `ran` seconds from when the clock was read
        follows the clock as it was then, however it was set since."""
        if ran:
            return min(now, self.at(wall - ran, now, late) + ran)
        possible = [
            min(wall - e.offset, e.until)
            for e in self._offsets
            if e.since - A_JUMP <= wall - e.offset <= e.until + A_JUMP + late
        ]
        if possible:
            return min(now, max(possible) + A_JUMP)
        # Between two periods: what began in the former and ended, by its own count, after the clock was set forward.
        former = [e.offset for e in self._offsets if e.since <= wall - e.offset]
        offset = former[-1] if former else self._offsets[0].offset if self._offsets else 0.0
        return min(now, wall - offset + A_JUMP)
