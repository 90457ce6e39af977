from __future__ import annotations

from typing import Any

import orjson
import pytest

from localrouter.dialects.contract import PlainAnswer, StreamEvent
from localrouter.dialects.gemini.client import GeminiClient
from localrouter.dialects.gemini.provider import GeminiProvider
from localrouter.dialects.presets import PRESETS
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.conversation.parts import (
    Citation,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    TokenLogprob,
    ToolCallPart,
)
from localrouter.domain.conversation.pieces import pieces_of
from localrouter.domain.conversation.reply import Finish, FinishReason, Reply
from localrouter.domain.conversation.request import Endpoint, ModelRequest, Usage
from localrouter.domain.errors import Invalid
from localrouter.domain.models.info import ModelInfo
from localrouter.domain.models.pricing import Price
from localrouter.domain.models.shown import AUTO, ShownModel
from tests.dialects.gemini.answers import THOUGHTFUL, answer, stream

CLIENT, PROVIDER = GeminiClient(), GeminiProvider()
STREAM = "models/{model}:streamGenerateContent"
SHOWN: dict[str, Any] = {"generationConfig": {"thinkingConfig": {"includeThoughts": True}}}


def asked(**fields: Any) -> ModelRequest:
    return CLIENT.example(Endpoint.CHAT_COMPLETIONS, "one/a", fields)


def written(*parts: Part, finish: Finish | None = None, usage: Usage | None = None, **fields: Any) -> dict[str, Any]:
    """An answer as a program gets it whole, and the same put together from a stream."""
    reply = Reply(parts, finish or Finish(FinishReason.STOP), usage, "r", "m")
    whole: dict[str, Any] = orjson.loads(CLIENT.write_answer(PlainAnswer(b"", usage, 0, reply), asked(**fields)))
    writer = CLIENT.stream_writer(asked(stream=True, **fields))
    data = writer.event(StreamEvent(b"", deltas=tuple(pieces_of(reply)))) + writer.end()
    joined = PROVIDER.plain_answer(data, asked(), PRESETS["gemini"])
    assert isinstance(joined, PlainAnswer)
    streamed = orjson.loads(joined.raw)
    last = streamed["candidates"][0]["content"]["parts"]
    if len(last) > 1 and last[-1] == {"text": ""}:
        last.pop()  # on which the reason to end stands
    assert streamed == whole
    return whole


def parts_of(told: dict[str, Any]) -> Any:
    return told["candidates"][0]["content"]["parts"]


@pytest.mark.parametrize(
    ("path", "model", "query", "read"),
    [
        ("models/{model}:generateContent", "one/a", "", ("one/a", False, False)),
        ("models/{model}:generateContent", "one%2Fa", "alt=sse", ("one/a", False, False)),
        ("models/{model}:generateContent", "models/localrouter/auto", "", ("localrouter/auto", False, False)),
        (STREAM, "one/a", "alt=sse&key=x", ("one/a", True, False)),
        (STREAM, "ollama/llama3:latest", "", ("ollama/llama3:latest", True, True)),
        (STREAM, "one/a", "alt=json", ("one/a", True, True)),
    ],
)
def test_a_path_says_which_model_and_how(path: str, model: str, query: str, read: tuple[str, bool, bool]) -> None:
    request = CLIENT.from_path(asked(), path, model, query)
    assert (request.model, request.stream, request.as_array) == read
    assert request.called == path


@pytest.mark.parametrize("model", ["", "%20", "models/", "x" * 600])
def test_a_path_must_name_a_model(model: str) -> None:
    with pytest.raises(Invalid, match="model"):
        CLIENT.from_path(asked(), STREAM, model, "")


def test_an_answer_is_written_as_gemini_does_with_its_tokens() -> None:
    told = written(TextPart("Hello"), usage=Usage(9, 7, 2, 3))
    assert told == {
        "candidates": [
            {"content": {"role": "model", "parts": [{"text": "Hello"}]}, "index": 0, "finishReason": "STOP"}
        ],
        "usageMetadata": {
            "promptTokenCount": 9,
            "candidatesTokenCount": 4,
            "totalTokenCount": 16,
            "thoughtsTokenCount": 3,
            "cachedContentTokenCount": 2,
        },
        "modelVersion": "m",
        "responseId": "r",
    }
    assert "usageMetadata" not in written(TextPart("Hello"))


def test_calls_come_whole_and_parallel() -> None:
    told = written(
        ToolCallPart("c1", "f", '{"a": 1}'),
        ToolCallPart("c2", "g", "no json"),
        finish=Finish(FinishReason.TOOLS, "tool_calls"),
    )
    assert parts_of(told) == [
        {"functionCall": {"id": "c1", "name": "f", "args": {"a": 1}}},
        {"functionCall": {"id": "c2", "name": "g", "args": {"arguments": "no json"}}},
    ]
    assert told["candidates"][0]["finishReason"] == "STOP"


