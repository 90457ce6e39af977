"""Whole answers and streams of Anthropic's messages in neutral terms, and back."""

from __future__ import annotations

from collections.abc import Iterable

import orjson
import pytest

from localrouter.dialects.anthropic_messages.client import AnthropicMessagesClient
from localrouter.dialects.anthropic_messages.provider import AnthropicMessagesProvider
from localrouter.dialects.contract import PlainAnswer, StreamEvent
from localrouter.dialects.presets import PRESETS
from localrouter.domain.conversation.parts import ReasoningPart, RefusalPart, TextPart, ToolCallPart
from localrouter.domain.conversation.pieces import pieces_of
from localrouter.domain.conversation.reply import (
    ArgumentsPiece,
    Began,
    Delta,
    Finish,
    Finished,
    FinishReason,
    PartBegan,
    ReasoningPiece,
    ReasoningSealed,
    RefusalPiece,
    Reply,
    TextPiece,
    ToolCallBegan,
    UsageTold,
)
from localrouter.domain.conversation.request import Endpoint, ModelRequest, Usage

CLIENT, PROVIDER, PRESET = AnthropicMessagesClient(), AnthropicMessagesProvider(), PRESETS["anthropic"]
ASKED = CLIENT.example(Endpoint.CHAT_COMPLETIONS, "one/a", {"stream": True})
FOREIGN = ModelRequest(Endpoint.CHAT_COMPLETIONS, "one/a", {}, "another", stream=True)
CITATION = {"type": "char_location", "cited_text": "Once", "document_index": 0, "document_title": "t"}
CACHED = {
    "input_tokens": 5,
    "cache_creation_input_tokens": 3,
    "cache_read_input_tokens": 2,
    "output_tokens": 4,
    "cache_creation": {"ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 2},
    "output_tokens_details": {"thinking_tokens": 3},
    "server_tool_use": None,
    "service_tier": None,
    "inference_geo": None,
}
NOTHING_USED = {"server_tool_use": None, "service_tier": None, "inference_geo": None}  # documented, and required
ANSWER = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-1",
    "content": [
        {"type": "thinking", "thinking": "Hm.", "signature": "s"},
        {"type": "redacted_thinking", "data": "secret"},
        {"type": "text", "text": "Hi", "citations": [CITATION]},
        {"type": "text", "text": " there", "citations": None},
        {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": [1, 2.5, None]}, "caller": {"type": "direct"}},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "stop_details": None,
    "container": None,
    "usage": CACHED,
}


def plain(answer: object, request: ModelRequest = FOREIGN) -> PlainAnswer:
    read = PROVIDER.plain_answer(orjson.dumps(answer), request, PRESET)
    assert isinstance(read, PlainAnswer)
    return read


def written(reply: Reply) -> dict[str, object]:
    answer = orjson.loads(CLIENT.write_answer(PlainAnswer(b"", None, 0, reply), ASKED))
    assert isinstance(answer, dict)
    return answer


def test_nothing_of_a_whole_answer_is_lost_on_the_way_to_its_own_dialect() -> None:
    read = plain(ANSWER)
    assert orjson.loads(CLIENT.write_answer(read, ASKED)) == ANSWER
    assert read.usage == Usage(
        10, 4, cached_tokens=2, reasoning_tokens=3, cache_write_tokens=3, cache_write_1h_tokens=2
    )
    assert plain(ANSWER, ASKED).reply is None


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("end_turn", FinishReason.STOP),
        ("stop_sequence", FinishReason.STOP_SEQUENCE),
        ("max_tokens", FinishReason.LENGTH),
        ("tool_use", FinishReason.TOOLS),
        ("pause_turn", FinishReason.PAUSE),
        ("refusal", FinishReason.REFUSAL),
        ("model_context_window_exceeded", FinishReason.CONTEXT),
    ],
)
def test_reasons_to_finish_come_back_as_they_were(raw: str, reason: FinishReason) -> None:
    read = plain({**ANSWER, "content": [], "stop_reason": raw, "stop_sequence": "E"})
    assert read.reply is not None
    assert read.reply.finish == Finish(reason, raw, "E")
    assert written(read.reply)["stop_reason"] == raw


