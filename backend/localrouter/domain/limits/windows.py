"""What was used, summed over trailing windows: the only place that knows how finely, and when it is forgotten.

Buckets are whole seconds long and begin at multiples of their length; times are seconds of a clock that never jumps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

REQUESTS, INPUT, OUTPUT, TOTAL, COST, SETTLED = range(6)
Amounts = tuple[int, int, int, int, int, int]
NOTHING: Amounts = (0, 0, 0, 0, 0, 0)
ONE_REQUEST: Amounts = (1, 0, 0, 0, 0, 0)

MINUTE, HOUR, DAY, MONTH = 60.0, 3_600.0, 86_400.0, 2_592_000.0
SHAPES = ((MINUTE, 1.0), (HOUR, 60.0), (DAY, 900.0), (MONTH, 21_600.0))  # length, bucket


class UsageWindow:
    """Sums over a trailing window, in buckets.

    A bucket is forgotten only when its youngest possible event has left: never early, at most one bucket late.
    """

    __slots__ = ("_buckets", "_drained", "bucket_seconds", "length", "sums")

    def __init__(self, length: float, bucket_seconds: float) -> None:
        self.length = length
        self.bucket_seconds = bucket_seconds
        self.sums = [0, 0, 0, 0, 0, 0]
        self._buckets: deque[tuple[int, list[int]]] = deque()
        self._drained: dict[tuple[int, int], float | None] = {}  # what `drained_at` found since the last change

    def add(self, at: float, amounts: Sequence[int]) -> None:
        """Count `amounts` at the time `at`; a time before the last bucket counts in the last bucket (later, never
        earlier, than it happened)."""
        self._drained.clear()
        index = int(at // self.bucket_seconds)
        if not self._buckets or self._buckets[-1][0] < index:
            self._buckets.append((index, list(amounts)))
        else:
            bucket = self._buckets[-1][1]
            for measure, amount in enumerate(amounts):
                bucket[measure] += amount
        sums = self.sums
        for measure, amount in enumerate(amounts):
            sums[measure] += amount

    def take_back(self, at: float, measure: int) -> None:
        """Count one less of a measure, which was counted at the time `at`."""
        self._drained.clear()
        index = int(at // self.bucket_seconds)
        for number, amounts in reversed(self._buckets):
            if number <= index:
                if number == index:
                    amounts[measure] -= 1
                    self.sums[measure] -= 1
                return

    def advance(self, now: float) -> None:
        """Drop the buckets whose youngest possible event has left the window."""
        self._drained.clear()
        buckets = self._buckets
        oldest_kept = (now - self.length) / self.bucket_seconds
        while buckets and buckets[0][0] + 1 <= oldest_kept:
            _, gone = buckets.popleft()
            for measure, amount in enumerate(gone):
                self.sums[measure] -= amount

    def sums_at(self, at: float) -> list[int]:
        """What of the sums will be left at a later time, if nothing is added."""
        sums = list(self.sums)
        oldest_kept = (at - self.length) / self.bucket_seconds
        if not self._buckets or self._buckets[-1][0] + 1 <= oldest_kept:
            return [0, 0, 0, 0, 0, 0]
        for index, gone in self._buckets:
            if index + 1 > oldest_kept:
                break
            sums[REQUESTS] -= gone[REQUESTS]
            sums[INPUT] -= gone[INPUT]
            sums[OUTPUT] -= gone[OUTPUT]
            sums[TOTAL] -= gone[TOTAL]
            sums[COST] -= gone[COST]
            sums[SETTLED] -= gone[SETTLED]
        return sums

    def drained_at(self, measure: int, excess: int) -> float | None:
        """When at least `excess` of a measure will have left the window; None where it does not hold that much."""
        key = (measure, excess)
        if key not in self._drained:
            self._drained[key] = self._when_drained(measure, excess)
        return self._drained[key]

    def _when_drained(self, measure: int, excess: int) -> float | None:
        left = excess
        for index, amounts in self._buckets:
            left -= amounts[measure]
            if left <= 0:
                return (index + 1) * self.bucket_seconds + self.length
        return None


@dataclass(frozen=True, slots=True)
class PastUse:
    """What a strategy used before this process started; `at` is Unix time, as the wall clock showed it then or, for a
    sum, up to `late` seconds later. Of a request that had run for `ran` seconds by then, the wall clock was read at its
    start, and what passed since is counted on."""

    strategy_id: str
    at: float
    amounts: Amounts
    late: float = 0.0
    ran: float = 0.0
