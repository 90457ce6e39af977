"""What programs see of servers that lack a feature: the answer in the shape that they asked for, and a warning."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from localrouter.domain.configuration.config import LimitMode, LimitType, Provider, RateLimitTimeWindow
from localrouter.domain.configuration.config import StrategyRateLimit as Limit
from tests.gateway.test_loop import events
from tests.rig import Reply, Router, router
from tests.upstream import Asked, Step, Upstream, answer, chat, completion, stream

SCHEMA = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}
WRAPPED = 'Sure:\n```json\n{"a": 1}\n```'


def wraps(asked: Asked) -> Iterator[Step]:
    if not asked.body:
        yield answer(200, {"data": []})
    elif asked.json.get("stream"):
        yield from stream([WRAPPED[:9], WRAPPED[9:20], WRAPPED[20:]])
    else:
        yield answer(200, completion(WRAPPED))


def told(lr: Router, reply: Reply) -> str:
    """What the trace of a request says of it."""
    return str(lr.rpc("get_request", request_id=reply.headers["x-request-id"])["trace"]["warnings"])


def text(body: bytes) -> str:
    chunks = [event for event in events(body) if event != "[DONE]"]
    return "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])


def test_a_program_that_asked_for_json_gets_it_without_the_wrapping(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("LOCALROUTER_KEY_ONE", "k")
    with Upstream(wraps) as up, router(tmp_path, [Provider(**open_to(up, "minimax"))]) as lr:
        whole = lr.chat(model="one/a", response_format=SCHEMA)
        assert whole.json["choices"][0]["message"]["content"] == '{"a": 1}'
        assert "enforcement of the answer's schema" in whole.headers["x-localrouter-warnings"]
        assert "structured output" in told(lr, whole)
        streamed = lr.chat(model="one/a", response_format=SCHEMA, stream=True)
        assert text(streamed.body) == '{"a": 1}'
        assert events(streamed.body)[-1] == "[DONE]"
        assert lr.chat(model="one/a").json["choices"][0]["message"]["content"] == WRAPPED
        assert [("response_format" in asked.json) for asked in up.asked if asked.body] == [False] * 3
        assert lr.rows("SELECT input_tokens, output_tokens FROM requests") == [(10, 5)] * 3


def open_to(up: Upstream, preset: str) -> dict[str, Any]:
    """A provider without a key, as its server wants none."""
    return {"name": "one", "preset": preset, "base_url": up.url, "models": ("a",), "secret": "env:LOCALROUTER_KEY_ONE"}


def test_completions_come_from_a_model_that_only_chats(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("LOCALROUTER_KEY_ONE", "k")
    strict = Limit(
        limit_type=LimitType.OUTPUT_TOKENS, value=50, time_window=RateLimitTimeWindow.MINUTE, mode=LimitMode.STRICT
    )
    with Upstream(chat) as up, router(tmp_path, [Provider(**open_to(up, "groq"))], limits=[strict]) as lr:
        path, asked = "/v1/completions", {"model": "one/a", "prompt": "Say", "max_tokens": 20}
        whole = lr.request("POST", path, asked)
        assert (whole.json["object"], whole.json["choices"][0]["text"]) == ("text_completion", "Hello")
        assert "text completions" in told(lr, whole)
        streamed = lr.request("POST", path, {**asked, "stream": True})
        *chunks, last = events(streamed.body)
        assert last == "[DONE]"
        assert "".join(choice["text"] for chunk in chunks for choice in chunk["choices"]) == "Hello"
        sent = [each for each in up.asked if each.body]
        assert {each.path for each in sent} == {"/v1/chat/completions"}
        assert [each.json["messages"] for each in sent] == [[{"role": "user", "content": "Say"}]] * 2
        assert [each.json["max_completion_tokens"] for each in sent] == [20, 20]
        assert lr.rows("SELECT input_tokens, output_tokens, estimated FROM requests") == [(10, 5, 0)] * 2
        refused = lr.request("POST", path, {**asked, "suffix": "end"})
        assert (refused.status, refused.json["error"]["param"]) == (400, "suffix")
