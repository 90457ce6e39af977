"""Phrases count at the start of a message only."""

from __future__ import annotations

import orjson
import pytest

from localrouter.dialects.errors.classify import failure_of
from localrouter.dialects.errors.phrases import kind_of_phrase, never_fits
from localrouter.domain.routing.failures import Cools
from localrouter.domain.routing.failures import FailureKind as Kind

EXAMPLES = [
    ("This model's maximum context length is 8192 tokens.", Kind.CONTEXT_LENGTH_EXCEEDED),
    ("PROMPT IS TOO LONG: 9 tokens", Kind.CONTEXT_LENGTH_EXCEEDED),
    ("Content Exists Risk", Kind.POLICY_VIOLATION),
    ("Insufficient Balance", Kind.QUOTA_EXHAUSTED),
    ("Rate limit reached for gpt-4o", Kind.RATE_LIMITED),
    ("Overloaded", Kind.OVERLOADED),
    ("Incorrect API key provided", Kind.AUTH),
    ("Model Not Exist", Kind.NOT_FOUND),
    ("The model has crashed without additional information.", Kind.SERVER_ERROR),
]


@pytest.mark.parametrize(("message", "kind"), EXAMPLES)
def test_a_phrase_counts_at_the_start_and_nowhere_else(message: str, kind: Kind) -> None:
    assert kind_of_phrase(message) is kind
    assert kind_of_phrase(f"You wrote: {message}") is None
    assert kind_of_phrase(f"'{message}'") is None


@pytest.mark.parametrize(
    "message",
    [
        "",
        "`max_tokens` must be greater than `thinking.budget_tokens`. See https://x/context-window-size",
        "max_tokens: 10000 > 4096, which is the maximum allowed number of output tokens for claude",
        "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
        "The maximum tokens you requested exceeds the model limit of 32768",
    ],
)
def test_a_request_that_is_wrong_in_itself_matches_nothing(message: str) -> None:
    assert kind_of_phrase(message) is None


def test_a_request_above_a_limit_never_fits() -> None:
    assert never_fits("Request too large for gpt-4o in organization org-x on tokens per min (TPM)")
    assert never_fits("model requires more system memory (2.7 GiB) than is available (2.3 GiB)")
    assert not never_fits("Rate limit reached")


@pytest.mark.parametrize("status", [413, 429])
def test_a_request_that_is_larger_than_a_whole_limit_tells_nothing_of_others(status: int) -> None:
    message = (
        "Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 9000, please reduce it."
    )
    body = orjson.dumps({"error": {"message": message, "type": "tokens", "code": "rate_limit_exceeded"}})
    failure = failure_of(status, {"retry-after": "600"}, body, "groq")
    assert (failure.kind, failure.cools) == (Kind.RATE_LIMITED, Cools.NOTHING)
    reached = body.replace(b"Request too large", b"Rate limit reached")
    assert failure_of(status, {}, reached, "groq").cools is None
