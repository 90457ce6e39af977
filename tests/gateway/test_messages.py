"""Anthropic's messages on both sides of the router: what passes, what is translated, and what limits see of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from localrouter.dialects.anthropic_messages.whole import message_in
from localrouter.domain.configuration.config import LimitType, PricingOverride, Provider, StrategyRateLimit
from tests.dialects.anthropic_messages.neutral.test_replies import ANSWER, STREAM
from tests.limits import limit
from tests.rig import CHAT, Reply, Router, auto, router
from tests.upstream import DONE, STREAM_END, STREAM_HEAD, Asked, Step, Upstream, answer, chunked, event

MESSAGES, COUNT = "/v1/messages", "/v1/messages/count_tokens"
ASKED: dict[str, object] = {"model": "claude/a", "max_tokens": 50, "messages": CHAT["messages"]}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}


def anthropic(asked: Asked) -> Iterator[Step]:
    """A provider that speaks Anthropic's messages."""
    if asked.path.endswith("/count_tokens"):
        yield answer(200, {"input_tokens": 14})
    elif asked.body and asked.json.get("system") == "Fail.":
        yield answer(529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    elif asked.body and asked.json.get("stream"):
        yield STREAM_HEAD + chunked(STREAM) + STREAM_END
    elif asked.body:
        yield answer(200, ANSWER)
    else:
        yield answer(200, {"data": [{"type": "model", "id": "a"}]})


def openai(asked: Asked) -> Iterator[Step]:
    """A provider that speaks OpenAI's chat, and wants a tool called."""
    if asked.body and asked.json.get("stream"):
        said = event({"role": "assistant"}) + event({"content": "Hi"}) + event({"tool_calls": [{"index": 0, **CALL}]})
        yield STREAM_HEAD + chunked(said) + chunked(event(finish="tool_calls") + DONE) + STREAM_END
    else:
        choice = {"index": 0, "message": {"content": "Hi", "tool_calls": [CALL]}, "finish_reason": "tool_calls"}
        usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
        yield answer(200, {"id": "x", "model": "gpt", "choices": [choice], "usage": usage})


@dataclass
class Two:
    """A router with a provider of each kind."""

    lr: Router
    claude: Upstream
    open: Upstream

    def messages(self, path: str = MESSAGES, /, headers: Mapping[str, str] | None = None, **fields: Any) -> Reply:
        return self.lr.request("POST", path, ASKED | fields, dict(headers or {}))

    def calls(self, up: Upstream) -> list[Asked]:
        return [asked for asked in up.asked if asked.body]

    def used(self) -> tuple[int, int]:
        """The requests and tokens that the strategy's limits count."""
        used = self.lr.rpc("get_strategy_usage", strategy_id=self.lr.config.strategies[1].id)
        by_type = {each["limit_type"]: each["used"] for each in used}
        return int(by_type["requests"]), int(by_type["total_tokens"])


@contextmanager
def two(folder: Path, *limits: StrategyRateLimit) -> Iterator[Two]:
    with Upstream(anthropic) as claude, Upstream(openai) as other:
        providers = [
            Provider(name="claude", preset="anthropic", base_url=claude.url, models=("a",)),
            Provider(name="open", preset="openai-compatible", base_url=other.url, models=("a",)),
        ]
        priced = [
            PricingOverride(provider=name, model="a", input_per_million=1.0, output_per_million=1.0)
            for name in ("claude", "open")
        ]
        lr = router(folder, providers, auto=auto(("claude", "a"), ("open", "a")), limits=limits)
        lr.config = lr.config.model_copy(update={"pricing_overrides": tuple(priced)})
        with lr:
            lr.rpc("set_provider_key", name="claude", key="sk-ant-test-000001")
            yield Two(lr, claude, other)


MANY = (limit(LimitType.REQUESTS, 100, "day"), limit(LimitType.TOTAL_TOKENS, 1_000_000, "day"))


def test_messages_pass_to_anthropic_as_they_are_and_are_metered(tmp_path: Path) -> None:
    with two(tmp_path, *MANY) as both:
        headers = {"anthropic-version": "2023-01-01", "anthropic-beta": "some-beta", "x-other": "1"}
        reply = both.messages(headers=headers, news={"a": 1.50})
        assert (reply.status, reply.json) == (200, ANSWER)
        (asked,) = both.calls(both.claude)
        assert asked.path == "/v1/messages"
        assert asked.json == ASKED | {"model": "a", "news": {"a": 1.50}}
        sent = {name: asked.headers.get(name) for name in ("x-api-key", "authorization", "x-other", *headers)}
        assert sent == {"x-api-key": "sk-ant-test-000001", "authorization": None, **headers, "x-other": None}
        streamed = both.messages(stream=True)
        assert streamed.body == STREAM
        assert both.calls(both.claude)[1].headers["anthropic-version"] == "2023-06-01"
        assert both.lr.rows("SELECT DISTINCT endpoint FROM requests") == [("messages",)]
        assert both.used() == (2, 28)


def test_a_strict_limit_reserves_for_what_a_prompt_grows_by_in_another_dialect(tmp_path: Path) -> None:
    strict = limit(LimitType.INPUT_TOKENS, 5_000, "day", "strict")
    tools = [{"name": f"f{number}", "input_schema": {}} for number in range(20)]
    with two(tmp_path, strict) as both:
        assert both.messages(model="claude/a", tools=tools).status == 200
        refused = both.messages(model="open/a", tools=tools)
        assert (refused.status, refused.json["error"]["code"]) == (429, "limit_too_small"), (
            "as functions they are longer"
        )
        assert both.calls(both.open) == []


def test_tools_whose_names_a_provider_refuses_are_called_by_others_and_answered_by_their_own(tmp_path: Path) -> None:
    name = "files.read/" + "now" * 30

    def calling(asked: Asked) -> Iterator[Step]:
        if not asked.body:
            yield answer(200, {"data": []})
            return
        call = {"index": 0, "id": "c1", "type": "function"}
        call["function"] = {"name": asked.json["tools"][0]["function"]["name"], "arguments": "{}"}
        choice = {"index": 0, "message": {"tool_calls": [call]}, "finish_reason": "tool_calls"}
        if asked.json.get("stream"):
            said = event({"tool_calls": [call]}) + event(finish="tool_calls") + DONE
            yield STREAM_HEAD + chunked(said) + STREAM_END
        else:
            yield answer(200, {"id": "x", "choices": [choice]})

    with Upstream(calling) as up:
        provider = Provider(name="open", preset="openai-compatible", base_url=up.url, models=("a",))
        with router(tmp_path, [provider]) as lr:
            asked = ASKED | {"model": "open/a", "tools": [{"name": name, "input_schema": {"type": "object"}}]}
            plain = lr.request("POST", MESSAGES, asked)
            assert plain.json["content"][0]["name"] == name
            assert name.encode() in lr.request("POST", MESSAGES, asked | {"stream": True}).body


def test_messages_go_to_another_provider_in_its_own_terms(tmp_path: Path) -> None:
    with two(tmp_path, *MANY) as both:
        asked: dict[str, Any] = {"model": "open/a", "system": "Be brief.", "top_k": 5, "stop_sequences": ["E"]}
        reply = both.messages(headers={"anthropic-beta": "some-beta"}, **asked)
        assert reply.json["content"] == [
            {"type": "text", "text": "Hi", "citations": None},
            {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}, "caller": {"type": "direct"}},
        ]
        assert (reply.json["stop_reason"], reply.json["usage"]["input_tokens"]) == ("tool_use", 9)
        assert "top_k" in reply.headers["x-localrouter-warnings"]
        (sent,) = both.calls(both.open)
        assert (sent.path, "anthropic-beta" in sent.headers) == ("/v1/chat/completions", False)
        assert sent.json == {
            "model": "a",
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}],
            "stop": ["E"],
            "max_tokens": 50,
        }
        body = both.messages(stream=True, **asked).body
        names = [line.removeprefix(b"event: ") for line in body.split(b"\n") if line.startswith(b"event: ")]
        one = [b"content_block_start", b"content_block_delta", b"content_block_stop"]
        assert names == [b"message_start", *one, *one, b"message_delta", b"message_stop"]
        assert both.used()[0] == 2


