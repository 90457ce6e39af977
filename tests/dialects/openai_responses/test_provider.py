"""What goes to a provider of responses as it came, and what its whole answers mean."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from localrouter.dialects.contract import PlainAnswer
from localrouter.dialects.openai_responses.fields import NAME
from localrouter.dialects.openai_responses.provider import OpenAIResponsesProvider
from localrouter.dialects.presets import PRESETS
from localrouter.domain.configuration.config import RequestFields
from localrouter.domain.conversation.request import Service
from localrouter.domain.routing.failures import Cools, Failure, FailureKind
from tests.dialects.openai_responses.answers import CALL, MESSAGE, event, response, stream
from tests.dialects.openai_responses.asking import asked

PROVIDER, OPENAI = OpenAIResponsesProvider(), PRESETS["openai"]
SEARCH = {"type": "web_search", "external_web_access": False}


def sent(cap: int | None = None, **fields: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    call = PROVIDER.encode(asked(**fields), "gpt-5", OPENAI, cap)
    assert call.path == "responses"
    return dict(orjson.loads(call.body)), call.warnings


def read(answer: object, **fields: Any) -> PlainAnswer | Failure:
    body = answer if isinstance(answer, bytes) else orjson.dumps(answer)
    return PROVIDER.plain_answer(body, asked(**fields), OPENAI)


def told(answer: object, **fields: Any) -> PlainAnswer:
    found = read(answer, **fields)
    assert isinstance(found, PlainAnswer), found
    return found


def failed(answer: object) -> Failure:
    found = read(answer)
    assert isinstance(found, Failure), found
    return found


def test_everything_that_only_its_provider_knows_passes_as_it_came() -> None:
    fields: dict[str, Any] = {
        "input": [{"type": "item_reference", "id": "msg_1"}, {"type": "mcp_approval_response", "approve": True}],
        "previous_response_id": "resp_1",
        "store": True,
        "background": True,
        "prompt": {"id": "pmpt_1"},
        "news": {"a": [1, "b"]},
        "tools": [SEARCH, {"type": "function", "name": "f"}],
    }
    body, warnings = sent(**fields)
    assert body == {**fields, "model": "gpt-5"}
    assert warnings == ("what the provider may ask for its own tools is in no figure: web_search",)


@pytest.mark.parametrize(
    ("fields", "services"),
    [
        ({}, set()),
        ({"store": False, "background": False, "conversation": None}, set()),
        ({"store": True}, {Service.MEMORY}),
        ({"previous_response_id": "resp_1"}, {Service.MEMORY}),
        ({"conversation": {"id": "conv_1"}}, {Service.MEMORY}),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, {Service.MEMORY}),
        ({"input": [{"type": "item_reference", "id": "rs_1"}]}, set()),
        ({"prompt": {"id": "pmpt_1"}}, {Service.PROMPTS}),
        ({"background": True}, {Service.BACKGROUND}),
        ({"tools": [{"type": "file_search"}]}, {Service.TOOLS}),
        ({"tools": [{"type": "function", "name": "a"}]}, set()),
        ({"tools": [SEARCH]}, {Service.OTHER_TOOLS}),
        ({"tools": [{"type": "custom", "name": "a"}, {"type": "namespace", "tools": []}]}, {Service.OTHER_TOOLS}),
    ],
)
def test_a_request_says_what_it_needs_of_its_provider(fields: dict[str, Any], services: set[Service]) -> None:
    assert asked(**fields).services == services


def test_a_provider_is_told_in_its_first_dialect_what_it_does_not_do() -> None:
    asks = asked(background=True)
    assert PRESETS["openai"].dialect_for(asks) == NAME
    assert PRESETS["groq"].dialect_for(asked()) == NAME
    assert PRESETS["groq"].dialect_for(asks) == "openai_chat"
    assert PRESETS["mistral"].dialect_for(asked()) == "openai_chat"


def test_tools_that_a_server_may_not_know_are_told_as_functions_unless_it_is_needed_for_more() -> None:
    codex: dict[str, Any] = {"tools": [{"type": "namespace", "name": "n", "tools": []}]}
    assert PRESETS["openai"].dialect_for(asked(**codex)) == NAME
    assert PRESETS["vllm"].dialect_for(asked(**codex)) == "openai_chat"
    assert PRESETS["vllm"].lacking(asked(**codex)) == set()
    assert PRESETS["vllm"].dialect_for(asked(**codex, previous_response_id="resp_1")) == NAME


def test_a_server_that_keeps_nothing_is_asked_by_chat_for_what_its_responses_lack() -> None:
    refusal = {"error": {"message": "'include' is not supported", "code": "unsupported_parameter", "param": "include"}}
    sent_body = b'{"include":["reasoning.encrypted_content"],"input":"a"}'
    for preset, left_out in (("groq", NAME), ("openai", None)):
        failure = PROVIDER.failure(400, {}, orjson.dumps(refusal), PRESETS[preset])
        assert failure.kind is FailureKind.UNSUPPORTED
        assert PROVIDER.left_out(failure, sent_body) == left_out


def test_the_cap_is_lowered_once_and_told() -> None:
    for given, capped in ((None, "max_output_tokens"), (500, "max_output_tokens"), (100, None), (20, None)):
        call = PROVIDER.encode(asked(max_output_tokens=given), "m", OPENAI, 100)
        assert orjson.loads(call.body)["max_output_tokens"] == min(given or 100, 100)
        assert call.capped == capped


def test_codex_search_is_left_out_under_a_strict_limit_alone() -> None:
    tools = [SEARCH, {"type": "function", "name": "f"}]
    assert sent(tools=tools)[0]["tools"] == tools
    body, warnings = sent(100, tools=tools)
    assert body["tools"] == tools[1:]
    more = {"type": "additional_tools", "tools": tools}
    assert sent(100, input=[more])[0]["input"] == [more | {"tools": tools[1:]}]
    assert warnings == ("left out, as a strict limit cannot bound it: web_search",)


def test_thoughts_of_other_providers_stay_here() -> None:
    own = {"type": "reasoning", "id": "rs_0a1b", "summary": [], "encrypted_content": "gAAAA"}
    given = [own, own | {"encrypted_content": "localrouter:e30="}, {"type": "reasoning", "id": "rs_x_0", "summary": []}]
    body, warnings = sent(input=given)
    assert body["input"] == [own]
    assert warnings == ("left out, as another provider made it: reasoning of earlier turns",)


def test_a_whole_answer_passes_and_its_tokens_are_read() -> None:
    raw = orjson.dumps(response(service_tier="priority"))
    answer = told(raw)
    assert answer.raw == raw
    assert answer.reply is None
    assert answer.id == "resp_abc"
    usage = answer.usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens) == (30, 12, 20, 8)
    assert usage.service_tier == "priority"
    assert answer.output_bytes == len("Rome, so Italy.") + len("Let me look.") + len('{"at":"Rome"}')


def test_an_answer_that_goes_on_without_anybody_is_told_as_such() -> None:
    answer = told(response([], status="queued", usage=None))
    assert answer.is_running
    assert answer.usage is None


@pytest.mark.parametrize("status", ["incomplete", "cancelled"])
def test_an_answer_that_was_cut_is_one(status: str) -> None:
    assert told(response([], status=status)).usage is not None


def test_a_failed_response_is_a_failure_whatever_its_status() -> None:
    error = {"code": "rate_limit_exceeded", "message": "Too many."}
    failure = failed(response([], status="failed", error=error))
    assert (failure.kind, failure.message) == (FailureKind.RATE_LIMITED, "Too many.")
    assert failed({"error": {"message": "No.", "type": "server_error"}}).kind is FailureKind.SERVER_ERROR
    assert failed(response([])).message == "The provider answered without an answer in it."
    assert failed(b"<html>").message == "The provider answered with a web page. Check its base URL."


def test_a_stream_that_nobody_asked_for_is_put_together() -> None:
    answer = told(stream())
    assert orjson.loads(answer.raw) == response()
    assert answer.usage is not None
    items = told(event("output_item.done", item=MESSAGE) + event("completed", response=response([])))
    assert orjson.loads(items.raw)["output"] == [MESSAGE]
    assert isinstance(read(stream() + event("failed", response=response(status="failed"))), Failure)


def test_what_came_of_a_broken_answer_is_counted() -> None:
    raw = orjson.dumps(response())
    assert PROVIDER.seen_in(raw)[0] is not None
    usage, size = PROVIDER.seen_in(raw[: raw.index(b'"arguments"')])
    assert usage is None
    assert size >= len("Let me look.")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"404 page not found"),
        (404, b'{"detail":"Not Found"}'),
        (404, b'{"error":{"code":404,"message":"Page not found","type":"not_found_error"}}'),
        (404, b'{"error":{"code":"404","message":"Resource not found"}}'),
        (405, b'{"detail":"Method Not Allowed"}'),
        (501, b""),
    ],
)
def test_a_server_without_responses_is_told_the_request_otherwise(status: int, body: bytes) -> None:
    failure = PROVIDER.failure(status, {}, body, PRESETS["ollama"])
    assert (failure.kind, failure.cools) == (FailureKind.UNSUPPORTED, Cools.NOTHING)
    assert PROVIDER.left_out(failure, b"{}") == NAME
    assert PRESETS["ollama"].taking(RequestFields(), frozenset({NAME})).dialect_for(asked()) == "openai_chat"


def test_a_model_or_an_answer_that_is_not_there_is_no_missing_path() -> None:
    for message, code in (
        ("The model `x` does not exist", "model_not_found"),
        ("Previous response with id 'resp_1' not found.", "previous_response_not_found"),
        ("Item with id 'msg_1' not found.", None),
    ):
        body = orjson.dumps({"error": {"message": message, "code": code, "type": "invalid_request_error"}})
        assert PROVIDER.left_out(PROVIDER.failure(404, {}, body, OPENAI), b"{}") is None


def test_a_field_that_a_server_does_not_take_is_left_out() -> None:
    refusal = {"error": {"message": "Unknown parameter: 'metadata'.", "code": "unknown_parameter", "param": "metadata"}}
    failure = PROVIDER.failure(400, {}, orjson.dumps(refusal), OPENAI)
    assert PROVIDER.left_out(failure, b'{"metadata":{},"input":"a"}') == "metadata"
    cap = {"error": {"message": "Unsupported parameter: 'max_output_tokens'", "param": "max_output_tokens"}}
    failure = PROVIDER.failure(400, {}, orjson.dumps(cap), OPENAI)
    assert PROVIDER.left_out(failure, b'{"max_output_tokens":5}') is None


def test_a_call_and_a_message_are_answers() -> None:
    assert told(response([CALL])).output_bytes == len(CALL["arguments"])
