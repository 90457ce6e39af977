"""Fields that a provider refuses: the call is made again without them, and the next ones at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from localrouter.domain.configuration.config import LimitMode, LimitType, RateLimitTimeWindow, RequestFields
from localrouter.domain.configuration.config import StrategyRateLimit as Limit
from tests.gateway.test_loop import events, provider
from tests.rig import Router, router
from tests.upstream import Asked, Script, Step, Upstream, answer, chat

STRICT = Limit(
    limit_type=LimitType.OUTPUT_TOKENS, value=500, time_window=RateLimitTimeWindow.MINUTE, mode=LimitMode.STRICT
)


def picky(*refused: str) -> Script:
    def script(asked: Asked) -> Iterator[Step]:
        if asked.body and (found := [name for name in refused if name in asked.json]):
            said = f"Unknown parameter: '{found[0]}'."
            yield answer(400, {"error": {"message": said, "param": found[0], "code": "unknown_parameter"}})
        else:
            yield from chat(asked)

    return script


def learnt(lr: Router) -> list[dict[str, object]]:
    found: list[dict[str, object]] = lr.rpc("list_providers")[0]["left_out"]
    return found


def test_a_refused_field_is_left_out_learnt_shown_and_forgotten_with_an_edit(tmp_path: Path) -> None:
    with Upstream(picky("stream_options", "user")) as up, router(tmp_path, [provider("one", up)]) as lr:
        first = lr.chat(model="one/a", stream=True, user="u")
        assert (first.status, first.headers["x-localrouter-attempts"]) == (200, "3")
        assert events(first.body)[-1] == "[DONE]"
        assert "one/a does not take user" in first.headers["x-localrouter-warnings"]
        kinds = lr.rows("SELECT kind, status, input_tokens FROM attempts ORDER BY number")
        assert kinds[:2] == [("unsupported", 400, 0), ("unsupported", 400, 0)]
        assert learnt(lr) == [{"model": "a", "fields": ["stream_options", "user"]}]
        again = lr.chat(model="one/a", stream=True, user="u")
        assert again.headers["x-localrouter-attempts"] == "1"
        assert lr.chat(model="one/b", user="u").headers["x-localrouter-attempts"] == "2"
        lr.rpc("update_provider", name="one", api_version="1")
        assert learnt(lr) == []
        assert lr.chat(model="one/a", user="u").headers["x-localrouter-attempts"] == "2"


def test_fields_at_their_default_are_left_out_together_and_others_are_not(tmp_path: Path) -> None:
    idle = {"n": 1, "logprobs": False, "frequency_penalty": 0, "presence_penalty": 0, "stream": False}
    with Upstream(picky(*idle)) as up, router(tmp_path, [provider("one", up)]) as lr:
        reply = lr.chat(model="one/a", **idle)
        assert (reply.status, reply.headers["x-localrouter-attempts"]) == (200, "2")
        assert "does not take" not in reply.headers.get("x-localrouter-warnings", "")
        refused = lr.chat(model="one/a", n=2)
        assert (refused.status, refused.attempts[-1]["kind"]) == (400, "unsupported")
        assert up.asked[-1].json["n"] == 2


def test_an_input_on_the_path_of_chat_brings_its_effort_and_tells_what_it_cannot_bring(tmp_path: Path) -> None:
    asked = {"model": "one/a", "input": "Hi", "reasoning": {"effort": "low"}, "metadata": {"a": "b"}}
    with Upstream(picky("reasoning_effort")) as up, router(tmp_path, [provider("one", up)]) as lr:
        reply = lr.request("POST", "/v1/chat/completions", asked)
    assert [asked.json.get("reasoning_effort") for asked in up.asked if asked.body] == ["low", None]
    told = reply.headers["x-localrouter-warnings"]
    assert ("metadata" in told, "does not take reasoning_effort" in told) == (True, True)


def test_after_three_fields_it_gives_up_and_nothing_is_learnt(tmp_path: Path) -> None:
    refused = ("user", "metadata", "service_tier", "store")
    with Upstream(picky(*refused)) as up, router(tmp_path, [provider("one", up)]) as lr:
        reply = lr.chat(model="one/a", user="u", metadata={}, service_tier="auto", store=True)
        assert (reply.status, len(reply.attempts)) == (400, 4)
        assert learnt(lr) == []


def test_a_refused_cap_is_renamed_and_strict_limits_hold(tmp_path: Path) -> None:
    with Upstream(picky("max_tokens")) as up, router(tmp_path, [provider("one", up)], limits=[STRICT]) as lr:
        assert lr.chat(model="one/a").status == 200
        sent = [asked.json for asked in up.asked if asked.body]
        assert ["max_tokens" in each for each in sent] == [True, False]
        assert sent[1]["max_completion_tokens"] == sent[0]["max_tokens"] <= 500
        assert lr.chat(model="one/a", max_tokens=7).status == 200
        last = up.asked[-1].json
        assert (last["max_completion_tokens"], "max_tokens" in last) == (7, False)


def test_what_the_owner_says_is_not_sent_at_all(tmp_path: Path) -> None:
    fields = RequestFields(drop=("user", "stream_options"), output_cap="max_output_tokens")
    with Upstream(chat) as up, router(tmp_path, [provider("one", up, request_fields=fields)]) as lr:
        assert lr.chat(model="one/a", stream=True, user="u", max_tokens=9).status == 200
        sent = up.asked[-1].json
        assert ("user" in sent, "stream_options" in sent, sent["max_output_tokens"]) == (False, False, 9)