def test_a_long_conversation_is_translated_like_a_short_one(tmp_path: Path) -> None:
    with two(tmp_path) as both:
        turns = [{"role": role, "content": f"{number}"} for number in range(80) for role in ("user", "assistant")]
        assert both.messages(model="open/a", messages=turns).status == 200
        assert both.calls(both.open)[0].json["messages"] == turns


def test_a_program_that_sends_its_last_turn_alone_is_told_to_send_all_of_them(tmp_path: Path) -> None:
    with two(tmp_path) as both:
        result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny"}]}
        goes_on = {"type": "continue", "previous_message_id": "msg_1"}
        error = both.messages(model="open/a", messages=[result], thread=goes_on).json["error"]
        assert error["details"] == {"error_code": "thread_not_found"}
        assert both.calls(both.open) == []
        assert both.messages(model="open/a", thread={"type": "create"}).status == 200
        assert both.messages(model="claude/a", messages=[result], thread=goes_on).status == 200
        assert both.calls(both.claude)[-1].json["thread"] == goes_on


def test_chat_goes_to_anthropic_in_its_own_terms(tmp_path: Path) -> None:
    with two(tmp_path, *MANY) as both:
        reply = both.lr.chat(model="claude/a", max_tokens=50, seed=7, temperature=1.5)
        message = reply.json["choices"][0]["message"]
        assert (message["content"], message["reasoning_content"]) == ("Hi there", "Hm.")
        assert json.loads(message["tool_calls"][0]["function"]["arguments"]) == {"a": [1, 2.5, None]}
        assert reply.json["usage"]["prompt_tokens_details"] == {"cached_tokens": 2, "cache_write_tokens": 3}
        assert "seed" in reply.headers["x-localrouter-warnings"]
        told = both.lr.rpc("get_request", request_id=reply.headers["x-request-id"])["trace"]["warnings"]
        assert "said to claude/a in another way: temperature" in told
        (sent,) = both.calls(both.claude)
        assert sent.json == {"model": "a", "max_tokens": 50, "messages": CHAT["messages"], "temperature": 1.0}
        body = both.lr.chat(model="claude/a", stream=True, stream_options={"include_usage": True}).body
        assert body.endswith(b"data: [DONE]\n\n")
        chunks = [orjson.loads(each[6:]) for each in body.split(b"\n\n") if each.startswith(b"data: {")]
        assert chunks[-1]["usage"]["total_tokens"] == 14
        assert both.used() == (2, 28)


