"""Answers, events and model lists that cost more than their bytes: a failure of their provider, in words, at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from localrouter.domain.configuration.config import Provider, Timeouts
from tests.rig import Router, router, until
from tests.upstream import (
    STREAM_END,
    STREAM_HEAD,
    Asked,
    End,
    Script,
    Step,
    Upstream,
    answer,
    chunked,
    completion,
    event,
)

MB = 1024 * 1024
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n"
MODELS = ("lists", "texts", "logprobs", "vectors", "event", "event_at_once", "picture", "error", "unending")


def endless(piece: bytes) -> Iterator[Step]:
    for _ in range(60):
        yield piece * (MB // len(piece))


def logprobs() -> dict[str, Any]:
    token = {"token": "a", "logprob": -0.1, "bytes": [97]}
    whole = completion()
    whole["choices"][0]["logprobs"] = {"content": [token | {"top_logprobs": [token] * 20}] * 5_000}
    return whole


def heavy(asked: Asked) -> Iterator[Step]:
    match asked.json["model"] if asked.body else "":
        case "lists":
            yield HEAD + b'{"choices":['
            yield from endless(b"[],")
        case "texts":
            yield HEAD + b'{"choices":['
            yield from endless(b'"a",')
        case "logprobs":
            yield answer(200, logprobs())
        case "vectors":
            vector = {"object": "embedding", "index": 0, "embedding": [0.123456789] * 1_536}
            yield answer(200, {"object": "list", "data": [vector] * 1_000, "usage": {"prompt_tokens": 5}})
        case "event":
            yield STREAM_HEAD + chunked(event({"content": "Hel"})) + chunked(b'data: {"choices":[')
            for _ in range(15):
                yield chunked(b"[]," * (MB // 3))
        case "event_at_once":
            yield STREAM_HEAD + chunked(event({"content": "Hel"}))
            yield chunked(b'data: {"choices":[' + b"[]," * 300_000 + b"[]]}\n\n")
        case "unending":
            yield STREAM_HEAD + chunked(event({"content": "Hel"})) + chunked(b"data: " + b"x" * 5 * MB)
            yield End.SILENCE
        case "picture":
            yield STREAM_HEAD + chunked(event({"content": "QUJD" * 2 * MB}))
            yield chunked(event(finish="stop") + b"data: [DONE]\n\n") + STREAM_END
        case _:
            yield b"HTTP/1.1 400 X\r\ncontent-type: application/json\r\n\r\n" + b'{"error":['
            yield from endless(b"[],")
    yield End.CLOSE


@pytest.fixture(scope="module")
def lr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    timeouts = Timeouts(first_byte=60, first_token=60, idle=60, total=120)
    with Upstream(heavy) as up:
        one = Provider(
            name="one", preset="openai-compatible", base_url=up.url, models=MODELS, timeouts=timeouts, free=True
        )
        with router(tmp_path_factory.mktemp("heavy"), [one]) as started:
            yield started
            until(lambda: started.state.memory.held == 0)


@pytest.mark.parametrize(("model", "excess"), [("lists", "300,000 lists and objects"), ("texts", "1,000,000 texts")])
def test_a_whole_answer_of_many_small_parts_is_its_providers_failure(lr: Router, model: str, excess: str) -> None:
    reply = lr.chat(model=f"one/{model}")
    assert reply.status == 502
    assert reply.attempts[-1]["kind"] == "server_error"
    assert excess in reply.json["error"]["message"]


def test_many_tokens_with_their_probabilities_and_many_vectors_are_welcome(lr: Router) -> None:
    assert lr.chat(model="one/logprobs").json == logprobs()
    reply = lr.request("POST", "/v1/embeddings", {"model": "one/vectors", "input": ["a"] * 1_000})
    assert len(reply.json["data"]) == 1_000


@pytest.mark.parametrize("model", ["event", "event_at_once"])
def test_an_event_of_many_small_parts_breaks_its_stream_in_words(lr: Router, model: str) -> None:
    told = lr.chat(model=f"one/{model}", stream=True).body.decode().strip().rpartition("data: ")[2]
    error = json.loads(told)["error"]
    assert "One event of the stream has more than 100,000 lists and objects." in error["message"]


def test_a_long_picture_in_one_event_is_welcome(lr: Router) -> None:
    assert lr.chat(model="one/picture", stream=True).body.endswith(b"data: [DONE]\n\n")


def test_an_event_that_is_not_whole_yet_is_held_by_its_request(lr: Router) -> None:
    client = lr.send_chat(model="one/unending", stream=True)
    until(lambda: lr.state.memory.held > 4 * MB, patience=30)
    client.close()
    until(lambda: lr.state.memory.held == 0, patience=30)


def test_an_answer_that_finds_no_room_is_told_as_ours(lr: Router) -> None:
    cap = lr.state.memory._most_mb
    lr.state.memory._most_mb = lambda: 2
    try:
        streamed = lr.chat(model="one/unending", stream=True)
        plain = lr.request("POST", "/v1/embeddings", {"model": "one/vectors", "input": "a"})
    finally:
        lr.state.memory._most_mb = cap
    assert b"server.memory_mb" in streamed.body
    assert (plain.status, plain.attempts[-1]["kind"]) == (503, "overloaded")
    assert "server.memory_mb" in plain.json["error"]["message"]
    assert not lr.rpc("get_server_status")["cooling"]


def test_of_an_error_only_a_part_is_read(lr: Router) -> None:
    reply = lr.chat(model="one/error")
    assert (reply.status, reply.attempts[-1]["kind"]) == (400, "invalid_request")


def listing(entries: Iterator[bytes]) -> Script:
    def script(asked: Asked) -> Iterator[Step]:
        yield HEAD + b'{"object":"list","data":[' + next(entries)
        for entry in entries:
            yield b"," + entry
        yield b"]}"
        yield End.CLOSE

    return script


def named(count: int, of: int = 1) -> Iterator[bytes]:
    for number in range(0, count, of):
        yield b",".join(b'{"id":"m%d"}' % each for each in range(number, min(count, number + of)))


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        (lambda: named(1_000_000, 10_000), "has more than 100,000 lists and objects"),
        (lambda: named(10_001, 1_000), "has more than 10,000 models"),
        (lambda: iter([b'"' + b"x" * 5 * MB + b'"']), "larger than 4 MB"),
    ],
    ids=["a million", "one too many", "too long"],
)
def test_a_list_that_is_too_long_is_refused_and_its_status_says_so(
    tmp_path: Path, entries: Callable[[], Iterator[bytes]], words: str
) -> None:
    with Upstream(listing(entries())) as up:
        one = Provider(name="one", preset="openai-compatible", base_url=up.url)
        with router(tmp_path, [one]) as lr:
            until(lambda: lr.state.catalog.failure(one) is not None, patience=30)
            [told] = lr.rpc("list_providers")
            assert words in told["status"]["message"]
            assert not lr.state.catalog.models_of(one)


def test_ten_thousand_models_are_listed_but_for_those_with_endless_names(tmp_path: Path) -> None:
    def entries() -> Iterator[bytes]:
        yield from named(10_000, 1_000)
        yield b'{"id":"%b"}' % (b"x" * 257)

    with (
        Upstream(listing(entries())) as up,
        router(tmp_path, [Provider(name="one", preset="openai-compatible", base_url=up.url)]) as lr,
    ):
        until(lambda: len(lr.state.catalog.models_of(lr.config.providers[0])) > 0, patience=30)
        assert len(lr.request("GET", "/v1/models").json["data"]) == 10_000
