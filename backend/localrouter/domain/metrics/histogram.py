"""The latency histogram. Its bins are logarithmic, so that summed intervals still have true percentiles.

A bin reaches from γⁱ⁻¹ to γⁱ times `LEAST`. Its values are reported as the one whose relative distance to both ends is
the same: `ERROR`, which leaves room for rounding within the promised 5 %. Histograms add up without loss: a day's
histogram is the sum of its minutes'.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, log

ERROR = 0.04
LEAST = 0.001  # milliseconds; shorter times are not distinguished
MOST = 1e12

_GAMMA = (1 + ERROR) / (1 - ERROR)
_BINS_PER_UNIT = 1 / log(_GAMMA)
_LOG_LEAST = log(LEAST)


def bin_of(value: float) -> int:
    """The bin that a value falls into; values up to `LEAST` fall into bin 0."""
    if not value > LEAST:
        return 0
    return ceil((log(min(value, MOST)) - _LOG_LEAST) * _BINS_PER_UNIT)


def value_of(index: int) -> float:
    """The value that represents a bin."""
    if index == 0:
        return LEAST
    return LEAST * 2 * float(_GAMMA**index) / (_GAMMA + 1)


class Histogram:
    """Counts by bin. Mutable, because it is filled in place."""

    __slots__ = ("counts",)

    def __init__(self, counts: Mapping[int, int] | None = None) -> None:
        self.counts: dict[int, int] = dict(counts or {})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Histogram) and self.counts == other.counts

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"Histogram({self.counts!r})"

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    def add(self, value: float) -> None:
        self.add_to_bin(bin_of(value))

    def add_to_bin(self, index: int) -> None:
        self.counts[index] = self.counts.get(index, 0) + 1

    def merge(self, other: Histogram) -> None:
        for index, count in other.counts.items():
            self.counts[index] = self.counts.get(index, 0) + count

    def percentile(self, fraction: float) -> float | None:
        """The nearest-rank value: the smallest that at least this fraction of all values does not exceed."""
        return self.percentiles((fraction,))[0]

    def percentiles(self, fractions: tuple[float, ...]) -> tuple[float | None, ...]:
        """Several percentiles at once, for ascending `fractions`. All are None if nothing was counted."""
        total = self.count
        if not total:
            return (None,) * len(fractions)
        found: list[float | None] = []
        bins = iter(sorted(self.counts.items()))
        index, seen = next(bins)
        for fraction in fractions:
            rank = max(1, ceil(fraction * total))
            while seen < rank:
                index, count = next(bins)
                seen += count
            found.append(value_of(index))
        return tuple(found)

    def encode(self) -> bytes:
        """Encodes bins in ascending order as pairs of varints: the step from the previous bin, and the count."""
        out = bytearray()
        before = 0
        for index, count in sorted(self.counts.items()):
            _put(out, index - before)
            _put(out, count)
            before = index
        return bytes(out)

    @classmethod
    def decode(cls, data: bytes) -> Histogram:
        """The inverse of `encode`. Raises `ValueError` for bytes that it cannot have written."""
        numbers = _numbers(data)
        if len(numbers) % 2:
            raise ValueError("a histogram's bytes end in the middle of a pair")
        counts: dict[int, int] = {}
        index = 0
        for step, count in zip(numbers[::2], numbers[1::2], strict=True):
            index += step
            counts[index] = count
        return cls(counts)


def _put(out: bytearray, number: int) -> None:
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def _numbers(data: bytes) -> list[int]:
    numbers: list[int] = []
    number = shift = 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
            continue
        numbers.append(number)
        number = shift = 0
    if shift:
        raise ValueError("a histogram's bytes end in the middle of a number")
    return numbers
