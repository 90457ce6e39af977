"""Whole answers and streams of OpenAI's chat in neutral terms, and back."""

from __future__ import annotations

import orjson
import pytest

from localrouter.dialects.contract import PlainAnswer, StreamEvent
from localrouter.dialects.openai_chat.client import OpenAIChatClient
from localrouter.dialects.openai_chat.provider import OpenAIChatProvider
from localrouter.dialects.presets import PRESETS
from localrouter.domain.conversation.parts import ReasoningPart, TextPart, ToolKind
from localrouter.domain.conversation.reply import (
    ArgumentsPiece,
    Began,
    Delta,
    Finish,
    Finished,
    FinishReason,
    ReasoningPiece,
    ReasoningSealed,
    RefusalPiece,
    TextPiece,
    ToolCallBegan,
    UsageTold,
)
from localrouter.domain.conversation.request import Endpoint, ModelRequest, Usage

CLIENT, PROVIDER, PRESET = OpenAIChatClient(), OpenAIChatProvider(), PRESETS["openai-compatible"]
ASKED = CLIENT.example(Endpoint.CHAT_COMPLETIONS, "one/a", {"stream": True, "stream_options": {"include_usage": True}})
FOREIGN = ModelRequest(Endpoint.CHAT_COMPLETIONS, "one/a", {}, "another", stream=True)
LOGPROB = {"token": "H", "logprob": -0.5, "bytes": [72]}
ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 0,
    "model": "a-1",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "Hi",
                "refusal": "Not that.",
                "annotations": [
                    {
                        "type": "url_citation",
                        "url_citation": {"url": "https://a", "title": "A", "start_index": 0, "end_index": 2},
                    }
                ],
                "reasoning_content": "Hm.",
                "reasoning_details": [
                    {"type": "reasoning.text", "text": "Hm.", "signature": "s", "format": "unknown", "index": 0}
                ],
                "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                    {"id": "c2", "type": "custom", "custom": {"name": "g", "input": "ls"}},
                ],
            },
            "logprobs": {"content": [{**LOGPROB, "top_logprobs": [LOGPROB]}]},
            "finish_reason": "tool_calls",
        }
    ],
    "usage": {
        "prompt_tokens": 9,
        "completion_tokens": 4,
        "total_tokens": 13,
        "prompt_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 1},
        "completion_tokens_details": {"reasoning_tokens": 3},
    },
}


def test_nothing_of_a_whole_answer_is_lost_on_the_way_to_its_own_dialect() -> None:
    plain = PROVIDER.plain_answer(orjson.dumps(ANSWER), FOREIGN, PRESET)
    assert isinstance(plain, PlainAnswer)
    assert orjson.loads(CLIENT.write_answer(plain, ASKED)) == ANSWER
    same = PROVIDER.plain_answer(orjson.dumps(ANSWER), ASKED, PRESET)
    assert isinstance(same, PlainAnswer)
    assert same.reply is None


@pytest.mark.parametrize(
    ("raw", "reason", "written"),
    [
        ("stop", FinishReason.STOP, "stop"),
        ("length", FinishReason.LENGTH, "length"),
        ("tool_calls", FinishReason.TOOLS, "tool_calls"),
        ("function_call", FinishReason.TOOLS, "tool_calls"),
        ("content_filter", FinishReason.CONTENT_FILTER, "content_filter"),
        ("eos", FinishReason.STOP, "stop"),
        ("MAX_TOKENS", FinishReason.LENGTH, "length"),
        ("tool_use", FinishReason.TOOLS, "tool_calls"),
        ("SAFETY", FinishReason.CONTENT_FILTER, "content_filter"),
        ("stop_sequence", FinishReason.STOP_SEQUENCE, "stop"),
        ("what", FinishReason.OTHER, "stop"),
    ],
)
def test_reasons_to_finish_keep_the_providers_own_word(raw: str, reason: FinishReason, written: str) -> None:
    answer = {"choices": [{"message": {"content": "a"}, "finish_reason": raw}]}
    plain = PROVIDER.plain_answer(orjson.dumps(answer), FOREIGN, PRESET)
    assert isinstance(plain, PlainAnswer)
    assert plain.reply is not None
    assert plain.reply.finish == Finish(reason, raw)
    assert orjson.loads(CLIENT.write_answer(plain, ASKED))["choices"][0]["finish_reason"] == written


def chunk(delta: dict[str, object] | None = None, finish: str | None = None, **more: object) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return b"data: " + orjson.dumps({"id": "x", "model": "m", "choices": choices, **more}) + b"\n\n"


def call(index: int | None, call_id: str = "", name: str = "", arguments: str = "") -> dict[str, object]:
    placed = {} if index is None else {"index": index}
    return {**placed, "id": call_id, "function": {"name": name, "arguments": arguments}}


