"""Which field a refusal is about, in the words of many servers."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from localrouter.dialects.errors.classify import failure_of
from localrouter.dialects.errors.refused_fields import HINTS, refused_field, without_refused
from localrouter.dialects.openai_chat.fields import CAP_FIELDS
from localrouter.dialects.presets import PRESETS
from localrouter.domain.configuration.config import RequestFields

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
    "tools": [{}],
}


def found(error: object, status: int = 400, sent: dict[str, Any] = SENT) -> str | None:
    body = orjson.dumps(error)
    return refused_field(failure_of(status, {}, body, "openai-compatible"), orjson.dumps(sent), CAP_FIELDS, HINTS)


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


IDLE: dict[str, Any] = {"n": 1, "logprobs": False, "frequency_penalty": 0, "stream": False, "seed": None, "tools": []}
BUSY: dict[str, Any] = {"n": 2, "logprobs": True, "frequency_penalty": 0.5, "stream": True, "seed": 4, "tools": [{}]}


@pytest.mark.parametrize("name", IDLE)
def test_a_field_that_says_only_what_holds_without_it_is_left_out(name: str) -> None:
    named = {"error": {"message": f"Unknown parameter: '{name}'.", "param": name, "code": "unknown_parameter"}}
    assert found(named, sent={"model": "m", **IDLE}) == name
    assert found(named, sent={"model": "m", **BUSY}) is None
    in_words = {"error": {"message": "This model does not support logprobs", "code": "unsupported_parameter"}}
    assert found(in_words, sent={"model": "m", **IDLE}) == "logprobs"
    assert found(in_words, sent={"model": "m", **BUSY}) is None


def test_what_was_refused_at_its_default_stays_where_it_says_more() -> None:
    learned = PRESETS["openai"].taking(RequestFields(), frozenset({"n"}))
    assert without_refused({"model": "m", **IDLE}, learned, ()) == {"model": "m"}
    assert without_refused({"model": "m", **BUSY}, learned, ()) == {"model": "m", **BUSY}
    assert without_refused({"temperature": 1, "n": 1}, learned, ()) == {"temperature": 1}, "a server may have its own"


def test_a_wish_for_how_to_answer_is_left_out_only_where_it_is_named() -> None:
    said = {"error": {"message": "Unrecognized request argument supplied: reasoning_effort"}}
    assert found(said, sent={"model": "m", "reasoning_effort": "low"}) == "reasoning_effort"
    vague = {"error": {"message": "Extra inputs are not permitted"}}
    assert found(vague, sent={"model": "m", "reasoning_effort": "low"}) is None


def test_what_a_provider_is_known_to_refuse_goes_whatever_it_says() -> None:
    known = PRESETS["openai"].taking(RequestFields(drop=("n", "model")), frozenset({"user"}))
    assert without_refused({"model": "m", "n": 2, "user": "u", "seed": None}, known, {"model"}) == {
        "model": "m",
        "seed": None,
    }


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
