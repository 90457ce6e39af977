"""Answers that are whole but not to be believed: figures, waits and explanations beyond all reason."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from localrouter.domain.configuration.config import Provider, Timeouts
from tests.rig import Router, router
from tests.upstream import STREAM_END, STREAM_HEAD, Asked, End, Step, Upstream, answer, chat, chunked, completion, event

SLOW_DOWN = {"error": {"message": "Slow down", "code": "rate_limit_exceeded"}}
WAITS = ("99999999999999999999", "1e18", "inf", "nan", "-5", "Wed, 21 Oct 9999 07:28:00 GMT", "9" * 400, "soon")
FIGURES = (2**63, 2**64 - 1, 2**70, 9 * 10**18, -1, 1.5, "7", True, None, [1])
WHOLE = json.dumps(completion()).encode()
_CARRIED = b'{"error": {"message": "bad \\ud83d", "code": "\\udc00", "param": "\\ud800"}}'
HALVES = (  # of characters, in JSON within text and in the bytes of headers: what neither JSON nor a record can hold
    answer(400, b"Error: " + _CARRIED),
    answer(422, b"data: " + _CARRIED),
    answer(500, {"error": {"message": _CARRIED.decode()}}),
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: \xff\r\ncontent-length: 2\r\n\r\n{}",
    b"HTTP/1.1 429 \xff\r\nretry-after: \xff\r\ndate: \xfe\r\nratelimit: \xfd\r\ncontent-length: 2\r\n\r\n{}",
    STREAM_HEAD
    + chunked(b"data: " + json.dumps({"error": {"message": _CARRIED.decode()}}).encode() + b"\n\n")
    + STREAM_END,
)


def behind_its_end(asked: Asked) -> Iterator[Step]:
    """A whole compressed answer, and then what belongs to nothing and does not end."""
    body = event({"content": "Hello"}) + event(finish="stop") if asked.json.get("stream") else WHOLE
    yield b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n" + gzip.compress(body)
    for _ in range(4):
        yield b"\0" * 65_536
    yield End.SILENCE


@pytest.fixture
def lr(tmp_path: Path) -> Iterator[Router]:
    def script(asked: Asked) -> Iterator[Step]:
        match (asked.json["model"] if asked.body else "").split("-"):
            case ["wait", number]:
                yield answer(429, SLOW_DOWN, {"retry-after": WAITS[int(number)]})
            case ["usage", number]:
                figure = FIGURES[int(number)]
                usage = {"prompt_tokens": figure, "completion_tokens": figure, "total_tokens": figure}
                yield answer(200, completion() | {"usage": usage})
            case ["unfinished"]:
                yield b"HTTP/1.1 429 X\r\ncontent-length: 100000\r\nretry-after: 9\r\n\r\n{"
                yield End.SILENCE
            case ["nested"]:
                yield answer(400, b"[" * 100_000 + b"]" * 100_000)
            case ["halves", number]:
                yield HALVES[int(number)]
            case ["status", status, code]:
                yield answer(int(status), {"error": {"message": "No", "code": code}})
            case ["behind"]:
                yield from behind_its_end(asked)
            case ["open", ending]:
                yield b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n" + WHOLE[:-1]
                yield 0.02
                yield WHOLE[-1:]
                yield End[ending]
            case ["cut"]:
                yield b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n" + WHOLE[:-1]
                yield End.CLOSE
            case ["well"]:
                yield from chat(asked)
            case _:
                yield answer(404, {})

    with Upstream(script) as up:
        one = Provider(
            name="one", preset="openai-compatible", base_url=up.url, timeouts=Timeouts(first_byte=60, idle=15)
        )
        with router(tmp_path, [one]) as started:
            yield started


@pytest.mark.parametrize("number", range(len(WAITS)), ids=lambda number: WAITS[number][:20])
def test_a_wait_beyond_reason_is_not_passed_on(lr: Router, number: int) -> None:
    reply = lr.chat(model=f"one/wait-{number}")
    assert (reply.status, reply.attempts[0]["kind"]) == (429, "rate_limited")
    assert 1 <= int(reply.headers.get("retry-after", "1")) <= 600


def test_figures_beyond_reason_are_not_believed_and_spoil_no_record(lr: Router) -> None:
    replies = [lr.chat(model=f"one/usage-{number}") for number in range(len(FIGURES))]
    assert lr.chat(model="one/well").status == 200
    assert [reply.status for reply in replies] == [200] * len(FIGURES)
    rows = lr.rows("SELECT estimated, input_tokens < 100, output_tokens < 100 FROM requests")
    assert rows == [(1, 1, 1)] * len(FIGURES) + [(0, 1, 1)]
    assert lr.rows("SELECT sum(requests) FROM metrics WHERE metric_type = 'llm_global' AND granularity = 'day'") == [
        (len(FIGURES) + 1,)
    ]


def test_the_status_of_an_error_tells_though_its_explanation_never_ends(lr: Router) -> None:
    reply = lr.chat(model="one/unfinished")
    assert (reply.status, reply.attempts[0]["kind"]) == (429, "rate_limited")
    assert int(reply.headers["retry-after"]) <= 9
    assert reply.attempts[0]["ms"] < 20_000, "its whole deadline is not waited for"


def test_an_explanation_that_nobody_can_read_is_still_an_error_of_its_status(lr: Router) -> None:
    assert lr.chat(model="one/nested").status == 400


@pytest.mark.parametrize("number", range(len(HALVES)))
def test_halves_of_characters_are_told_and_recorded_like_any_error(lr: Router, number: int) -> None:
    reply = lr.chat(model=f"one/halves-{number}", stream=HALVES[number].startswith(STREAM_HEAD))
    assert reply.json["error"]["code"] != "internal_error"
    assert reply.attempts[0]["kind"] != "cancelled"
    assert lr.rows("SELECT outcome, status FROM requests") == [("failed", reply.status)]


@pytest.mark.parametrize("status", [301, 399, 600, 999])
@pytest.mark.parametrize("code", ["unsupported_parameter", "invalid_request"])
def test_an_error_has_the_status_of_one_whatever_its_provider_says(lr: Router, status: int, code: str) -> None:
    reply = lr.chat(model=f"one/status-{status}-{code}")
    assert 400 <= reply.status < 600
    assert reply.attempts[0]["status"] == status
    assert lr.rows("SELECT outcome, status FROM requests") == [("failed", reply.status)]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_compressed_answer_is_over_at_its_own_end(lr: Router, streamed: bool) -> None:
    reply = lr.chat(model="one/behind", stream=streamed)
    assert reply.status == 200
    assert b"Hello" in reply.body
    assert b"error" not in reply.body
    assert lr.rows("SELECT outcome FROM requests") == [("success",)]


@pytest.mark.parametrize("ending", ["SILENCE", "RESET"])
def test_a_whole_answer_without_a_length_is_over_with_its_last_bracket_whatever_its_connection_does(
    lr: Router, ending: str
) -> None:
    reply = lr.chat(model=f"one/open-{ending}")
    assert (reply.status, reply.body) == (200, WHOLE)
    assert lr.rows("SELECT outcome, input_tokens, estimated FROM requests") == [("success", 10, 0)]
    assert lr.chat(model="one/cut").status == 502, "a bracket short of it is no answer"
