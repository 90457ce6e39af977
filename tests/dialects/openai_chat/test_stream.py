"""Streams are relayed byte for byte, and each event's meaning does not hang on how its bytes arrive."""

from __future__ import annotations

from itertools import pairwise

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.dialects.contract import StreamEvent
from localrouter.dialects.openai_chat.stream import OpenAIChatStream
from localrouter.domain.conversation.request import Usage
from localrouter.domain.routing.failures import FailureKind as Kind


def read(*parts: bytes, shows_usage: bool = False, preset: str = "openai") -> list[StreamEvent]:
    stream = OpenAIChatStream(preset, shows_usage=shows_usage)
    events = [event for part in parts for event in stream.feed(part)]
    return events + list(stream.end())


def sent(value: object) -> bytes:
    return b"data: " + orjson.dumps(value) + b"\n\n"


def chunk(delta: object = None, finish: str | None = None, **fields: object) -> bytes:
    return sent({"choices": [{"index": 0, "delta": delta or {}, "finish_reason": finish}], **fields})


ROLE = chunk({"role": "assistant", "content": ""})
HELLO = chunk({"content": "Hello"})
STOP = chunk({}, "stop")
DONE = b"data: [DONE]\n\n"
USAGE = sent({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}})
WHOLE = ROLE + b": ping\n\n" + HELLO + chunk({"content": "é\u2028"}) + b"data: {broken\n\n" + STOP + USAGE + DONE


def test_a_stream_is_understood() -> None:
    role, ping, hello, accent, broken, stop, usage, done = read(WHOLE)
    assert role == StreamEvent(ROLE)
    assert ping == StreamEvent(b": ping\n\n", is_alive=True)
    assert hello == StreamEvent(HELLO, is_content=True, output_bytes=5)
    assert (accent.is_content, accent.output_bytes) == (True, 5)
    assert broken == StreamEvent(b"", malformed=True)
    assert stop == StreamEvent(STOP, finished=True)
    assert usage == StreamEvent(b"", usage=Usage(3, 2), closes=True)
    assert done == StreamEvent(DONE, done=True)


def test_the_usage_chunk_is_shown_to_a_client_that_asked() -> None:
    assert read(USAGE, shows_usage=True) == [StreamEvent(USAGE, usage=Usage(3, 2), closes=True)]


def test_usage_in_the_last_content_chunk_is_read_and_the_chunk_shown() -> None:
    last = chunk({"content": "x"}, "stop", usage={"prompt_tokens": 3, "completion_tokens": 2})
    assert read(last) == [StreamEvent(last, True, 1, finished=True, usage=Usage(3, 2))]


@pytest.mark.parametrize("stream", [WHOLE, WHOLE.replace(b"\n", b"\r\n"), WHOLE.rstrip(b"\n")])
def test_every_split_gives_the_same_events(stream: bytes) -> None:
    whole = read(stream)
    assert len(whole) == 8
    for cut in range(len(stream) + 1):
        assert read(stream[:cut], stream[cut:]) == whole
    assert read(*(bytes([byte]) for byte in stream)) == whole


@given(cuts=st.lists(st.integers(0, len(WHOLE)), max_size=20))
def test_any_fragmentation_gives_the_same_events(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(WHOLE)]
    assert read(*(WHOLE[start:end] for start, end in pairwise(edges))) == read(WHOLE)


@pytest.mark.parametrize(
    ("delta", "is_content", "size"),
    [
        ({}, False, 0),
        ({"role": "assistant"}, False, 0),
        ({"role": "assistant", "content": None, "refusal": None, "tool_calls": None}, False, 0),
        ({"content": ""}, False, 0),
        ({"content": " "}, True, 1),
        ({"reasoning_content": "abc", "content": None}, True, 3),
        ({"role": "assistant", "content": "", "reasoning": "abc"}, True, 3),
        ({"reasoning_details": [{"type": "reasoning.encrypted", "data": "xx"}]}, True, 0),
        ({"reasoning_details": [{"type": "reasoning.text", "text": "thinks", "signature": "xx"}]}, True, 6),
        ({"reasoning_details": [{"type": "reasoning.summary", "summary": "é"}, None, {"text": [1]}]}, True, 2),
        ({"reasoning_details": [{"type": "reasoning.text", "text": "thinks"}], "reasoning": "thinks"}, True, 6),
        ({"reasoning_details": {"text": "odd"}}, True, 0),
        ({"refusal": "no"}, True, 2),
        ({"tool_calls": [{"index": 0, "id": "call_1", "function": {"name": "f", "arguments": "{}"}}]}, True, 3),
        ({"tool_calls": []}, False, 0),
        ({"function_call": {"name": "f", "arguments": "{}"}}, True, 3),
        ({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "abc"}]}]}, True, 3),
        ({"images": [{"type": "image_url", "image_url": {"url": "data:x"}}]}, True, 0),
    ],
)
def test_content_is_text_reasoning_refusal_or_a_tool_call(delta: object, is_content: bool, size: int) -> None:
    (event,) = read(chunk(delta))
    assert (event.is_content, event.output_bytes) == (is_content, size)