def test_what_others_say_is_written_as_anthropic_would() -> None:
    sealed = ReasoningPart(summary=("So.",), encrypted="e:1", dialect="openai_responses", item_id="rs_1")
    parts = (ReasoningPart("Hm."), sealed, RefusalPart("No."), ToolCallPart("c", "f", "{"))
    answer = written(Reply(parts, Finish(FinishReason.STOP, "stop")))
    unsigned, summary, refusal, call = answer["content"]  # type: ignore[misc]
    assert unsigned["signature"] == "localrouter::s::"  # type: ignore[has-type]
    assert summary["thinking"] == "So."  # type: ignore[has-type]
    assert refusal["text"] == "No."  # type: ignore[has-type]
    assert call["input"] == {"arguments": "{"}  # type: ignore[has-type]
    assert answer["stop_reason"] == "tool_use"
    back = CLIENT.conversation(CLIENT.example(Endpoint.CHAT_COMPLETIONS, "m", {"messages": [answer]}))
    assert back.messages[0].parts[:3] == (ReasoningPart("Hm."), sealed, TextPart("No."))


def test_another_providers_thoughts_are_taken_out_before_they_go_to_anthropic() -> None:
    blocks = [
        {"type": "thinking", "thinking": "Hm.", "signature": "localrouter::s::"},
        {"type": "redacted_thinking", "data": "localrouter:openai_responses:e:rs:x"},
        {"type": "thinking", "thinking": "Own.", "signature": "s"},
        {"type": "text", "text": "a"},
    ]
    told = [{"role": "user", "content": "a"}, {"role": "assistant", "content": blocks}]
    encoded = PROVIDER.encode(CLIENT.example(Endpoint.CHAT_COMPLETIONS, "m", {"messages": told}), "c", PRESET)
    assert orjson.loads(encoded.body)["messages"] == [told[0], {"role": "assistant", "content": blocks[2:]}]
    assert "another provider" in encoded.warnings[0]
    own = CLIENT.example(Endpoint.CHAT_COMPLETIONS, "m", {"messages": [{"role": "assistant", "content": blocks[2:]}]})
    assert PROVIDER.encode(own, "c", PRESET).warnings == ()


@pytest.mark.parametrize("signature", ["", None])
def test_claude_gets_no_thoughts_that_nobody_signed(signature: str | None) -> None:
    unsigned = {"type": "thinking", "thinking": "Hm."} | ({} if signature is None else {"signature": signature})
    said = {"type": "text", "text": "a"}
    told = [{"role": "assistant", "content": [unsigned, said]}, {"role": "assistant", "content": [unsigned]}]
    asked = CLIENT.example(Endpoint.CHAT_COMPLETIONS, "m", {"messages": told})
    body = orjson.loads(PROVIDER.encode(asked, "claude-opus-4-5", PRESET).body)
    assert body["messages"] == [{"role": "assistant", "content": [said]}]
    assert orjson.loads(PROVIDER.encode(asked, "glm-4.7", PRESET).body)["messages"] == told


def sse(*events: dict[str, object]) -> bytes:
    return b"".join(b"event: %b\ndata: %b\n\n" % (str(e["type"]).encode(), orjson.dumps(e)) for e in events)


def start(index: int, **block: object) -> dict[str, object]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, **told: object) -> dict[str, object]:
    return {"type": "content_block_delta", "index": index, "delta": told}


def stop(index: int) -> dict[str, object]:
    return {"type": "content_block_stop", "index": index}


