"""Schemas of tools and answers as providers take them."""

from __future__ import annotations

import pytest

from localrouter.dialects.tools.schemas import enforceable, parameters_of

TEXT = {"type": "string"}
ROUTE = {"type": "object", "properties": {"route": TEXT}, "required": ["route", "both"]}
FILE = {"type": "object", "properties": {"file": TEXT, "route": {"type": "integer"}}, "required": ["both"]}


@pytest.mark.parametrize(
    ("schema", "told", "loses"),
    [
        ({}, {"type": "object"}, False),
        ({"properties": {"anyOf": TEXT}}, {"type": "object", "properties": {"anyOf": TEXT}}, False),
        ({"type": ["object", "null"]}, {"type": "object"}, False),
        (
            {"type": "object", "properties": {"a": TEXT}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {"type": "object", "properties": {"a": TEXT}},
            True,
        ),
        (
            {"anyOf": [ROUTE, FILE], "required": ["route"]},
            {"type": "object", "properties": {"file": TEXT, "route": TEXT}, "required": ["route"]},
            True,
        ),
        (
            {"allOf": [ROUTE, {"$ref": "#/$defs/more"}], "$defs": {"more": {"properties": {"both": TEXT}}}},
            {
                "type": "object",
                "properties": {"route": TEXT, "both": TEXT},
                "required": ["both", "route"],
                "$defs": {"more": {"properties": {"both": TEXT}}},
            },
            False,
        ),
        ({"oneOf": [{"anyOf": [ROUTE]}, "no schema"]}, {"type": "object", "properties": {"route": TEXT}}, True),
    ],
)
def test_parameters_are_one_object(schema: dict[str, object], told: dict[str, object], loses: bool) -> None:
    folded, is_lossy = parameters_of(schema)
    required = folded.pop("required", [])
    assert set(told.pop("required", [])) <= set(required) <= {"route", "both"}  # type: ignore[call-overload]
    assert (folded, is_lossy) == (told, loses)


def test_the_definitions_may_name_themselves() -> None:
    schema = {"anyOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"$ref": "#/$defs/a"}}}
    assert parameters_of(schema)[0]["type"] == "object"


def test_bounds_of_an_answer_are_told_in_words() -> None:
    schema = {
        "type": "object",
        "properties": {
            "properties": {"type": "object", "properties": {"minimum": TEXT}},
            "score": {"type": "integer", "minimum": 1, "maximum": 10, "description": "How good."},
            "tags": {"type": "array", "minItems": 2, "items": {"type": "string", "format": "color", "enum": ["a"]}},
            "day": {"oneOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
            "one": {"type": "array", "minItems": 1},
            "map": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 3}},
        },
        "additionalProperties": True,
    }
    told, is_bounded = enforceable(schema)
    assert is_bounded
    assert told == {
        "type": "object",
        "properties": {
            "properties": {"type": "object", "properties": {"minimum": TEXT}, "additionalProperties": False},
            "score": {"type": "integer", "description": "How good. (minimum: 1, maximum: 10)"},
            "tags": {
                "type": "array",
                "items": {"type": "string", "enum": ["a"], "description": "format: color"},
                "description": "minItems: 2",
            },
            "day": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
            "one": {"type": "array", "minItems": 1},
            "map": {"type": "object", "additionalProperties": {"type": "string", "description": "maxLength: 3"}},
        },
        "additionalProperties": False,
    }
    assert enforceable(told) == (told, False)
