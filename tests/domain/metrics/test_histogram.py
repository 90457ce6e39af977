"""Percentiles within 5 %, sums without loss, bytes that come back as they went."""

from __future__ import annotations

from math import ceil, inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.domain.metrics.histogram import LEAST, MOST, Histogram, bin_of, value_of

latencies = st.lists(st.floats(min_value=LEAST, max_value=1e9), min_size=1, max_size=200)
counts = st.dictionaries(st.integers(0, 1_000), st.integers(1, 2**40))


def filled(values: list[float]) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    return histogram


@given(latencies, st.sampled_from([0.01, 0.5, 0.9, 0.95, 0.99, 1.0]))
def test_every_percentile_is_within_five_percent_of_the_exact_one(values: list[float], fraction: float) -> None:
    exact = sorted(values)[max(1, ceil(fraction * len(values))) - 1]
    told = filled(values).percentile(fraction)
    assert told is not None
    assert abs(told - exact) <= 0.05 * exact


@given(latencies, latencies)
def test_the_sum_of_two_histograms_is_the_histogram_of_all(left: list[float], right: list[float]) -> None:
    merged = filled(left)
    merged.merge(filled(right))
    assert merged == filled(left + right)
    assert merged.count == len(left) + len(right)


@given(counts)
def test_bytes_come_back_as_they_went(given_counts: dict[int, int]) -> None:
    histogram = Histogram(given_counts)
    assert Histogram.decode(histogram.encode()) == histogram


@given(latencies)
def test_several_percentiles_at_once_are_the_same_as_one_by_one(values: list[float]) -> None:
    histogram = filled(values)
    fractions = (0.5, 0.95, 0.99)
    assert histogram.percentiles(fractions) == tuple(histogram.percentile(fraction) for fraction in fractions)


def test_nothing_counted_has_no_percentile() -> None:
    assert Histogram().percentiles((0.5, 0.99)) == (None, None)


@pytest.mark.parametrize("value", [0.0, -1.0, nan, LEAST])
def test_what_is_not_above_the_least_falls_into_the_first_bin(value: float) -> None:
    assert bin_of(value) == 0
    assert value_of(0) == LEAST


def test_endless_durations_fall_into_the_last_bin() -> None:
    assert bin_of(inf) == bin_of(MOST)


def test_a_day_of_latencies_takes_few_bytes() -> None:
    spread = filled([0.5 * 1.001**step for step in range(10_000)])
    assert len(spread.encode()) < 600


@pytest.mark.parametrize("data", [b"\x80", b"\x01", b"\x01\x02\x03"])
def test_broken_bytes_are_an_error(data: bytes) -> None:
    with pytest.raises(ValueError, match="middle"):
        Histogram.decode(data)