def test_thoughts_are_shown_to_those_who_ask_and_kept_for_all() -> None:
    thought = ReasoningPart("Hm.", signature="sig", dialect="anthropic_messages")
    parts = (thought, TextPart("I look."), ToolCallPart("c1", "f", "{}"))
    shown = parts_of(written(*parts, **SHOWN))
    assert shown[:2] == [{"text": "Hm.", "thought": True}, {"text": "I look."}]
    hidden = parts_of(written(*parts))
    assert [next(iter(part)) for part in hidden] == ["text", "functionCall"]
    assert hidden[-1] == shown[-1]
    content = {"role": "model", "parts": shown}
    back = CLIENT.conversation(asked(contents=[{"parts": [{"text": "Hi"}]}, content])).messages[1].parts
    assert back == (TextPart("I look."), thought, ToolCallPart("c1", "f", "{}"))
    only = parts_of(written(thought, TextPart("Hello")))
    assert only[0]["text"] == "Hello"
    assert only[0]["thoughtSignature"].startswith("bG9jYWxyb3V0ZXI6")


def test_the_proofs_of_gemini_stay_where_they_were() -> None:
    told = written(
        ReasoningPart(encrypted="Y2FsbA==", dialect="gemini", item_id="c2"),
        ToolCallPart("c1", "f", "{}"),
        ToolCallPart("c2", "f", "{}"),
    )
    assert [part.get("thoughtSignature") for part in parts_of(told)] == [None, "Y2FsbA=="]
    text = written(TextPart("Hello"), ReasoningPart(encrypted="dGV4dA==", dialect="gemini"))
    assert parts_of(text)[0] == {"text": "Hello", "thoughtSignature": "dGV4dA=="}


@pytest.mark.parametrize(
    ("finish", "reason", "said"),
    [
        (Finish(FinishReason.STOP_SEQUENCE, "stop_sequence"), "STOP", None),
        (Finish(FinishReason.LENGTH, "length"), "MAX_TOKENS", None),
        (Finish(FinishReason.CONTEXT, "model_context_window_exceeded"), "MAX_TOKENS", None),
        (Finish(FinishReason.CONTENT_FILTER, "content_filter"), "SAFETY", "content_filter"),
        (Finish(FinishReason.REFUSAL, "refusal"), "SAFETY", "refusal"),
        (Finish(FinishReason.PAUSE, "pause_turn"), "OTHER", "pause_turn"),
        (Finish(FinishReason.OTHER, "MALFORMED_RESPONSE"), "OTHER", "MALFORMED_RESPONSE"),
        (Finish(FinishReason.CONTENT_FILTER, "RECITATION"), "RECITATION", None),
    ],
)
def test_the_reason_to_end_is_told_in_googles_words(finish: Finish, reason: str, said: str | None) -> None:
    candidate = written(RefusalPart("No."), finish=finish)["candidates"][0]
    assert candidate["finishReason"] == reason
    if said is None:
        assert "finishMessage" not in candidate or reason == "RECITATION"
    else:
        assert said in candidate["finishMessage"]


def test_sources_and_logprobs_are_told() -> None:
    cited = TextPart(
        "Rome",
        (Citation("https://a.example", "A", "Rome", 0, 4),),
        logprobs=(TokenLogprob("Rome", -0.5, alternatives=(TokenLogprob("Oslo", -1.5),)),),
    )
    candidate = written(cited)["candidates"][0]
    assert candidate["groundingMetadata"] == {
        "groundingChunks": [{"web": {"uri": "https://a.example", "title": "A"}}],
        "groundingSupports": [
            {"segment": {"startIndex": 0, "endIndex": 4, "text": "Rome"}, "groundingChunkIndices": [0]}
        ],
    }
    assert candidate["logprobsResult"] == {
        "chosenCandidates": [{"token": "Rome", "logProbability": -0.5}],
        "topCandidates": [{"candidates": [{"token": "Oslo", "logProbability": -1.5}]}],
    }