@pytest.mark.parametrize(
    ("choice", "is_content", "finished"),
    [
        ({"text": "abc", "finish_reason": None}, True, False),
        ({"text": "", "finish_reason": "length"}, False, True),
        ({"finish_reason": None}, False, False),
    ],
)
def test_the_completions_endpoint_streams_text(choice: object, is_content: bool, finished: bool) -> None:
    (event,) = read(sent({"object": "text_completion", "choices": [choice]}))
    assert (event.is_content, event.finished) == (is_content, finished)


def test_several_choices_count_together() -> None:
    choices = [{"delta": {"content": "ab"}}, {"delta": {"content": "c"}, "finish_reason": "stop"}, "odd"]
    (event,) = read(sent({"choices": choices}))
    assert (event.is_content, event.output_bytes, event.finished) == (True, 3, True)


@pytest.mark.parametrize(
    ("stream", "kind"),
    [
        (sent({"error": {"message": "m", "code": "rate_limit_exceeded"}}), Kind.RATE_LIMITED),
        (sent({"error": {"message": "m", "code": 503}}), Kind.OVERLOADED),
        (sent({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}), Kind.OVERLOADED),
        (b"event: error\n" + sent({"message": "m", "code": "insufficient_quota"}), Kind.QUOTA_EXHAUSTED),
        (b"event: error\ndata: Overloaded\n\n", Kind.OVERLOADED),
        (b'error: {"code":500,"message":"m","type":"server_error"}\n\n', Kind.SERVER_ERROR),
        (b'{"error":{"message":"m","type":"insufficient_quota"}}', Kind.QUOTA_EXHAUSTED),
        (b'{\n  "error": {\n    "message": "m",\n    "code": 401\n  }\n}\n', Kind.AUTH),
        (b'[{"error":{"message":"m","code":429,"status":"RESOURCE_EXHAUSTED"}}]', Kind.RATE_LIMITED),
        (sent({"object": "error", "message": "m", "type": "BadRequestError", "code": 400}), Kind.INVALID_REQUEST),
        (sent({"choices": [{"delta": {}, "finish_reason": "error", "error": {"code": 502}}]}), Kind.SERVER_ERROR),
        (b"<!DOCTYPE html>\n<html></html>\n", Kind.SERVER_ERROR),
    ],
)
def test_an_error_in_a_stream_is_a_failure(stream: bytes, kind: Kind) -> None:
    (event,) = read(stream)
    assert event.failure is not None
    assert event.failure.kind is kind
    assert event.raw == b""
    for cut in range(len(stream) + 1):
        assert read(stream[:cut], stream[cut:]) == [event]


WHOLE_ANSWER = {
    "object": "chat.completion",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2},
}


@pytest.mark.parametrize("shows_usage", [False, True])
@pytest.mark.parametrize(
    "body",
    [
        orjson.dumps(WHOLE_ANSWER),
        b"\n   \n \r\n  " + orjson.dumps(WHOLE_ANSWER) + b"\n",
        b"\xef\xbb\xbf" + orjson.dumps(WHOLE_ANSWER, option=orjson.OPT_INDENT_2).replace(b"\n", b"\n\n"),
        sent(WHOLE_ANSWER) + b"data: [DONE]\n\n",
    ],
    ids=["bare", "after white space", "with blank lines", "in an event"],
)
def test_a_whole_answer_instead_of_a_stream_becomes_one(body: bytes, shows_usage: bool) -> None:
    events = [event for event in read(body, shows_usage=shows_usage) if not event.done]
    said, ended, told = events
    assert (said.is_content, said.output_bytes, said.finished, ended.finished) == (True, 5, False, True)
    assert (told.usage, told.closes, bool(told.raw)) == (Usage(3, 2), True, shows_usage)
    shown = [orjson.loads(event.raw.removeprefix(b"data: ")) for event in (said, ended)]
    assert {each["object"] for each in shown} == {"chat.completion.chunk"}
    assert shown[0]["choices"] == [
        {"index": 0, "delta": {"role": "assistant", "content": "Hello"}, "finish_reason": None}
    ]
    assert shown[1]["choices"] == [{"index": 0, "delta": {}, "finish_reason": "stop"}]
    for cut in range(len(body) + 1):
        assert [event for event in read(body[:cut], body[cut:], shows_usage=shows_usage) if not event.done] == events


