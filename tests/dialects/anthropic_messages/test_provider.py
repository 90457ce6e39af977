from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from localrouter.dialects.anthropic_messages.client import AnthropicMessagesClient
from localrouter.dialects.anthropic_messages.provider import AnthropicMessagesProvider
from localrouter.dialects.contract import CalledModel, PlainAnswer
from localrouter.dialects.presets import PRESETS
from localrouter.domain.conversation.conversation import Conversation, Message, OutputFormat, OutputKind, Role, Tool
from localrouter.domain.conversation.parts import TextPart
from localrouter.domain.conversation.request import Endpoint, ModelRequest, Usage
from localrouter.domain.routing.failures import Cools, Failure, FailureKind
from tests.dialects.anthropic_messages.neutral.test_replies import ANSWER, STREAM

CLIENT, PROVIDER, PRESET = AnthropicMessagesClient(), AnthropicMessagesProvider(), PRESETS["anthropic"]


def asked(**fields: object) -> ModelRequest:
    return CLIENT.example(Endpoint.CHAT_COMPLETIONS, "one/a", fields)


def sent(request: ModelRequest, cap: int | None = None) -> dict[str, object]:
    body = orjson.loads(PROVIDER.encode(request, "c", PRESET, cap).body)
    assert isinstance(body, dict)
    return body


def test_a_request_goes_on_as_it_came_with_its_own_headers() -> None:
    request = replace(
        asked(max_tokens=9, news={"a": 1}),
        headers=(("anthropic-version", "2023-06-01"), ("anthropic-beta", "a"), ("anthropic-beta", "b")),
    )
    encoded = PROVIDER.encode(request, "c", PRESET)
    assert orjson.loads(encoded.body) == {**request.body, "model": "c"}
    assert encoded.path == "messages"
    assert encoded.headers["anthropic-beta"] == "a,b"
    assert PROVIDER.encode(CLIENT.example(Endpoint.COUNT_TOKENS, "a", {}), "c", PRESET).path == "messages/count_tokens"


def test_a_cap_holds_for_thoughts_and_answer_together() -> None:
    thinks = {"type": "enabled", "budget_tokens": 8_000}
    assert sent(asked(max_tokens=9), 20)["max_tokens"] == 9
    assert sent(asked(), 20)["max_tokens"] == 20
    assert sent(asked(max_tokens=9_000, thinking=thinks), 8_500)["thinking"] == thinks
    assert sent(asked(max_tokens=9_000, thinking=thinks), 5_000)["thinking"] == {**thinks, "budget_tokens": 4_999}
    assert sent(asked(max_tokens=9_000, thinking=thinks), 1_000)["thinking"] == {"type": "disabled"}
    assert PROVIDER.encode(asked(max_tokens=9), "c", PRESET, 20).capped is None
    assert PROVIDER.encode(asked(max_tokens=30), "c", PRESET, 20).capped == "max_tokens"


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (400, "invalid_request_error", FailureKind.INVALID_REQUEST),
        (401, "authentication_error", FailureKind.AUTH),
        (403, "permission_error", FailureKind.AUTH),
        (404, "not_found_error", FailureKind.NOT_FOUND),
        (413, "request_too_large", FailureKind.INVALID_REQUEST),
        (429, "rate_limit_error", FailureKind.RATE_LIMITED),
        (500, "api_error", FailureKind.SERVER_ERROR),
        (529, "overloaded_error", FailureKind.OVERLOADED),
    ],
)
def test_errors_are_told_apart(status: int, kind: str, expected: FailureKind) -> None:
    body = orjson.dumps({"type": "error", "error": {"type": kind, "message": "Something."}, "request_id": "req_1"})
    failure = PROVIDER.failure(status, {}, body, PRESET)
    assert (failure.kind, failure.message) == (expected, "Something.")


def test_a_prompt_that_is_too_long_is_told_from_other_bad_requests() -> None:
    said = "prompt is too long: 200001 tokens > 200000 maximum"
    body = orjson.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": said}})
    assert PROVIDER.failure(400, {}, body, PRESET).kind is FailureKind.CONTEXT_LENGTH_EXCEEDED


