"""The time axis of the metrics: for which intervals sums are kept, how long, and which of them cover a period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil


class Granularity(StrEnum):
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"

    @property
    def seconds(self) -> int:
        return _SECONDS[self]

    @property
    def kept_for(self) -> float:
        """How far back, in seconds, intervals of this length can be queried."""
        return _KEPT_FOR[self]

    def floor(self, at: float) -> int:
        """The start of the interval that contains an instant (days are in UTC)."""
        return int(at // self.seconds) * self.seconds

    def ceiling(self, at: float) -> int:
        return -self.floor(-at)


_SECONDS: Mapping[Granularity, int] = {Granularity.MINUTE: 60, Granularity.HOUR: 3_600, Granularity.DAY: 86_400}
_KEPT_FOR: Mapping[Granularity, float] = {
    Granularity.MINUTE: 2 * 86_400.0,
    Granularity.HOUR: 90 * 86_400.0,
    Granularity.DAY: float("inf"),
}


@dataclass(frozen=True, slots=True)
class Span:
    """Whole intervals of one length, from `start` to before `end` (Unix time)."""

    granularity: Granularity
    start: int
    end: int


def cover(since: float, until: float, now: float) -> list[Span]:
    """The fewest intervals that cover a period, rounded outward to those still kept."""
    spans: list[Span] = []
    finest = _finest(since, now)
    at, end = finest.floor(since), _finest(until, now).ceiling(until)
    while at < end:
        span = _next_span(at, end, now)
        if spans and spans[-1].granularity is span.granularity:
            span = Span(span.granularity, spans.pop().start, span.end)
        spans.append(span)
        at = span.end
    return spans


def _next_span(at: int, end: int, now: float) -> Span:
    finest = _finest(at, now)
    for granularity in (Granularity.DAY, Granularity.HOUR):
        fits = at % granularity.seconds == 0 and at + granularity.seconds <= end
        if fits and granularity.seconds >= finest.seconds:
            return Span(granularity, at, at + granularity.seconds)
    return Span(finest, at, finest.floor(at) + finest.seconds)


def _finest(at: float, now: float) -> Granularity:
    for granularity in Granularity:
        if at >= now - granularity.kept_for:
            return granularity
    return Granularity.DAY


WIDTHS = (60, 300, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 7 * 86_400, 28 * 86_400, 364 * 86_400)


@dataclass(frozen=True, slots=True)
class Grid:
    """Aligned buckets of a chart: `count` of `width` seconds from `start`, made of intervals of `granularity`."""

    start: int
    width: int
    count: int
    granularity: Granularity

    @property
    def end(self) -> int:
        return self.start + self.width * self.count

    def earlier(self) -> Grid:
        """The same number of buckets for the period right before."""
        return Grid(self.start - self.width * self.count, self.width, self.count, self.granularity)


def bucket(since: float, until: float, *, at_most: int, kept_from: float, now: float) -> Grid:
    """Buckets for a chart, in the finest usual width that needs no more than `at_most` of them (plus one at the edges).

    `kept_from` is the earliest instant that will be queried; the intervals still kept there limit the width.
    """
    finest = _finest(kept_from, now)
    fitting = (w for w in WIDTHS if w >= finest.seconds and (until - since) <= w * at_most)
    width = next(fitting, WIDTHS[-1] * ceil((until - since) / (WIDTHS[-1] * at_most)))
    start = int(since // width) * width
    count = max(1, -int(-(until - start) // width))
    made_of = [g for g in Granularity if g.seconds >= finest.seconds and width % g.seconds == 0]
    return Grid(start, width, count, made_of[-1])
