"""Cells: each request once, tokens and failures where they happened."""

from __future__ import annotations

from dataclasses import replace

import pytest

from localrouter.domain.conversation.request import Usage
from localrouter.domain.metrics.breakdown import WIDTHS, CellSums, Period, Span, Split, cells, cover, kept_for
from localrouter.domain.metrics.samples import Outcome
from localrouter.domain.routing.failures import FailureKind
from tests.metric_samples import attempt, sample


@pytest.mark.parametrize("period", Period)
def test_a_period_ends_with_the_bucket_that_is_under_way(period: Period) -> None:
    for now in (1_790_000_000.0, 1_789_999_999.5, 1_790_043_200.0):
        start = period.start(now)
        assert start % period.width == 0
        assert period.seconds % period.width == 0
        assert start + period.seconds - period.width <= now < start + period.seconds


@pytest.mark.parametrize("period", Period)
def test_buckets_are_kept_for_the_period_and_the_one_before(period: Period) -> None:
    assert period.width in WIDTHS
    assert kept_for(period.width) >= 2 * period.seconds + period.width


@pytest.mark.parametrize("period", Period)
def test_a_period_is_covered_without_a_gap_by_the_fewest_buckets(period: Period) -> None:
    for now in (1_790_000_000.0, 1_789_999_999.5, 1_790_043_215.0):
        start = period.start(now)
        spans = sorted(cover(start, start + period.seconds, period.width), key=lambda span: span.start)
        assert spans[0].start == start
        assert spans[-1].end == start + period.seconds
        assert [one.end for one in spans[:-1]] == [other.start for other in spans[1:]]
        assert all(edge % span.width == 0 for span in spans for edge in (span.start, span.end))
        assert sum((span.end - span.start) // span.width for span in spans) <= period.seconds // period.width / 2


def test_a_period_shorter_than_the_next_bucket_is_covered_as_it_is() -> None:
    assert cover(70, 110, 10) == [Span(10, 70, 110)]
    assert cover(60, 120, 10) == [Span(60, 60, 120)]
    assert cover(70, 70, 10) == []


def test_a_request_is_counted_once_and_its_parts_where_they_belong() -> None:
    hopped = sample(
        attempts=(
            attempt("cloud", "big", kind=FailureKind.OVERLOADED, usage=Usage(), cost=0),
            attempt("local", "small", usage=Usage(10, 5, cached_tokens=4), cost=0),
        )
    )
    [(first, failed), (last, answered)] = cells(hopped)
    assert first.key(Split.MODEL) == "cloud/big"
    assert (first.kind, failed) == ("overloaded", CellSums(calls=1))
    assert (last.key(Split.PROVIDER), last.key(Split.CLIENT), last.key(Split.STRATEGY)) == ("local", "app", "default")
    assert answered == CellSums(
        requests=1, free_requests=1, calls=1, input_tokens=10, output_tokens=5, cached_tokens=4,
        free_calls=1, free_input=10, free_output=5,
    )  # fmt: skip
    assert (answered.free_tokens, answered.paid_tokens) == (15, 0)


def test_what_no_model_was_called_for_has_no_model() -> None:
    [(cell, sums)] = cells(sample(outcome=Outcome.DENIED, attempts=()))
    assert (cell.key(Split.MODEL), cell.key(Split.PROVIDER), sums) == ("", "", CellSums(denied_requests=1))
    [(_, left)] = cells(sample(outcome=Outcome.CANCELLED, attempts=()))
    assert left == CellSums(requests=1)


@pytest.mark.parametrize(
    ("cost", "unpriced", "usage", "kind"),
    [
        (1, False, Usage(5, 5), "paid_requests"),
        (0, True, Usage(5, 5), "unpriced_requests"),
        (0, False, Usage(5, 5), "free_requests"),
        (0, False, Usage(), None),
    ],
)
def test_a_request_is_paid_free_unpriced_or_used_nothing(
    cost: int, unpriced: bool, usage: Usage, kind: str | None
) -> None:
    [(_, sums)] = cells(sample(attempts=(attempt("p", "m", cost=cost, unpriced=unpriced, usage=usage),)))
    names = ("paid_requests", "unpriced_requests", "free_requests")
    assert {name: getattr(sums, name) for name in names} == {name: int(name == kind) for name in names}
    assert sums.paid_tokens + sums.free_tokens + sums.unpriced_tokens == usage.total_tokens


def test_names_that_clients_made_up_are_told_as_other() -> None:
    [(cell, _)] = cells(sample(attempts=(replace(attempt("p", "made-up"), label="other"),)))
    assert cell.key(Split.MODEL) == "p/other"