def test_a_field_that_a_server_does_not_take_is_left_out_where_that_changes_nothing() -> None:
    encoded = PROVIDER.encode(asked(metadata={"user_id": "u"}, top_k=5), "c", PRESET).body

    def refusal(field: str) -> Failure:
        said = {"type": "invalid_request_error", "message": f"{field}: Extra inputs are not permitted"}
        return PROVIDER.failure(400, {}, orjson.dumps({"type": "error", "error": said}), PRESET)

    assert PROVIDER.left_out(refusal("metadata"), encoded) == "metadata"
    assert PROVIDER.left_out(refusal("service_tier"), encoded) is None
    assert PROVIDER.left_out(refusal("top_k"), encoded) is None
    refuses = replace(PRESET, refused_fields=frozenset({"metadata", "messages"}))
    body = orjson.loads(PROVIDER.encode(asked(metadata={"user_id": "u"}), "c", refuses).body)
    assert body.keys() == {"model", "messages"}


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Log in</html>",
        b"no JSON",
        b"[]",
        b'{"content": []}',
        b'{"type": "error", "error": {"type": "overloaded_error", "message": "m"}}',
    ],
)
def test_what_is_no_answer_is_a_failure(body: bytes) -> None:
    assert isinstance(PROVIDER.plain_answer(body, asked(), PRESET), Failure)
    assert isinstance(PROVIDER.plain_answer(body, CLIENT.example(Endpoint.COUNT_TOKENS, "a", {}), PRESET), Failure)


def test_a_count_of_tokens_passes_and_is_no_usage() -> None:
    request = CLIENT.example(Endpoint.COUNT_TOKENS, "a", {})
    assert PROVIDER.plain_answer(b'{"input_tokens": 14}', request, PRESET) == PlainAnswer(
        b'{"input_tokens": 14}', Usage(), 0
    )


def test_a_stream_in_the_place_of_an_answer_is_put_together() -> None:
    read = PROVIDER.plain_answer(STREAM, asked(), PRESET)
    assert isinstance(read, PlainAnswer)
    message = orjson.loads(read.raw)
    citation = ANSWER["content"][2]["citations"]  # type: ignore[index]
    assert message["content"] == [
        {"type": "thinking", "thinking": "Hm.", "signature": "s"},
        {"type": "redacted_thinking", "data": "secret"},
        {"type": "text", "text": "Hé", "citations": citation},
        {"type": "text", "text": " there"},
        {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}},
    ]
    assert (message["stop_reason"], read.usage and read.usage.total_tokens) == ("tool_use", 14)
    broken = b'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"m"}}\n\n'
    assert isinstance(PROVIDER.plain_answer(broken, asked(), PRESET), Failure)


def test_what_a_broken_body_shows_is_seen() -> None:
    whole = orjson.dumps(ANSWER)
    usage, size = PROVIDER.seen_in(whole)
    assert (usage and usage.total_tokens, size > 10) == (14, True)
    assert PROVIDER.seen_in(b'{"content":[{"type":"text","text":"abc') == (None, 3)
    assert PROVIDER.seen_in(b"[]") == (None, 0)


def test_the_model_list_is_asked_for_whole() -> None:
    listed = {"data": [{"type": "model", "id": "claude-a", "display_name": "A"}], "has_more": False}
    (model,) = PROVIDER.model_list(orjson.dumps(listed))
    assert model.name == "claude-a"
    assert PROVIDER.model_list_path == "models?limit=1000"


@pytest.mark.parametrize(("model", "wraps"), [("claude-3-5-haiku", True), ("claude-sonnet-4-5", False)])
def test_json_that_is_asked_for_in_words_is_taken_out_of_its_wrapping(model: str, wraps: bool) -> None:
    wanted = OutputFormat(OutputKind.SCHEMA, {"type": "object"})
    conversation = Conversation((Message(Role.USER, (TextPart("Hi"),)),), output=wanted, tools=(Tool("f"),))
    encoded = PROVIDER.encode_conversation(conversation, CalledModel(model, PRESETS["anthropic"]))
    assert encoded.wraps_json is wraps
    assert bool(encoded.warnings) is wraps
    assert not PROVIDER.encode_conversation(
        replace(conversation, output=OutputFormat()), CalledModel(model, PRESETS["anthropic"])
    ).wraps_json


@pytest.mark.parametrize("code", ["thread_not_found", "thread_already_continued", "thread_continue_in_flight"])
def test_a_conversation_that_the_provider_does_not_hold_is_no_fault_of_its_model(code: str) -> None:
    error = {"type": "not_found_error", "message": "No usable Thread.", "details": {"error_code": code}}
    failure = PROVIDER.failure(404, {}, orjson.dumps({"type": "error", "error": error}), PRESET)
    assert (failure.kind, failure.code, failure.cools) == (FailureKind.UNSUPPORTED, code, Cools.NOTHING)
    other = {"type": "not_found_error", "message": 'model: "thread_1"'}
    assert PROVIDER.failure(404, {}, orjson.dumps({"error": other}), PRESET).kind is FailureKind.NOT_FOUND
