"""Why a request went where it went, as a list of requests tells it."""

from __future__ import annotations

from dataclasses import replace

import orjson

from localrouter.commands.views.passed_over import MAX_LISTED, passed_over
from localrouter.domain.configuration.config import LimitType
from localrouter.domain.metrics.samples import Outcome, Sample
from localrouter.domain.routing.decide import SkipReason
from localrouter.domain.routing.failures import FailureKind
from tests.metric_samples import attempt, sample

LIMIT = {
    "limit_type": "cost",
    "time_window": "day",
    "mode": "soft",
    "value": 2,
    "used": 2,
    "reserved": 0,
    "estimate": 0.1,
    "remaining": 0,
}


def routed(*candidates: dict[str, object], **fields: object) -> Sample:
    return replace(sample(**fields), trace=orjson.dumps({"candidates": candidates}).decode())  # type: ignore[arg-type]


def tried(provider: str, *kinds: str | None) -> dict[str, object]:
    return {"provider": provider, "model": "m", "state": "tried", "attempts": [{"kind": kind} for kind in kinds]}


def skipped(provider: str, reason: str, **more: object) -> dict[str, object]:
    return {"provider": provider, "model": "m", "state": "skipped", "reason": reason} | more


def test_a_request_that_its_first_model_answered_passed_over_none() -> None:
    assert passed_over(routed(tried("one", None), {"provider": "two", "model": "m", "state": "not_needed"})) == ()


def test_a_model_that_failed_is_told_with_the_kind_of_its_last_failure() -> None:
    (found,) = passed_over(routed(tried("one", "overloaded", "rate_limited"), tried("two", None)))
    assert (found.provider, found.model, found.kind, found.reason) == ("one", "m", FailureKind.RATE_LIMITED, None)


def test_a_model_that_answered_after_it_had_failed_is_told_too() -> None:
    (found,) = passed_over(routed(tried("one", "overloaded", None)))
    assert (found.provider, found.kind) == ("one", FailureKind.OVERLOADED)


def test_a_skip_is_told_with_its_limit_and_until_when_it_holds() -> None:
    (found,) = passed_over(routed(skipped("one", "limit", limit=LIMIT, until="2026-01-01T00:00:00.000Z")))
    assert (found.reason, found.until) == (SkipReason.LIMIT, 1_767_225_600.0)
    assert found.limit is not None
    assert (found.limit.limit_type, found.limit.value) == (LimitType.COST, 2)


def test_of_many_the_failures_and_the_limits_are_told_first_in_the_order_of_the_route() -> None:
    many = [skipped(f"other{number}", "not_allowed") for number in range(20)]
    found = passed_over(routed(*many, skipped("full", "limit", limit=LIMIT), tried("down", "unreachable")))
    assert len(found) == MAX_LISTED
    assert [each.provider for each in found] == ["other0", "other1", "full", "down"]


def test_without_an_explanation_the_attempts_alone_are_told() -> None:
    attempts = (attempt("one", "m", kind=FailureKind.SERVER_ERROR), attempt("two", "m"))
    (found,) = passed_over(replace(sample(attempts=attempts), trace=""))
    assert (found.provider, found.kind) == ("one", FailureKind.SERVER_ERROR)


def test_what_was_refused_before_it_was_routed_passed_over_none() -> None:
    assert passed_over(replace(sample(outcome=Outcome.DENIED, attempts=()), trace="")) == ()
