"""Requests that are being served, as the pages watch them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from localrouter.domain.configuration.config import LimitType, Provider
from tests.limits import limit
from tests.rig import Router, auto, router, until
from tests.upstream import STREAM_HEAD, Asked, End, Step, Upstream, always, chat, chunked, event

REFUSED = {"error": {"message": "Slow down", "type": "requests", "code": "rate_limit_exceeded"}}


def running(lr: Router) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = lr.rpc("list_running_requests")
    return told


def provider(name: str, upstream: Upstream) -> Provider:
    return Provider(name=name, preset="openai-compatible", base_url=upstream.url, models=("m",))


def slow(asked: Asked) -> Iterator[Step]:
    yield STREAM_HEAD + chunked(event({"role": "assistant", "content": ""}))
    yield 0.3
    yield chunked(event({"content": "Hi"}))
    yield End.SILENCE


def test_a_running_request_is_told_with_its_route_so_far_and_gone_when_it_ends(tmp_path: Path) -> None:
    with Upstream(always(429, REFUSED, {"retry-after": "9"})) as first, Upstream(slow) as second:
        providers = [provider("one", first), provider("two", second)]
        with router(tmp_path, providers, auto=auto(("one", "m"), ("two", "m"))) as lr:
            assert running(lr) == []
            client = lr.send_chat(stream=True)
            until(lambda: [each["model"] for each in running(lr)] == ["two/m"])
            [calling] = running(lr)
            assert (calling["doing"], calling["attempts"]) == ("calling", 1)
            assert (calling["model_asked"], calling["streamed"]) == ("localrouter/auto", True)
            tried, called = calling["trace"]["candidates"]
            assert (tried["state"], tried["attempts"][0]["kind"]) == ("tried", "rate_limited")
            assert (called["state"], called["first_token_ms"], called["attempts"]) == ("calling", None, [])
            until(lambda: running(lr)[0]["doing"] == "streaming")
            assert running(lr)[0]["trace"]["candidates"][1]["first_token_ms"] > 0
            request_id = calling["request_id"]
            assert "still running" in lr.rpc_reply("get_request", request_id=request_id).json["error"]["message"]
            client.close()
            until(lambda: running(lr) == [])
            assert lr.rpc("get_request", request_id=request_id)["request"]["outcome"] == "cancelled"


def test_one_that_waits_for_room_says_so(tmp_path: Path) -> None:
    hourly = limit(LimitType.TOTAL_TOKENS, 400, "hour", "strict")
    with Upstream(slow) as up, router(tmp_path, [provider("one", up)], auto=auto(("one", "m")), limits=[hourly]) as lr:
        first = lr.send_chat(stream=True)
        until(lambda: len(running(lr)) == 1)
        second = lr.send_chat(stream=True)
        until(lambda: len(running(lr)) == 2)
        assert [each["doing"] for each in running(lr)][1] == "waiting"
        assert running(lr)[1]["model"] is None
        trace = running(lr)[1]["trace"]
        assert [skip["reason"] for skip in trace["candidates"]] == ["limit"]
        assert (trace["limits"][0]["limit_type"], trace["limits"][0]["reserved"]) == ("total_tokens", 400)
        assert len(lr.rpc("list_running_requests", limit=1)) == 1
        first.close()
        second.close()
        until(lambda: running(lr) == [])


def test_whatever_becomes_of_requests_none_stays_in_the_list(tmp_path: Path) -> None:
    with Upstream(chat) as up, router(tmp_path, [provider("one", up)]) as lr:
        for changes in ({"model": "one/m"}, {"model": "nobody/x"}, {"model": "one/m", "stream": True}):
            lr.chat(**changes)
        assert running(lr) == []
