"""`decide` over its whole space, and each of its rules by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import permutations

import pytest

from localrouter.domain.configuration.config import LimitType, RateLimitTimeWindow, RetryPolicy, StrategyRateLimit
from localrouter.domain.conversation.request import Usage
from localrouter.domain.limits.check_result import Impossible, LimitExceeded, LimitStatus
from localrouter.domain.routing.attempts import Attempt
from localrouter.domain.routing.decide import (
    Candidate,
    GiveUp,
    NothingTried,
    Plan,
    SkipReason,
    Try,
    Wait,
    WaitForCapacity,
    decide,
)
from localrouter.domain.routing.failures import FALLBACK_BY_DEFAULT, RULES, Failure, FailureKind, FailurePhase, Retry

KINDS = [kind for kind in FailureKind if kind is not FailureKind.CANCELLED]
A = Candidate("openai", "a", context_window=8_000)
B = Candidate("groq", "b", context_window=32_000)
C = Candidate("ollama", "c", local=True)


@dataclass
class Now:
    """Conditions that a test sets by hand."""

    now: float = 100.0
    jitter: float = 0.2
    may_wait: bool = True
    cooling: dict[str, float] = field(default_factory=dict)
    short: dict[str, LimitExceeded] = field(default_factory=dict)

    def cooling_until(self, candidate: Candidate) -> float | None:
        return self.cooling.get(candidate.name)

    def exceeded(self, candidate: Candidate) -> LimitExceeded | None:
        return self.short.get(candidate.name)


def auto(*candidates: Candidate, **changes: object) -> Plan:
    plan = Plan(candidates=candidates, fallback_on=frozenset(FALLBACK_BY_DEFAULT), named=False)
    return replace(plan, **changes)  # type: ignore[arg-type]


def failure(kind: FailureKind) -> Failure:
    """A failure of the kind, in the form that allows its retry where the kind has one."""
    match RULES[kind].retry:
        case Retry.AFTER_HEADER:
            return Failure(kind, "slow down", status=429, retry_after=1.0)
        case Retry.AT_ONCE:
            return Failure(kind, "refused", phase=FailurePhase.CONNECT)
        case _:
            return Failure(kind, "no", status=400)


def failed(candidate: Candidate, why: Failure, started: float, ended: float) -> Attempt:
    return Attempt(
        candidate.provider,
        candidate.model,
        why.kind,
        why.status,
        started,
        ended - started,
        first_token=None,
        usage=Usage(),
        cost=0,
        unpriced=False,
        failure=why,
        ended=ended,
    )


def exceeded(until: float | None, *, blocked_by_in_flight: bool = False) -> LimitExceeded:
    limit = StrategyRateLimit(limit_type=LimitType.REQUESTS, value=1.0, time_window=RateLimitTimeWindow.MINUTE)
    return LimitExceeded(LimitStatus(limit, 1, 1, 0, 1), until, blocked_by_in_flight)


def paths(plan: Plan, attempts: tuple[Attempt, ...], now: float) -> Iterator[tuple[tuple[Attempt, ...], GiveUp]]:
    """Every way that a request can go wrong: each call fails in each kind."""
    decision = decide(plan, attempts, Now(now=now))
    match decision:
        case GiveUp():
            yield attempts, decision
        case Wait(until=until):
            assert until > now
            yield from paths(plan, attempts, until)
        case Try(candidate=candidate):
            for kind in KINDS:
                yield from paths(plan, (*attempts, failed(candidate, failure(kind), now, now)), now)
        case WaitForCapacity():
            pytest.fail("no limit is short")


ORDERS = [order for order in permutations((A, B, C)) if order.index(A) < order.index(B)]  # those two are alike


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: "".join(c.model for c in order))
def test_every_order_and_every_kind_ends_and_keeps_the_rules(order: tuple[Candidate, ...], full: bool) -> None:
    if not full and order != ORDERS[-1]:
        pytest.skip("--full tries the other orders")
    plan = auto(*order)
    seen = 0
    for attempts, end in paths(plan, (), 0.0):
        seen += 1
        names = [attempt.name for attempt in attempts]
        assert max(names.count(name) for name in names) <= 1 + plan.retry.attempts
        assert [name for i, name in enumerate(names) if name not in names[:i]] == [
            c.name for c in order if c.name in names
        ], "models are tried in their order, and never again after another one"
        assert all(attempt.kind in plan.fallback_on for attempt in attempts[:-1])
        assert end.failure is attempts[-1].failure
        assert end.status >= 400
    assert seen > 10_000


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_that_is_taken_out_ends_the_request(kind: FailureKind) -> None:
    plan = auto(A, B, fallback_on=frozenset(FALLBACK_BY_DEFAULT) - {kind}, retry=RetryPolicy(attempts=0))
    assert isinstance(decide(plan, [failed(A, failure(kind), 0, 1)], Now()), GiveUp)


@pytest.mark.parametrize("kind", FALLBACK_BY_DEFAULT)
def test_every_default_kind_goes_on_to_the_next_model(kind: FailureKind) -> None:
    plan = auto(A, B, retry=RetryPolicy(attempts=0))
    decision = decide(plan, [failed(A, failure(kind), 0, 1)], Now())
    assert isinstance(decision, Try)
    assert decision.candidate is B


def test_a_bad_request_goes_on_only_where_it_was_added() -> None:
    attempts = [failed(A, failure(FailureKind.INVALID_REQUEST), 0, 1)]
    assert isinstance(decide(auto(A, B), attempts, Now()), GiveUp)
    added = auto(A, B, fallback_on=frozenset({FailureKind.INVALID_REQUEST}))
    assert isinstance(decide(added, attempts, Now()), Try)


def test_a_rate_limit_is_waited_for_only_as_long_as_the_strategy_allows() -> None:
    short = failed(A, Failure(FailureKind.RATE_LIMITED, "", retry_after=1.5), 98, 99)
    decision = decide(auto(A, B), [short], Now(now=99.0))
    assert decision == Wait(A, 100.5)
    retried = decide(auto(A, B), [short], Now(now=100.5))
    assert isinstance(retried, Try)
    assert retried.candidate is A
    long = failed(A, Failure(FailureKind.RATE_LIMITED, "", retry_after=30), 98, 99)
    moved_on = decide(auto(A, B), [long], Now(now=99.0))
    assert isinstance(moved_on, Try)
    assert moved_on.candidate is B


def test_silence_is_never_repeated() -> None:
    silent = Failure(FailureKind.UNREACHABLE, "", phase=FailurePhase.DEADLINE)
    decision = decide(auto(A, B), [failed(A, silent, 0, 30)], Now())
    assert isinstance(decision, Try)
    assert decision.candidate is B


def test_a_final_failure_is_not_repeated() -> None:
    too_large = Failure(FailureKind.RATE_LIMITED, "", retry_after=0.1, final=True)
    decision = decide(auto(A, B), [failed(A, too_large, 0, 1)], Now())
    assert isinstance(decision, Try)
    assert decision.candidate is B


def test_after_a_prompt_was_too_long_a_known_smaller_window_is_skipped() -> None:
    attempts = [failed(B, failure(FailureKind.CONTEXT_LENGTH_EXCEEDED), 0, 1)]
    decision = decide(auto(B, A, C), attempts, Now())
    assert isinstance(decision, Try)
    assert decision.candidate is C
    assert [skip.reason for skip in decision.skipped] == [SkipReason.CONTEXT]


def test_cooling_and_full_models_are_skipped_with_their_reasons() -> None:
    conditions = Now(cooling={A.name: 120.0}, short={B.name: exceeded(160.0)})
    decision = decide(auto(A, B, C), [], conditions)
    assert isinstance(decision, Try)
    assert decision.candidate is C
    assert [(skip.candidate, skip.reason, skip.until) for skip in decision.skipped] == [
        (A, SkipReason.COOLING, 120.0),
        (B, SkipReason.LIMIT, 160.0),
    ]


def test_where_all_models_cool_the_one_that_is_ready_first_is_tried() -> None:
    decision = decide(auto(A, B), [], Now(cooling={A.name: 120.0, B.name: 110.0}))
    assert isinstance(decision, Try)
    assert decision.candidate is B


def test_a_cooling_model_that_no_limit_has_room_for_is_told_of_by_its_limit_where_nothing_else_is_left() -> None:
    never = replace(exceeded(None), impossible=Impossible.UNBOUNDED, part="a picture")
    conditions = Now(cooling={A.name: 120.0, B.name: 110.0}, short={A.name: exceeded(160.0), B.name: never})
    refused = decide(auto(A, B), [], conditions)
    assert isinstance(refused, GiveUp)
    assert [(skip.reason, skip.until) for skip in refused.skipped] == [
        (SkipReason.LIMIT, 160.0),
        (SkipReason.LIMIT, None),
    ]
    assert refused.retry_at == 160.0, "what never fits is not waited for"
    passed_over = decide(auto(A, C), [], conditions)
    assert isinstance(passed_over, Try)
    assert [skip.reason for skip in passed_over.skipped] == [SkipReason.COOLING]


def test_a_named_model_is_tried_even_while_it_cools() -> None:
    assert isinstance(decide(Plan((A,)), [], Now(cooling={A.name: 999.0})), Try)


def test_a_request_waits_where_only_running_ones_stand_in_the_way() -> None:
    conditions = Now(short={A.name: exceeded(None, blocked_by_in_flight=True)})
    assert isinstance(decide(Plan((A,)), [], conditions), WaitForCapacity)
    conditions.may_wait = False
    decision = decide(Plan((A,)), [], conditions)
    assert isinstance(decision, GiveUp)
    assert (decision.status, decision.reason) == (429, NothingTried.LIMIT)


@pytest.mark.parametrize(
    ("reasons", "status"),
    [
        ((SkipReason.PROVIDER,), 404),
        ((SkipReason.NOT_ALLOWED, SkipReason.CAPABILITY), 400),
        ((SkipReason.CAPABILITY, SkipReason.CONTEXT), 400),
        ((SkipReason.NOT_ALLOWED,), 404),
    ],
)
def test_where_nothing_was_tried_the_reason_sets_the_status(reasons: tuple[SkipReason, ...], status: int) -> None:
    candidates = tuple(Candidate("p", f"m{i}", barred=reason) for i, reason in enumerate(reasons))
    decision = decide(auto(*candidates), [], Now())
    assert isinstance(decision, GiveUp)
    assert decision.status == status


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (FailureKind.RATE_LIMITED, 429),
        (FailureKind.QUOTA_EXHAUSTED, 429),
        (FailureKind.OVERLOADED, 503),
        (FailureKind.POLICY_VIOLATION, 400),
        (FailureKind.CONTEXT_LENGTH_EXCEEDED, 400),
        (FailureKind.UNREACHABLE, 502),
        (FailureKind.AUTH, 502),
        (FailureKind.NOT_FOUND, 404),
        (FailureKind.SERVER_ERROR, 502),
    ],
)
def test_the_last_failure_decides_the_status(kind: FailureKind, status: int) -> None:
    plan = Plan((A,), retry=RetryPolicy(attempts=0))
    decision = decide(plan, [failed(A, failure(kind), 0, 1)], Now())
    assert isinstance(decision, GiveUp)
    assert decision.status == status


def test_a_deadline_is_a_gateway_timeout_and_a_bad_request_keeps_its_own_status() -> None:
    silent = Failure(FailureKind.UNREACHABLE, "", phase=FailurePhase.DEADLINE)
    bad = Failure(FailureKind.INVALID_REQUEST, "", status=422)
    for given, status in ((silent, 504), (bad, 422)):
        decision = decide(Plan((A,)), [failed(A, given, 0, 1)], Now())
        assert isinstance(decision, GiveUp)
        assert decision.status == status


def test_retry_after_is_when_the_first_candidate_could_serve() -> None:
    conditions = Now(short={A.name: exceeded(160.0), B.name: exceeded(130.0)})
    decision = decide(auto(A, B), [], conditions)
    assert isinstance(decision, GiveUp)
    assert decision.retry_at == 130.0


def test_only_a_model_with_another_one_behind_it_is_not_the_last() -> None:
    first = decide(auto(A, B), [], Now())
    assert isinstance(first, Try)
    assert not first.is_last
    alone = decide(auto(A, B), [], Now(cooling={B.name: 999.0}))
    assert isinstance(alone, Try)
    assert alone.is_last


def test_after_an_attempt_no_cooling_model_is_tried_and_nobody_waits_for_room() -> None:
    attempts = [failed(A, failure(FailureKind.OVERLOADED), 0, 1)]
    for conditions in (Now(cooling={B.name: 120.0}), Now(short={B.name: exceeded(None, blocked_by_in_flight=True)})):
        decision = decide(auto(A, B), attempts, conditions)
        assert isinstance(decision, GiveUp)
        assert decision.failure is attempts[0].failure


def test_the_cooling_model_that_is_tried_all_the_same_is_not_told_as_skipped() -> None:
    decision = decide(auto(A, B), [], Now(cooling={A.name: 120.0, B.name: 110.0}))
    assert isinstance(decision, Try)
    assert [skip.candidate for skip in decision.skipped] == [A]


def test_after_a_prompt_was_too_long_a_window_of_the_same_size_may_still_hold_it() -> None:
    same = Candidate("mistral", "d", context_window=32_000)
    decision = decide(auto(B, same), [failed(B, failure(FailureKind.CONTEXT_LENGTH_EXCEEDED), 0, 1)], Now())
    assert isinstance(decision, Try)
    assert decision.candidate is same
    unknown = decide(auto(C, A), [failed(C, failure(FailureKind.CONTEXT_LENGTH_EXCEEDED), 0, 1)], Now())
    assert isinstance(unknown, Try), "of a window that nobody knows no other is known to be smaller"


def test_a_wait_as_long_as_the_strategy_allows_is_waited_for() -> None:
    attempt = failed(A, Failure(FailureKind.RATE_LIMITED, "", retry_after=2.0), 98, 99)
    assert decide(auto(A, B), [attempt], Now(now=99.0)) == Wait(A, 101.0)


def test_a_server_error_is_repeated_after_its_jitter() -> None:
    attempt = failed(A, Failure(FailureKind.SERVER_ERROR, "", status=500), 98, 99)
    assert decide(auto(A, B), [attempt], Now(now=99.0, jitter=0.25)) == Wait(A, 99.25)


@pytest.mark.parametrize(
    ("skipped", "reason"),
    [
        ({SkipReason.CONTEXT, SkipReason.CAPABILITY}, NothingTried.CONTEXT),
        ({SkipReason.CAPABILITY, SkipReason.PROVIDER}, NothingTried.CAPABILITY),
        ({SkipReason.PROVIDER}, NothingTried.NO_CANDIDATE),
    ],
)
def test_where_nothing_was_tried_the_reason_is_told(skipped: set[SkipReason], reason: NothingTried) -> None:
    candidates = tuple(Candidate("p", f"m{i}", barred=each) for i, each in enumerate(sorted(skipped)))
    decision = decide(auto(*candidates), [], Now())
    assert isinstance(decision, GiveUp)
    assert decision.reason is reason


def test_a_bad_request_without_a_status_of_its_own_is_a_400() -> None:
    decision = decide(Plan((A,)), [failed(A, Failure(FailureKind.INVALID_REQUEST, ""), 0, 1)], Now())
    assert isinstance(decision, GiveUp)
    assert decision.status == 400


UNPRICED = replace(exceeded(None), impossible=Impossible.UNPRICED)
TOO_LARGE = replace(exceeded(None), impossible=Impossible.TOO_LARGE)


def test_a_model_without_a_price_is_skipped_by_that_name_and_the_next_is_tried() -> None:
    decision = decide(auto(A, B), [], Now(short={A.name: UNPRICED}))
    assert isinstance(decision, Try)
    assert decision.candidate is B
    assert [(skip.candidate, skip.reason, skip.until) for skip in decision.skipped] == [(A, SkipReason.UNPRICED, None)]


@pytest.mark.parametrize("plan", [Plan((A,)), auto(A), auto(A, B)])
def test_where_no_model_has_a_price_nothing_is_tried_and_nobody_waits(plan: Plan) -> None:
    decision = decide(plan, [], Now(short={A.name: UNPRICED, B.name: UNPRICED}))
    assert isinstance(decision, GiveUp)
    assert (decision.status, decision.reason, decision.retry_at) == (403, NothingTried.UNPRICED, None)


@pytest.mark.parametrize(
    ("other", "status", "reason", "retry_at"),
    [
        (exceeded(130.0), 429, NothingTried.LIMIT, 130.0),
        (exceeded(None, blocked_by_in_flight=True), 429, NothingTried.LIMIT, 101.0),
        (TOO_LARGE, 429, NothingTried.LIMIT, None),
        (SkipReason.CONTEXT, 403, NothingTried.UNPRICED, None),
        (SkipReason.CAPABILITY, 403, NothingTried.UNPRICED, None),
        (SkipReason.PROVIDER, 403, NothingTried.UNPRICED, None),
        (SkipReason.NOT_ALLOWED, 403, NothingTried.UNPRICED, None),
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_what_passes_by_itself_is_told_before_what_the_owner_can_mend(
    other: LimitExceeded | SkipReason, status: int, reason: NothingTried, retry_at: float | None, is_first: bool
) -> None:
    short, second = {A.name: UNPRICED}, replace(B, barred=other if isinstance(other, SkipReason) else None)
    if isinstance(other, LimitExceeded):
        short[B.name] = other
    order = (A, second) if is_first else (second, A)
    decision = decide(auto(*order), [], Now(may_wait=False, short=short))
    assert isinstance(decision, GiveUp)
    assert (decision.status, decision.reason, decision.retry_at) == (status, reason, retry_at)


def test_a_cooling_model_without_a_price_is_not_tried_however_soon_it_is_ready() -> None:
    cooling = Now(cooling={A.name: 101.0, B.name: 500.0}, short={A.name: UNPRICED})
    decision = decide(auto(A, B), [], cooling)
    assert isinstance(decision, Try)
    assert decision.candidate is B
    alone = decide(auto(A), [], cooling)
    assert isinstance(alone, GiveUp)
    assert (alone.status, alone.skipped[0].reason) == (403, SkipReason.UNPRICED)


def test_after_a_failure_a_model_without_a_price_is_not_called_again() -> None:
    """A limit of cost may have been set meanwhile."""
    first = failed(A, failure(FailureKind.SERVER_ERROR), 0, 1)
    decision = decide(auto(A, B), [first], Now(short={A.name: UNPRICED, B.name: UNPRICED}))
    assert isinstance(decision, GiveUp)
    assert decision.failure is first.failure


def refused(name: str | None, *, final: bool = False) -> Failure:
    return Failure(FailureKind.UNSUPPORTED, "no", status=400, left_out=name, final=final)


def test_a_model_is_asked_again_without_each_refused_field_up_to_three_times() -> None:
    plan, attempts = auto(A, B), []
    for name in ("stream_options", "user", "metadata"):
        attempts.append(failed(A, refused(name, final=True), 99, 100))
        assert decide(plan, attempts, Now()) == Try(A, (), is_last=False)
    attempts.append(failed(A, refused("store"), 99, 100))
    assert decide(plan, attempts, Now()) == Try(B, (), is_last=True)


def test_a_refusal_that_leaves_nothing_out_is_not_repeated() -> None:
    assert decide(auto(A, B), [failed(A, refused(None), 99, 100)], Now()) == Try(B, (), is_last=True)
    named = decide(Plan((A,)), [failed(A, refused(None), 99, 100)], Now())
    assert isinstance(named, GiveUp)
    assert named.status == 400


def test_a_model_that_was_asked_without_a_field_still_has_its_own_retry() -> None:
    broken = Failure(FailureKind.SERVER_ERROR, "oh", status=500)
    attempts = [failed(A, refused("user"), 98, 99), failed(A, broken, 99, 100)]
    assert decide(auto(A, B), attempts, Now()) == Wait(A, 100.2)
    assert decide(auto(A, B), [*attempts, failed(A, broken, 100, 101)], Now(101)) == Try(B, (), is_last=True)


def test_a_field_less_is_no_use_where_a_limit_has_no_room() -> None:
    found = decide(Plan((A,)), [failed(A, refused("user"), 99, 100)], Now(short={A.name: exceeded(None)}))
    assert isinstance(found, GiveUp)
