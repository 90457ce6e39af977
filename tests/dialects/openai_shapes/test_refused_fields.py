"""Which field a refusal is about, in the words of many servers."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from localrouter.dialects.errors.classify import failure_of
from localrouter.dialects.openai_chat.fields import CAP_FIELDS
from localrouter.dialects.openai_shapes.refused_fields import refused_field

SENT: dict[str, Any] = {
    "model": "m",
    "messages": [],
    "stream_options": {"include_usage": True},
    "store": True,
    "user": "u",
    "metadata": {},
    "service_tier": "auto",
    "parallel_tool_calls": True,
    "max_tokens": 5,
    "tools": [],
}


def found(error: object, status: int = 400, sent: dict[str, Any] = SENT) -> str | None:
    body = orjson.dumps(error)
    return refused_field(failure_of(status, {}, body, "openai-compatible"), orjson.dumps(sent), CAP_FIELDS)


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("Unknown parameter: 'stream_options'.", "stream_options"),
        ("Unknown parameter: 'stream_options.include_usage'.", "stream_options"),
        ("Unrecognized request argument supplied: user", "user"),
        ("property 'store' is unsupported", "store"),
        ('json: unknown field "parallel_tool_calls"', "parallel_tool_calls"),
        ("store: Extra inputs are not permitted", "store"),
        ("body.metadata: property is not allowed", "metadata"),
        ("Additional properties are not allowed ('service_tier' was unexpected)", "service_tier"),
        ('Invalid JSON payload received. Unknown name "store": Cannot find field.', "store"),
        ("AsyncCompletions.create() got an unexpected keyword argument 'stream_options'", "stream_options"),
        ("stream_options is not supported by this model", "stream_options"),
        ("Parameter 'user' is not allowed", "user"),
        ("'service_tier' is not a recognized parameter", "service_tier"),
        ("[{'type': 'extra_forbidden', 'loc': ('body', 'metadata'), 'msg': 'Extra inputs'}]", "metadata"),
        (
            "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens'.",
            "max_tokens",
        ),
        ("Extra inputs are not permitted", "stream_options"),
        ("Unknown parameter: 'tools'.", None),
        ("No endpoints found that support tool use", None),
        ("This model does not support tools", None),
        ("messages: Input should be a valid list", None),
    ],
)
def test_the_field_is_read_from_the_words(message: str, field: str | None) -> None:
    assert found({"error": {"message": message}}) == field


def test_the_field_is_read_from_its_place() -> None:
    said = "Unsupported parameter."
    assert found({"error": {"message": said, "param": "user", "code": "unsupported_parameter"}}) == "user"
    assert found({"error": {"message": said, "param": "tools", "code": "unsupported_parameter"}}) is None
    forbidden = {"type": "extra_forbidden", "loc": ["body", "store"], "msg": "Extra inputs are not permitted"}
    assert found({"detail": [forbidden]}, 422) == "store"


def test_only_what_was_sent_and_changes_no_meaning_is_left_out() -> None:
    said = {"error": {"message": "Unknown parameter: 'store'."}}
    assert found(said, sent={"store": False}) is None
    assert found(said, sent={"model": "m"}) is None
    vague = {"error": {"message": "Extra inputs are not permitted"}}
    assert found(vague, sent={"model": "m", "user": "u", "max_tokens": 5}) == "user"
    assert found(vague, sent={"model": "m", "max_tokens": 5}) is None


def test_a_cap_is_never_given_up() -> None:
    said = {"error": {"message": "Unsupported parameter: 'max_tokens'."}}
    assert found(said, sent={"max_tokens": 5}) == "max_tokens"
    assert found(said, sent={"max_tokens": 5, "max_completion_tokens": 5}) is None


@pytest.mark.parametrize("status", [429, 500, 401])
def test_another_kind_of_failure_names_no_field(status: int) -> None:
    assert found({"error": {"message": "Failed with 'stream_options'"}}, status) is None


def test_a_refusal_is_read_inside_what_a_gateway_writes_around_it() -> None:
    said = "litellm.BadRequestError: OpenAIException - Unknown parameter: 'metadata'."
    assert found({"error": {"message": said, "code": "400"}}, 500) == "metadata"
    assert found({"error": {"message": said, "code": "500"}}, 500) is None
