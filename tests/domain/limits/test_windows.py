"""Sums over trailing windows, against every event that there was."""

from __future__ import annotations

import copy
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from localrouter.domain.limits.windows import REQUESTS, SHAPES, UsageWindow

steps = st.lists(st.tuples(st.floats(0, 4_000), st.integers(1, 50)), min_size=1, max_size=60)


@given(steps, st.sampled_from(SHAPES))
@settings(deadline=None)
def test_a_window_never_forgets_early_and_at_most_one_bucket_late(
    events: list[tuple[float, int]], shape: tuple[float, float]
) -> None:
    length, grain = shape
    window = UsageWindow(length, grain)
    now, history = 0.0, []
    for step, amount in events:
        now += step
        window.advance(now)
        window.add(now, (amount, 0, 0, 0, 0, 0))
        history.append((now, amount))
        inside = sum(amount for at, amount in history if at > now - length)
        late = sum(amount for at, amount in history if at > now - length - grain)
        assert inside <= window.sums[REQUESTS] <= late


@given(steps, st.sampled_from(SHAPES), st.integers(1, 500))
@settings(deadline=None)
def test_drained_at_is_when_the_sum_has_fallen(
    events: list[tuple[float, int]], shape: tuple[float, float], excess: int
) -> None:
    window = UsageWindow(*shape)
    now = 0.0
    for step, amount in events:
        now += step
        window.advance(now)
        window.add(now, (amount, 0, 0, 0, 0, 0))
    before = window.sums[REQUESTS]
    at = window.drained_at(REQUESTS, excess)
    if at is None:
        assert before < excess
        return
    window.advance(math.nextafter(at, -math.inf) - 1e-6)
    assert before - window.sums[REQUESTS] < excess
    window.advance(at)
    assert before - window.sums[REQUESTS] >= excess


@given(steps, st.sampled_from(SHAPES), st.floats(0, 4_000_000))
@settings(deadline=None)
def test_what_will_be_left_is_what_is_left_then(
    events: list[tuple[float, int]], shape: tuple[float, float], later: float
) -> None:
    window, now = UsageWindow(*shape), 0.0
    for step, amount in events:
        now += step
        window.advance(now)
        window.add(now, (amount, amount + 1, amount + 2, amount + 3, amount + 4, 1))
    for at in (now, now + later % (2 * shape[0]), now + shape[0] / 2, now + shape[0], now + later):
        expected = copy.deepcopy(window)
        expected.advance(at)
        assert window.sums_at(at) == expected.sums


def test_windows_are_as_long_and_as_fine_as_is_said() -> None:
    assert SHAPES == ((60.0, 1.0), (3_600.0, 60.0), (86_400.0, 900.0), (2_592_000.0, 21_600.0))


def test_when_a_window_drains_is_asked_anew_after_it_changed() -> None:
    window = UsageWindow(60.0, 1.0)
    assert window.drained_at(REQUESTS, 1) is None
    window.add(5.0, (1, 0, 0, 0, 0, 0))
    assert window.drained_at(REQUESTS, 1) == 66.0
    window.take_back(5.0, REQUESTS)
    assert window.drained_at(REQUESTS, 1) is None
    window.add(7.0, (1, 0, 0, 0, 0, 0))
    assert window.drained_at(REQUESTS, 1) == 68.0
    window.advance(68.0)
    assert window.drained_at(REQUESTS, 1) is None
