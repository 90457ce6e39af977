"""A stream where a whole answer was asked for, and a whole answer in the place of a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from localrouter.domain.configuration.config import Provider, Timeouts
from tests.gateway.test_loop import events
from tests.rig import Router, router
from tests.upstream import DONE, STREAM_END, STREAM_HEAD, Asked, End, Step, Upstream, answer, chunked, event

USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
CALLS = [{"id": f"call_{n}", "type": "function", "function": {"name": "f", "arguments": "{}"}} for n in range(2)]
ASSISTANT = {"role": "assistant", "content": None, "tool_calls": CALLS}
ANSWER = {"id": "c", "choices": [{"index": 0, "message": ASSISTANT, "finish_reason": "tool_calls"}], "usage": USAGE}
HELLO = event({"role": "assistant", "content": "Hel"}) + event({"content": "lo"})
STOP = event(finish="stop") + event(usage=USAGE)


def script(asked: Asked) -> Iterator[Step]:
    if asked.path.endswith("/models"):
        yield answer(404, {})
    elif asked.json.get("stream"):
        yield answer(200, ANSWER)
    else:
        match asked.json["model"]:
            case "left open":
                yield STREAM_HEAD + chunked(b"\n  ")
                yield 0.05
                yield chunked(b"\n" + HELLO + STOP)
                yield End.SILENCE
            case "malformed":
                yield STREAM_HEAD + chunked(HELLO + b"data: {broken\n\n" + STOP + DONE) + STREAM_END
            case "cut":
                yield STREAM_HEAD + chunked(HELLO) + STREAM_END
            case "refused":
                said = {"error": {"message": "Too busy", "code": 429}}
                yield STREAM_HEAD + chunked(b"data: " + json.dumps(said).encode() + b"\n\n") + STREAM_END
            case _:
                yield STREAM_HEAD + chunked(HELLO) + chunked(STOP + DONE) + STREAM_END


@pytest.fixture(scope="module")
def lr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    with Upstream(script) as up:
        patient = Timeouts(first_byte=20, first_token=20, idle=20, total=25)
        one = Provider(name="one", preset="openai-compatible", base_url=up.url, timeouts=patient)
        with router(tmp_path_factory.mktemp("swapped"), [one]) as started:
            yield started


def recorded(lr: Router, request_id: str) -> tuple[Any, ...]:
    asked = "SELECT outcome, input_tokens, output_tokens, estimated FROM requests WHERE request_id = ?"
    [row] = lr.rows(asked, request_id)
    return row


@pytest.mark.parametrize("model", ["whole", "left open"])
def test_a_stream_becomes_a_whole_answer(lr: Router, model: str) -> None:
    reply = lr.chat(model=f"one/{model}")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert reply.json["choices"][0]["message"] == {"role": "assistant", "content": "Hello"}
    assert reply.json["usage"] == USAGE
    assert recorded(lr, reply.headers["x-request-id"]) == ("success", 10, 5, 0)


def test_a_whole_answer_becomes_a_stream_with_numbered_tool_calls(lr: Router) -> None:
    reply = lr.chat(model="one/whole", stream=True)
    got = events(reply.body)
    calls = [call for each in got[:-1] for c in each["choices"] for call in c["delta"].get("tool_calls", ())]
    assert ([call["index"] for call in calls], got[-1]) == ([0, 1], "[DONE]")
    assert not any(each.get("usage") for each in got[:-1])
    assert recorded(lr, reply.headers["x-request-id"]) == ("success", 10, 5, 0)


@pytest.mark.parametrize(("model", "kind"), [("cut", "server_error"), ("refused", "rate_limited")])
def test_a_stream_that_makes_no_whole_answer_is_a_failure(lr: Router, model: str, kind: str) -> None:
    reply = lr.chat(model=f"one/{model}")
    assert reply.attempts[-1]["kind"] == kind


def test_a_malformed_event_is_told_in_the_record(lr: Router) -> None:
    reply = lr.chat(model="one/malformed")
    assert reply.json["choices"][0]["message"]["content"] == "Hello"
    found = lr.rpc("get_request", request_id=reply.headers["x-request-id"])
    assert found["request"]["outcome"] == "success"
    assert found["request"]["error"]["code"] == "malformed_events"
