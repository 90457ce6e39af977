from __future__ import annotations

from typing import Any

import pytest

from localrouter.dialects.gemini.usage import usage_in, usage_json
from localrouter.domain.conversation.request import Usage
from tests.dialects.gemini.answers import USAGE


@pytest.mark.parametrize(
    ("told", "usage"),
    [
        (None, None),
        ({}, None),
        ({"candidatesTokenCount": 3}, None),
        ({"promptTokenCount": 5}, Usage(5)),
        ({"promptTokenCount": 5, "candidatesTokenCount": 3, "totalTokenCount": 8}, Usage(5, 3)),
        ({"promptTokenCount": 5, "thoughtsTokenCount": 4}, Usage(5, 4, reasoning_tokens=4)),
        (
            {"promptTokenCount": 5, "candidatesTokenCount": 3, "thoughtsTokenCount": 4, "totalTokenCount": 12},
            Usage(5, 7, reasoning_tokens=4),
        ),
        ({"promptTokenCount": 5, "candidatesTokenCount": 3, "totalTokenCount": 20}, Usage(5, 15)),
        ({"promptTokenCount": 5, "toolUsePromptTokenCount": 6, "totalTokenCount": 11}, Usage(11)),
        ({"promptTokenCount": 5, "cachedContentTokenCount": 9}, Usage(5, cached_tokens=5)),
        ({"promptTokenCount": 5, "responseTokenCount": 2}, Usage(5, 2)),
        ({"promptTokenCount": 5.0, "candidatesTokenCount": True}, Usage(5)),
        ({"promptTokenCount": 10**12}, None),
        ({"promptTokenCount": 5, "trafficType": "ON_DEMAND"}, Usage(5)),
        ({"promptTokenCount": 5, "trafficType": "ON_DEMAND_PRIORITY"}, Usage(5, service_tier="on_demand_priority")),
        ({"promptTokenCount": 5, "serviceTier": "FLEX"}, Usage(5, service_tier="flex")),
        (USAGE, Usage(33, 27, 12, 20, audio_input_tokens=4)),
    ],
)
def test_tokens_are_read_as_google_counts_them(told: dict[str, Any] | None, usage: Usage | None) -> None:
    assert usage_in(told) == usage


def test_tokens_are_written_so_that_they_read_the_same() -> None:
    for usage in (Usage(), Usage(5, 3), Usage(50, 30, 20, 10)):
        assert usage_in(usage_json(usage)) == usage
