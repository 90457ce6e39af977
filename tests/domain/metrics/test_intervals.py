"""The time axis: what covers a stretch of time, and which buckets a chart has."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.domain.metrics.intervals import Granularity, bucket, cover

NOW = 1_790_000_123.5
DAY = 86_400

instants = st.floats(min_value=NOW - 400 * DAY, max_value=NOW)


@given(instants, instants)
def test_spans_cover_a_stretch_without_gap_or_overlap(one: float, other: float) -> None:
    since, until = sorted((one, other))
    spans = cover(since, until, NOW)
    for before, after in pairwise(spans):
        assert before.end == after.start
    if since < until:
        assert spans[0].start <= since
        assert spans[-1].end >= until


@given(instants, instants)
def test_spans_are_whole_intervals_that_are_still_kept(one: float, other: float) -> None:
    since, until = sorted((one, other))
    for span in cover(since, until, NOW):
        assert span.start % span.granularity.seconds == 0
        assert span.end % span.granularity.seconds == 0
        assert span.start >= NOW - span.granularity.kept_for - span.granularity.seconds


@given(st.floats(min_value=0, max_value=DAY), st.floats(min_value=0, max_value=DAY))
def test_recent_stretches_are_rounded_by_less_than_a_minute(one: float, other: float) -> None:
    since, until = NOW - max(one, other), NOW - min(one, other)
    spans = cover(since, until, NOW)
    if since < until:
        assert since - spans[0].start < 60
        assert spans[-1].end - until < 60


def test_a_month_is_covered_by_few_spans() -> None:
    assert len(cover(NOW - 30 * DAY, NOW, NOW)) <= 5


@pytest.mark.parametrize(
    ("seconds", "width"), [(3_600, 60), (DAY, 1_800), (7 * DAY, 10_800), (30 * DAY, 43_200), (365 * DAY, 7 * DAY)]
)
def test_the_usual_charts_have_these_widths(seconds: int, width: int) -> None:
    grid = bucket(NOW - seconds, NOW, at_most=60, kept_from=NOW - seconds, now=NOW)
    assert grid.width == width
    assert grid.width % grid.granularity.seconds == 0


@given(instants, instants, st.integers(1, 500))
def test_buckets_are_aligned_and_hold_the_whole_stretch(one: float, other: float, at_most: int) -> None:
    since, until = sorted((one, other))
    grid = bucket(since, until, at_most=at_most, kept_from=since, now=NOW)
    assert grid.start % grid.width == 0
    assert grid.start <= since
    assert grid.end >= until
    assert grid.count <= at_most + 1
    assert grid.earlier().end == grid.start


def test_a_chart_of_old_times_is_made_of_what_is_still_kept() -> None:
    grid = bucket(NOW - 60 * DAY, NOW - 60 * DAY + 3_600, at_most=60, kept_from=NOW - 60 * DAY, now=NOW)
    assert grid.granularity is Granularity.HOUR
    assert grid.width == 3_600