STREAM = b"".join(
    [
        chunk({"role": "assistant", "content": ""}),
        chunk({"reasoning_content": "H"}),
        chunk({"reasoning_details": [{"type": "reasoning.text", "text": "m", "format": "anthropic-claude-v1"}]}),
        chunk({"reasoning_details": [{"type": "reasoning.text", "signature": "s", "format": "anthropic-claude-v1"}]}),
        chunk({"content": "Hé"}),
        b": ping\n\n",
        chunk({"refusal": "No."}),
        chunk({"tool_calls": [call(0, "c1", "f"), call(1, "c2", "g", "{")]}),
        chunk({"tool_calls": [call(0, arguments="{}")]}),
        chunk({"tool_calls": [call(1, arguments="}")]}),
        chunk({}, "tool_calls"),
        chunk(usage={"prompt_tokens": 3, "completion_tokens": 2}),
        b"data: [DONE]\n\n",
    ]
)
DELTAS: tuple[Delta, ...] = (
    Began("x", "m"),
    ReasoningPiece("H"),
    ReasoningPiece("m"),
    ReasoningSealed("s", dialect="anthropic_messages"),
    TextPiece("Hé"),
    RefusalPiece("No."),
    ToolCallBegan(0, "c1", "f"),
    ToolCallBegan(1, "c2", "g"),
    ArgumentsPiece(1, "{"),
    ArgumentsPiece(0, "{}"),
    ArgumentsPiece(1, "}"),
    Finished(Finish(FinishReason.TOOLS, "tool_calls")),
    UsageTold(Usage(3, 2)),
)


def events(data: bytes, request: ModelRequest, cut: int = 0) -> list[StreamEvent]:
    decoder = PROVIDER.stream_decoder(request, PRESET)
    return [*decoder.feed(data[:cut]), *decoder.feed(data[cut:]), *decoder.end()]


def told(data: bytes, cut: int = 0) -> tuple[Delta, ...]:
    return tuple(delta for event in events(data, FOREIGN, cut) for delta in event.deltas)


def test_a_stream_says_the_same_however_it_is_split() -> None:
    for cut in range(len(STREAM)):
        assert told(STREAM, cut) == DELTAS


def test_a_stream_for_its_own_dialect_is_told_in_no_other_terms() -> None:
    assert not any(event.deltas for event in events(STREAM, ASKED))


def test_a_written_stream_says_the_same_when_it_is_read_again() -> None:
    writer = CLIENT.stream_writer(ASKED)
    written = b"".join(map(writer.event, events(STREAM, FOREIGN)))
    assert written.endswith(b"data: [DONE]\n\n")
    # Who thought is known with the signature alone.
    assert told(written) == DELTAS
    assert b'"usage"' not in b"".join(map(OpenAIChatClient().stream_writer(FOREIGN).event, events(STREAM, FOREIGN)))


@pytest.mark.parametrize(
    "calls",
    [
        [call(0, "c1", "f", "{}"), call(0, "c2", "g", "[]")],
        [call(None, "c1", "f", "{}"), call(None, "c2", "g", "[]")],
        [call(0, "c1", "f"), call(0, "c1", "", "{}"), call(1, "c2", "g", "[]")],
    ],
    ids=["all numbered 0", "not numbered", "ids repeated"],
)
def test_tool_calls_are_told_apart_however_a_server_numbers_them(calls: list[dict[str, object]]) -> None:
    said = told(b"".join(chunk({"tool_calls": [each]}) for each in calls))[1:]
    assert said == (
        ToolCallBegan(0, "c1", "f"),
        ArgumentsPiece(0, "{}"),
        ToolCallBegan(1, "c2", "g"),
        ArgumentsPiece(1, "[]"),
    )


def test_a_custom_tool_gets_text() -> None:
    custom = {"index": 0, "id": "c", "type": "custom", "custom": {"name": "sh", "input": "ls"}}
    assert told(chunk({"tool_calls": [custom]}))[1:] == (
        ToolCallBegan(0, "c", "sh", ToolKind.CUSTOM),
        ArgumentsPiece(0, "ls"),
    )


THOUGHTFUL: list[dict[str, object]] = [
    {"type": "thinking", "thinking": [{"type": "text", "text": "H"}, {"type": "text", "text": "m."}]},
    {"type": "text", "text": "Hi"},
]


def test_thoughts_may_be_parts_of_the_content() -> None:
    plain = PROVIDER.plain_answer(orjson.dumps({"choices": [{"message": {"content": THOUGHTFUL}}]}), FOREIGN, PRESET)
    assert isinstance(plain, PlainAnswer)
    assert plain.reply is not None
    assert plain.reply.parts == (ReasoningPart("Hm."), TextPart("Hi"))
    pieces = [delta for event in events(chunk({"content": THOUGHTFUL}), FOREIGN) for delta in event.deltas]
    assert pieces == [Began("x", "m"), ReasoningPiece("Hm."), TextPiece("Hi")]


def test_a_function_that_was_called_without_arguments_has_an_empty_object() -> None:
    writer = CLIENT.stream_writer(ASKED)
    began = (ToolCallBegan(0, "c1", "f"), ToolCallBegan(1, "c2", "g"), ArgumentsPiece(1, "{}"))
    written = writer.event(StreamEvent(b"", deltas=(*began, Finished(Finish(FinishReason.STOP)))))
    told = [orjson.loads(line[6:])["choices"][0] for line in written.split(b"\n\n") if line]
    arguments = ["", ""]
    for choice in told:
        for each in choice["delta"].get("tool_calls", ()):
            arguments[each["index"]] += each["function"]["arguments"]
    assert arguments == ["{}", "{}"]
    assert told[-1]["finish_reason"] == "tool_calls"