BEGIN: dict[str, object] = {
    "type": "message_start",
    "message": {**ANSWER, "content": [], "stop_reason": None, "usage": {**CACHED, "output_tokens": 1}},
}
END: tuple[dict[str, object], ...] = (
    {
        "type": "message_delta",
        "delta": {"stop_reason": "tool_use", "stop_sequence": None},
        "usage": {"output_tokens": 4},
    },
    {"type": "message_stop"},
)
STREAM = sse(
    BEGIN,
    start(0, type="thinking", thinking="", signature=""),
    delta(0, type="thinking_delta", thinking="Hm."),
    delta(0, type="signature_delta", signature="s"),
    stop(0),
    start(1, type="redacted_thinking", data="secret"),
    stop(1),
    {"type": "ping"},
    start(2, type="text", text=""),
    delta(2, type="text_delta", text="Hé"),
    delta(2, type="citations_delta", citation=CITATION),
    stop(2),
    start(3, type="text", text=""),
    delta(3, type="text_delta", text=" there"),
    stop(3),
    start(4, type="tool_use", id="t1", name="f", input={}),
    delta(4, type="input_json_delta", partial_json=""),
    delta(4, type="input_json_delta", partial_json='{"a":1}'),
    stop(4),
    *END,
)  # fmt: skip
USAGE = Usage(10, 4, cached_tokens=2, reasoning_tokens=3, cache_write_tokens=3, cache_write_1h_tokens=2)


def events(data: bytes, request: ModelRequest, cut: int = 0) -> list[StreamEvent]:
    decoder = PROVIDER.stream_decoder(request, PRESET)
    return [*decoder.feed(data[:cut]), *decoder.feed(data[cut:]), *decoder.end()]


def told(data: bytes, cut: int = 0) -> list[Delta]:
    return [each for event in events(data, FOREIGN, cut) for each in event.deltas]


def rewritten(*deltas: Delta) -> list[dict[str, object]]:
    writer = CLIENT.stream_writer(ASKED)
    data = b"".join(writer.event(StreamEvent(b"", deltas=(each,))) for each in deltas) + writer.end()
    assert writer.end() == b""
    names = [line.removeprefix(b"event: ") for line in data.split(b"\n") if line.startswith(b"event: ")]
    found = [orjson.loads(line[6:]) for line in data.split(b"\n") if line.startswith(b"data: ")]
    assert [each["type"].encode() for each in found] == names
    return found


def test_a_stream_says_the_same_however_it_is_split() -> None:
    whole = told(STREAM)
    assert [each for each in whole if isinstance(each, UsageTold)] == [UsageTold(USAGE)]
    assert [type(each) for each in whole] == [
        *(Began, ReasoningPiece, ReasoningSealed, ReasoningSealed, TextPiece),
        *(type(whole[5]), PartBegan, TextPiece, ToolCallBegan, ArgumentsPiece, UsageTold, Finished),
    ]
    for cut in range(len(STREAM)):
        assert told(STREAM, cut) == whole


def test_a_written_stream_says_the_same_when_it_is_read_again() -> None:
    writer = CLIENT.stream_writer(ASKED)
    data = b"".join(map(writer.event, events(STREAM, FOREIGN)))
    assert told(data) == told(STREAM)
    assert data.endswith(b'event: message_stop\ndata: {"type":"message_stop"}\n\n')


def test_a_stream_passes_as_it_is_with_its_meaning_noted() -> None:
    passed = events(STREAM, ASKED)
    assert b"".join(event.raw for event in passed) == STREAM
    assert not any(event.deltas for event in passed)
    assert [event.usage for event in passed if event.finished] == [USAGE]
    assert [event.done for event in passed].count(True) == 1
    first = next(place for place, event in enumerate(passed) if event.is_content)
    assert passed[first].raw == sse(delta(0, type="thinking_delta", thinking="Hm."))
    assert sum(event.output_bytes for event in passed) == len("Hm.Hé there".encode()) + len('{"a":1}')


def test_the_stream_and_the_pieces_of_a_whole_answer_are_one() -> None:
    reply = plain(ANSWER).reply
    assert reply is not None
    whole = sse({**ANSWER, "type": "message"}).removeprefix(b"event: message\ndata: ")
    assert [each for event in events(whole, FOREIGN) for each in event.deltas] == list(pieces_of(reply))
    (event,) = events(whole, ASKED)
    assert (event.finished, event.done, event.usage) == (True, True, USAGE)
    read = PROVIDER.plain_answer(event.raw, FOREIGN, PRESET)
    assert isinstance(read, PlainAnswer)
    assert read.reply is not None
    assert (read.reply.parts, read.reply.usage) == (reply.parts, reply.usage)