def test_auto_falls_over_from_one_dialect_to_the_other(tmp_path: Path) -> None:
    with two(tmp_path) as both:
        tools = [{"type": "web_search_20250305", "name": "web_search"}]
        assert both.messages(model="localrouter/auto", tools=tools).headers["x-localrouter-model"] == "claude/a"
        refused = both.messages(model="open/a", tools=tools)
        assert (refused.status, refused.json["error"]["type"]) == (400, "invalid_request_error")
        assert "tools[0] (web_search_20250305)" in refused.json["error"]["message"]
        assert both.calls(both.open) == []
        reply = both.messages(model="localrouter/auto", system="Fail.")
        assert reply.headers["x-localrouter-model"] == "open/a"
        assert reply.json["content"][0]["text"] == "Hi"


def test_errors_reach_programs_in_anthropics_shape(tmp_path: Path) -> None:
    with two(tmp_path) as both:
        unknown = both.messages(model="nobody/a")
        assert (unknown.status, unknown.json["type"]) == (400, "error")
        assert "There is no provider named" in unknown.json["error"]["message"]
        assert both.lr.request("POST", MESSAGES, ASKED, key="wrong").json["error"]["type"] == "authentication_error"
        assert both.messages(max_tokens="5").json["error"]["param"] == "max_tokens"
        overloaded = both.messages(system="Fail.")
        assert (overloaded.status, overloaded.json["error"]["type"]) == (503, "overloaded_error")
        assert overloaded.json["request_id"] == overloaded.headers["x-request-id"] == overloaded.headers["request-id"]
        assert both.lr.request("GET", MESSAGES).json["error"]["type"] == "invalid_request_error"


def test_no_two_answers_have_the_same_id_although_their_provider_calls_them_the_same(tmp_path: Path) -> None:
    with two(tmp_path) as both:
        whole = [both.messages(model="open/a").json["id"] for _ in range(2)]
        streamed = [
            both.messages(model="open/a", stream=True).body.split(b'"id":"')[1].split(b'"')[0] for _ in range(2)
        ]
        chat = [both.lr.chat(model="claude/a").json["id"] for _ in range(2)]
        responses = [
            both.lr.request("POST", "/v1/responses", {"model": "open/a", "input": "Hi"}).json for _ in range(2)
        ]
        assert len({*whole, *(each.decode() for each in streamed)}) == 4
        assert all(each.startswith("msg_") for each in whole)
        assert chat[0] != chat[1]
        items = [{response["id"], *(item["id"] for item in response["output"])} for response in responses]
        assert items[0].isdisjoint(items[1])


def test_the_id_of_a_request_stands_where_anthropics_sdks_look_for_it(tmp_path: Path) -> None:
    with two(tmp_path) as both:
        for reply in (
            both.messages(),
            both.messages(stream=True),
            both.messages(model="open/a"),
            both.messages(max_tokens=0),
        ):
            assert reply.headers["request-id"] == reply.headers["x-request-id"]
        assert "request-id" not in both.lr.chat(model="open/a").headers


def test_lists_are_anthropics_for_programs_that_say_so(tmp_path: Path) -> None:
    with two(tmp_path) as both:
        own = {"anthropic-version": "2023-06-01"}
        listed = both.lr.request("GET", "/v1/models", headers=own).json
        assert [each["type"] for each in listed["data"]] == ["model"] * 3
        assert listed["last_id"] == "open/a"
        assert both.lr.request("GET", "/v1/models/open/a", headers=own).json["type"] == "model"
        assert both.lr.request("GET", "/v1/models").json["object"] == "list"
        assert both.lr.request("GET", "/v1/models/nobody", headers=own).json["type"] == "error"


