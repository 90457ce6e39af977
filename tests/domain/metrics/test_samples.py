"""What each tier counts, what a measure tells, and how averages treat what is unknown."""

from __future__ import annotations

import pytest

from localrouter.domain.conversation.request import Usage
from localrouter.domain.errors import Invalid
from localrouter.domain.metrics.samples import (
    GLOBAL,
    Average,
    Measure,
    Outcome,
    Sample,
    Scope,
    Tier,
    Totals,
    average,
    entries,
    measured,
    parse_scope,
)
from localrouter.domain.routing.failures import FailureKind
from tests.metric_samples import attempt, sample


def totals(*samples: Sample) -> dict[str, Totals]:
    found: dict[str, Totals] = {}
    for each in samples:
        for keys, entry in entries(each):
            for key in keys:
                found.setdefault(key, Totals()).add(entry)
    return found


def test_a_failure_stands_under_the_provider_and_model_that_failed() -> None:
    failed = attempt("cloud", "big", kind=FailureKind.RATE_LIMITED, usage=Usage())
    found = totals(sample(attempts=(failed, attempt("local", "small"))))
    assert found["llm_provider:cloud"].failed_requests == 1
    assert found["llm_model:cloud/big"].failed_requests == 1
    assert found["llm_provider:local"].successful_requests == 1
    assert found["llm_provider:local"].failed_requests == 0
    assert found["llm_global"].requests == 1
    assert found["llm_global"].failed_requests == 0


def test_two_attempts_at_one_model_are_two_requests_of_its_tier() -> None:
    first = attempt("cloud", "big", kind=FailureKind.SERVER_ERROR, usage=Usage())
    found = totals(sample(attempts=(first, attempt("cloud", "big"))))
    assert found["llm_model:cloud/big"].requests == 2
    assert found["llm_strategy:default"].requests == 1


def test_denied_requests_are_counted_apart_and_have_no_latency() -> None:
    found = totals(sample(outcome=Outcome.DENIED, attempts=()))
    assert set(found) == {"llm_global", "llm_key:app", "llm_strategy:default"}
    assert found["llm_global"].denied_requests == 1
    assert found["llm_global"].requests == 0
    assert found["llm_global"].latencies.count == 0


def test_a_cancelled_request_is_neither_a_success_nor_a_failure() -> None:
    left = attempt("cloud", "big", kind=FailureKind.CANCELLED)
    found = totals(sample(outcome=Outcome.CANCELLED, attempts=(left,)))
    for key in ("llm_global", "llm_provider:cloud"):
        assert found[key].requests == 1
        assert found[key].cancelled_requests == 1
        assert found[key].failed_requests == 0


def test_merging_adds_every_counter_and_the_histogram() -> None:
    left = totals(sample())["llm_global"]
    left.merge(totals(sample(duration=4.0))["llm_global"])
    assert left == totals(sample(), sample(duration=4.0))["llm_global"]


@pytest.mark.parametrize("measure", [m for m in Measure if m is not Measure.COST and "requests" not in m])
def test_rates_and_times_of_nothing_are_unknown_and_counts_are_zero(measure: Measure) -> None:
    expected = 0 if "tokens" in measure else None
    assert measured(Totals(), measure) == expected


def test_cost_is_unknown_where_no_price_was_known() -> None:
    unpriced = totals(sample(attempts=(attempt("x", "new", cost=0, unpriced=True),)))["llm_global"]
    assert measured(unpriced, Measure.COST) is None
    free = totals(sample(attempts=(attempt("local", "small", cost=0),)))["llm_global"]
    assert measured(free, Measure.COST) == 0
    assert measured(Totals(), Measure.COST) == 0


def test_measures_of_two_requests() -> None:
    bad = sample(outcome=Outcome.FAILED, duration=3.0, attempts=())
    both = totals(sample(duration=1.0, first_token=0.25), bad)["llm_global"]
    assert measured(both, Measure.SUCCESS_RATE) == 0.5
    assert measured(both, Measure.AVG_LATENCY) == 2_000
    assert measured(both, Measure.AVG_FIRST_TOKEN) == 250
    assert measured(both, Measure.TOTAL_TOKENS) == 150
    assert measured(both, Measure.P99_LATENCY) == pytest.approx(3_000, rel=0.05)


def test_an_absent_average_is_none_and_never_zero() -> None:
    assert average(Totals()) is None
    nothing_used = sample(outcome=Outcome.FAILED, attempts=(attempt("a", "b", usage=Usage(), cost=0),))
    assert average(totals(nothing_used)["llm_strategy:default"]) is None


def test_averages_leave_out_what_used_nothing_and_prices_that_are_unknown() -> None:
    used = sample(attempts=(attempt("a", "b", usage=Usage(100, 40), cost=6),))
    unpriced = sample(attempts=(attempt("a", "c", usage=Usage(300, 60), cost=0, unpriced=True),))
    found = totals(used, unpriced, sample(outcome=Outcome.FAILED, attempts=()))["llm_global"]
    assert average(found) == Average(requests=2, input_tokens=200, output_tokens=50, cost=6)
    only_unpriced = average(totals(unpriced)["llm_global"])
    assert only_unpriced is not None
    assert only_unpriced.cost is None


@pytest.mark.parametrize(
    "scope", [GLOBAL, *(Scope(tier, "a:b/c") for tier in Tier if tier is not Tier.GLOBAL)], ids=str
)
def test_a_scope_is_read_as_it_is_written(scope: Scope) -> None:
    assert parse_scope(str(scope)) == scope


@pytest.mark.parametrize("text", ["", "llm", "llm_global:", "llm_global:x", "llm_key", "llm_key:", "other:x"])
def test_a_text_that_is_no_scope_is_refused_with_the_forms_it_may_have(text: str) -> None:
    with pytest.raises(Invalid, match="llm_strategy:"):
        parse_scope(text)
