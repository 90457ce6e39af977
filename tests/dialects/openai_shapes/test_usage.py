"""Tokens under the names of responses, beside those of chat, which `test_answer.py` tries server by server."""

from __future__ import annotations

from localrouter.dialects.openai_shapes.usage import service_tier_of, usage_of
from localrouter.domain.conversation.request import Usage


def test_responses_name_their_tokens_otherwise() -> None:
    told: dict[str, object] = {
        "input_tokens": 30,
        "input_tokens_details": {"cached_tokens": 10, "cache_write_tokens": 5},
        "output_tokens": 12,
        "output_tokens_details": {"reasoning_tokens": 8},
        "total_tokens": 42,
    }
    assert usage_of(told, None) == Usage(30, 12, cached_tokens=10, reasoning_tokens=8, cache_write_tokens=5)


def test_thoughts_that_are_in_the_total_alone_are_part_of_the_output() -> None:
    told: dict[str, object] = {"input_tokens": 30, "output_tokens": 12, "total_tokens": 100}
    assert usage_of(told, None) == Usage(30, 70, reasoning_tokens=58)


def test_half_a_usage_is_none() -> None:
    assert usage_of({"input_tokens": 3}, None) is None


def test_a_tier_counts_where_it_changes_the_price() -> None:
    assert service_tier_of({"service_tier": "default"}) is None
    assert service_tier_of({"service_tier": "flex"}) == "flex"
