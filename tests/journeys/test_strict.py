"""Strict limits on the real server: what goes upstream, what is refused and in which words, and what is counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localrouter.domain.configuration.config import LimitType
from tests.journeys.strictly import PICTURE, PROMPT, A, B, error, explained, priced, provider, strict, usage
from tests.journeys.wires import ChatWire
from tests.rig import Router, auto, read_until, router, until
from tests.upstream import (
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

UNPRICED = "one/a has no known price: its cost is not counted"


def frugal(asked: Asked) -> Iterator[Step]:
    """Uses all that it may: a prompt of one token a byte, and as long an answer as its cap allows."""
    if asked.path.endswith("/models"):
        yield answer(200, {"object": "list", "data": []})
        return
    cap: int = asked.json.get("max_tokens") or asked.json["max_completion_tokens"]
    yield answer(200, completion(tokens_in=PROMPT, tokens_out=cap))


def test_the_answer_is_capped_at_what_is_left_and_the_client_is_told(tmp_path: Path) -> None:
    limits = [strict(LimitType.TOTAL_TOKENS, 1_000)]
    with Upstream(frugal) as up, router(tmp_path, [provider("one", up)], auto=auto(A), limits=limits) as lr:
        first = lr.chat(max_tokens=500)
        assert up.asked[-1].json["max_tokens"] == 500
        assert first.headers["x-localrouter-warnings"] == UNPRICED, "and of no cap"
        assert first.headers["x-ratelimit-remaining-tokens"] == f"{1_000 - PROMPT - 500}"
        left = 1_000 - 2 * PROMPT - 500
        second = lr.chat(max_tokens=500)
        assert up.asked[-1].json["max_tokens"] == left
        assert second.headers["x-localrouter-warnings"] == (
            f"{UNPRICED}; one/a is sent max_tokens {left}, so that strict limits hold"
        )
        assert usage(lr)[0]["used"] == 1_000
        assert lr.chat(max_tokens=500).status == 429


@pytest.mark.parametrize("streamed", [False, True])
def test_an_absent_cap_is_set_as_the_preset_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, streamed: bool
) -> None:
    monkeypatch.setenv("LOCALROUTER_KEY_TEST", "sk-test")
    limits = [strict(LimitType.OUTPUT_TOKENS, 100_000)]
    with Upstream(chat) as up:
        cloud = provider("one", up, preset="openai", secret="env:LOCALROUTER_KEY_TEST")
        with router(tmp_path, [cloud, provider("two", up)], limits=limits) as lr:
            reply = lr.chat(model="one/odd", stream=streamed)
            assert up.asked[-1].json["max_completion_tokens"] == 4_096
            assert "max_completion_tokens 4096" in reply.headers["x-localrouter-warnings"]
            lr.chat(model="two/odd", stream=streamed)
            assert up.asked[-1].json["max_tokens"] == 4_096
            assert "max_completion_tokens" not in up.asked[-1].json


def test_the_longest_answer_of_a_known_model_is_not_exceeded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALROUTER_KEY_TEST", "sk-test")
    limits = [strict(LimitType.OUTPUT_TOKENS, 100_000)]
    with Upstream(chat) as up:
        cloud = provider("one", up, preset="openai", secret="env:LOCALROUTER_KEY_TEST")
        with router(tmp_path, [cloud], limits=limits) as lr:
            lr.chat(model="one/gpt-4-turbo", max_tokens=50_000)
            body = up.asked[-1].json
            assert (body["max_completion_tokens"], "max_tokens" in body) == (4_096, False)


def test_several_answers_share_what_is_left(tmp_path: Path) -> None:
    limits = [strict(LimitType.TOTAL_TOKENS, 1_000)]
    with Upstream(chat) as up, router(tmp_path, [provider("one", up)], limits=limits) as lr:
        lr.chat(model="one/a", n=4)
        assert up.asked[-1].json["max_tokens"] == (1_000 - 4 * PROMPT) // 4


def test_what_can_never_fit_is_told_so_and_not_to_be_retried(tmp_path: Path) -> None:
    limits = [strict(LimitType.TOTAL_TOKENS, PROMPT + 15)]
    with Upstream(chat) as up, router(tmp_path, [provider("one", up)], auto=auto(A), limits=limits) as lr:
        refused = lr.chat()
        assert (refused.status, error(refused)["code"]) == (429, "limit_too_small")
        assert "retry-after" not in refused.headers
        assert refused.headers["x-should-retry"] == "false"
        assert error(refused)["localrouter"]["skipped"][0]["never"] == "too_large"
        assert f"{PROMPT + 16} total tokens" in error(refused)["message"]
        assert "retry_at" not in error(refused)["localrouter"]
        told = explained(lr)
        assert (told["decision"], told["code"], told["retry_at"]) == ("refuse", "limit_too_small", None)
        assert up.asked == []
        assert lr.chat(max_tokens=8).status == 200, "a client that wants less than 16 tokens may have them"


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x/y.png"}}]}
                ]
            },
            "image_url",
        ),
        ({"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]}, "file"),
        ({"tools": [{"type": "web_search"}]}, "a tool that the provider runs itself"),
    ],
)
def test_what_cannot_be_bounded_is_refused_by_name(tmp_path: Path, body: dict[str, Any], part: str) -> None:
    limits = [strict(LimitType.INPUT_TOKENS, 1_000_000)]
    with Upstream(chat) as up, router(tmp_path, [provider("one", up)], auto=auto(A), limits=limits) as lr:
        refused = lr.chat(**body)
        assert (refused.status, error(refused)["code"]) == (429, "limit_too_small")
        assert part in error(refused)["message"]
        [skip] = error(refused)["localrouter"]["skipped"]
        assert (skip["never"], part in skip["part"]) == ("unbounded", True)
        assert up.asked == []
        assert usage(lr)[0]["used"] == 0


def test_a_model_without_a_price_does_not_fit_a_strict_limit_of_cost_and_the_next_one_may(tmp_path: Path) -> None:
    limits = [strict(LimitType.COST, 1.0)]
    with Upstream(chat) as up:
        lr = router(tmp_path, [provider("one", up), provider("two", up)], auto=auto(A, B), limits=limits)
        with priced(lr, ("two", "b", 1.0, 2.0)):
            reply = lr.chat()
            assert reply.headers["x-localrouter-model"] == "two/b"
            named = lr.chat(model="one/a")
            assert (named.status, error(named)["code"]) == (403, "model_unpriced")
            assert "no known price" in error(named)["message"]
            assert len(up.asked) == 1


def test_a_free_model_is_judged_by_no_limit_of_cost_and_its_answer_is_not_capped(tmp_path: Path) -> None:
    limits = [strict(LimitType.COST, 0.000_001)]
    with Upstream(chat) as up, router(tmp_path, [provider("one", up, preset="ollama")], limits=limits) as lr:
        assert lr.chat(model="one/a").status == 200
        assert "max_tokens" not in up.asked[-1].json
        assert lr.chat(model="one/a", messages=[{"role": "user", "content": [PICTURE]}]).status == 200


def test_cost_is_bounded_by_the_prices_of_the_model_that_is_tried(tmp_path: Path) -> None:
    limits = [strict(LimitType.COST, 0.01)]
    with Upstream(frugal) as up:
        lr = router(tmp_path, [provider("one", up), provider("two", up)], auto=auto(A, B), limits=limits)
        with priced(lr, ("one", "a", 40.0, 80.0), ("two", "b", 1.0, 2.0)):
            first = lr.chat(max_tokens=1_000)
            assert first.headers["x-localrouter-model"] == "one/a"
            assert up.asked[-1].json["max_tokens"] == int((0.01 - PROMPT * 40e-6) / 80e-6)
            assert float(first.headers["x-localrouter-cost-usd"]) <= 0.01
            second = lr.chat(max_tokens=1_000)
            assert second.status == 429, "the cent is spent"


def test_a_stream_that_is_left_counts_as_all_that_it_could_have_used(tmp_path: Path) -> None:
    def endless(asked: Asked) -> Iterator[Step]:
        if asked.path.endswith("/models"):
            yield answer(200, {"object": "list", "data": []})
            return
        yield STREAM_HEAD + chunked(event({"content": "Hi"}))
        yield End.SILENCE

    limits = [strict(LimitType.TOTAL_TOKENS, 1_000)]
    with Upstream(endless) as up:
        started = router(tmp_path, [provider("one", up)], limits=limits)
        with started as lr:
            client = lr.send_chat(model="one/a", stream=True, max_tokens=300)
            assert b"Hi" in read_until(client, b"Hi")
            assert usage(lr)[0]["reserved"] == PROMPT + 300
            client.close()
            until(lambda: usage(lr)[0]["reserved"] == 0)
            assert usage(lr)[0]["used"] == PROMPT + 300
            [(recorded, trace)] = lr.rows(
                "SELECT input_tokens + output_tokens, trace FROM requests JOIN traces ON traces.request = requests.id"
            )
            assert recorded < 20, "the record tells what was delivered"
            assert "strict limits count the most it can have used" in json.loads(trace)["warnings"][-1]
        with Router(started.home, started.config, started.key) as again:
            assert usage(again)[0]["used"] == PROMPT + 300, "a restart forgets nothing of it"


@pytest.mark.parametrize("at_once", [False, True])
def test_a_stream_that_fails_after_content_counts_as_all_that_it_could_have_used(tmp_path: Path, at_once: bool) -> None:
    def failing(asked: Asked) -> Iterator[Step]:
        if asked.path.endswith("/models"):
            yield answer(200, {"object": "list", "data": []})
            return
        content, error = chunked(event({"content": "Hi"})), chunked(ChatWire.overloaded) + STREAM_END
        yield from (STREAM_HEAD + content + error,) if at_once else (STREAM_HEAD + content, 0.05, error)

    limits = [strict(LimitType.TOTAL_TOKENS, 10_000)]
    with Upstream(failing) as up, router(tmp_path, [provider("one", up)], limits=limits) as lr:
        assert b"Overloaded" in lr.chat(model="one/a", stream=True, max_tokens=300).body
        calls = sum(1 for asked in up.asked if asked.body)
        assert calls >= 1
        assert usage(lr)[0]["used"] == calls * (PROMPT + 300)


def test_a_call_that_failed_with_the_providers_own_word_counts_nothing(tmp_path: Path) -> None:
    limits = [strict(LimitType.TOTAL_TOKENS, 10_000)]
    refusal = {"error": {"message": "no", "type": "invalid_request_error"}}
    with Upstream(always(400, refusal)) as up, router(tmp_path, [provider("one", up)], limits=limits) as lr:
        assert lr.chat(model="one/a", max_tokens=100).status == 400
        assert usage(lr)[0]["used"] == 0


def test_an_answer_that_was_lost_counts_as_all_that_it_could_have_used_each_time(tmp_path: Path) -> None:
    def lost(asked: Asked) -> Iterator[Step]:
        yield End.RESET

    limits = [strict(LimitType.TOTAL_TOKENS, 10_000)]
    with Upstream(lost) as up, router(tmp_path, [provider("one", up)], limits=limits) as lr:
        reply = lr.chat(model="one/a", max_tokens=100)
        assert (reply.status, len(reply.attempts)) == (502, 2)
        assert usage(lr)[0]["used"] == 2 * (PROMPT + 100)


def test_a_provider_that_does_not_keep_to_its_cap_is_named(tmp_path: Path) -> None:
    def generous(asked: Asked) -> Iterator[Step]:
        yield answer(200, completion(tokens_in=10, tokens_out=900) if asked.body else {"data": []})

    limits = [strict(LimitType.OUTPUT_TOKENS, 1_000)]
    with Upstream(generous) as up, router(tmp_path, [provider("one", up)], limits=limits) as lr:
        reply = lr.chat(model="one/a", max_tokens=100)
        said = "one/a used 900 output tokens, more than the reserved maximum of 100: a strict limit was overrun"
        assert said in reply.headers["x-localrouter-warnings"]
        [(trace,)] = lr.rows("SELECT trace FROM traces")
        assert said in json.loads(trace)["warnings"]
        assert json.loads(trace)["overruns"] == [
            {"provider": "one", "model": "a", "limit_type": "output_tokens", "at_most": 100, "used": 900}
        ]
        assert usage(lr)[0]["used"] == 900


def test_explain_tells_of_the_cap_before_it_is_sent(tmp_path: Path) -> None:
    limits = [strict(LimitType.TOTAL_TOKENS, 200)]
    with Upstream(chat) as up, router(tmp_path, [provider("one", up)], auto=auto(A), limits=limits) as lr:
        told = explained(lr, request={"max_tokens": 500})
        cap = 200 - PROMPT
        assert told["warnings"] == [UNPRICED, f"one/a is sent max_tokens {cap}, so that strict limits hold"]
        [judged] = told["limits"]
        assert (judged["mode"], judged["estimate"], judged["used"]) == ("strict", 200, 0)
        assert up.asked == []
        happened = lr.chat(max_tokens=500)
        assert happened.headers["x-localrouter-warnings"] == "; ".join(told["warnings"])
