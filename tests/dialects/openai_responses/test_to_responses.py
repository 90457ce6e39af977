"""Programs of other dialects talk with a model that answers in responses alone: three turns with tools and thoughts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from localrouter.dialects.contract import CalledModel, EncodedCall, PlainAnswer, Preset
from localrouter.dialects.openai_responses.provider import OpenAIResponsesProvider
from localrouter.dialects.presets import PRESETS
from localrouter.dialects.registry import DIALECTS
from localrouter.domain.configuration.config import RequestFields
from localrouter.domain.conversation.request import Endpoint, ModelRequest
from tests.dialects.openai_responses.answers import CALL, MESSAGE, REASONING, begun, event, response

CHAT, MESSAGES = "openai_chat", "anthropic_messages"
CALLED = CalledModel("gpt-5-pro", PRESETS["openai"], reasons=True)
PROVIDER = OpenAIResponsesProvider()
SCHEMA = {"type": "object", "properties": {"at": {"type": "string"}}}
ASKS: dict[str, dict[str, Any]] = {
    CHAT: {"tools": [{"type": "function", "function": {"name": "look", "parameters": SCHEMA}}]},
    MESSAGES: {"max_tokens": 500, "tools": [{"name": "look", "input_schema": SCHEMA}]},
}


def said(turn: int) -> list[dict[str, Any]]:
    """What the model thinks, says and calls in a turn."""
    return [
        REASONING | {"id": f"rs_{turn}a", "encrypted_content": f"gAAAA{turn}"},
        MESSAGE,
        CALL | {"call_id": f"call_{turn}"},
    ]


def streamed(turn: int) -> bytes:
    items = enumerate(said(turn))
    done = b"".join(event("output_item.done", output_index=place, item=item) for place, item in items)
    return begun() + done + event("completed", response=response(said(turn)))


def whole(client: str, request: ModelRequest, turn: int) -> dict[str, Any]:
    """The answer as the program gets it at once."""
    answer = PROVIDER.plain_answer(orjson.dumps(response(said(turn))), request, PRESETS["openai"])
    assert isinstance(answer, PlainAnswer)
    return dict(orjson.loads(DIALECTS.clients[client].write_answer(answer, request)))


def put_together(client: str, request: ModelRequest, turn: int) -> dict[str, Any]:
    """The same as it is put together from a stream."""
    decoder = PROVIDER.stream_decoder(replace(request, stream=True), PRESETS["openai"])
    writer = DIALECTS.clients[client].stream_writer(request)
    data = b"".join(map(writer.event, [*decoder.feed(streamed(turn)), *decoder.end()])) + writer.end()
    answer = DIALECTS.providers[client].plain_answer(data, request, PRESETS["openai"])
    assert isinstance(answer, PlainAnswer)
    return dict(orjson.loads(answer.raw))


def next_turns(client: str, answer: dict[str, Any], turn: int) -> list[dict[str, Any]]:
    if client == CHAT:
        result = {"role": "tool", "tool_call_id": f"call_{turn}", "content": "20"}
        return [answer["choices"][0]["message"], result]
    result = {"type": "tool_result", "tool_use_id": f"call_{turn}", "content": "20"}
    return [{"role": "assistant", "content": answer["content"]}, {"role": "user", "content": [result]}]


@pytest.mark.parametrize("client", [CHAT, MESSAGES])
@pytest.mark.parametrize("answered", [whole, put_together])
def test_three_turns_with_tools_keep_their_calls_and_encrypted_thoughts(client: str, answered: Any) -> None:
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Rome?"}]
    expected: list[dict[str, Any]] = [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Rome?"}]}
    ]
    for turn in range(3):
        fields = {**ASKS[client], "messages": messages}
        request = DIALECTS.clients[client].example(Endpoint.CHAT_COMPLETIONS, "one/a", fields)
        encoded = PROVIDER.encode_conversation(DIALECTS.clients[client].conversation(request), CALLED)
        body = orjson.loads(encoded.body)
        assert encoded.warnings == ()
        assert body["input"] == expected
        assert body["include"] == ["reasoning.encrypted_content"]
        messages += next_turns(client, answered(client, request, turn), turn)
        thought, spoken, called = said(turn)
        text = {"type": "output_text", "text": "Let me look.", "annotations": []}
        expected += [
            {name: thought[name] for name in ("id", "type", "summary", "encrypted_content")},
            {"type": spoken["type"], "role": "assistant", "content": [text]},
            {name: called[name] for name in ("type", "call_id", "name", "arguments")},
            {"type": "function_call_output", "call_id": f"call_{turn}", "output": "20"},
        ]


def reasoning_told(client: str, preset: Preset = PRESETS["openai"], **fields: Any) -> tuple[object, tuple[str, ...]]:
    asked = DIALECTS.clients[client].example(Endpoint.CHAT_COMPLETIONS, "one/a", fields)
    call = DIALECTS.translated(asked, replace(CALLED, preset=preset), PROVIDER.name)
    assert isinstance(call, EncodedCall)
    return orjson.loads(call.body).get("reasoning"), call.warnings


def config(**thinking: Any) -> dict[str, Any]:
    return {"generationConfig": {"thinkingConfig": thinking}}


THINKING: dict[str, Any] = {"thinking": {"type": "enabled", "budget_tokens": 2_048}, "max_tokens": 9_000}


@pytest.mark.parametrize(
    ("client", "fields", "reasoning"),
    [
        ("gemini", config(includeThoughts=True), {"summary": "auto"}),
        ("gemini", config(includeThoughts=True, thinkingLevel="LOW"), {"effort": "low", "summary": "auto"}),
        ("gemini", config(thinkingLevel="LOW"), {"effort": "low"}),
        ("gemini", config(includeThoughts=True, thinkingBudget=0), None),
        (MESSAGES, THINKING, {"effort": "low", "summary": "auto"}),
        (MESSAGES, THINKING | {"thinking": {"type": "adaptive", "display": "omitted"}}, None),
        (MESSAGES, {"thinking": {"type": "disabled"}}, None),
        (CHAT, {"reasoning_effort": "low"}, {"effort": "low", "summary": "auto"}),
        (CHAT, {"reasoning": {"effort": "low", "exclude": True}}, {"effort": "low"}),
        (CHAT, {"reasoning_effort": "low", "include_reasoning": False}, {"effort": "low"}),
        (CHAT, {"reasoning_effort": "none"}, None),
    ],
)
def test_thoughts_are_asked_for_in_words_where_the_program_reads_them(
    client: str, fields: dict[str, Any], reasoning: object
) -> None:
    assert reasoning_told(client, **fields)[0] == reasoning


def test_a_summary_that_the_provider_refused_is_left_out_with_a_warning() -> None:
    message = "Your organization must be verified to generate reasoning summaries."
    error = {"message": message, "type": "invalid_request_error", "param": "reasoning.summary"}
    told = orjson.dumps({"error": error | {"code": "unsupported_value"}})
    refusal = PROVIDER.failure(400, {}, told, PRESETS["openai"])
    field = PROVIDER.left_out(refusal, b'{"reasoning": {"effort": "low", "summary": "auto"}}')
    assert field == "reasoning.summary"
    spared = PRESETS["openai"].taking(RequestFields(), frozenset({field}))
    reasoning, warnings = reasoning_told(CHAT, spared, reasoning_effort="low")
    assert reasoning == {"effort": "low"}
    assert [warning for warning in warnings if "reasoning.summary" in warning]
    own = DIALECTS.clients[PROVIDER.name].example(
        Endpoint.CHAT_COMPLETIONS, "one/a", {"reasoning": {"effort": "low", "summary": "detailed"}}
    )
    call = PROVIDER.encode(own, "gpt-5", spared)
    assert orjson.loads(call.body)["reasoning"] == {"effort": "low"}
    assert call.warnings == tuple(warning for warning in warnings if "reasoning.summary" in warning)
    assert own.body["reasoning"] == {"effort": "low", "summary": "detailed"}
