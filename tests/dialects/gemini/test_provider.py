from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from localrouter.dialects.contract import CalledModel, PlainAnswer
from localrouter.dialects.gemini.provider import GeminiProvider
from localrouter.dialects.presets import PRESETS
from localrouter.dialects.registry import DEFAULT_CLIENT
from localrouter.domain.conversation.conversation import Conversation, Message, Role
from localrouter.domain.conversation.parts import ReasoningPart, TextPart, ToolCallPart
from localrouter.domain.conversation.reply import FinishReason
from localrouter.domain.conversation.request import Endpoint, ModelRequest, Usage
from localrouter.domain.routing.failures import Failure, FailureKind
from tests.dialects.gemini.answers import THOUGHTFUL, USAGE, answer, call, stream

PROVIDER, PRESET = GeminiProvider(), PRESETS["gemini"]
FOREIGN = DEFAULT_CLIENT.example(Endpoint.CHAT_COMPLETIONS, "one/a", {})
OWN = ModelRequest(
    Endpoint.CHAT_COMPLETIONS, "one/a", {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}, "gemini"
)
HELLO = Conversation((Message(Role.USER, (TextPart("Hi"),)),))


def plain(told: Any, request: ModelRequest = FOREIGN) -> PlainAnswer | Failure:
    return PROVIDER.plain_answer(told if isinstance(told, bytes) else orjson.dumps(told), request, PRESET)


def ok(read: PlainAnswer | Failure) -> PlainAnswer:
    assert isinstance(read, PlainAnswer), read
    return read


def failed(read: PlainAnswer | Failure) -> Failure:
    assert isinstance(read, Failure), read
    return read


@pytest.mark.parametrize(
    ("model", "stream", "path"),
    [
        ("gemini-2.5-flash", False, "models/gemini-2.5-flash:generateContent"),
        ("models/gemini-2.5-flash", True, "models/gemini-2.5-flash:streamGenerateContent?alt=sse"),
        ("tunedModels/mine", False, "tunedModels/mine:generateContent"),
        ("a/b c", False, "models/a%2Fb%20c:generateContent"),
    ],
)
def test_the_path_names_the_model_and_what_is_asked_of_it(model: str, stream: bool, path: str) -> None:
    assert PROVIDER.encode(replace(OWN, stream=stream), model, PRESET).path == path
    assert PROVIDER.encode_conversation(replace(HELLO, stream=stream), CalledModel(model, PRESET)).path == path


def test_a_request_of_its_own_dialect_goes_on_as_it_came() -> None:
    encoded = PROVIDER.encode(OWN, "m", PRESET)
    assert (orjson.loads(encoded.body), encoded.capped) == (OWN.body, None)


@pytest.mark.parametrize(("given", "sent", "is_changed"), [(None, 50, True), (90, 50, True), (40, 40, False)])
def test_a_cap_is_put_where_gemini_honours_it(given: int | None, sent: int, is_changed: bool) -> None:
    config = {} if given is None else {"maxOutputTokens": given}
    request = replace(OWN, body={**OWN.body, "generationConfig": {"seed": 1, **config}})
    encoded = PROVIDER.encode(request, "m", PRESET, 50)
    assert orjson.loads(encoded.body)["generationConfig"] == {"seed": 1, "maxOutputTokens": sent}
    assert encoded.capped == ("generationConfig.maxOutputTokens" if is_changed else None)
    told = PROVIDER.encode_conversation(
        replace(HELLO, max_output_tokens=given), CalledModel("m", PRESET, output_cap=50)
    )
    assert orjson.loads(told.body)["generationConfig"]["maxOutputTokens"] == sent
    assert (told.capped is not None) is is_changed


def test_refused_fields_are_left_out_wherever_they_stand() -> None:
    request = replace(OWN, body={**OWN.body, "safetySettings": [], "generationConfig": {"seed": 1, "topK": 2}})
    preset = replace(PRESET, refused_fields=frozenset({"safetySettings", "seed", "contents"}))
    sent = orjson.loads(PROVIDER.encode(request, "m", preset).body)
    assert sent == OWN.body | {"generationConfig": {"topK": 2}}


def test_a_prompt_is_counted_and_embedded_at_paths_of_their_own() -> None:
    counted = replace(
        OWN,
        endpoint=Endpoint.COUNT_TOKENS,
        body={"generateContentRequest": {"model": "models/one/a", "contents": []}},
    )
    encoded = PROVIDER.encode(counted, "gemini-x", PRESET, 50)
    assert encoded.path == "models/gemini-x:countTokens"
    assert orjson.loads(encoded.body)["generateContentRequest"]["model"] == "models/gemini-x"
    assert ok(plain({"totalTokens": 9}, counted)).usage == Usage()
    assert failed(plain({"tokens": 9}, counted)).kind is FailureKind.SERVER_ERROR
    one = replace(OWN, endpoint=Endpoint.EMBEDDINGS, body={"model": "models/one/a", "content": {"parts": []}})
    many = replace(one, body={"requests": [one.body, one.body]})
    assert PROVIDER.encode(one, "e", PRESET).path == "models/e:embedContent"
    batch = PROVIDER.encode(many, "e", PRESET)
    assert batch.path == "models/e:batchEmbedContents"
    assert [each["model"] for each in orjson.loads(batch.body)["requests"]] == ["models/e"] * 2
    assert ok(plain({"embedding": {"values": [1.0]}}, one)).usage is None
    assert failed(plain({}, many)).kind is FailureKind.SERVER_ERROR


