"""What a client reads of its limits in the headers of every answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from localrouter.domain.configuration.config import (
    LimitType,
    PricingOverride,
    Provider,
    RateLimitTimeWindow,
    StrategyRateLimit,
)
from localrouter.domain.limits.check_result import LimitStatus
from localrouter.domain.models.pricing import from_usd
from localrouter.gateway.messages.rate_headers import duration, rate_headers
from tests.limits import limit
from tests.rig import Reply, auto, router
from tests.upstream import Asked, Step, Upstream, answer, chat, completion

MINUTE, HOUR, DAY = RateLimitTimeWindow.MINUTE, RateLimitTimeWindow.HOUR, RateLimitTimeWindow.DAY


def state(of: StrategyRateLimit, used: int, reserved: int = 0) -> LimitStatus:
    value = from_usd(of.value) if of.limit_type is LimitType.COST else int(of.value)
    return LimitStatus(of, value, used, reserved, 1)


def written(*states: LimitStatus, waits: dict[RateLimitTimeWindow, float] | None = None) -> dict[str, str]:
    headers = rate_headers(states, lambda state: (waits or {}).get(state.limit.time_window, 0.0))
    return {name.decode().removeprefix("x-ratelimit-"): value.decode() for name, value in headers}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0s"),
        (0, "0s"),
        (0.0001, "1ms"),
        (0.12, "120ms"),
        (1, "1s"),
        (1.0000001, "1s"),
        (8.5, "8.5s"),
        (59.9994, "1m0s"),
        (60, "1m0s"),
        (60.2, "1m1s"),
        (360, "6m0s"),
        (3_600, "1h0m0s"),
        (86_399.5, "24h0m0s"),
        (2_592_000, "720h0m0s"),
    ],
)
def test_a_time_is_written_as_openai_writes_it(seconds: float, text: str) -> None:
    assert duration(seconds).decode() == text


def test_no_limit_no_header() -> None:
    assert written() == {}


def test_what_runs_is_not_remaining() -> None:
    assert written(state(limit(LimitType.TOTAL_TOKENS, 100), used=20, reserved=30))["remaining-tokens"] == "50"
    assert written(state(limit(LimitType.TOTAL_TOKENS, 100), used=120))["remaining-tokens"] == "0"


def test_of_each_unit_the_limit_with_the_smallest_share_left_is_told() -> None:
    told = written(
        state(limit(LimitType.REQUESTS, 10), used=1),
        state(limit(LimitType.REQUESTS, 100, HOUR), used=50),
        state(limit(LimitType.INPUT_TOKENS, 1_000), used=100),
        state(limit(LimitType.OUTPUT_TOKENS, 200), used=100),
        state(limit(LimitType.COST, 2, DAY), used=from_usd(0.5)),
        waits={MINUTE: 3.0, HOUR: 360.0, DAY: 7_200.0},
    )
    assert told == {
        "limit-requests": "100",
        "remaining-requests": "50",
        "reset-requests": "6m0s",
        "limit-tokens": "200",
        "remaining-tokens": "100",
        "reset-tokens": "3s",
        "limit-cost": "2",
        "remaining-cost": "1.5",
        "reset-cost": "2h0m0s",
    }


def test_of_limits_that_are_equally_full_the_one_that_takes_longest_is_told() -> None:
    for windows in ((MINUTE, HOUR), (HOUR, MINUTE)):
        full = [state(limit(LimitType.REQUESTS, 5, window), used=5) for window in windows]
        assert written(*full, waits={MINUTE: 3.0, HOUR: 360.0})["reset-requests"] == "6m0s"


def told(reply: Reply) -> dict[str, str]:
    prefix = "x-ratelimit-"
    return {name.removeprefix(prefix): value for name, value in reply.headers.items() if name.startswith(prefix)}


def in_seconds(text: str) -> float:
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+)(h|ms|m|s)", text))


def test_plain_streamed_and_refused_answers_carry_them(tmp_path: Path) -> None:
    limits = [limit(LimitType.REQUESTS, 2), limit(LimitType.TOTAL_TOKENS, 10_000, HOUR)]
    with Upstream(chat) as up:
        one = Provider(name="one", preset="openai-compatible", base_url=up.url)
        with router(tmp_path, [one], auto=auto(("one", "m")), limits=limits) as lr:
            plain = told(lr.chat())
            assert (plain["limit-requests"], plain["remaining-requests"]) == ("2", "1")
            assert (plain["limit-tokens"], plain["remaining-tokens"]) == ("10000", "9985"), "settled when it is sent"
            assert 58 < in_seconds(plain["reset-requests"]) <= 61
            streamed = told(lr.chat(stream=True))
            assert streamed["remaining-requests"] == "0"
            assert streamed["remaining-tokens"] == "9970", "a running stream holds its estimate"
            reply = lr.chat()
            assert reply.status == 429
            refused = told(reply)
            assert (refused["remaining-requests"], refused["remaining-tokens"]) == ("0", "9970")
            assert in_seconds(refused["reset-requests"]) <= int(reply.headers["retry-after"])
            lr.shift += in_seconds(refused["reset-requests"])
            assert lr.chat().status == 200, "the time is true"
            unknown = lr.chat(model="nobody/x")
            assert told(unknown)["limit-requests"] == "2"


def test_cost_is_told_in_dollars(tmp_path: Path) -> None:
    def costly(asked: Asked) -> Iterator[Step]:
        yield answer(200, completion("", tokens_in=1_000_000, tokens_out=0) if asked.body else {"data": []})

    with Upstream(costly) as up:
        one = Provider(name="one", preset="openai-compatible", base_url=up.url)
        started = router(tmp_path, [one], limits=[limit(LimitType.COST, 2.5, DAY)])
        priced = PricingOverride(provider="one", model="m", input_per_million=0.75, output_per_million=3)
        started.config = started.config.model_copy(update={"pricing_overrides": (priced,)})
        with started as lr:
            reply = lr.chat(model="one/m")
            assert reply.status == 200
            assert (told(reply)["limit-cost"], told(reply)["remaining-cost"]) == ("2.5", "1.75")


def test_an_unlimited_client_is_told_nothing(tmp_path: Path) -> None:
    with Upstream(chat) as up:
        one = Provider(name="one", preset="openai-compatible", base_url=up.url)
        with router(tmp_path, [one]) as lr:
            assert told(lr.chat(model="one/m")) == {}
