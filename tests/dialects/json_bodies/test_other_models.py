from __future__ import annotations

from typing import Any

import pytest

from localrouter.dialects.json_bodies.other_models import other_models


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"model": "a", "messages": []}, []),
        ({"models": ["a", "b/c", 5, ""]}, [("models", "a"), ("models", "b/c")]),
        ({"fallbacks": [{"model": "a"}, "b", {}]}, [("fallbacks", "a"), ("fallbacks", "b")]),
        ({"preset": "mine"}, [("preset", "@preset/mine")]),
        (
            {
                "tools": [
                    {"name": "f"},
                    {"type": "advisor_20260301", "model": "a"},
                    {"type": "image_generation", "model": 5},
                    7,
                ]
            },
            [("tools", "a")],
        ),
        ({"models": "a", "fallbacks": None, "preset": {}, "tools": {}}, []),
    ],
)
def test_models_are_found_wherever_a_request_names_them(body: dict[str, Any], named: list[tuple[str, str]]) -> None:
    assert list(other_models(body)) == named
