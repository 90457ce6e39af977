"""An answer that is the input of a tool: as the model is asked, and as the program reads it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from localrouter.dialects.adapters.answers.by_tool import ANSWER_TOOL, BY_TOOL, FromTool
from localrouter.dialects.adapters.answers.wrapping import UnwrappedStream, unwrapped, unwrapper_of
from localrouter.dialects.contract import CalledModel, EncodedCall, PlainAnswer
from localrouter.dialects.presets import PRESETS
from localrouter.dialects.registry import DIALECTS
from localrouter.domain.conversation.parts import TextPart
from localrouter.domain.conversation.reply import (
    ArgumentsPiece,
    Delta,
    Finish,
    Finished,
    FinishReason,
    TextPiece,
    ToolCallBegan,
    UsageTold,
)
from localrouter.domain.conversation.request import Endpoint, ModelRequest

PROVIDER, PRESET = DIALECTS.providers["anthropic_messages"], PRESETS["anthropic"]
CLIENT = DIALECTS.clients["openai_chat"]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FORMAT = {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}}
TOOLS = {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]}
USAGE = {"input_tokens": 5, "output_tokens": 9}
SAID = '{"city":"Zürich","n":1}'


def asked(**fields: Any) -> ModelRequest:
    return CLIENT.example(Endpoint.CHAT_COMPLETIONS, "one/a", {**FORMAT, **fields})


def call_of(request: ModelRequest, model: str = "claude-3-5-haiku-20241022") -> EncodedCall:
    call = DIALECTS.translated(request, CalledModel(model, PRESET), "anthropic_messages")
    assert isinstance(call, EncodedCall), call
    return call


def message(content: list[dict[str, Any]], reason: str) -> bytes:
    told = {"id": "m", "type": "message", "role": "assistant", "model": "c", "content": content}
    return orjson.dumps({**told, "stop_reason": reason, "usage": USAGE})


def whole(content: list[dict[str, Any]], reason: str) -> dict[str, Any]:
    request = asked()
    plain = PROVIDER.plain_answer(message(content, reason), request, PRESET)
    unwrapper = unwrapper_of(call_of(request))
    assert isinstance(plain, PlainAnswer)
    assert unwrapper is not None
    answer: dict[str, Any] = orjson.loads(CLIENT.write_answer(unwrapped(plain, unwrapper), request))
    return answer


def streamed(blocks: list[tuple[dict[str, Any], list[dict[str, Any]]]], reason: str, at: int | None) -> list[Delta]:
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "m", "model": "c", "role": "assistant", "usage": USAGE}}
    ]
    for index, (block, deltas) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    events += [{"type": "message_delta", "delta": {"stop_reason": reason}, "usage": USAGE}, {"type": "message_stop"}]
    sent = b"".join(b"event: %b\ndata: %b\n\n" % (event["type"].encode(), orjson.dumps(event)) for event in events)
    request = asked(stream=True)
    unwrapper = unwrapper_of(call_of(request))
    assert unwrapper is not None
    decoder = UnwrappedStream(PROVIDER.stream_decoder(request, PRESET), unwrapper)
    parts = (sent,) if at is None else (sent[:at], sent[at:])
    told = [event for part in parts for event in decoder.feed(part)] + list(decoder.end())
    return [delta for event in told for delta in event.deltas]


def text_of(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, TextPiece))


CALL = {"type": "tool_use", "id": "t", "name": ANSWER_TOOL, "input": {}}


def test_a_model_without_formats_has_to_call_a_tool_that_takes_the_answer() -> None:
    call = call_of(asked())
    body = orjson.loads(call.body)
    (tool,) = body["tools"]
    assert (tool["name"], tool["input_schema"]) == (ANSWER_TOOL, SCHEMA)
    assert body["tool_choice"] == {"type": "tool", "name": ANSWER_TOOL, "disable_parallel_tool_use": True}
    assert "system" not in body
    assert (call.by_tool, call.wraps_json, call.warnings, call.adapted) == (True, False, (), (BY_TOOL,))


@pytest.mark.parametrize(
    ("fields", "model"),
    [
        (TOOLS, "claude-3-5-haiku-20241022"),
        ({"reasoning_effort": "high"}, "claude-3-7-sonnet-20250219"),
        ({}, "claude-2.1"),
        ({}, "glm-4.6"),
    ],
)
def test_where_no_tool_can_be_forced_the_schema_is_told_in_words(fields: dict[str, Any], model: str) -> None:
    call = call_of(asked(**fields), model)
    body = orjson.loads(call.body)
    assert "JSON schema" in str(body["system"])
    assert ANSWER_TOOL not in str(body.get("tools"))
    assert (call.by_tool, call.wraps_json) == (False, True)
    assert "enforcement of the answer's schema" in str(call.warnings)


def test_a_model_that_has_formats_is_told_the_format() -> None:
    call = call_of(asked(), "claude-sonnet-4-5")
    assert (call.by_tool, "tools" in orjson.loads(call.body), call.adapted) == (False, False, ())


def test_the_input_of_the_tool_is_a_whole_answers_content() -> None:
    answer = whole([{"type": "text", "text": "Sure."}, {**CALL, "input": {"city": "Zürich"}}], "tool_use")
    (choice,) = answer["choices"]
    assert orjson.loads(choice["message"]["content"]) == {"city": "Zürich"}
    assert not choice["message"].get("tool_calls")
    assert choice["finish_reason"] == "stop"
    assert (answer["usage"]["prompt_tokens"], answer["usage"]["completion_tokens"]) == (5, 9)


def test_an_answer_without_the_call_stays_and_a_cut_one_says_so() -> None:
    refused = whole([{"type": "text", "text": "I cannot."}], "end_turn")
    assert refused["choices"][0]["message"]["content"] == "I cannot."
    assert whole([CALL], "max_tokens")["choices"][0]["finish_reason"] == "length"


def test_the_input_of_the_tool_is_streamed_as_content_wherever_the_bytes_are_cut() -> None:
    pieces = [{"type": "input_json_delta", "partial_json": SAID[at : at + 5]} for at in range(0, len(SAID), 5)]
    blocks: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
        ({"type": "text", "text": ""}, [{"type": "text_delta", "text": "Sure."}]),
        (CALL, pieces),
    ]
    for at in range(1, 1_200, 3):
        deltas = streamed(blocks, "tool_use", at)
        assert text_of(deltas) == SAID
        assert sum(isinstance(delta, TextPiece) for delta in deltas) == len(pieces)
        assert not any(isinstance(delta, ToolCallBegan | ArgumentsPiece) for delta in deltas)
        assert [delta.finish.reason for delta in deltas if isinstance(delta, Finished)] == [FinishReason.STOP]
        assert any(isinstance(delta, UsageTold) and delta.usage.output_tokens == 9 for delta in deltas)


def test_a_streamed_answer_without_the_call_stays_and_an_empty_object_is_one() -> None:
    words = [({"type": "text", "text": ""}, [{"type": "text_delta", "text": "I cannot."}])]
    assert text_of(streamed(words, "end_turn", None)) == "I cannot."
    assert text_of(streamed([(CALL, [])], "tool_use", None)) == "{}"
    cut = streamed([(CALL, [{"type": "input_json_delta", "partial_json": '{"ci'}])], "max_tokens", None)
    assert text_of(cut) == '{"ci'
    assert next(delta.finish for delta in cut if isinstance(delta, Finished)).reason is FinishReason.LENGTH


def test_a_list_is_taken_out_of_the_object_that_the_tool_takes() -> None:
    config = {"generationConfig": {"responseMimeType": "application/json", "responseSchema": {"type": "ARRAY"}}}
    call = call_of(DIALECTS.clients["gemini"].example(Endpoint.CHAT_COMPLETIONS, "one/a", config), "claude-3-opus")
    unwrapper = unwrapper_of(call)
    assert isinstance(unwrapper, FromTool)
    deltas = unwrapper.opened([ToolCallBegan(0, "t", ANSWER_TOOL), ArgumentsPiece(0, '{"value": [1, 2]}')])
    told = [piece for delta in deltas if isinstance(delta, TextPiece) for piece in unwrapper.feed(delta.text)]
    assert text_of([*told, *unwrapper.end()]) == "[1, 2]"
    reply = PROVIDER.plain_answer(message([{**CALL, "input": {"value": [1, 2]}}], "tool_use"), asked(), PRESET)
    assert isinstance(reply, PlainAnswer)
    read = unwrapped(reply, unwrapper_of(call) or unwrapper).reply
    assert read is not None
    assert read.parts == (TextPart("[1,2]"),)
    assert read.finish == Finish(FinishReason.STOP)