def test_a_stream_without_events_is_one_array() -> None:
    request = CLIENT.from_path(asked(), STREAM, "one/a", "")
    assert CLIENT.stream_frame(request).content_type.startswith(b"application/json")
    reply = Reply((TextPart("a"), ToolCallPart("c", "f", "{}")), Finish(FinishReason.TOOLS), Usage(1, 2), "r", "m")
    writer = CLIENT.stream_writer(request)
    data = b"".join(writer.event(StreamEvent(b"", deltas=(each,))) for each in pieces_of(reply))
    done = writer.event(StreamEvent(b"data: [DONE]\n\n", done=True))
    first, last = orjson.loads(data + done + writer.end())
    assert parts_of(first) == [{"text": "a"}]
    assert "functionCall" in parts_of(last)[0]
    broken = CLIENT.stream_writer(request)
    said = broken.event(StreamEvent(b"", deltas=tuple(pieces_of(reply))[:2])) + broken.error(
        ErrorReply(502, "x", "Cut.")
    )
    assert orjson.loads(said)[-1]["error"]["message"] == "Cut."
    assert orjson.loads(CLIENT.stream_writer(request).end()) == []


def test_chunks_of_geminis_own_go_into_an_array_as_they_came() -> None:
    request = CLIENT.from_path(asked(), STREAM, "one/a", "")
    decoder, writer = PROVIDER.stream_decoder(request, PRESETS["gemini"]), CLIENT.stream_writer(request)
    events = [*decoder.feed(b": wait\n\n" + stream(*THOUGHTFUL)), *decoder.end()]
    assert orjson.loads(b"".join(map(writer.event, events)) + writer.end()) == list(THOUGHTFUL)


def test_nothing_is_added_to_a_stream_that_passes() -> None:
    writer = CLIENT.stream_writer(asked(stream=True))
    assert writer.end() == b""
    assert writer.error(ErrorReply(503, "x", "Broken.")).startswith(b'data: {"error":{"code":503')


def test_its_programs_are_told_nothing_that_is_no_json() -> None:
    assert not CLIENT.stream_frame(asked()).comment.strip()
    decoder = PROVIDER.stream_decoder(asked(stream=True), PRESETS["gemini"])
    assert [event.raw for event in decoder.feed(b": ping\n\n")] == [b""]


@pytest.mark.parametrize(
    ("status", "named"),
    [
        (400, "INVALID_ARGUMENT"),
        (401, "UNAUTHENTICATED"),
        (403, "PERMISSION_DENIED"),
        (404, "NOT_FOUND"),
        (413, "INVALID_ARGUMENT"),
        (429, "RESOURCE_EXHAUSTED"),
        (500, "INTERNAL"),
        (502, "UNAVAILABLE"),
        (504, "DEADLINE_EXCEEDED"),
    ],
)
def test_an_error_has_googles_shape(status: int, named: str) -> None:
    reply = ErrorReply(status, "a_code", "Our sentence.", "contents", {"request_id": "r"}, retry_after=7)
    assert (CLIENT.status_of(reply), CLIENT.tells_wait(reply)) == (status, True)
    error = orjson.loads(CLIENT.write_error(reply))["error"]
    assert (error["code"], error["status"], error["message"]) == (status, named, "Our sentence.")
    kinds = [each["@type"].rpartition(".")[2] for each in error["details"]]
    assert kinds == ["ErrorInfo", "BadRequest", "RetryInfo"]
    assert error["details"][0]["reason"] == "A_CODE"
    assert error["details"][2]["retryDelay"] == "7s"
    assert error["localrouter"] == {"request_id": "r"}
    assert "details" not in orjson.loads(CLIENT.write_error(ErrorReply(status, None, "x")))["error"]


def test_models_are_told_in_googles_fields() -> None:
    model = ShownModel("one", "a", ModelInfo(8_000, 1_000, price=Price(input=1_000_000, output=2_000_000)))
    vectors = ShownModel("one", "e", ModelInfo(endpoints=frozenset({Endpoint.EMBEDDINGS})))
    first, second, third = orjson.loads(CLIENT.models.all((AUTO, model, vectors)))["models"]
    assert first["name"] == "models/localrouter/auto"
    assert (second["name"], second["inputTokenLimit"], second["outputTokenLimit"]) == ("models/one/a", 8_000, 1_000)
    assert "generateContent" in second["supportedGenerationMethods"]
    assert third["supportedGenerationMethods"] == ["embedContent", "batchEmbedContents"]
    assert orjson.loads(CLIENT.models.one(model)) == second
    assert orjson.loads(CLIENT.models.pricing(model))["inputPerMillion"] == 1.0
    assert orjson.loads(CLIENT.models.pricing(AUTO))["inputPerMillion"] is None


def test_an_estimate_is_told_as_a_count() -> None:
    assert orjson.loads(CLIENT.write_estimate(asked())) == {"totalTokens": 1}


def test_what_passed_passes() -> None:
    raw = orjson.dumps(answer({"text": "a"}))
    assert CLIENT.write_answer(PlainAnswer(raw, None, 1), asked()) == raw
