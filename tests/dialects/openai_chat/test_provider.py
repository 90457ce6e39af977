"""The OpenAI dialect as the gateway uses it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from localrouter.dialects.contract import PlainAnswer, ProviderDialect
from localrouter.dialects.openai_chat.client import OpenAIChatClient
from localrouter.dialects.openai_chat.provider import OpenAIChatProvider
from localrouter.dialects.openai_chat.request import parse_request
from localrouter.dialects.openai_chat.stream import MAX_SEARCHED_BYTES
from localrouter.dialects.presets import PRESETS
from localrouter.domain.conversation.request import Endpoint, ModelRequest, Usage
from localrouter.domain.routing.failures import Failure
from localrouter.domain.routing.failures import FailureKind as Kind

OPENAI = PRESETS["openai"]
DIALECT: ProviderDialect = OpenAIChatProvider()


def asked(endpoint: Endpoint = Endpoint.CHAT_COMPLETIONS, **fields: object) -> ModelRequest:
    body = {"model": "asked", "messages": [], "prompt": "", "input": "", **fields}
    return parse_request(endpoint, orjson.dumps(body))


def encoded(request: ModelRequest, preset: str = "openai") -> dict[str, object]:
    body: dict[str, object] = orjson.loads(DIALECT.encode(request, "served", PRESETS[preset]).body)
    return body


def test_only_the_model_changes_in_a_plain_request() -> None:
    request = asked(temperature=0.5, own={"field": [1]}, stream=False, max_tokens=7)
    assert encoded(request) == {**request.body, "model": "served"}
    assert request.body["model"] == "asked"


@pytest.mark.parametrize("endpoint", OpenAIChatClient.paths.values())
def test_the_path_is_the_endpoint(endpoint: Endpoint) -> None:
    call = DIALECT.encode(asked(endpoint), "served", OPENAI)
    assert (call.path, call.headers) == (endpoint.value, {"content-type": "application/json"})


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        (None, {"include_usage": True}),
        ({"include_usage": False}, {"include_usage": True}),
        ({"include_obfuscation": False}, {"include_obfuscation": False, "include_usage": True}),
    ],
)
def test_usage_is_asked_of_a_streamed_request(options: object, sent: object) -> None:
    fields: dict[str, Any] = {} if options is None else {"stream_options": options}
    assert encoded(asked(stream=True, **fields))["stream_options"] == sent


def test_a_provider_that_refuses_a_field_does_not_get_it() -> None:
    request = asked(stream=True, stream_options={"include_usage": True}, max_completion_tokens=9)
    body = encoded(request, "mistral")
    assert "stream_options" not in body
    assert "max_completion_tokens" not in body
    assert body["max_tokens"] == 9
    assert "max_tokens" not in encoded(asked(stream=True), "mistral")
    assert encoded(asked(max_completion_tokens=9, max_tokens=7), "mistral")["max_tokens"] == 9  # what it was judged by


def test_a_failed_answer_is_judged_by_the_presets_table() -> None:
    failure = DIALECT.failure(498, {}, b'{"message":"blocked input"}', PRESETS["cohere"])
    assert (failure.kind, failure.status) == (Kind.POLICY_VIOLATION, 498)


@pytest.mark.parametrize(
    ("endpoint", "answer", "usage"),
    [
        (
            Endpoint.CHAT_COMPLETIONS,
            b'{"choices": [{"finish_reason":"stop"}],\n "usage":{"prompt_tokens":1,"completion_tokens":2} }',
            Usage(1, 2),
        ),
        (Endpoint.COMPLETIONS, b'{"choices":[{"text":"hi"}]}', None),
        (
            Endpoint.EMBEDDINGS,
            b'{"data":[{"embedding":[0.1]}],"usage":{"prompt_tokens":4,"total_tokens":4}}',
            Usage(4, 0),
        ),
    ],
)
def test_a_whole_answer_comes_back_byte_for_byte(endpoint: Endpoint, answer: bytes, usage: Usage | None) -> None:
    written = 0 if usage else len("hi")
    whole = PlainAnswer(answer, usage, written)
    assert DIALECT.plain_answer(answer, asked(endpoint), OPENAI) == whole


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"error":{"message":"m","code":"rate_limit_exceeded"}}', Kind.RATE_LIMITED),
        (b'{"error":{"message":"Provider returned error","code":502}}', Kind.SERVER_ERROR),
        (b'[{"error":{"message":"m","code":429}}]', Kind.RATE_LIMITED),
        (b'{"object":"error","message":"m","type":"NotFoundError","code":404}', Kind.NOT_FOUND),
        (b'{"choices":[{"finish_reason":"error","error":{"code":429,"message":"m"}}]}', Kind.RATE_LIMITED),
        (b'{"promptFeedback":{"blockReason":"OTHER"}}', Kind.POLICY_VIOLATION),
        (b"<html>sign in</html>", Kind.SERVER_ERROR),
        (b"", Kind.SERVER_ERROR),
        (b"OK", Kind.SERVER_ERROR),
        (b"null", Kind.SERVER_ERROR),
        (b"[]", Kind.SERVER_ERROR),
        (b"{}", Kind.SERVER_ERROR),
        (b'{"choices":[]}', Kind.SERVER_ERROR),
    ],
)
def test_a_success_without_an_answer_is_a_failure(body: bytes, kind: Kind) -> None:
    failure = DIALECT.plain_answer(body, asked(), PRESETS["gemini"])
    assert isinstance(failure, Failure)
    assert failure.kind is kind
    assert failure.message


def test_the_usage_chunk_is_hidden_unless_it_was_asked_for() -> None:
    chunk = b'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n'
    silent = list(DIALECT.stream_decoder(asked(stream=True), OPENAI).feed(chunk))
    asking = asked(stream=True, stream_options={"include_usage": True})
    assert [event.raw for event in silent] == [b""]
    assert [event.raw for event in DIALECT.stream_decoder(asking, OPENAI).feed(chunk)] == [chunk]


def test_a_model_list_is_read() -> None:
    assert [model.name for model in DIALECT.model_list(b'{"data":[{"id":"gpt-4o"}]}')] == ["gpt-4o"]


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        (b'{"choices":[{"message":{"role":"assistant","content":"He said \\"hi\\" and', (None, 18)),
        (b'{"choices":[{"message":{"content":null,"tool_calls":[{"function":{"arguments":"{', (None, 1)),
        (b"   \n  {", (None, 0)),
        (b"", (None, 0)),
        (b"[1]", (None, 0)),
        (b'{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2}}', (Usage(9, 2), 0)),
        (
            b'{"choices":[{"message":{"content":"hello"}}],"usage":{"prompt_tokens":9,"completion_tokens":2}}',
            (Usage(9, 2), 5),
        ),
        (b'{"content":"' + b"x" * MAX_SEARCHED_BYTES + b"y" * 500, (None, MAX_SEARCHED_BYTES + 500)),
    ],
)
def test_what_came_of_an_answer_that_is_not_whole(body: bytes, seen: tuple[Usage | None, int]) -> None:
    usage, size = DIALECT.seen_in(body)
    assert usage == seen[0]
    assert abs(size - seen[1]) <= (12 if len(body) > MAX_SEARCHED_BYTES else 0)


@pytest.mark.parametrize(
    "content",
    [rb'"cut \ud83d"', b'"two\nlines"', b'"\xff"', b'"text", "score": NaN', b'"text", "score": 1e999'],
)
def test_what_only_the_fast_parser_refuses_is_metered_and_passes(content: bytes) -> None:
    body = b'\xef\xbb\xbf{"choices": [{"message": {"content": %b}, "finish_reason": "stop"}], "usage": %b}' % (
        content,
        b'{"prompt_tokens": 10, "completion_tokens": 5}',
    )
    found = DIALECT.plain_answer(body, asked(), OPENAI)
    assert isinstance(found, PlainAnswer)
    assert (found.raw, found.usage) == (body, Usage(10, 5))
    assert found.output_bytes > 0


def test_an_answer_too_deep_for_the_router_passes_unmetered() -> None:
    body = b'{"choices": [{"message": {"content": "Hello"}}], "more": %b%b}' % (b"[" * 50_000, b"]" * 50_000)
    assert DIALECT.plain_answer(body, asked(), OPENAI) == PlainAnswer(body, None, 5)


@pytest.mark.parametrize(
    ("given", "data", "is_answer"),
    [
        ([], b"[]", True),
        ("", b'[{"embedding": []}]', True),
        ([""], b'[{"embedding": []}]', True),
        ("text", b'[{"embedding": [0.5]}]', True),
        ("text", b"[]", False),
        (["text"], b'[{"embedding": []}]', False),
        ([], b"null", False),
    ],
)
def test_only_nothing_has_an_empty_embedding(given: object, data: bytes, is_answer: bool) -> None:
    request = asked(Endpoint.EMBEDDINGS, input=given)
    found = DIALECT.plain_answer(b'{"object": "list", "data": %b}' % data, request, OPENAI)
    assert isinstance(found, PlainAnswer) is is_answer


def test_a_stream_instead_of_a_whole_answer_is_put_together() -> None:
    def event(choice: str, more: str = "") -> bytes:
        return f'data: {{"id": "c", "choices": [{choice}]{more}}}\n\n'.encode()

    body = b"".join(
        [
            b": ping\n\n",
            event('{"index": 0, "delta": {"role": "assistant", "content": "Hel"}}'),
            event('{"index": 0, "delta": {"content": "lo"}}'),
            event('{"index": 0, "delta": {}, "finish_reason": "stop"}'),
            event("", ', "usage": {"prompt_tokens": 3, "completion_tokens": 2}'),
            b"data: [DONE]\n\n",
        ]
    )
    found = DIALECT.plain_answer(body, asked(), OPENAI)
    assert isinstance(found, PlainAnswer)
    assert (found.usage, found.output_bytes) == (Usage(3, 2), 5)
    assert orjson.loads(found.raw)["choices"] == [
        {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}
    ]
    cut = DIALECT.plain_answer(event('{"index": 0, "delta": {"content": "Hel"}}'), asked(), OPENAI)
    assert isinstance(cut, Failure)
    refused = DIALECT.plain_answer(b'data: {"error": {"message": "No", "code": 429}}\n\n', asked(), OPENAI)
    assert isinstance(refused, Failure)
    assert refused.kind is Kind.RATE_LIMITED


@pytest.mark.parametrize(
    ("code", "said", "kind"),
    [
        (1002, "rate limit", Kind.RATE_LIMITED),
        (1008, "insufficient balance", Kind.QUOTA_EXHAUSTED),
        (1027, "output new_sensitive", Kind.POLICY_VIOLATION),
        (2013, "invalid params", Kind.INVALID_REQUEST),
    ],
)
def test_an_answer_that_minimax_gave_none_of_is_a_failure(code: int, said: str, kind: Kind) -> None:
    body = orjson.dumps({"id": "1", "choices": None, "base_resp": {"status_code": code, "status_msg": said}})
    failure = DIALECT.plain_answer(body, asked(), PRESETS["minimax"])
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.message) == (kind, said)
    good = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}], "base_resp": {"status_code": 0}}
    assert isinstance(DIALECT.plain_answer(orjson.dumps(good), asked(), PRESETS["minimax"]), PlainAnswer)