def test_tokens_are_counted_by_the_provider_or_estimated_and_cost_nothing(tmp_path: Path) -> None:
    with two(tmp_path, *MANY) as both:
        own = both.messages(COUNT)
        assert (own.status, own.json) == (200, {"input_tokens": 14})
        assert both.used() == (1, 0)
        estimated = both.messages(COUNT, model="open/a", system="a" * 400)
        assert (estimated.status, estimated.json) == (200, {"input_tokens": 101})
        assert "estimated" in estimated.headers["x-localrouter-warnings"]
        assert both.calls(both.open) == []
        assert both.used() == (1, 0)


def test_a_provider_that_cannot_count_is_estimated_for(tmp_path: Path) -> None:
    def without(_: Asked) -> Iterator[Step]:
        yield answer(404, {"type": "error", "error": {"type": "not_found_error", "message": "Not found"}})

    with Upstream(without) as up:
        provider = Provider(name="claude", preset="anthropic", base_url=up.url, models=("a",))
        with router(tmp_path, [provider]) as lr:
            lr.rpc("set_provider_key", name="claude", key="sk-ant-test-000001")
            reply = lr.request("POST", COUNT, ASKED)
            assert (reply.status, reply.json) == (200, {"input_tokens": 1})
            assert "claude/a did not count them" in reply.headers["x-localrouter-warnings"]


STRICT = limit(LimitType.TOTAL_TOKENS, 500, "day", "strict")


def test_a_strict_limit_holds_for_messages_and_their_betas(tmp_path: Path) -> None:
    with two(tmp_path, STRICT, limit(LimitType.REQUESTS, 9, "day")) as both:
        assert both.messages(max_tokens=9_000).status == 200
        (sent,) = both.calls(both.claude)
        assert 16 <= sent.json["max_tokens"] <= 500 - len("Hello") - 72
        assert both.messages(headers={"anthropic-beta": "unheard-of-2030-01-01"}).status == 429
        assert both.messages(system=[{"type": "text", "text": "a", "news": 1}]).status == 429
        assert both.lr.chat(model="claude/a", max_tokens=9_000).status == 200
        assert both.calls(both.claude)[-1].json["max_tokens"] <= 500 - 14 - len("Hello") - 72
        assert len(both.calls(both.claude)) == 2


@pytest.mark.parametrize("path", [MESSAGES, COUNT])
def test_a_used_up_limit_holds_on_each_path(tmp_path: Path, path: str) -> None:
    with two(tmp_path, limit(LimitType.REQUESTS, 1, "day")) as both:
        assert both.messages(path).status == 200
        for _ in range(2):
            held = both.messages(path)
            assert (held.status, held.json["error"]["code"]) == (429, "rate_limit_exceeded")
        assert len(both.calls(both.claude)) == 1


FUNCTION = {"name": "f", "arguments": "{}"}
GEMINI_CALL = {**CALL, "function": FUNCTION, "extra_content": {"google": {"thought_signature": "g:1"}}}


@pytest.mark.parametrize("streamed", [False, True])
def test_the_signature_beside_a_call_of_geminis_goes_back_with_it(tmp_path: Path, *, streamed: bool) -> None:
    def gemini(asked: Asked) -> Iterator[Step]:
        if asked.json.get("stream"):
            said = event({"tool_calls": [{"index": 0, **GEMINI_CALL}]}) + event(finish="tool_calls") + DONE
            yield STREAM_HEAD + chunked(said) + STREAM_END
        else:
            message = {"role": "assistant", "content": None, "tool_calls": [GEMINI_CALL]}
            yield answer(200, {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]})

    with Upstream(gemini) as up:
        provider = Provider(name="google", preset="gemini", base_url=up.url, models=("a",))
        with router(tmp_path, [provider]) as lr:
            lr.rpc("set_provider_key", name="google", key="AIza-test-000001")
            asked = ASKED | {"model": "google/a"}
            reply = lr.request("POST", MESSAGES, asked | {"stream": streamed})
            content = message_in(reply.body)["content"] if streamed else reply.json["content"]
            said = [*CHAT["messages"], {"role": "assistant", "content": content}]  # type: ignore[misc]
            back = lr.request("POST", MESSAGES, asked | {"messages": said})
            assert back.status == 200
            assert up.asked[-1].json["messages"][1]["tool_calls"] == [GEMINI_CALL]
            assert "reasoning" not in back.headers.get("x-localrouter-warnings", "")
