"""The most that a request can use: caps that fit what is left exactly, and not by one token more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.domain.conversation.request import Usage
from localrouter.domain.limits.bounds import (
    CAP_BY_DEFAULT,
    LEAST_OUTPUT,
    Bound,
    Reach,
    Unbounded,
    longest_within,
    no_bound,
    reach_of,
    used_at_most,
)
from localrouter.domain.limits.demands import Demand
from localrouter.domain.limits.windows import COST, INPUT, OUTPUT, TOTAL
from localrouter.domain.models.pricing import FREE, Price, PriceTier, cost

PLAIN = Price(input=10, output=40)
TIERED = Price(input=10, output=40, request=500, tiers=(PriceTier(above=1_000, price=Price(input=30, output=90)),))
CACHED = Price(input=10, output=40, cached=2, cache_write=25, cache_write_1h=50, reasoning=70)
PRICES = (PLAIN, TIERED, CACHED, FREE, Price(input=0, output=3), Price(input=3, output=0))
MEASURES = (INPUT, OUTPUT, TOTAL, COST)


@pytest.mark.parametrize(
    ("own", "model", "longest", "shortest"),
    [
        (None, None, CAP_BY_DEFAULT, LEAST_OUTPUT),
        (None, 8_000, CAP_BY_DEFAULT, LEAST_OUTPUT),
        (None, 1_000, 1_000, LEAST_OUTPUT),
        (500, None, 500, LEAST_OUTPUT),
        (50_000, None, 50_000, LEAST_OUTPUT),
        (50_000, 16_000, 16_000, LEAST_OUTPUT),
        (16, None, 16, 16),
        (5, None, 5, 5),
        (17, 9, 9, 9),
    ],
)
def test_an_answer_is_as_long_as_the_request_and_the_model_allow(
    own: int | None, model: int | None, longest: int, shortest: int
) -> None:
    reach = reach_of(Bound(100, 1, own), PLAIN, model, 0)
    assert (reach.longest, reach.shortest, reach.prompt) == (longest, shortest, 100)


def test_the_numbers_are_those_that_are_told_to_users() -> None:
    assert (CAP_BY_DEFAULT, LEAST_OUTPUT) == (4_096, 16)


def test_what_a_provider_adds_to_the_prompt_counts_for_each_answer() -> None:
    assert reach_of(Bound(100, 3), None, None, 20).prompt == 160
    assert reach_of(Bound(100, 0), None, None, 20) == Reach(120, 0, None, 0, 0)


def test_all_that_is_used_is_counted_in_every_measure() -> None:
    reach = reach_of(Bound(2_000, 2, 100), TIERED, None, 0)
    dearest = max(2_000 * 10 + 200 * 40 + 500, 2_000 * 30 + 200 * 90)
    assert used_at_most(reach, 100) == (1, 2_000, 200, 2_200, dearest, 0)
    assert used_at_most(reach_of(Bound(10, 1, 5), None, None, 0), 5) == (1, 10, 5, 15, 0, 0)


reaches = st.builds(
    lambda prompt, answers, cap, price: reach_of(Bound(prompt, answers, cap), price, None, 0),
    st.integers(1, 3_000),
    st.integers(0, 4),
    st.one_of(st.none(), st.integers(1, 5_000)),
    st.sampled_from(PRICES),
)
rooms = st.lists(st.one_of(st.integers(-50, 5_000), st.integers(-1_000, 400_000)), min_size=6, max_size=6)
judged = st.sets(st.sampled_from(MEASURES), min_size=1).map(sorted)


@given(reaches, judged, rooms)
def test_the_longest_answer_fits_and_one_token_more_does_not(
    reach: Reach, measures: list[int], left: list[int]
) -> None:
    if reach.price is not None and reach.price.is_free:
        measures = [measure for measure in measures if measure != COST]
    if not reach.answers:
        measures = [measure for measure in measures if measure != OUTPUT]

    def fits(cap: int) -> bool:
        return all(used_at_most(reach, cap)[measure] <= left[measure] for measure in measures)

    cap = longest_within(reach, measures, left)
    if cap is None:
        assert not fits(reach.shortest)
        return
    assert reach.shortest <= cap <= reach.longest
    assert fits(cap)
    assert cap == reach.longest or not fits(cap + 1)


@given(reaches, st.integers(0, 10), st.integers(0, 100), st.integers(0, 100), st.integers(0, 100))
def test_no_usage_within_the_bound_costs_more(reach: Reach, cap: int, part: int, cached: int, reasoning: int) -> None:
    tokens_in, tokens_out = reach.prompt * part // 100, reach.answers * cap
    usage = Usage(
        tokens_in,
        tokens_out,
        cached_tokens=tokens_in * cached // 100,
        reasoning_tokens=tokens_out * reasoning // 100,
        cache_write_tokens=tokens_in * (100 - cached) // 100,
        cache_write_1h_tokens=tokens_in * (100 - cached) // 200,
    )
    assert cost(usage, reach.price) <= used_at_most(reach, cap)[COST]


def test_an_output_token_without_a_price_is_not_counted_against_money() -> None:
    reach = reach_of(Bound(10, 1, 100), Price(input=3, output=0), None, 0)
    assert longest_within(reach, (COST,), [0, 0, 0, 0, 30, 0]) == 100
    assert longest_within(reach, (COST,), [0, 0, 0, 0, 29, 0]) is None


def test_a_model_without_a_price_fits_no_money_but_tokens() -> None:
    reach = reach_of(Bound(10, 1, 100), None, None, 0)
    assert longest_within(reach, (COST,), [0, 0, 0, 0, 10**18, 0]) is None
    assert longest_within(reach, (TOTAL,), [0, 0, 0, 60, 0, 0]) == 50
    assert longest_within(reach_of(Bound(10, 1, 1), None, None, 0), (COST,), [0, 0, 0, 0, 10**18, 0]) is None


def test_a_request_without_an_answer_needs_no_room_for_one() -> None:
    reach = reach_of(Bound(10, 0), PLAIN, None, 0)
    assert longest_within(reach, (OUTPUT,), [0, 0, -5, 0, 0, 0]) == 0
    assert longest_within(reach, (INPUT, TOTAL, COST), [0, 10, 0, 10, 100, 0]) == 0
    assert longest_within(reach, (TOTAL,), [0, 0, 0, 9, 0, 0]) is None
    assert longest_within(reach, (COST,), [0, 0, 0, 0, 99, 0]) is None


def test_a_demand_that_nobody_bounded_has_no_bound() -> None:
    assert isinstance(no_bound(), Unbounded)
    assert isinstance(Demand(1, None, "one/a").reach(), Unbounded)
    bounded = Demand(1, PLAIN, "one/a", lambda: Bound(10, 1), 200, 5)
    assert bounded.reach() == Reach(15, 1, PLAIN, 200, LEAST_OUTPUT)
    assert bounded.reach() is bounded.reach(), "worked out once"
