"""What cools, for how long, and who may find out that it is over."""

from __future__ import annotations

import pytest

from localrouter.domain.failures import Failure, FailureKind, Phase
from localrouter.services.health import PROBE_LASTS, Health

BUSY = Failure(FailureKind.OVERLOADED, "busy")
GONE = Failure(FailureKind.UNREACHABLE, "gone", phase=Phase.CONNECT)
BROKEN = Failure(FailureKind.SERVER_ERROR, "oh")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(clock)


def is_open(health: Health, model: str = "a", provider: str = "one") -> bool:
    return health.cooling_until(provider, model) is None


def test_a_model_cools_alone_and_a_provider_with_all_its_models(health: Health) -> None:
    health.failed("one", "a", BUSY)
    assert [is_open(health, "a"), is_open(health, "b")] == [False, True]
    health.failed("two", "a", GONE)
    assert [is_open(health, model, "two") for model in ("a", "b")] == [False, False]


def test_each_further_failure_doubles_the_time_up_to_twenty_seconds(health: Health, clock: Clock) -> None:
    for seconds in (5, 10, 20, 20):
        health.failed("one", "a", BUSY)
        assert health.cooling_until("one", "a") == clock.now + seconds
        clock.now += seconds


def test_another_kind_of_failure_begins_anew(health: Health, clock: Clock) -> None:
    health.failed("one", "a", BUSY)
    health.failed("one", "a", BUSY)
    health.failed("one", "a", Failure(FailureKind.RATE_LIMITED, "slow down", retry_after=2.0))
    assert health.cooling_until("one", "a") == clock.now + 2.0


def test_a_success_between_two_server_errors_counts(health: Health) -> None:
    for _ in range(2):
        health.failed("one", "a", BROKEN)
    health.succeeded("one", "a")
    for _ in range(2):
        health.failed("one", "a", BROKEN)
    assert is_open(health)
    health.failed("one", "a", BROKEN)
    assert not is_open(health)


def test_after_the_time_one_request_probes(health: Health, clock: Clock) -> None:
    health.failed("one", "a", BUSY)
    clock.now += 5
    assert is_open(health)
    health.begin("one", "a")
    assert health.cooling_until("one", "a") == clock.now + PROBE_LASTS
    clock.now += PROBE_LASTS
    assert is_open(health), "a probe that says nothing does not hold others back for ever"


@pytest.mark.parametrize("end", ["answered", "succeeded", "abandoned"])
def test_when_the_probe_is_over_others_may_go(health: Health, clock: Clock, end: str) -> None:
    health.failed("one", "a", BUSY)
    clock.now += 5
    health.begin("one", "a")
    getattr(health, end)("one", "a")
    assert is_open(health)


def test_an_answer_that_began_and_broke_doubles_the_time_all_the_same(health: Health, clock: Clock) -> None:
    health.failed("one", "a", BUSY)
    health.answered("one", "a")
    assert is_open(health)
    health.failed("one", "a", BUSY)
    assert health.cooling_until("one", "a") == clock.now + 10


def test_what_is_shown_is_only_what_cools_now(health: Health, clock: Clock) -> None:
    health.failed("one", "a", BUSY)
    health.failed("two", "b", GONE)
    assert [(each.provider, each.model, each.message) for each in health.cooling()] == [
        ("one", "a", "busy"),
        ("two", None, "gone"),
    ]
    clock.now += 5
    assert health.cooling() == ()


def test_a_provider_that_was_edited_and_a_machine_that_slept_start_afresh(health: Health) -> None:
    health.failed("one", "a", BUSY)
    health.failed("one", "a", GONE)
    health.failed("two", "a", GONE)
    health.forget_unreachable()
    assert [is_open(health), is_open(health, provider="two")] == [False, True]
    health.forget_provider("one")
    assert is_open(health)
