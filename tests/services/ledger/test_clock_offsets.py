"""Stamps of a wall clock that was set become times that are never too early."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from localrouter.services.ledger.clock_offsets import A_JUMP, KEPT, ClockOffsets

THEN = 1_700_000_000.0


def test_a_clock_that_runs_is_no_new_period() -> None:
    offsets = ClockOffsets()
    assert offsets.note(0.0, THEN) is not None
    assert offsets.note(50.0, THEN + 50.2) is None
    assert offsets.note(100.0, THEN + 99.9) is None
    assert len(list(offsets)) == 1


def test_stamps_of_before_and_after_a_jump_are_told_apart() -> None:
    offsets = ClockOffsets()
    offsets.note(0.0, THEN)
    offsets.note(100.0, THEN + 100)
    offsets.note(110.0, THEN + 110 + 3_600)
    assert offsets.at(THEN + 50, 200.0) == 50 + A_JUMP
    assert offsets.at(THEN + 150 + 3_600, 200.0) == 150 + A_JUMP
    assert offsets.at(THEN + 120, 200.0) == 120 + A_JUMP, "it began before the jump and ended after it"
    assert offsets.at(THEN - 9_000, 200.0) == -9_000 + A_JUMP, "of an earlier process"
    assert offsets.at(THEN + 10**9, 200.0) == 200.0, "never in the future"


def test_a_stamp_that_was_counted_on_follows_the_clock_that_was_read() -> None:
    offsets = ClockOffsets()
    offsets.note(0.0, THEN)
    offsets.note(10.0, THEN + 10 + 3_600)
    assert offsets.at(THEN + 3_700, 5_000.0) == 100 + A_JUMP, "as far as the stamp itself tells"
    assert offsets.at(THEN + 3_700, 5_000.0, ran=3_695.0) == 3_700 + A_JUMP
    assert offsets.at(THEN + 3_700, 3_650.0, ran=3_695.0) == 3_650.0, "never in the future"


def test_a_stamp_that_can_be_of_two_periods_is_taken_for_the_later() -> None:
    offsets = ClockOffsets()
    offsets.note(0.0, THEN)
    offsets.note(100.0, THEN + 100)
    offsets.note(110.0, THEN + 110 - 60)
    assert offsets.at(THEN + 80, 200.0) == 80 + 60 + A_JUMP


@given(
    st.lists(st.tuples(st.floats(0.1, 5_000), st.floats(-1e6, 1e6)), max_size=12),
    st.lists(st.floats(0, 70_000), max_size=8),
    st.floats(0, 1e7),
)
def test_no_stamp_is_ever_taken_for_an_earlier_time_than_its_own(
    jumps: list[tuple[float, float]], moments: list[float], begin: float
) -> None:
    offsets, now, offset = ClockOffsets(), begin, THEN
    stamps: list[tuple[float, float]] = []
    offsets.note(now, now + offset)
    for seconds, jump in jumps:
        stamps += [(now + at, now + at + offset) for at in moments if at < seconds]
        now += seconds
        offsets.note(now, now + offset)
        offset += jump
        stamps.append((now, now + offset))
        offsets.note(now, now + offset)
    for true, stamp in stamps:
        assert true - 1e-3 <= offsets.at(stamp, now) <= now + 1e-3


def test_the_periods_of_an_earlier_boot_go_on_in_this_one() -> None:
    offsets = ClockOffsets()
    offsets.note(500.0, THEN)
    offsets.note(900.0, THEN + 400)
    moved = offsets.moved(-880.0)  # the machine was started anew when the clock showed 880
    assert moved.note(20.0, THEN + 400) is None
    assert moved.at(THEN + 390, 30.0) == 10.0 + A_JUMP


def test_periods_do_not_grow_for_ever() -> None:
    offsets = ClockOffsets()
    for number in range(3 * KEPT):
        offsets.note(float(number), THEN + number * 3)
    assert len(list(offsets)) == KEPT
