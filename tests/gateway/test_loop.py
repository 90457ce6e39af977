"""Requests through the whole program to providers that do what each test says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localrouter.domain.configuration.config import Provider, Timeouts
from tests.rig import CHAT, Reply, auto, router
from tests.upstream import (
    DONE,
    STREAM_END,
    STREAM_HEAD,
    Asked,
    End,
    Step,
    Upstream,
    always,
    answer,
    chat,
    chunked,
    completion,
    event,
)

RATE_LIMITED = {"error": {"message": "Slow down", "type": "requests", "code": "rate_limit_exceeded"}}
A, B = ("one", "a"), ("two", "b")


def provider(name: str, upstream: Upstream, **changes: Any) -> Provider:
    return Provider(name=name, preset="openai-compatible", base_url=upstream.url, models=("a", "b"), **changes)


def events(body: bytes) -> list[Any]:
    """The chunks of a stream, and "[DONE]"."""
    data = [line.removeprefix("data: ") for line in body.decode().split("\n\n") if line.startswith("data: ")]
    return [each if each == "[DONE]" else json.loads(each) for each in data]


def refusal(reply: Reply) -> tuple[int, Any]:
    """The status and the error of a request that failed: its own, or those of the event, where its stream had begun."""
    if reply.headers["content-type"] == "application/json":
        return reply.status, reply.json["error"]
    assert (reply.status, "[DONE]" in events(reply.body)) == (200, False)
    error = events(reply.body)[-1]["error"]
    return error["status"], error


def text_of(body: bytes) -> str:
    chunks = [each for each in events(body) if isinstance(each, dict) and each.get("choices")]
    return "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks)


def test_a_named_model_is_asked_and_its_answer_comes_back_byte_for_byte(tmp_path: Path) -> None:
    body = (
        b'{ "choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"odd":1.50 }'
    )
    with Upstream(always(200, body)) as up, router(tmp_path, [provider("one", up)]) as lr:
        reply = lr.chat(model="one/a", unknown_field={"kept": [1]})
        assert (reply.status, reply.body) == (200, body)
        assert reply.headers["x-localrouter-model"] == "one/a"
        assert up.asked[0].json == CHAT | {"model": "a", "unknown_field": {"kept": [1]}}


@pytest.mark.parametrize("streamed", [False, True])
def test_the_second_model_answers_when_the_first_is_rate_limited(tmp_path: Path, streamed: bool) -> None:
    with (
        Upstream(always(429, RATE_LIMITED, {"retry-after": "9"})) as first,
        Upstream(chat) as second,
        router(tmp_path, [provider("one", first), provider("two", second)], auto=auto(A, B)) as lr,
    ):
        reply = lr.chat(stream=streamed)
        assert reply.status == 200
        assert reply.headers["x-localrouter-model"] == "two/b"
        assert reply.headers["x-localrouter-attempts"] == "2"
        assert (text_of(reply.body) if streamed else reply.json["choices"][0]["message"]["content"]) == "Hello"
        assert len(first.asked) == 1, "a wait longer than the strategy allows is not waited for"
        lr.chat(stream=streamed)
        assert len(first.asked) == 1, "the first model cools"
        failed = lr.rows("SELECT provider, model, kind FROM attempts WHERE kind IS NOT NULL")
        assert failed == [("one", "a", "rate_limited")]


def test_a_stream_is_relayed_as_it_comes_and_its_usage_chunk_only_shown_when_asked_for(tmp_path: Path) -> None:
    with Upstream(chat) as up, router(tmp_path, [provider("one", up)]) as lr:
        hidden = events(lr.chat(model="one/a", stream=True).body)
        assert hidden[-1] == "[DONE]"
        assert not any("usage" in each for each in hidden if isinstance(each, dict))
        assert up.asked[0].json["stream_options"] == {"include_usage": True}
        shown = events(lr.chat(model="one/a", stream=True, stream_options={"include_usage": True}).body)
        assert shown[-2]["usage"]["total_tokens"] == 15
        assert lr.rows("SELECT input_tokens, output_tokens, outcome FROM requests") == [(10, 5, "success")] * 2


@pytest.mark.parametrize("streamed", [False, True])
def test_a_silent_model_is_abandoned_at_its_deadline(tmp_path: Path, streamed: bool) -> None:
    def silent(_: Asked) -> Iterator[Step]:
        yield End.SILENCE

    hurried = Timeouts(first_byte=0.3, first_token=0.3)
    with (
        Upstream(silent) as first,
        Upstream(chat) as second,
        router(tmp_path, [provider("one", first, timeouts=hurried), provider("two", second)], auto=auto(A, B)) as lr,
    ):
        reply = lr.chat(stream=streamed)
        assert reply.headers["x-localrouter-model"] == "two/b"
        assert len(first.asked) == 1
        assert lr.rows("SELECT kind FROM attempts WHERE provider = 'one'") == [("unreachable",)]


def test_pings_do_not_count_as_a_first_token(tmp_path: Path) -> None:
    def pinging(_: Asked) -> Iterator[Step]:
        yield STREAM_HEAD + chunked(event({"role": "assistant", "content": ""}))
        for _i in range(100):
            yield chunked(b": ping\n\n")
            yield 0.1

    config = auto(A, B, first_token_timeout=0.5)
    with (
        Upstream(pinging) as first,
        Upstream(chat) as second,
        router(tmp_path, [provider("one", first), provider("two", second)], auto=config) as lr,
    ):
        reply = lr.chat(stream=True)
        assert reply.headers["x-localrouter-model"] == "two/b"
        assert text_of(reply.body) == "Hello"


def test_when_all_fail_the_last_failure_decides_and_every_attempt_is_listed(tmp_path: Path) -> None:
    def broken(_: Asked) -> Iterator[Step]:
        yield answer(500, {"error": {"message": "Oh", "type": "server_error"}})

    with (
        Upstream(broken) as first,
        Upstream(always(429, RATE_LIMITED, {"retry-after": "7"})) as second,
        router(tmp_path, [provider("one", first), provider("two", second)], auto=auto(A, B)) as lr,
    ):
        reply = lr.chat()
        assert reply.status == 429
        assert reply.headers["retry-after"] == "7" or int(reply.headers["retry-after"]) <= 7
        assert [(a["provider"], a["kind"], a["status"]) for a in reply.attempts] == [
            ("one", "server_error", 500),
            ("one", "server_error", 500),
            ("two", "rate_limited", 429),
        ]
        assert reply.json["error"]["localrouter"]["request_id"] == reply.headers["x-request-id"]
        assert lr.rows("SELECT outcome, kind, status FROM requests") == [("failed", "rate_limited", 429)]


def test_a_refused_connection_is_tried_once_more_and_then_the_next_model(tmp_path: Path) -> None:
    with Upstream(chat) as gone:
        address = gone.url
    dead = Provider(name="one", preset="openai-compatible", base_url=address, models=("a",))
    with Upstream(chat) as second, router(tmp_path, [dead, provider("two", second)], auto=auto(A, B)) as lr:
        reply = lr.chat()
        assert (reply.status, reply.headers["x-localrouter-attempts"]) == (200, "3")


def test_a_bad_request_is_answered_with_the_providers_own_status_and_goes_nowhere_else(tmp_path: Path) -> None:
    bad = {
        "error": {"message": "Bad temperature", "type": "invalid_request_error", "param": "temperature", "code": None}
    }
    with (
        Upstream(always(422, bad)) as first,
        Upstream(chat) as second,
        router(tmp_path, [provider("one", first), provider("two", second)], auto=auto(A, B)) as lr,
    ):
        reply = lr.chat(temperature=9)
        assert (reply.status, reply.json["error"]["param"]) == (422, "temperature")
        assert second.asked == []


def test_a_stream_that_breaks_after_its_first_content_ends_with_an_error_event(tmp_path: Path) -> None:
    def broken(_: Asked) -> Iterator[Step]:
        yield STREAM_HEAD + chunked(event({"content": "Hel"}))
        yield 0.05
        yield End.RESET

    with Upstream(broken) as up, router(tmp_path, [provider("one", up)], auto=auto(A)) as lr:
        reply = lr.chat(stream=True)
        got = events(reply.body)
        assert reply.status == 200
        assert text_of(reply.body) == "Hel"
        assert got[-1]["error"]["localrouter"]["attempts"][0]["kind"] == "unreachable"
        assert "[DONE]" not in got
        assert lr.rows("SELECT outcome, kind FROM requests") == [("failed", "unreachable")]


def test_a_missing_terminator_is_supplied_where_the_model_had_finished(tmp_path: Path) -> None:
    def unterminated(_: Asked) -> Iterator[Step]:
        yield STREAM_HEAD + chunked(event({"content": "Hi"})) + chunked(event(finish="stop")) + STREAM_END

    with Upstream(unterminated) as up, router(tmp_path, [provider("one", up)], auto=auto(A)) as lr:
        assert events(lr.chat(stream=True).body)[-1] == "[DONE]"


def test_a_stream_that_just_ends_is_an_error(tmp_path: Path) -> None:
    def truncated(_: Asked) -> Iterator[Step]:
        yield STREAM_HEAD + chunked(event({"content": "Hi"})) + STREAM_END

    with Upstream(truncated) as up, router(tmp_path, [provider("one", up)], auto=auto(A)) as lr:
        got = events(lr.chat(stream=True).body)
        assert got[-1]["error"]["code"] == "provider_error"


def test_a_malformed_event_is_skipped(tmp_path: Path) -> None:
    def odd(_: Asked) -> Iterator[Step]:
        yield STREAM_HEAD + chunked(event({"content": "Hel"}))
        yield chunked(b'data: {"choices": [{"del\n\n')
        yield chunked(event({"content": "lo"})) + chunked(event(finish="stop")) + chunked(DONE) + STREAM_END

    with Upstream(odd) as up, router(tmp_path, [provider("one", up)], auto=auto(A)) as lr:
        assert text_of(lr.chat(stream=True).body) == "Hello"
        [(trace,)] = lr.rows("SELECT trace FROM traces")
        assert json.loads(trace)["warnings"][1:] == ["1 malformed event of the stream skipped"]


@pytest.mark.parametrize("model", ["nobody/x", "unlisted"])
def test_an_unknown_model_is_not_found(tmp_path: Path, model: str) -> None:
    with Upstream(chat) as up, router(tmp_path, [provider("one", up)]) as lr:
        reply = lr.chat(model=model)
        assert (reply.status, reply.json["error"]["code"]) == (404, "model_not_found")
        assert up.asked == []


def test_auto_must_be_enabled_and_must_have_models(tmp_path: Path) -> None:
    with Upstream(chat) as up:
        with router(tmp_path / "1", [provider("one", up)]) as lr:
            reply = lr.chat()
            assert reply.status == 404
            assert reply.json["error"]["message"].startswith("localrouter/auto is off for the strategy “Test”.")
        with router(tmp_path / "2", [provider("one", up)], auto=auto()) as lr:
            reply = lr.chat()
            assert reply.status == 400
            assert "Test" in reply.json["error"]["message"]


def test_an_answer_of_200_that_carries_an_error_falls_back(tmp_path: Path) -> None:
    quota = {"error": {"message": "No credit", "code": "insufficient_quota"}}
    with (
        Upstream(always(200, quota)) as first,
        Upstream(chat) as second,
        router(tmp_path, [provider("one", first), provider("two", second)], auto=auto(A, B)) as lr,
    ):
        assert lr.chat().headers["x-localrouter-model"] == "two/b"
        assert lr.rows("SELECT kind FROM attempts WHERE provider = 'one'") == [("quota_exhausted",)]


def test_a_missing_key_is_a_failure_without_a_call(tmp_path: Path) -> None:
    keyless = Provider(name="one", preset="openai", models=("a",))
    with Upstream(chat) as second, router(tmp_path, [keyless, provider("two", second)], auto=auto(A, B)) as lr:
        assert lr.chat().headers["x-localrouter-model"] == "two/b"
        reply = lr.chat(model="one/a")
        assert (reply.status, reply.json["error"]["code"]) == (502, "provider_auth")


def test_completions_and_embeddings_take_the_same_way(tmp_path: Path) -> None:
    def script(asked: Asked) -> Iterator[Step]:
        if asked.path.endswith("embeddings"):
            usage = {"prompt_tokens": 3, "total_tokens": 3}
            yield answer(200, {"object": "list", "data": [{"embedding": [0.1], "index": 0}], "usage": usage})
        else:
            yield answer(200, completion() | {"choices": [{"text": "Hi", "index": 0, "finish_reason": "stop"}]})

    with Upstream(script) as up, router(tmp_path, [provider("one", up)]) as lr:
        assert lr.request("POST", "/v1/embeddings", {"model": "one/a", "input": "Hello"}).status == 200
        assert lr.request("POST", "/completions", {"model": "one/a", "prompt": "Hello"}).status == 200
        assert lr.rows("SELECT endpoint, input_tokens FROM requests ORDER BY rowid") == [
            ("embeddings", 3),
            ("completions", 10),
        ]
