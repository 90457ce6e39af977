from __future__ import annotations

from typing import Any

import pytest

from localrouter.dialects.gemini.neutral.adapters import can_think, is_of_levels, known_schema, thinking_of, version_of
from localrouter.domain.conversation.conversation import Effort, ReasoningWish


@pytest.mark.parametrize(
    ("model", "version"),
    [
        ("gemini-2.5-flash", (2, 5)),
        ("gemini-2.5-flash-lite-preview-06-17", (2, 5)),
        ("models/gemini-3-pro-preview", (3, 0)),
        ("gemini-3.1-pro", (3, 1)),
        ("gemini-2.0-flash-001", (2, 0)),
        ("gemini-pro-latest", None),
        ("gemma-3-27b-it", None),
    ],
)
def test_a_name_tells_its_version(model: str, version: tuple[int, int] | None) -> None:
    assert version_of(model) == version
    assert is_of_levels(model) == (version is not None and version >= (3, 0))


@pytest.mark.parametrize(
    ("model", "reasons", "thinks"),
    [
        ("gemini-2.5-flash", None, True),
        ("gemini-2.0-flash", None, False),
        ("gemini-2.5-flash", False, False),
        ("gemini-flash-latest", True, True),
        ("gemma-3", None, False),
    ],
)
def test_only_a_model_that_can_think_is_told_how_much(model: str, reasons: bool | None, thinks: bool) -> None:
    assert can_think(model, reasons=reasons) is thinks


SHOWN = {"includeThoughts": True}


@pytest.mark.parametrize(
    ("wish", "model", "told"),
    [
        (ReasoningWish(), "gemini-2.5-flash", None),
        (ReasoningWish(enabled=False), "gemini-2.5-flash", {"thinkingBudget": 0}),
        (ReasoningWish(effort=Effort.NONE), "gemini-2.5-pro", {"thinkingBudget": 128}),
        (ReasoningWish(effort=Effort.LOW), "gemini-2.5-flash", {"thinkingBudget": 1_024} | SHOWN),
        (ReasoningWish(effort=Effort.HIGH), "gemini-2.5-flash", {"thinkingBudget": 24_576} | SHOWN),
        (ReasoningWish(True, budget=5_000), "gemini-2.5-flash", {"thinkingBudget": 5_000} | SHOWN),
        (ReasoningWish(True, budget=5), "gemini-2.5-pro", {"thinkingBudget": 128} | SHOWN),
        (ReasoningWish(True), "gemini-2.5-pro", {"thinkingBudget": -1} | SHOWN),
        (ReasoningWish(True, budget=-1), "gemini-2.5-pro", {"thinkingBudget": -1} | SHOWN),
        (ReasoningWish(effort=Effort.MEDIUM), "gemini-3-flash", {"thinkingLevel": "medium"} | SHOWN),
        (ReasoningWish(effort=Effort.MEDIUM), "gemini-3-pro-preview", {"thinkingLevel": "high"} | SHOWN),
        (ReasoningWish(effort=Effort.MEDIUM), "gemini-3.1-pro", {"thinkingLevel": "medium"} | SHOWN),
        (ReasoningWish(effort=Effort.NONE), "gemini-3-flash", {"thinkingLevel": "minimal"}),
        (ReasoningWish(effort=Effort.NONE), "gemini-3-pro", {"thinkingLevel": "low"}),
        (ReasoningWish(True, budget=2_000), "gemini-3-flash", {"thinkingLevel": "low"} | SHOWN),
        (ReasoningWish(True, budget=20_000), "gemini-3-flash", {"thinkingLevel": "high"} | SHOWN),
        (ReasoningWish(True), "gemini-3-flash", SHOWN),
    ],
)
def test_effort_and_budget_are_told_in_the_words_of_the_model(
    wish: ReasoningWish, model: str, told: dict[str, Any] | None
) -> None:
    assert thinking_of(wish, model) == told


def test_a_schema_is_told_in_the_words_that_gemini_knows() -> None:
    given = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "const": {"const": "a"},
            "examples": {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 9, "examples": [1]},
            "half": {"type": "number", "exclusiveMinimum": 0},
            "kind": {"anyOf": [{"const": 1}, {"type": "null", "const": None}], "discriminator": {"propertyName": "a"}},
        },
        "required": ["const"],
        "default": {"const": "kept"},
        "$defs": {"A": {"type": "string", "$comment": "?"}},
    }
    assert known_schema(given) == {
        "type": "object",
        "properties": {
            "const": {"enum": ["a"], "type": "string"},
            "examples": {"type": "integer", "minimum": 1, "maximum": 8},
            "half": {"type": "number", "exclusiveMinimum": 0},
            "kind": {"anyOf": [{"enum": [1], "type": "integer"}, {"type": "null", "enum": [None]}]},
        },
        "required": ["const"],
        "default": {"const": "kept"},
        "$defs": {"A": {"type": "string"}},
    }
    plain = {"type": "object", "properties": {"a": {"type": "string", "pattern": "a"}}, "additionalProperties": False}
    assert known_schema(plain) == plain
