"""Tokens and errors are read from answers however a provider writes them."""

from __future__ import annotations

import pytest

from localrouter.dialects.openai_chat.answer import has_error, usage_in
from localrouter.domain.conversation.request import Endpoint, Usage


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        (None, None),
        ({}, None),
        ("odd", None),
        ({"prompt_tokens": "odd"}, None),
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}, Usage(10, 5)),
        ({"input_tokens": 10, "output_tokens": 5}, Usage(10, 5)),
        ({"prompt_tokens": 10, "total_tokens": 10}, Usage(10, 0)),
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 5,
                "prompt_tokens_details": {"cached_tokens": 8, "cache_write_tokens": 2},
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
            Usage(10, 5, 8, 3, cache_write_tokens=2),
        ),
        ({"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": None}, Usage(10, 5)),
        ({"prompt_tokens": 10, "completion_tokens": 5, "prompt_cache_hit_tokens": 7}, Usage(10, 5, 7)),
        ({"prompt_tokens": 10, "completion_tokens": 5, "reasoning_tokens": 2}, Usage(10, 5, 0, 2)),
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "prompt_cache_hit_tokens": 70},
            Usage(80, 5, 70, estimated=True),
        ),
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 300}},
            Usage(10, 305, 0, 300, estimated=True),
        ),
        ({"prompt_tokens": 999_999_999, "completion_tokens": 5}, None),
        # Half of it is no usage: what is not told may be anything.
        ({"prompt_tokens": -1, "completion_tokens": 5}, None),
        ({"prompt_tokens": True, "completion_tokens": 5}, None),
        ({"prompt_tokens": 10}, None),
        ({"prompt_tokens": 10, "completion_tokens": "300"}, None),
        ({"prompt_tokens": 10, "completion_tokens": None, "total_tokens": 310}, Usage(10, 300)),
        ({"prompt_tokens": 10.0, "completion_tokens": 300.0}, Usage(10, 300)),
        ({"prompt_tokens": 10, "completion_tokens": 2.5}, None),
        (
            {
                "input_tokens": 5,
                "output_tokens": 7,
                "cache_read_input_tokens": 200,
                "cache_creation_input_tokens": 100,
            },
            Usage(305, 7, 200, cache_write_tokens=100),
        ),
        (
            {
                "prompt_tokens": 900,
                "completion_tokens": 7,
                "cache_creation_input_tokens": 800,
                "cache_creation": {"ephemeral_5m_input_tokens": 200, "ephemeral_1h_input_tokens": 600},
            },
            Usage(900, 7, cache_write_tokens=800, cache_write_1h_tokens=600),
        ),
        # The cache is counted in the total, but not in the prompt: it is input, and no output beside.
        (
            {
                "prompt_tokens": 100,
                "completion_tokens": 10,
                "total_tokens": 10_010,
                "prompt_tokens_details": {"cached_tokens": 4_900, "cache_write_tokens": 5_000},
            },
            Usage(10_000, 10, 4_900, cache_write_tokens=5_000),
        ),
    ],
)
def test_usage_is_read(usage: object, read: Usage | None) -> None:
    assert usage_in({"usage": usage}) == read


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        ({"total_tokens": 4_321}, Usage(4_321)),
        ({"prompt_tokens": 12}, Usage(12)),
        ({"prompt_tokens": 12, "total_tokens": 12}, Usage(12)),
        ({"total_tokens": -1}, None),
        ({}, None),
    ],
)
def test_embeddings_are_input_alone(usage: dict[str, object], read: Usage | None) -> None:
    assert usage_in({"usage": usage}, Endpoint.EMBEDDINGS) == read


def test_the_service_tier_and_audio_are_read() -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "prompt_tokens_details": {"audio_tokens": 80},
        "completion_tokens_details": {"audio_tokens": 40},
    }
    told = usage_in({"usage": usage, "service_tier": "priority"})
    assert told == Usage(100, 50, audio_input_tokens=80, audio_output_tokens=40, service_tier="priority")
    ordinary = usage_in({"usage": usage, "service_tier": "default"})
    assert ordinary is not None
    assert ordinary.service_tier is None


def test_reasoning_that_only_the_total_counts_is_output() -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 115}
    assert usage_in({"usage": usage}) == Usage(10, 105, 0, 100)
    told = {**usage, "completion_tokens_details": {"reasoning_tokens": 100}}
    assert usage_in({"usage": told}) == Usage(10, 105, 0, 100)


def test_groqs_own_place_is_read_where_there_is_no_other() -> None:
    assert usage_in({"x_groq": {"usage": {"prompt_tokens": 1, "completion_tokens": 2}}}) == Usage(1, 2)


@pytest.mark.parametrize(
    ("answer", "is_error"),
    [
        ({"error": {"message": "m"}}, True),
        ({"error": "m", "choices": [{}]}, True),
        ({"error": {"message": "m"}, "choices": [{}]}, True),
        ({"error": {"message": "", "code": 429}, "choices": [{}]}, True),
        ({"error": {"message": None, "status_code": 500}, "choices": [{}]}, True),
        ({"error": {"type": "overloaded_error"}, "choices": [{}]}, True),
        ({"error": {"metadata": {"raw": "m"}, "error": {"message": "m"}}, "choices": [{}]}, True),
        ({"error": True, "choices": [{}]}, True),
        ({"error": {"message": ""}}, True),
        ({"error": {"message": "", "code": "", "type": "error"}, "choices": [{}]}, False),
        ({"error": {"message": "", "code": 0, "type": None, "param": None}, "choices": [{}]}, False),
        ({"error": {"code": "success", "message": "Success"}, "choices": [{}]}, False),
        ({"error": {"code": 200}, "data": [{}]}, False),
        ({"error": "", "choices": [{}]}, False),
        ({"error": "null", "choices": [{}]}, False),
        ({"error": [], "choices": [{}]}, False),
        ({"choices": [{"error": {"message": ""}}]}, False),
        ({"detail": "m", "message": "m", "code": 0, "data": []}, False),
        ({"object": "error", "message": "m"}, True),
        ({"type": "error", "error": {"message": "m"}}, True),
        ({"message": "m", "code": 429}, True),
        ({"detail": "m"}, True),
        ({"promptFeedback": {"blockReason": "SAFETY"}}, True),
        ({"choices": [{"error": {"code": 502}, "finish_reason": "error"}]}, True),
        ({"choices": [{"message": {}}], "error": None}, False),
        ({"choices": [], "usage": {}}, False),
        ({"object": "list", "data": []}, False),
        ({"promptFeedback": {"blockReason": "SAFETY"}, "candidates": [{}]}, False),
    ],
)
def test_errors_are_told_from_answers(answer: dict[str, object], is_error: bool) -> None:
    assert has_error(answer) is is_error
