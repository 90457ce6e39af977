"""Costs of answers, each worked out by hand from a price list: USD per million tokens are microdollars a token."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.domain.conversation.request import Usage
from localrouter.domain.models.pricing import (
    FREE,
    PICODOLLARS,
    Price,
    PriceTier,
    cost,
    cost_at_most,
    from_usd,
    picodollars_per_token,
    to_usd,
    usd_per_million,
)

GPT_4O = Price(input=2_500_000, output=10_000_000, cached=1_250_000)
GPT_4O_MINI = Price(input=150_000, output=600_000, cached=75_000)
GPT_5 = Price(input=1_250_000, output=10_000_000, cached=125_000)
O1_PRO = Price(input=150_000_000, output=600_000_000)
SONNET = Price(
    input=3_000_000,
    output=15_000_000,
    cached=300_000,
    cache_write=3_750_000,
    cache_write_1h=6_000_000,
    tiers=(
        PriceTier(
            above=200_000,
            price=Price(
                input=6_000_000, output=22_500_000, cached=600_000, cache_write=7_500_000, cache_write_1h=12_000_000
            ),
        ),
    ),
)
HAIKU = Price(input=1_000_000, output=5_000_000, cached=100_000, cache_write=1_250_000, cache_write_1h=2_000_000)
GEMINI_PRO = Price(
    input=1_250_000,
    output=10_000_000,
    cached=125_000,
    tiers=(PriceTier(above=200_000, price=Price(input=2_500_000, output=15_000_000, cached=250_000)),),
)
LADDER = Price(
    input=100,
    output=200,
    tiers=(
        PriceTier(above=10, price=Price(input=300, output=400)),
        PriceTier(above=20, price=Price(input=500, output=600)),
    ),
)
DEEPSEEK = Price(input=270_000, output=1_100_000, cached=70_000)
GROQ_LLAMA = Price(input=50_000, output=80_000)
COMMAND_R7B = Price(input=37_500, output=150_000)
EMBEDDING = Price(input=20_000, output=0)
SONAR_PRO = Price(input=3_000_000, output=15_000_000, request=14_000_000_000)
DEEP_RESEARCH = Price(input=2_000_000, output=8_000_000, reasoning=3_000_000)

BY_HAND: list[tuple[str, Usage, Price, int]] = [
    # 1,000 × 2.50 µ$ = 2,500 µ$; 500 × 10 µ$ = 5,000 µ$
    ("plain", Usage(1_000, 500), GPT_4O, 7_500_000_000),
    # 1 × 2.50 µ$
    ("one token in", Usage(1, 0), GPT_4O, 2_500_000),
    # 1 × 10 µ$
    ("one token out", Usage(0, 1), GPT_4O, 10_000_000),
    # nothing was used
    ("nothing", Usage(), GPT_4O, 0),
    # 400 × 2.50 = 1,000; 600 cached × 1.25 = 750; 100 × 10 = 1,000 µ$
    ("partly cached", Usage(1_000, 100, cached_tokens=600), GPT_4O, 2_750_000_000),
    # 1,000 cached × 1.25 = 1,250 µ$
    ("wholly cached", Usage(1_000, 0, cached_tokens=1_000), GPT_4O, 1_250_000_000),
    # a provider that counts more cached than it read: 1,000 × 1.25 = 1,250 µ$
    ("more cached than input", Usage(1_000, 0, cached_tokens=5_000), GPT_4O, 1_250_000_000),
    # a million each: 0.15 $ + 0.60 $
    ("a million each", Usage(1_000_000, 1_000_000), GPT_4O_MINI, 750_000_000_000),
    # 80 × 0.15 = 12; 20 cached × 0.075 = 1.5; 7 × 0.60 = 4.2 µ$
    ("small figures", Usage(100, 7, cached_tokens=20), GPT_4O_MINI, 17_700_000),
    # 2,000 × 1.25 = 2,500; 3,000 × 10 = 30,000 µ$: reasoning is part of the output and not billed again
    ("reasoning as output", Usage(2_000, 3_000, reasoning_tokens=2_500), GPT_5, 32_500_000_000),
    # 1,024 cached × 0.125 = 128; 976 × 1.25 = 1,220; 10 × 10 = 100 µ$
    ("deep cache discount", Usage(2_000, 10, cached_tokens=1_024), GPT_5, 1_448_000_000),
    # 10,000 × 150 = 1,500,000; 2,000 × 600 = 1,200,000 µ$
    ("dear model", Usage(10_000, 2_000), O1_PRO, 2_700_000_000_000),
    # cached has no price of its own: 10 × 150 = 1,500 µ$
    ("no cache price", Usage(10, 0, cached_tokens=10), O1_PRO, 1_500_000_000),
    # 1,000 × 3 = 3,000; 1,000 × 15 = 15,000 µ$
    ("anthropic plain", Usage(1_000, 1_000), SONNET, 18_000_000_000),
    # 100 × 3 = 300; 900 written × 3.75 = 3,375; 10 × 15 = 150 µ$
    ("cache write", Usage(1_000, 10, cache_write_tokens=900), SONNET, 3_825_000_000),
    # 100 × 3 = 300; 900 written for an hour × 6 = 5,400 µ$
    (
        "cache write for an hour",
        Usage(1_000, 0, cache_write_tokens=900, cache_write_1h_tokens=900),
        SONNET,
        5_700_000_000,
    ),
    # 100 × 3 = 300; 500 × 3.75 = 1,875; 400 × 6 = 2,400 µ$
    ("both kinds of write", Usage(1_000, 0, cache_write_tokens=900, cache_write_1h_tokens=400), SONNET, 4_575_000_000),
    # 50 × 3 = 150; 800 read × 0.30 = 240; 150 written × 3.75 = 562.5; 20 × 15 = 300 µ$
    ("read and write", Usage(1_000, 20, cached_tokens=800, cache_write_tokens=150), SONNET, 1_252_500_000),
    # 200,000 × 3 = 600,000; 100 × 15 = 1,500 µ$: the threshold itself is still the lower tier
    ("at the threshold", Usage(200_000, 100), SONNET, 601_500_000_000),
    # 200,001 × 6 = 1,200,006; 100 × 22.50 = 2,250 µ$: all tokens, not only those above
    ("above the threshold", Usage(200_001, 100), SONNET, 1_202_256_000_000),
    # 300,000 in, of them 250,000 read × 0.60 = 150,000; 50,000 × 6 = 300,000; 1,000 × 22.50 = 22,500 µ$
    ("cached input counts for the tier", Usage(300_000, 1_000, cached_tokens=250_000), SONNET, 472_500_000_000),
    # 210,000 in, of them 10,000 written × 7.50 = 75,000; 200,000 × 6 = 1,200,000 µ$
    ("write above the threshold", Usage(210_000, 0, cache_write_tokens=10_000), SONNET, 1_275_000_000_000),
    # 500 × 1.25 = 625; 500 × 1 = 500; 100 × 5 = 500 µ$
    ("haiku write", Usage(1_000, 100, cache_write_tokens=500), HAIKU, 1_625_000_000),
    # 100,000 × 1.25 = 125,000; 8,000 × 10 = 80,000 µ$
    ("gemini below", Usage(100_000, 8_000, reasoning_tokens=6_000), GEMINI_PRO, 205_000_000_000),
    # 250,000 × 2.50 = 625,000; 8,000 × 15 = 120,000 µ$
    ("gemini above", Usage(250_000, 8_000), GEMINI_PRO, 745_000_000_000),
    # 150,000 × 2.50 = 375,000; 100,000 cached × 0.25 = 25,000 µ$
    ("gemini above, cached", Usage(250_000, 0, cached_tokens=100_000), GEMINI_PRO, 400_000_000_000),
    # 10 × 100 + 1 × 200 picodollars
    ("first step", Usage(10, 1), LADDER, 1_200),
    # 20 × 300 + 1 × 400
    ("second step", Usage(20, 1), LADDER, 6_400),
    # 21 × 500 + 1 × 600
    ("third step", Usage(21, 1), LADDER, 11_100),
    # 640 × 0.07 = 44.8; 360 × 0.27 = 97.2; 200 × 1.10 = 220 µ$
    ("deepseek", Usage(1_000, 200, cached_tokens=640), DEEPSEEK, 362_000_000),
    # 1,234 × 0.05 = 61.7; 567 × 0.08 = 45.36 µ$
    ("groq", Usage(1_234, 567), GROQ_LLAMA, 107_060_000),
    # 3 × 0.0375 = 0.1125; 1 × 0.15 = 0.15 µ$
    ("less than a microdollar", Usage(3, 1), COMMAND_R7B, 262_500),
    # 8,191 × 0.02 = 163.82 µ$
    ("embeddings", Usage(8_191, 0), EMBEDDING, 163_820_000),
    # 10 × 3 = 30; 100 × 15 = 1,500; one request 14,000 µ$
    ("price of a request", Usage(10, 100), SONAR_PRO, 15_530_000_000),
    # 100 × 2 = 200; 200 × 8 = 1,600; 800 reasoning × 3 = 2,400 µ$
    ("reasoning with its own price", Usage(100, 1_000, reasoning_tokens=800), DEEP_RESEARCH, 4_200_000_000),
    # a provider that reasons more than it answers: 10 × 3 = 30 µ$
    ("more reasoning than output", Usage(0, 10, reasoning_tokens=99), DEEP_RESEARCH, 30_000_000),
    # local models cost nothing
    ("free", Usage(1_000_000, 1_000_000, cached_tokens=500_000), FREE, 0),
]


@pytest.mark.parametrize(("usage", "price", "picodollars"), [case[1:] for case in BY_HAND], ids=[c[0] for c in BY_HAND])
def test_an_answer_costs_what_the_price_list_says(usage: Usage, price: Price, picodollars: int) -> None:
    assert cost(usage, price) == picodollars


IN_TIERS = Price(
    input=1_250_000,
    output=10_000_000,
    cached=125_000,
    service_tiers=(("priority", Price(input=2_500_000, output=20_000_000, cached=250_000)),),
)
FLASH = Price(input=300_000, output=2_500_000, cached=30_000, audio_input=1_000_000)
AUDIO = Price(input=2_500_000, output=10_000_000, audio_input=40_000_000, audio_output=80_000_000)


@pytest.mark.parametrize(
    ("usage", "price", "picodollars"),
    [
        (Usage(1_000, 100), IN_TIERS, 1_000 * 1_250_000 + 100 * 10_000_000),
        (Usage(1_000, 100, 400, service_tier="priority"), IN_TIERS, 600 * 2_500_000 + 400 * 250_000 + 100 * 20_000_000),
        (Usage(1_000, 100, service_tier="scale"), IN_TIERS, 1_000 * 1_250_000 + 100 * 10_000_000),
        (Usage(1_000, 100, audio_input_tokens=900), FLASH, 100 * 300_000 + 900 * 1_000_000 + 100 * 2_500_000),
        (Usage(1_000, 100, 400, audio_input_tokens=900), FLASH, 400 * 30_000 + 600 * 1_000_000 + 100 * 2_500_000),
        (
            Usage(1_000, 100, audio_input_tokens=1_000, audio_output_tokens=80),
            AUDIO,
            1_000 * 40_000_000 + 20 * 10_000_000 + 80 * 80_000_000,
        ),
        (
            Usage(1_000, 100, audio_input_tokens=900, audio_output_tokens=90),
            GPT_4O,
            1_000 * 2_500_000 + 100 * 10_000_000,
        ),
    ],
)
def test_audio_and_service_tiers_cost_what_they_cost(usage: Usage, price: Price, picodollars: int) -> None:
    assert cost(usage, price) == picodollars


def test_the_price_of_a_service_tier_is_known_or_not() -> None:
    assert IN_TIERS.in_service_tier(None) is IN_TIERS
    assert IN_TIERS.in_service_tier("default") is IN_TIERS
    assert IN_TIERS.in_service_tier("scale") is None


OPUS = Price(
    input=5_000_000,
    output=25_000_000,
    cached=500_000,
    cache_write=6_250_000,
    cache_write_1h=10_000_000,
    tiers=(PriceTier(100, Price(input=7_000_003, output=30_000_000)),),
).in_regions({"us": Fraction(11, 10)})


@pytest.mark.parametrize(
    ("usage", "picodollars"),
    [
        (Usage(50, 10), 50 * 5_000_000 + 10 * 25_000_000),
        (Usage(50, 10, service_tier="region eu"), 50 * 5_000_000 + 10 * 25_000_000),
        (Usage(50, 10, service_tier="region us"), 50 * 5_500_000 + 10 * 27_500_000),
        (
            Usage(50, 10, 20, cache_write_tokens=20, cache_write_1h_tokens=5, service_tier="region us"),
            10 * 5_500_000 + 20 * 550_000 + 15 * 6_875_000 + 5 * 11_000_000 + 10 * 27_500_000,
        ),
        (Usage(101, 10, service_tier="region us"), 101 * 7_700_004 + 10 * 33_000_000),
    ],
)
def test_a_region_that_the_answer_names_makes_every_token_dearer(usage: Usage, picodollars: int) -> None:
    assert cost(usage, OPUS) == picodollars
    assert cost(usage, OPUS) <= cost_at_most(usage.input_tokens, usage.output_tokens, OPUS)


def test_there_are_at_least_thirty_costs_by_hand() -> None:
    assert len(BY_HAND) >= 30


@pytest.mark.parametrize("dollars", [5e-324, 1e-300, 1e-13, 4e-7])
def test_what_costs_anything_costs_at_least_a_picodollar(dollars: float) -> None:
    assert picodollars_per_token(dollars) == 1
    assert from_usd(dollars * 1e-6) >= (1 if dollars * 1e-6 else 0)


def test_an_unpriced_answer_costs_nothing() -> None:
    assert cost(Usage(1_000, 1_000), None) == 0


def test_only_a_price_without_any_charge_is_free() -> None:
    assert FREE.is_free
    assert not Price(input=0, output=1).is_free
    assert not Price(input=1, output=0).is_free
    assert not Price(input=0, output=0, request=1).is_free
    assert not Price(input=0, output=0, tiers=(PriceTier(above=5, price=Price(input=1, output=0)),)).is_free


def test_list_prices_become_whole_picodollars() -> None:
    assert picodollars_per_token(2.5) == 2_500_000
    assert picodollars_per_token(0.0375) == 37_500
    assert picodollars_per_token(0.003625) == 3_625
    assert usd_per_million(37_500) == 0.0375
    assert from_usd(2.0) == 2 * PICODOLLARS
    assert to_usd(1_500_000_000_000) == 1.5


def test_the_most_that_a_written_prompt_can_cost_is_the_price_of_writing_it_for_an_hour() -> None:
    # 1,000 × 6 µ$ + 100 × 15 µ$
    assert cost_at_most(1_000, 100, SONNET) == 7_500_000_000


def test_the_most_counts_only_tiers_that_can_be_reached() -> None:
    assert cost_at_most(10, 0, LADDER) == 1_000
    assert cost_at_most(11, 0, LADDER) == 3_300


PRICES = st.sampled_from([GPT_4O, O1_PRO, SONNET, HAIKU, GEMINI_PRO, LADDER, SONAR_PRO, DEEP_RESEARCH, FREE])
TOKENS = st.integers(min_value=0, max_value=400_000)
USAGES = st.builds(Usage, TOKENS, TOKENS, TOKENS, TOKENS, st.just(False), TOKENS, TOKENS)


@given(usage=USAGES, price=PRICES, more=TOKENS)
def test_no_answer_costs_more_than_the_most(usage: Usage, price: Price, more: int) -> None:
    assert 0 <= cost(usage, price) <= cost_at_most(usage.input_tokens + more, usage.output_tokens + more, price)