def test_an_answer_is_read_with_its_thoughts_calls_and_all_tokens() -> None:
    told = answer(
        {"text": "Hm.", "thought": True},
        {"text": "Let me "},
        {"text": "look."},
        call("f", {"a": 1}, thoughtSignature="c2ln"),
        call("f", {"a": 2}),
        usage=USAGE,
    )
    read = ok(plain(told))
    assert read.reply is not None
    assert read.reply.parts == (
        ReasoningPart("Hm.", dialect="gemini"),
        TextPart("Let me look."),
        ReasoningPart(encrypted="c2ln", dialect="gemini", item_id="gemini_call_r1_0"),
        ToolCallPart("gemini_call_r1_0", "f", '{"a":1}'),
        ToolCallPart("gemini_call_r1_1", "f", '{"a":2}'),
    )
    assert (read.reply.finish.reason, read.reply.finish.raw) == (FinishReason.TOOLS, "STOP")
    assert (read.reply.id, read.reply.model) == ("r1", "gemini-2.5-flash")
    assert read.usage == Usage(33, 27, 12, 20, audio_input_tokens=4)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("STOP", FinishReason.STOP),
        ("MAX_TOKENS", FinishReason.LENGTH),
        ("SAFETY", FinishReason.CONTENT_FILTER),
        ("RECITATION", FinishReason.CONTENT_FILTER),
        ("BLOCKLIST", FinishReason.CONTENT_FILTER),
        ("PROHIBITED_CONTENT", FinishReason.CONTENT_FILTER),
        ("SPII", FinishReason.CONTENT_FILTER),
        ("MALFORMED_FUNCTION_CALL", FinishReason.OTHER),
        ("NEW_ONE", FinishReason.OTHER),
    ],
)
def test_the_reason_to_end_is_kept_as_google_says_it(raw: str, reason: FinishReason) -> None:
    reply = ok(plain(answer({"text": "Well"}, reason=raw))).reply
    assert reply is not None
    assert (reply.finish.reason, reply.finish.raw) == (reason, raw)


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}, FailureKind.POLICY_VIOLATION),
        ({"promptFeedback": {"blockReason": "OTHER"}}, FailureKind.POLICY_VIOLATION),
        ({"error": {"code": 503, "message": "Overloaded", "status": "UNAVAILABLE"}}, FailureKind.OVERLOADED),
        ([{"error": {"code": 429, "message": "Quota", "status": "RESOURCE_EXHAUSTED"}}], FailureKind.RATE_LIMITED),
        (answer(reason="MALFORMED_FUNCTION_CALL", finishMessage="Bad call"), FailureKind.UNSUPPORTED),
        ({"candidates": []}, FailureKind.SERVER_ERROR),
        ({}, FailureKind.SERVER_ERROR),
        (b"[]", FailureKind.SERVER_ERROR),
        (b"7", FailureKind.SERVER_ERROR),
        (b"<html></html>", FailureKind.SERVER_ERROR),
        (b"data: x\n\n", FailureKind.SERVER_ERROR),
    ],
)
def test_what_is_no_answer_is_a_failure_of_its_kind(told: Any, kind: FailureKind) -> None:
    assert failed(plain(told)).kind is kind
    assert failed(plain(told, OWN)).kind is kind


def test_a_stream_in_the_place_of_an_answer_is_joined_as_it_would_have_been_whole() -> None:
    for told in (stream(*THOUGHTFUL), orjson.dumps(list(THOUGHTFUL))):
        read = ok(plain(told, OWN))
        (candidate,) = orjson.loads(read.raw)["candidates"]
        assert candidate["content"]["parts"] == [
            {"text": "**Weather**\n\nI need two calls.", "thought": True},
            {"text": "Let me look. Ä"},
            call("weather", {"city": "Rome"}, thoughtSignature="c2lnbmVk"),
            call("weather", {"city": "Oslo"}),
            {"text": ""},
        ]
        assert candidate["finishReason"] == "STOP"
        assert read.usage == Usage(33, 27, 12, 20, audio_input_tokens=4)


def test_numbers_of_calls_keep_all_their_digits() -> None:
    long = (
        b'{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a":12345678901234567890123}}}]}}]}'
    )
    reply = ok(plain(long)).reply
    assert reply is not None
    assert isinstance(reply.parts[0], ToolCallPart)
    assert reply.parts[0].arguments == '{"a":12345678901234567890123}'


def test_a_beginning_tells_what_it_has() -> None:
    whole = orjson.dumps(answer({"text": "Hello"}, usage=USAGE))
    assert PROVIDER.seen_in(whole) == (Usage(33, 27, 12, 20, audio_input_tokens=4), 5)
    assert PROVIDER.seen_in(whole[:-30]) == (None, 5)
    assert PROVIDER.seen_in(b"[]") == (None, 0)


def test_nothing_that_it_refuses_is_left_out() -> None:
    failure = PROVIDER.failure(
        400, {}, b'{"error": {"code": 400, "message": "Invalid", "status": "INVALID_ARGUMENT"}}', PRESET
    )
    assert failure.kind is FailureKind.INVALID_REQUEST
    assert PROVIDER.left_out(failure, b"{}") is None