def test_a_message_behind_deltas_is_not_said_twice() -> None:
    first, last = read(HELLO + sent({"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}))
    assert (first.is_content, last.is_content, last.finished) == (True, False, True)


@pytest.mark.parametrize("data", [b"7", b"null", b"[]", b'"text"', b'{"choices":', b"\xff"])
def test_a_malformed_event_is_skipped(data: bytes) -> None:
    broken, hello = read(b"data: " + data + b"\n\n" + HELLO)
    assert broken == StreamEvent(b"", malformed=True)
    assert hello.is_content


def test_an_empty_event_is_neither_shown_nor_malformed() -> None:
    assert read(b"data:\n\n") == [StreamEvent(b"")]


def test_the_end_mark_may_be_written_in_other_ways() -> None:
    assert [event.done for event in read(b"data:[DONE]\n\n", b"data: [DONE] \n\n", b"data: [DONE]")] == [True] * 3


def test_a_stream_that_breaks_inside_an_event_ends_malformed() -> None:
    assert read(HELLO, b'data: {"choices":[{"del')[1] == StreamEvent(b"", malformed=True)


def test_an_error_inside_text_is_text() -> None:
    (event,) = read(chunk({"content": '{"error": {"code": "insufficient_quota"}}'}))
    assert event.is_content
    assert event.failure is None


def test_an_oversized_event_is_a_failure() -> None:
    events = read(b"data: " + b"x" * (17 * 1024 * 1024))
    assert events[0].failure is not None
    assert events[0].failure.kind is Kind.SERVER_ERROR


def test_nothing_is_read_behind_a_failure() -> None:
    events = OpenAIChatStream("openai", shows_usage=True).feed(HELLO + sent({"error": {"message": "No"}}) * 1_000)
    assert [event.failure is None for event in events] == [True, False]


@pytest.mark.parametrize("text", [rb'"\ud83d"', rb'"\ude00"', b'"\xff"', b'"a", "logprob": NaN'])
def test_what_only_the_fast_parser_refuses_passes_as_it_came(text: bytes) -> None:
    raw = b'data: {"choices": [{"index": 0, "delta": {"content": %b}}]}\n\n' % text
    (found,) = read(raw)
    assert (found.raw, found.is_content, found.malformed) == (raw, True, False)


@pytest.mark.parametrize(
    "delta", [{"annotations": [{"type": "url_citation"}]}, {"thinking": "Hm"}, {"role": "assistant", "x": {"y": 1}}]
)
def test_any_field_that_is_not_empty_is_a_sign_of_life(delta: dict[str, object]) -> None:
    (found,) = read(chunk(delta))
    assert found.is_content


@pytest.mark.parametrize("delta", [{"role": "assistant", "content": "", "refusal": None, "tool_calls": []}, {}])
def test_a_role_and_empty_fields_are_none(delta: dict[str, object]) -> None:
    (found,) = read(chunk(delta))
    assert not found.is_content


def test_an_error_that_says_nothing_beside_content_is_none() -> None:
    (found,) = read(b'data: {"choices": [{"delta": {"content": "Hi"}}], "error": {"message": "", "code": null}}\n\n')
    assert (found.failure, found.is_content) == (None, True)


def test_a_whole_answer_keeps_its_numbers_as_a_stream() -> None:
    body = b'{"choices": [{"message": {"content": "Hi"}, "seen": NaN}], "id": 123456789012345678901234567890}'
    said, ended = read(body)
    assert b"123456789012345678901234567890" in said.raw
    assert b"NaN" in said.raw
    assert ended.finished
