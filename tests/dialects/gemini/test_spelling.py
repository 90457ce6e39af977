from __future__ import annotations

import pytest

from localrouter.dialects.gemini.spelling import spelled
from localrouter.domain.errors import Invalid


def test_names_come_in_one_spelling_and_the_programs_own_stay() -> None:
    given: dict[str, object] = {
        "system_instruction": {"parts": [{"text": "a_b"}]},
        "contents": [
            {
                "parts": [
                    {"inline_data": {"mime_type": "image/png", "data": "a_b"}},
                    {"function_call": {"name": "a_b", "args": {"max_tokens": {"b_c": 1}}}, "thought_signature": "a_b"},
                    {"function_response": {"name": "f", "response": {"c_d": 1}}},
                ]
            }
        ],
        "tools": [
            {
                "function_declarations": [
                    {
                        "name": "f",
                        "parameters": {
                            "type": "OBJECT",
                            "properties": {"any_of": {"any_of": [{"min_items": "1"}]}},
                            "property_ordering": ["any_of"],
                        },
                        "parameters_json_schema": {"properties": {"a_b": {"x_y": 1}}},
                    }
                ]
            }
        ],
        "generation_config": {"max_output_tokens": 5, "thinking_config": {"thinking_budget": 0}},
    }
    assert spelled(given) == {
        "systemInstruction": {"parts": [{"text": "a_b"}]},
        "contents": [
            {
                "parts": [
                    {"inlineData": {"mimeType": "image/png", "data": "a_b"}},
                    {"functionCall": {"name": "a_b", "args": {"max_tokens": {"b_c": 1}}}, "thoughtSignature": "a_b"},
                    {"functionResponse": {"name": "f", "response": {"c_d": 1}}},
                ]
            }
        ],
        "tools": [
            {
                "functionDeclarations": [
                    {
                        "name": "f",
                        "parameters": {
                            "type": "OBJECT",
                            "properties": {"any_of": {"anyOf": [{"minItems": "1"}]}},
                            "propertyOrdering": ["any_of"],
                        },
                        "parametersJsonSchema": {"properties": {"a_b": {"x_y": 1}}},
                    }
                ]
            }
        ],
        "generationConfig": {"maxOutputTokens": 5, "thinkingConfig": {"thinkingBudget": 0}},
    }


def test_a_body_in_the_usual_spelling_is_not_copied() -> None:
    body: dict[str, object] = {"contents": [{"parts": [{"functionCall": {"args": {"a_b": 1}}}]}]}
    assert spelled(body) is body


def test_a_field_in_both_spellings_is_refused() -> None:
    for first, second in (("max_output_tokens", "maxOutputTokens"), ("maxOutputTokens", "max_output_tokens")):
        with pytest.raises(Invalid, match="twice") as refusal:
            spelled({"generationConfig": {first: 1, second: 2}})
        assert refusal.value.findings[0].path == "generationConfig.maxOutputTokens"
