"""What cools, for how long, and who may find out that it is over."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.routing.failures import Cools, Failure, FailureKind, FailurePhase
from localrouter.services.health import KEPT, PROBE_LASTS, Health, ModelEndpoint

BUSY = Failure(FailureKind.OVERLOADED, "busy")
GONE = Failure(FailureKind.UNREACHABLE, "gone", phase=FailurePhase.CONNECT)
BROKEN = Failure(FailureKind.SERVER_ERROR, "oh")


FORBIDDEN = Failure(FailureKind.AUTH, "not for you", status=403)
WRONG_KEY = Failure(FailureKind.AUTH, "who are you", status=401, cools=Cools.PROVIDER)
SPENT = Failure(FailureKind.QUOTA_EXHAUSTED, "spent")


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


def at(provider: str, model: str, endpoint: Endpoint = Endpoint.CHAT_COMPLETIONS) -> ModelEndpoint:
    return ModelEndpoint(provider, model, endpoint)


NOW = float("inf")  # a call that began after all that went before


def fail(health: Health, provider: str, model: str, failure: Failure, client: str = "app", since: float = NOW) -> None:
    health.failed(at(provider, model), failure, client, since)


def is_open(health: Health, model: str = "a", provider: str = "one") -> bool:
    return health.cooling_until(at(provider, model)) is None


def test_a_model_cools_alone_and_a_provider_with_all_its_models(health: Health) -> None:
    fail(health, "one", "a", BUSY)
    assert [is_open(health, "a"), is_open(health, "b")] == [False, True]
    fail(health, "two", "a", GONE)
    assert [is_open(health, model, "two") for model in ("a", "b")] == [False, False]


def test_each_further_failure_doubles_the_time_up_to_twenty_seconds(health: Health, clock: Clock) -> None:
    for seconds in (5, 10, 20, 20):
        fail(health, "one", "a", BUSY)
        assert health.cooling_until(at("one", "a")) == clock.now + seconds
        clock.now += seconds


def test_another_kind_of_failure_begins_anew(health: Health, clock: Clock) -> None:
    fail(health, "one", "a", BUSY)
    fail(health, "one", "a", BUSY)
    clock.now += 10
    fail(health, "one", "a", BROKEN)
    fail(health, "one", "a", Failure(FailureKind.RATE_LIMITED, "slow down", retry_after=2.0))
    assert health.cooling_until(at("one", "a")) == clock.now + 2.0


def test_a_short_wait_for_another_reason_does_not_end_a_long_one(health: Health, clock: Clock) -> None:
    fail(health, "one", "a", SPENT)
    before = health.cooling()
    fail(health, "one", "a", BUSY)
    assert health.cooling() == before
    assert before[0].until > clock.now + 60


def test_a_call_that_began_before_a_failure_does_not_disprove_it(health: Health, clock: Clock) -> None:
    slow = clock.now
    clock.now += 3
    fail(health, "one", "a", SPENT)
    fail(health, "one", "b", GONE)
    until = health.cooling_until(at("one", "a"))
    for model in ("a", "b"):
        health.answered(at("one", model), slow)
        health.succeeded(at("one", model), slow)
    assert health.cooling_until(at("one", "a")) == until
    assert not is_open(health, "other"), "the provider was gone after the slow call had begun"
    clock.now += 1
    health.succeeded(at("one", "a"), clock.now)
    assert is_open(health)


def test_a_failure_with_the_former_key_says_nothing_of_the_present_one(health: Health, clock: Clock) -> None:
    read_at = clock.now
    clock.now += 1
    health.forget_provider("One")
    fail(health, "one", "a", WRONG_KEY, since=read_at)
    assert is_open(health)
    fail(health, "one", "a", WRONG_KEY, since=clock.now)
    assert not is_open(health)


def test_a_success_between_two_server_errors_counts(health: Health) -> None:
    for _ in range(2):
        fail(health, "one", "a", BROKEN)
    health.succeeded(at("one", "a"), NOW)
    for _ in range(2):
        fail(health, "one", "a", BROKEN)
    assert is_open(health)
    fail(health, "one", "a", BROKEN)
    assert not is_open(health)


def test_after_the_time_one_request_probes(health: Health, clock: Clock) -> None:
    fail(health, "one", "a", BUSY)
    clock.now += 5
    assert is_open(health)
    health.begin(at("one", "a"))
    assert health.cooling_until(at("one", "a")) == clock.now + PROBE_LASTS
    clock.now += PROBE_LASTS
    assert is_open(health), "a probe that says nothing does not hold others back for ever"


ENDS: dict[str, Callable[[Health], None]] = {
    "answered": lambda health: health.answered(at("one", "a"), NOW),
    "succeeded": lambda health: health.succeeded(at("one", "a"), NOW),
    "abandoned": lambda health: health.abandoned(at("one", "a")),
}


@pytest.mark.parametrize("end", ENDS)
def test_when_the_probe_is_over_others_may_go(health: Health, clock: Clock, end: str) -> None:
    fail(health, "one", "a", BUSY)
    clock.now += 5
    health.begin(at("one", "a"))
    ENDS[end](health)
    assert is_open(health)


def test_an_answer_that_began_and_broke_doubles_the_time_all_the_same(health: Health, clock: Clock) -> None:
    fail(health, "one", "a", BUSY)
    health.answered(at("one", "a"), NOW)
    assert is_open(health)
    fail(health, "one", "a", BUSY)
    assert health.cooling_until(at("one", "a")) == clock.now + 10


def test_what_is_shown_is_only_what_cools_now(health: Health, clock: Clock) -> None:
    fail(health, "one", "a", BUSY)
    fail(health, "two", "b", GONE)
    assert [(each.provider, each.model, each.message) for each in health.cooling()] == [
        ("one", "a", "busy"),
        ("two", None, "gone"),
    ]
    clock.now += 5
    assert health.cooling() == ()


def test_a_provider_that_was_edited_and_a_machine_that_slept_start_afresh(health: Health) -> None:
    fail(health, "one", "a", BUSY)
    fail(health, "one", "a", GONE)
    fail(health, "two", "a", GONE)
    health.forget_unreachable()
    assert [is_open(health), is_open(health, provider="two")] == [False, True]
    health.forget_provider("one")
    assert is_open(health)


@pytest.mark.parametrize("failure", [BUSY, FORBIDDEN, SPENT, Failure(FailureKind.NOT_FOUND, "no such endpoint")])
def test_what_one_endpoint_refuses_says_nothing_of_another(health: Health, failure: Failure) -> None:
    health.failed(at("one", "a", Endpoint.EMBEDDINGS), failure, "app", NOW)
    assert is_open(health)
    assert health.cooling_until(at("one", "a", Endpoint.EMBEDDINGS)) is not None
    health.succeeded(at("one", "a"), NOW)
    assert health.cooling_until(at("one", "a", Endpoint.EMBEDDINGS)) is not None


def test_a_provider_that_is_gone_is_gone_for_every_endpoint(health: Health) -> None:
    health.failed(at("one", "a", Endpoint.EMBEDDINGS), GONE, "app", NOW)
    assert not is_open(health, "b")
    assert [(each.model, each.endpoint) for each in health.cooling()] == [(None, None)]


@pytest.mark.parametrize("failure", [FORBIDDEN, SPENT])
def test_two_models_that_refuse_two_clients_speak_for_their_provider(health: Health, failure: Failure) -> None:
    fail(health, "one", "a", failure, "first")
    fail(health, "one", "b", failure, "first")
    assert is_open(health, "c"), "one client may ask for whatever it is not let"
    fail(health, "one", "b", failure, "second")
    assert not is_open(health, "c")
    assert is_open(health, "c", provider="two")


@pytest.mark.parametrize("failure", [FORBIDDEN, SPENT])
def test_one_model_speaks_for_itself_alone_whoever_asks(health: Health, failure: Failure) -> None:
    for client in ("first", "second", "third"):
        fail(health, "one", "a", failure, client)
        health.failed(at("one", "a", Endpoint.EMBEDDINGS), failure, client, NOW)
    assert [is_open(health, "a"), is_open(health, "b")] == [False, True]


def test_what_was_said_before_the_cooling_ended_is_no_proof_any_more(health: Health, clock: Clock) -> None:
    fail(health, "one", "a", FORBIDDEN, "first")
    clock.now += 600
    fail(health, "one", "b", FORBIDDEN, "second")
    assert is_open(health, "c")


def test_two_kinds_of_refusal_are_no_proof_of_either(health: Health) -> None:
    fail(health, "one", "a", FORBIDDEN, "first")
    fail(health, "one", "b", SPENT, "second")
    assert is_open(health, "c")


def test_a_key_that_is_not_known_is_not_known_to_any_model(health: Health) -> None:
    fail(health, "one", "a", WRONG_KEY)
    assert not is_open(health, "b")


def test_a_quota_lasts_until_its_reset_and_ten_minutes_where_none_is_told(health: Health, clock: Clock) -> None:
    fail(health, "one", "a", Failure(FailureKind.QUOTA_EXHAUSTED, "spent", retry_after=5 * 3600.0))
    fail(health, "one", "b", SPENT)
    fail(health, "one", "c", Failure(FailureKind.QUOTA_EXHAUSTED, "spent", retry_after=1e9))
    until = [health.cooling_until(at("one", model)) for model in "abc"]
    assert until == [clock.now + 5 * 3600, clock.now + 600, clock.now + 31 * 86_400]


@pytest.mark.parametrize(
    "failure",
    [
        Failure(FailureKind.UNSUPPORTED, "no tools here"),
        Failure(FailureKind.QUOTA_EXHAUSTED, "can only afford 3", cools=Cools.NOTHING),
    ],
)
def test_what_a_request_provoked_by_what_it_contains_cools_nothing(health: Health, failure: Failure) -> None:
    for client in ("first", "second"):
        for model in ("a", "b"):
            fail(health, "one", model, failure, client)
    assert health.cooling() == ()


def test_clearing_tells_what_was_cooling_and_lets_it_be_tried(health: Health) -> None:
    fail(health, "one", "a", BUSY)
    fail(health, "one", "b", BUSY)
    fail(health, "two", "a", GONE)
    assert [(each.provider, each.model) for each in health.clear("One", "a")] == [("one", "a")]
    assert [is_open(health, "a"), is_open(health, "b")] == [True, False]
    assert health.clear("one", "a") == ()
    assert [each.model for each in health.clear("one")] == ["b"]
    assert is_open(health, "b")
    assert not is_open(health, provider="two")


def test_names_that_clients_make_up_do_not_fill_the_memory(health: Health) -> None:
    for number in range(KEPT + 50):
        health.failed(at("one", f"made-up-{number}"), FORBIDDEN, f"client-{number % 2}", NOW)
    assert len(health.cooling()) <= KEPT


@pytest.mark.parametrize("failure", [BUSY, GONE, BROKEN], ids=lambda failure: failure.kind.value)
def test_failures_in_a_row_have_no_end(health: Health, clock: Clock, failure: Failure) -> None:
    for _ in range(3_000):
        fail(health, "one", "a", failure)
    assert health.cooling_until(at("one", "a")) == clock.now + 20


def test_what_a_model_refuses_is_remembered_until_its_provider_is_edited(health: Health, clock: Clock) -> None:
    assert health.left_out("one", "a") == frozenset()
    health.learn_left_out("one", "a", frozenset({"user"}), NOW)
    health.learn_left_out("one", "a", frozenset({"store"}), NOW)
    health.learn_left_out("two", "a", frozenset({"metadata"}), NOW)
    assert health.left_out("one", "a") == {"user", "store"}
    assert health.left_out("one", "b") == frozenset()
    assert health.all_left_out("ONE") == (("a", frozenset({"user", "store"})),)
    health.clear("one")
    assert health.left_out("one", "a") == {"user", "store"}
    before = clock.now
    clock.now += 10
    health.forget_provider("One")
    assert health.all_left_out("one") == ()
    assert health.left_out("two", "a") == {"metadata"}
    health.learn_left_out("one", "a", frozenset({"user"}), before)  # of a request from before the edit
    assert health.left_out("one", "a") == frozenset()


def test_what_is_remembered_of_refusals_is_bounded(health: Health) -> None:
    for number in range(KEPT + 5):
        health.learn_left_out("one", f"m{number}", frozenset({"user"}), NOW)
    assert len(health.all_left_out("one")) == KEPT
    assert health.left_out("one", "m0") == frozenset()