ORDER = ("message_start", "content_block_start", "content_block_delta", "content_block_stop")
FINISH = Finished(Finish(FinishReason.STOP, "stop"))


def shape(found: Iterable[dict[str, object]]) -> str:
    """One letter for each event, in order, with the index of its block."""
    letters = dict(zip(ORDER, "msde", strict=True)) | {"message_delta": "D", "message_stop": "S"}
    return " ".join(letters[str(each["type"])] + str(each.get("index", "")) for each in found)


def test_each_block_is_begun_and_ended_before_the_next() -> None:
    found = rewritten(
        Began("i", "m"), ReasoningPiece("a"), ReasoningPiece("b"), TextPiece("c"), RefusalPiece("d"),
        ToolCallBegan(0, "c1", "f"), ArgumentsPiece(0, "{}"), FINISH, UsageTold(Usage(7, 3)),
    )  # fmt: skip
    assert shape(found) == "m s0 d0 d0 d0 e0 s1 d1 d1 e1 s2 d2 e2 D S"
    assert found[4]["delta"] == {"type": "signature_delta", "signature": "localrouter::s::"}
    said = {"stop_reason": "tool_use", "stop_sequence": None, "stop_details": None, "container": None}
    assert found[-2]["delta"] == said
    assert found[-2]["usage"] == NOTHING_USED | {
        "input_tokens": 7, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 3,
        "cache_creation": None, "output_tokens_details": None,
    }  # fmt: skip


def test_tool_calls_that_grow_at_once_are_written_one_after_the_other() -> None:
    found = rewritten(
        ToolCallBegan(0, "c1", "f"), ToolCallBegan(1, "c2", "g"), ArgumentsPiece(1, "[1"), ArgumentsPiece(0, "{"),
        ArgumentsPiece(1, "]"), ArgumentsPiece(0, "}"), ToolCallBegan(2, "c3", "h"), FINISH,
    )  # fmt: skip
    pieces = [(each["index"], each["delta"]["partial_json"]) for each in found if each["type"] == ORDER[2]]  # type: ignore[index]
    assert pieces == [(0, "{"), (0, "}"), (1, "[1"), (1, "]")]
    assert shape(found) == "m s0 d0 d0 e0 s1 d1 d1 e1 s2 e2 D S"


def test_thoughts_that_are_not_shown_keep_their_signature() -> None:
    own = "anthropic_messages"
    found = rewritten(TextPiece("a"), ReasoningSealed("s", dialect=own), TextPiece("b"), FINISH)
    assert shape(found) == "m s0 d0 e0 s1 d1 e1 s2 d2 e2 D S"
    assert found[4]["content_block"] == {"type": "thinking", "thinking": "", "signature": ""}
    assert found[5]["delta"] == {"type": "signature_delta", "signature": "s"}
    (block,) = written(Reply((ReasoningPart("", signature="s", dialect=own),), FINISH.finish))["content"]  # type: ignore[misc]
    assert block == {"type": "thinking", "thinking": "", "signature": "s"}  # type: ignore[has-type]


def test_an_empty_stream_is_a_whole_message() -> None:
    assert shape(rewritten()) == "m D S"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (sse({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}), "overloaded"),
        (b"event: error\ndata: no JSON\n\n", "server_error"),
        (b"<html>Log in</html>\n\n", "server_error"),
    ],
)
def test_an_error_in_a_stream_is_a_failure(data: bytes, kind: str) -> None:
    *_, last = events(data, ASKED)
    assert last.failure is not None
    assert last.failure.kind == kind


def test_what_cannot_be_read_is_counted_and_what_is_new_passes() -> None:
    assert [event.malformed for event in events(b"data: {\n\ndata: 7\n\n", ASKED)] == [True, True]
    news = b'event: news\ndata: {"type":"news"}\n\n: comment\n\n'
    assert b"".join(event.raw for event in events(news, ASKED)) == news
