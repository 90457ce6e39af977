"""The most that a request can use: caps that fit what is left exactly, and not by one token more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.domain.conversation.request import Usage
from localrouter.domain.limits.demand import (
    DEFAULT_OUTPUT_CAP,
    MIN_OUTPUT_TOKENS,
    Demand,
    MaxUsage,
    ReservedAmounts,
    Unbounded,
    no_bound,
)
from localrouter.domain.limits.windows import COST, INPUT, NOTHING, OUTPUT, TOTAL
from localrouter.domain.models.pricing import FREE, Price, PriceTier, cost

PLAIN = Price(input=10, output=40)
TIERED = Price(input=10, output=40, request=500, tiers=(PriceTier(above=1_000, price=Price(input=30, output=90)),))
CACHED = Price(input=10, output=40, cached=2, cache_write=25, cache_write_1h=50, reasoning=70)
PRICES = (PLAIN, TIERED, CACHED, FREE, Price(input=0, output=3), Price(input=3, output=0))
MEASURES = (INPUT, OUTPUT, TOTAL, COST)


@pytest.mark.parametrize(
    ("own", "model", "longest", "shortest"),
    [
        (None, None, DEFAULT_OUTPUT_CAP, MIN_OUTPUT_TOKENS),
        (None, 8_000, DEFAULT_OUTPUT_CAP, MIN_OUTPUT_TOKENS),
        (None, 1_000, 1_000, MIN_OUTPUT_TOKENS),
        (500, None, 500, MIN_OUTPUT_TOKENS),
        (50_000, None, 50_000, MIN_OUTPUT_TOKENS),
        (50_000, 16_000, 16_000, MIN_OUTPUT_TOKENS),
        (16, None, 16, 16),
        (5, None, 5, 5),
        (17, 9, 9, 9),
    ],
)
def test_an_answer_is_as_long_as_the_request_and_the_model_allow(
    own: int | None, model: int | None, longest: int, shortest: int
) -> None:
    demand = asking(MaxUsage(100, 1, own), PLAIN, model)
    assert demand.max_usage() == MaxUsage(100, 1, longest)
    assert demand.least(NOTHING).output_cap == shortest


def test_the_numbers_are_those_that_are_told_to_users() -> None:
    assert (DEFAULT_OUTPUT_CAP, MIN_OUTPUT_TOKENS) == (4_096, 16)


def asking(
    most: MaxUsage, price: Price | None, max_output_tokens: int | None = None, prompt_overhead: int = 0
) -> Demand:
    return Demand(0, price, "one/a", lambda: most, max_output_tokens, prompt_overhead)


def room(**amounts: int) -> list[int]:
    """What is left of each measure; of those not named, more than anything needs."""
    numbers = {"input": INPUT, "output": OUTPUT, "total": TOTAL, "cost": COST}
    left = [10**40] * 6
    for name, amount in amounts.items():
        left[numbers[name]] = amount
    return left


def test_what_a_provider_adds_to_the_prompt_counts_for_each_answer() -> None:
    assert MaxUsage(100, 3).on(None, 20).prompt_tokens == 160
    assert MaxUsage(100, 0).on(None, 20) == MaxUsage(120, 0, 0)


def test_all_that_is_used_is_counted_in_every_measure() -> None:
    most = MaxUsage(2_000, 2, 100)
    dearest = max(2_000 * 10 + 200 * 40 + 500, 2_000 * 30 + 200 * 90)
    assert asking(most, TIERED).used_at_most(most, 100) == (1, 2_000, 200, 2_200, dearest, 0)
    assert asking(most, None).used_at_most(MaxUsage(10, 1, 5), 5) == (1, 10, 5, 15, 0, 0)


asked = st.builds(
    lambda prompt, answers, cap, price: asking(MaxUsage(prompt, answers, cap), price),
    st.integers(1, 3_000),
    st.integers(0, 4),
    st.one_of(st.none(), st.integers(1, 5_000)),
    st.sampled_from(PRICES),
)


@given(asked, st.sets(st.sampled_from(MEASURES), min_size=1).map(sorted), st.data())
def test_the_longest_answer_fits_and_one_token_more_does_not(
    demand: Demand, measures: list[int], data: st.DataObject
) -> None:
    most = demand.max_usage()
    assert isinstance(most, MaxUsage)
    assert most.output_cap is not None
    if demand.is_free:
        measures = [measure for measure in measures if measure != COST]
    least = demand.least(NOTHING)
    remaining = [10**40] * 6
    for measure in measures:
        remaining[measure] = least.at_most[measure] + data.draw(
            st.one_of(st.integers(0, 5_000), st.integers(0, 400_000))
        )

    def fits(cap: int) -> bool:
        return all(demand.used_at_most(most, cap)[measure] <= remaining[measure] for measure in measures)

    found = demand.most_within(NOTHING, remaining)
    assert found.output_cap is not None
    assert least.output_cap is not None
    assert least.output_cap <= found.output_cap <= most.output_cap
    assert found.at_most == demand.used_at_most(most, found.output_cap)
    assert fits(found.output_cap)
    assert found.output_cap == most.output_cap or not fits(found.output_cap + 1)


@given(asked, st.integers(0, 10), st.integers(0, 100), st.integers(0, 100), st.integers(0, 100))
def test_no_usage_within_the_bound_costs_more(demand: Demand, cap: int, part: int, cached: int, reasoning: int) -> None:
    most = demand.max_usage()
    assert isinstance(most, MaxUsage)
    tokens_in, tokens_out = most.prompt_tokens * part // 100, most.answers * cap
    usage = Usage(
        tokens_in,
        tokens_out,
        cached_tokens=tokens_in * cached // 100,
        reasoning_tokens=tokens_out * reasoning // 100,
        cache_write_tokens=tokens_in * (100 - cached) // 100,
        cache_write_1h_tokens=tokens_in * (100 - cached) // 200,
    )
    assert cost(usage, demand.price) <= demand.used_at_most(most, cap)[COST]


def test_an_output_token_without_a_price_is_not_counted_against_money() -> None:
    demand = asking(MaxUsage(10, 1, 100), Price(input=3, output=0))
    assert demand.least(NOTHING).at_most[COST] == 30
    assert demand.most_within(NOTHING, room(cost=30)).output_cap == 100


def test_tokens_that_are_left_bound_the_answer_of_a_model_without_a_price() -> None:
    assert asking(MaxUsage(10, 1, 100), None).most_within(NOTHING, room(total=60)).output_cap == 50


def test_a_request_without_an_answer_needs_no_room_for_one() -> None:
    demand = asking(MaxUsage(10, 0), PLAIN)
    assert demand.least(NOTHING) == ReservedAmounts(NOTHING, (1, 10, 0, 10, 100, 0), 0)
    assert demand.most_within(NOTHING, room(output=-5, total=10, cost=100)) == demand.least(NOTHING)


def test_a_demand_that_nobody_bounded_has_no_bound() -> None:
    assert isinstance(no_bound(), Unbounded)
    unbounded = Demand(1, None, "one/a")
    assert isinstance(unbounded.max_usage(), Unbounded)
    assert unbounded.least(NOTHING) == ReservedAmounts(NOTHING, NOTHING)
    bounded = asking(MaxUsage(10, 1), PLAIN, 200, 5)
    assert bounded.max_usage() == MaxUsage(15, 1, 200)
    assert bounded.max_usage() is bounded.max_usage(), "worked out once"


def test_an_overdrawn_limit_of_cost_does_not_shorten_an_answer_that_costs_nothing() -> None:
    cheap_when_short = Price(0, 0, tiers=(PriceTier(500, Price(9, 9)),))
    assert asking(MaxUsage(100, 1, 50), cheap_when_short).most_within(NOTHING, room(cost=-5)).output_cap == 50
