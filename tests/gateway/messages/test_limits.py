"""What is said of limits: the amounts as people write them, and a wait that is never too short."""

from __future__ import annotations

import pytest

from localrouter.domain.configuration.config import LimitMode, LimitType
from localrouter.domain.limits.check_result import Impossible, LimitExceeded, LimitStatus, Overrun
from localrouter.domain.models.pricing import dollars, from_usd
from localrouter.gateway.messages.limits import never_any_room, no_room, overrun_of, unpriced
from tests.limits import limit

DAILY = limit(LimitType.COST, 2.0, "day", "strict")


def state(used: float, reserved: float, estimate: float) -> LimitStatus:
    return LimitStatus(DAILY, from_usd(2.0), from_usd(used), from_usd(reserved), from_usd(estimate))


@pytest.mark.parametrize(
    ("usd", "text"),
    [(0, "0"), (2, "2"), (0.00002175, "0.00002175"), (0.000001, "0.000001"), (1_234.5, "1234.5"), (0.123456, "0.1235")],
)
def test_money_is_written_in_plain_decimals(usd: float, text: str) -> None:
    assert dollars(from_usd(usd)) == text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "in 1 s"),
        (61.0, "in 61 s"),
        (120.4, "in 3 minutes"),
        (2_880.0, "in 48 minutes"),
        (3_627.0, "in 61 minutes"),
        (7_201.0, "in 2 h 1 min"),
        (87_201.0, "in 24 h 14 min"),
        (2_611_444.0, "in 31 days"),
    ],
)
def test_a_wait_is_told_in_the_unit_that_fits_and_never_too_short(seconds: float, words: str) -> None:
    short = LimitExceeded(state(1.9, 0.05, 0.1), until=1_000.0 + seconds, blocked_by_in_flight=False)
    said = no_room(short, "Night jobs", 1_000.0)
    assert said == (
        "The strategy “Night jobs” is strictly limited to $2 per day: $1.9 used, $0.05 held by running requests, "
        f"at least $0.1 needed. There will be room {words}."
    )


def test_what_only_running_requests_hold_has_no_time() -> None:
    short = LimitExceeded(state(0.1, 1.9, 0.1), until=None, blocked_by_in_flight=True)
    assert no_room(short, "x", 0.0).endswith("There will be room when running requests have ended.")


@pytest.mark.parametrize(
    ("never", "part", "words"),
    [
        (Impossible.TOO_LARGE, None, ("can use $2.5", "Shorten the prompt")),
        (Impossible.UNBOUNDED, "a part of the type image_url", ("a part of the type image_url", "make the limit soft")),
    ],
)
def test_what_never_fits_names_the_cause_and_the_remedy(
    never: Impossible, part: str | None, words: tuple[str, str]
) -> None:
    said = never_any_room(
        LimitExceeded(state(0, 0, 2.5), None, blocked_by_in_flight=False, impossible=never, part=part), "x"
    )
    assert "strict limit of $2 per day" in said
    assert all(word in said for word in words)


@pytest.mark.parametrize("mode", list(LimitMode))
def test_a_model_without_a_price_is_named_with_the_limit_and_both_remedies(mode: LimitMode) -> None:
    limit = state(0, 0, 0).limit.model_copy(update={"mode": mode})
    short = LimitExceeded(
        LimitStatus(limit, from_usd(2), 0, 0, 0), None, blocked_by_in_flight=False, impossible=Impossible.UNPRICED
    )
    strict = "strict " if mode is LimitMode.STRICT else ""
    assert unpriced(short, "x", [("one", "a/b")]) == (
        f"one/a/b has no known price, so the {strict}limit of $2 per day of the strategy “x” cannot be applied to it. "
        "Set its price on the Models page or with set_pricing_override; or, if its calls cost nothing, say that the "
        "provider is free: update_provider name=one free=true."
    )


def test_many_models_without_a_price_are_told_in_one_sentence() -> None:
    short = LimitExceeded(state(0, 0, 0), None, blocked_by_in_flight=False, impossible=Impossible.UNPRICED)
    models = [("one", "a"), ("two", "b"), ("one", "c"), ("two", "d")]
    said = unpriced(short, "x", models)
    assert said.startswith("one/a, two/b, one/c and 1 other have no known price")
    assert said.endswith("update_provider name=one free=true and update_provider name=two free=true.")


def test_an_overrun_names_the_model_and_both_figures() -> None:
    assert overrun_of("one/a", Overrun(LimitType.COST, from_usd(0.5), from_usd(0.75))) == (
        "one/a used $0.75, more than the reserved maximum of $0.5: a strict limit was overrun"
    )
