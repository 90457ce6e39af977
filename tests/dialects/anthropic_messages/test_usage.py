from __future__ import annotations

import pytest

from localrouter.dialects.anthropic_messages.usage import UsageSoFar, usage_in, usage_json
from localrouter.domain.conversation.request import Usage

PLAIN = {"input_tokens": 5, "output_tokens": 4}


@pytest.mark.parametrize(
    ("told", "usage"),
    [
        (PLAIN, Usage(5, 4)),
        ({**PLAIN, "cache_read_input_tokens": 7}, Usage(12, 4, cached_tokens=7)),
        ({**PLAIN, "cache_creation_input_tokens": 3}, Usage(8, 4, cache_write_tokens=3)),
        (
            {**PLAIN, "cache_creation": {"ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 2}},
            Usage(8, 4, cache_write_tokens=3, cache_write_1h_tokens=2),
        ),
        ({**PLAIN, "output_tokens_details": {"thinking_tokens": 3}}, Usage(5, 4, reasoning_tokens=3)),
        ({**PLAIN, "service_tier": "priority"}, Usage(5, 4, service_tier="priority")),
        ({**PLAIN, "service_tier": "standard", "speed": "fast"}, Usage(5, 4, service_tier="fast")),
        ({**PLAIN, "service_tier": "standard", "inference_geo": "us"}, Usage(5, 4, service_tier="region us")),
        ({**PLAIN, "service_tier": "standard", "inference_geo": "global"}, Usage(5, 4, service_tier="standard")),
        ({**PLAIN, "cache_read_input_tokens": None, "input_tokens": 5.0}, Usage(5, 4)),
        ({"input_tokens": 5}, None),
        ({"input_tokens": -1, "output_tokens": 4}, None),
        ({"input_tokens": True, "output_tokens": 4}, None),
        ({"input_tokens": 10**12, "output_tokens": 4}, None),
        (None, None),
    ],
)
def test_usage_is_read_as_anthropic_counts(told: dict[str, object] | None, usage: Usage | None) -> None:
    assert usage_in(told) == usage


def test_what_comes_later_in_a_stream_replaces_figure_by_figure() -> None:
    so_far = UsageSoFar()
    begun = {"input_tokens": 5, "cache_read_input_tokens": 7, "output_tokens": 1}
    assert so_far.take(begun) == Usage(12, 1, cached_tokens=7)
    assert so_far.take({"output_tokens": 9}) == Usage(12, 9, cached_tokens=7)
    assert so_far.take({"input_tokens": 6, "cache_read_input_tokens": None, "output_tokens": 20}) == Usage(
        13, 20, cached_tokens=7
    )
    assert so_far.take(None) == Usage(13, 20, cached_tokens=7)
    assert UsageSoFar().take({"output_tokens": 9}) is None


def test_usage_is_written_so_that_it_reads_the_same() -> None:
    usage = Usage(12, 4, cached_tokens=5, cache_write_tokens=3, cache_write_1h_tokens=2)
    assert usage_in(usage_json(usage)) == usage
    assert usage_json(None)["output_tokens"] == 0


def test_a_prompt_that_has_no_tokens_any_more_is_the_one_that_was_told_before() -> None:
    so_far = UsageSoFar()
    so_far.take({"input_tokens": 15, "output_tokens": 0, "cache_read_input_tokens": 100})
    assert so_far.take({"input_tokens": 0, "output_tokens": 7, "cache_read_input_tokens": 0}) == Usage(
        115, 7, cached_tokens=100
    )
    moved = {"input_tokens": 0, "cache_read_input_tokens": 115, "output_tokens": 7}
    assert so_far.take(moved) == Usage(115, 7, cached_tokens=115)
    nothing = UsageSoFar()
    nothing.take({"input_tokens": 0, "output_tokens": 0})
    assert nothing.take({"input_tokens": 9, "output_tokens": 1}) == Usage(9, 1)
