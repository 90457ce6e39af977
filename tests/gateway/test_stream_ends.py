"""Where an answer ends: what comes after its finish is no failure, and what never said anything is no answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localrouter.domain.configuration.config import Provider, RetryPolicy, Timeouts
from tests.gateway.test_loop import events, refusal, text_of
from tests.rig import Reply, Router, auto, router
from tests.upstream import DONE, STREAM_END, STREAM_HEAD, Asked, End, Step, Upstream, answer, chat, chunked, event

PATIENT = Timeouts(first_byte=20, first_token=20, idle=20, total=25)
ROLE = event({"role": "assistant", "content": ""})
HELLO = event({"content": "Hello"})
STOP = event(finish="stop")
TOLD = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
USAGE = event(usage=TOLD)
OVER = {"error": {"message": "Too busy", "type": "overloaded_error", "code": 529}}
ERROR = b"data: " + json.dumps(OVER).encode() + b"\n\n"
FOREVER = "for ever"

# What a provider does once all that it said is said: pieces of the body, and how the connection ends.
AFTERWARDS: dict[str, list[Step | str]] = {
    "an error": [chunked(ERROR), STREAM_END],
    "an error that is named": [chunked(b"event: error\n" + ERROR), STREAM_END],
    "an error and silence": [chunked(ERROR), End.SILENCE],
    "an error and a terminator": [chunked(ERROR + DONE), STREAM_END],
    "a web page": [chunked(b"<html>\n\n"), STREAM_END],
    "half an event": [chunked(b'data: {"choi'), STREAM_END],
    "an event beyond reason": [chunked(b"data: " + b"x\ndata: " * 21_000 + b"\n\n"), End.SILENCE],
    "a reset": [0.05, End.RESET],
    "a break": [0.05, End.CLOSE],
    "a broken framing": [b"zz\r\n", End.SILENCE],
    "silence": [End.SILENCE],
    "pings": [chunked(b": ping\n\n"), FOREVER],
    "garbage": [chunked(b"data: {broken\n\n"), FOREVER],
}


def after(stream: str, afterwards: str) -> Iterator[Step]:
    yield STREAM_HEAD + chunked(STREAMS[stream])
    if stream in CUT:
        yield 0.2  # what came before must have been read by then, on a busy machine too
    *steps, end = AFTERWARDS[afterwards]
    for step in steps:
        assert not isinstance(step, str)
        yield step
    while end == FOREVER:
        yield from (step for step in steps if isinstance(step, bytes))
        yield 0.02
    if not isinstance(end, str):
        yield end


def two(index: int, delta: dict[str, Any], finish: str | None = None) -> bytes:
    chunk = {"choices": [{"index": index, "delta": delta, "finish_reason": finish}]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


BOTH = two(0, {"content": "Hello"}) + two(1, {"content": "Hi"})
STREAMS = {
    "told": ROLE + HELLO + STOP + USAGE,
    "untold": ROLE + HELLO + STOP,
    "without a word": ROLE + STOP,
    "two": BOTH + two(0, {}, "stop") + two(1, {}, "length"),
    "one of two": BOTH + two(0, {}, "stop") + two(0, {}, "stop"),
    "cut": ROLE + HELLO,
}
CUT = ("one of two", "cut")
EMPTY = {
    "nothing": b"",
    "a terminator": DONE,
    "a role and a terminator": ROLE + DONE,
    "a role": ROLE,
    "usage and a terminator": USAGE + DONE,
    "usage": USAGE,
    "comments": b": hello\n\n: world\n\n",
    "comments and a terminator": b": hello\n\n" + DONE,
    "an empty object": b"{}",
    "an empty event": b"data: {}\n\n" + DONE,
    "no choices": b'{"object": "chat.completion", "choices": []}',
    "an empty choice": b'data: {"choices": [{}]}\n\n' + DONE,
    "terminators": DONE + DONE + HELLO + STOP + DONE,
}
PLAIN: dict[str, object] = {
    "nothing": b"",
    "blanks": b" \n",
    "an empty object": {},
    "no choices": {"object": "chat.completion", "choices": [], "usage": TOLD},
    "choices of nothing": {"choices": [None]},
    "choices that are none": {"choices": "Hello"},
    "an empty choice": {"choices": [{}]},
    "an empty message": {"choices": [{"index": 0, "message": {"role": "assistant", "content": ""}}]},
    "nothing but a role": {"choices": [{"message": {"role": "assistant", "content": None}, "finish_reason": None}]},
}
WHOLE: dict[str, dict[str, Any]] = {
    "a finish": {"message": {"role": "assistant", "content": ""}, "finish_reason": "stop"},
    "words": {"message": {"role": "assistant", "content": "Hello"}},
    "a call": {"message": {"content": None, "tool_calls": [{"function": {"name": "look", "arguments": "{}"}}]}},
    "thoughts": {"message": {"content": "", "reasoning_content": "Hm"}},
    "text": {"text": "Hello"},
}


def script(asked: Asked) -> Iterator[Step]:
    if asked.path.endswith("/models"):
        yield answer(404, {})
        return
    first, _, second = asked.json["model"].partition("|")
    if asked.path.endswith("/embeddings"):
        yield answer(200, {"data": json.loads(first), "usage": {"prompt_tokens": 3, "total_tokens": 3}})
    elif second:
        yield from after(first, second)
    elif first in WHOLE:
        yield answer(200, {"choices": [WHOLE[first]]})
    elif asked.json.get("stream"):
        yield STREAM_HEAD + (chunked(EMPTY[first]) if EMPTY[first] else b"") + STREAM_END
    else:
        yield answer(200, PLAIN[first])


@pytest.fixture(scope="module")
def up() -> Iterator[Upstream]:
    with Upstream(script) as upstream:
        yield upstream


def provider(name: str, up: Upstream) -> Provider:
    return Provider(name=name, preset="openai-compatible", base_url=up.url, timeouts=PATIENT)


@pytest.fixture(scope="module")
def lr(tmp_path_factory: pytest.TempPathFactory, up: Upstream) -> Iterator[Router]:
    with router(tmp_path_factory.mktemp("ends"), [provider("one", up)]) as started:
        yield started


def recorded(lr: Router, reply: Reply) -> list[tuple[Any, ...]]:
    asked = "SELECT outcome, kind, input_tokens, output_tokens, estimated FROM requests WHERE request_id = ?"
    return lr.rows(asked, reply.headers["x-request-id"])


def failures(lr: Router) -> object:
    assert lr.state is not None
    return lr.call(lr.state.health.cooling)


@pytest.mark.parametrize("afterwards", AFTERWARDS)
@pytest.mark.parametrize("stream", ["told", "untold"])
def test_what_comes_after_the_finish_is_no_failure(lr: Router, stream: str, afterwards: str) -> None:
    reply = lr.chat(model=f"one/{stream}|{afterwards}", stream=True)
    got = events(reply.body)
    assert (reply.status, text_of(reply.body), got[-1]) == (200, "Hello", "[DONE]")
    assert got.count("[DONE]") == 1
    assert not any("error" in each for each in got[:-1])
    [(outcome, kind, tokens_in, tokens_out, estimated)] = recorded(lr, reply)
    assert (outcome, kind, estimated) == ("success", None, stream == "untold")
    assert (tokens_in, tokens_out) == ((10, 5) if stream == "told" else (1, 2))
    assert failures(lr) == ()


@pytest.mark.parametrize("afterwards", ["an error", "a reset", "silence"])
def test_an_answer_without_a_word_that_has_finished_is_one_whatever_comes_then(lr: Router, afterwards: str) -> None:
    reply = lr.chat(model=f"one/without a word|{afterwards}", stream=True)
    assert (reply.status, events(reply.body)[-1]) == (200, "[DONE]")
    assert recorded(lr, reply)[0][:2] == ("success", None)
    assert failures(lr) == ()


@pytest.mark.parametrize("afterwards", ["an error", "a reset", "pings"])
def test_of_several_answers_all_must_have_finished(lr: Router, afterwards: str) -> None:
    whole = lr.chat(model=f"one/two|{afterwards}", stream=True, n=2)
    assert events(whole.body)[-1] == "[DONE]"
    assert recorded(lr, whole)[0][:2] == ("success", None)
    if afterwards != "pings":
        cut = lr.chat(model=f"one/one of two|{afterwards}", stream=True, n=2)
        assert "error" in events(cut.body)[-1]
        assert recorded(lr, cut)[0][0] == "failed"


@pytest.mark.parametrize("afterwards", ["an error", "a reset", "half an event"])
def test_before_the_finish_the_same_is_a_failure(tmp_path: Path, up: Upstream, afterwards: str) -> None:
    with router(tmp_path, [provider("one", up)]) as lr:
        reply = lr.chat(model=f"one/cut|{afterwards}", stream=True)
        got = events(reply.body)
        assert text_of(reply.body) == "Hello"
        assert "error" in got[-1]
        assert "[DONE]" not in got
        assert recorded(lr, reply)[0][0] == "failed"


def test_a_provider_that_goes_on_after_its_finish_is_let_go(tmp_path: Path) -> None:
    with Upstream(script) as up, router(tmp_path, [provider("one", up)]) as lr:
        assert events(lr.chat(model="one/told|pings", stream=True).body)[-1] == "[DONE]"
        [asked] = [asked for asked in up.asked if asked.body]
        while asked.left_at is None:
            assert lr.request("GET", "/health").status == 200


@pytest.mark.parametrize(("stream", "name"), [(True, name) for name in EMPTY] + [(False, name) for name in PLAIN])
def test_what_says_nothing_and_never_finishes_is_no_answer_and_the_next_model_is_tried(
    tmp_path: Path, up: Upstream, stream: bool, name: str
) -> None:
    once = RetryPolicy(attempts=0)
    with (
        Upstream(chat) as good,
        router(
            tmp_path,
            [provider("one", up), provider("two", good)],
            auto=auto(("one", name), ("two", "b"), retry=once),
        ) as lr,
    ):
        reply = lr.chat(stream=stream)
        assert (reply.status, reply.headers["x-localrouter-model"]) == (200, "two/b")
        assert lr.rows("SELECT provider, kind FROM attempts ORDER BY number")[0] == ("one", "server_error")
        status, error = refusal(lr.chat(model=f"one/{name}", stream=stream))
        assert (status, error["localrouter"]["attempts"][-1]["kind"]) == (502, "server_error")


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_answer_has_a_finish_or_says_something(lr: Router, name: str) -> None:
    reply = lr.chat(model=f"one/{name}")
    assert (reply.status, reply.json) == (200, {"choices": [WHOLE[name]]})


@pytest.mark.parametrize("data", ["[]", "[{}]", "[null]", '[{"embedding": []}]', '"none"'])
def test_embeddings_without_a_vector_are_no_answer(lr: Router, data: str) -> None:
    asked = {"model": f"one/{data}", "input": "Hello"}
    reply = lr.request("POST", "/v1/embeddings", asked)
    assert (reply.status, reply.attempts[-1]["kind"]) == (502, "server_error")
    asked["model"] = 'one/[{"embedding": [0.5]}]'
    assert lr.request("POST", "/v1/embeddings", asked).status == 200
