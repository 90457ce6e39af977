"""Gemini on both sides of the router: what passes, what is translated, and what limits see of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from localrouter.domain.configuration.config import LimitType, PricingOverride, Provider, StrategyRateLimit
from tests.dialects.gemini.answers import THOUGHTFUL, USAGE, answer, call, stream
from tests.limits import limit
from tests.rig import CHAT, Reply, Router, auto, router, until
from tests.upstream import STREAM_END, Asked, Step, Upstream, chunked, completion
from tests.upstream import answer as http

STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
KEY = "AIza-test-000001"
WHOLE = answer(
    {"text": "Hm.", "thought": True},
    {"text": "I look."},
    call("f", {"a": 1}, thoughtSignature="c2lnbmVk"),
    usage=USAGE,
)
MANY = (limit(LimitType.REQUESTS, 100, "day"), limit(LimitType.TOTAL_TOKENS, 1_000_000, "day"))


def google(asked: Asked) -> Iterator[Step]:
    """A provider that speaks Gemini."""
    path, query = asked.path, asked.query
    if path.endswith(":streamGenerateContent"):
        assert query == "alt=sse"
        yield STREAM_HEAD + chunked(stream(*THOUGHTFUL)) + STREAM_END
    elif path.endswith(":generateContent"):
        yield http(200, WHOLE)
    elif path.endswith(":countTokens"):
        yield http(200, {"totalTokens": 14})
    elif path.endswith("EmbedContents"):
        yield http(200, {"embeddings": [{"values": [0.5, 1.0]}]})
    elif path == "/v1beta/openai/embeddings":
        vector = {"object": "embedding", "index": 0, "embedding": [0.5]}
        yield http(200, {"object": "list", "data": [vector], "usage": {"prompt_tokens": 3, "total_tokens": 3}})
    elif "pageToken=two" in query:
        yield http(200, {"models": [{"name": "models/b"}]})
    elif path.endswith("/models"):
        yield http(200, {"models": [{"name": "models/a"}], "nextPageToken": "two"})
    else:
        yield http(404, {"error": {"code": 404, "message": path, "status": "NOT_FOUND"}})


def openai(asked: Asked) -> Iterator[Step]:
    if asked.path.endswith("/embeddings"):
        rows = [{"object": "embedding", "index": index, "embedding": [0.5, index]} for index in (1, 0)]
        yield http(200, {"object": "list", "data": rows, "usage": {"prompt_tokens": 3, "total_tokens": 3}})
    yield http(200, completion("Hi", tokens_in=9, tokens_out=3))


@dataclass
class Two:
    """A router with a provider of each kind."""

    lr: Router
    google: Upstream
    open: Upstream

    def chat(self, **fields: Any) -> Reply:
        return self.lr.request("POST", "/v1/chat/completions", CHAT | {"model": "google/a"} | fields)

    def calls(self) -> list[Asked]:
        return [asked for asked in self.google.asked if asked.body]

    def used(self) -> tuple[int, int]:
        """The requests and tokens that the strategy's limits count."""
        used = self.lr.rpc("get_strategy_usage", strategy_id=self.lr.config.strategies[1].id)
        by_type = {each["limit_type"]: each["used"] for each in used}
        return int(by_type["requests"]), int(by_type["total_tokens"])


@contextmanager
def two(folder: Path, *limits: StrategyRateLimit) -> Iterator[Two]:
    with Upstream(google) as up, Upstream(openai) as other:
        address = up.url.removesuffix("/v1")
        providers = [
            Provider(name="google", preset="gemini", base_url=address, models=("a",)),
            Provider(name="open", preset="openai-compatible", base_url=other.url, models=("a",)),
        ]
        priced = [
            PricingOverride(provider=name, model="a", input_per_million=1.0, output_per_million=1.0)
            for name in ("google", "open")
        ]
        lr = router(folder, providers, auto=auto(("google", "a"), ("open", "a")), limits=limits)
        lr.config = lr.config.model_copy(update={"pricing_overrides": tuple(priced)})
        with lr:
            lr.rpc("set_provider_key", name="google", key=KEY)
            yield Two(lr, up, other)


def test_chat_goes_to_gemini_in_its_own_terms_and_all_its_tokens_count(tmp_path: Path) -> None:
    with two(tmp_path, *MANY) as both:
        reply = both.chat(max_tokens=50)
        message = reply.json["choices"][0]["message"]
        assert (message["content"], message["reasoning_content"]) == ("I look.", "Hm.")
        assert message["tool_calls"][0]["function"] == {"name": "f", "arguments": '{"a":1}'}
        assert reply.json["choices"][0]["finish_reason"] == "tool_calls"
        assert (reply.json["usage"]["prompt_tokens"], reply.json["usage"]["completion_tokens"]) == (33, 27)
        (asked,) = both.calls()
        assert asked.path == "/v1beta/models/a:generateContent"
        assert (asked.headers["x-goog-api-key"], asked.headers.get("authorization")) == (KEY, None)
        assert asked.json["generationConfig"] == {"maxOutputTokens": 50}
        assert both.used() == (1, 60)
        streamed = both.chat(stream=True, stream_options={"include_usage": True})
        assert streamed.body.endswith(b"data: [DONE]\n\n")
        assert b'"completion_tokens":27' in streamed.body
        assert both.used() == (2, 120)


def test_the_proof_of_its_thoughts_goes_back_with_the_call(tmp_path: Path) -> None:
    with two(tmp_path) as both:
        message = both.chat().json["choices"][0]["message"]
        result = {"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": "20"}
        assert both.chat(messages=[*CHAT["messages"], message, result]).status == 200  # type: ignore[misc]
        said, returned = both.calls()[-1].json["contents"][1:]
        assert said["parts"][-1] == call("f", {"a": 1}, thoughtSignature="c2lnbmVk")
        assert returned["parts"] == [{"functionResponse": {"name": "f", "response": {"result": "20"}}}]


def test_vectors_come_by_the_address_that_google_has_for_them(tmp_path: Path) -> None:
    with two(tmp_path, *MANY) as both:
        reply = both.lr.request("POST", "/v1/embeddings", {"model": "google/a", "input": "Hi"})
        assert reply.json["data"][0]["embedding"] == [0.5]
        (asked,) = both.calls()
        assert (asked.path, asked.json["model"]) == ("/v1beta/openai/embeddings", "a")
        assert both.used() == (1, 3)


def test_a_list_is_read_page_by_page(tmp_path: Path) -> None:
    with Upstream(google) as up:
        address = up.url.removesuffix("/v1")
        with router(tmp_path, [Provider(name="google", preset="gemini", base_url=address)]) as lr:
            lr.rpc("set_provider_key", name="google", key=KEY)
            lr.rpc("refresh_models")
            listed = lr.request("GET", "/v1/models").json["data"]
            assert [model["id"] for model in listed] == ["google/a", "google/b"]


GEMINI: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
GENERATE, STREAM = ":generateContent", ":streamGenerateContent"


def gemini(both: Two, action: str, model: str = "google/a", query: str = "", **fields: Any) -> Reply:
    return both.lr.request("POST", f"/v1beta/models/{model}{action}{query}", GEMINI | fields)


def test_geminis_own_words_pass_to_gemini_and_are_metered(tmp_path: Path) -> None:
    with two(tmp_path, *MANY) as both:
        whole = gemini(both, GENERATE, safety_settings=[], generation_config={"top_k": 1.5})
        assert (whole.status, whole.json) == (200, WHOLE)
        (asked,) = both.calls()
        assert asked.path == "/v1beta/models/a:generateContent"
        assert asked.json == GEMINI | {"safetySettings": [], "generationConfig": {"topK": 1.5}}
        streamed = gemini(both, STREAM, query="?alt=sse")
        assert streamed.body == stream(*THOUGHTFUL)
        assert streamed.headers["content-type"].startswith("text/event-stream")
        array = gemini(both, STREAM)
        assert orjson.loads(array.body) == list(THOUGHTFUL)
        assert array.headers["content-type"].startswith("application/json")
        assert both.used() == (3, 180)
        until(lambda: len(both.lr.rpc("list_requests")["items"]) == 3)
        named = {record["endpoint"] for record in both.lr.rpc("list_requests")["items"]}
        assert named == {"models/{model}:generateContent", "models/{model}:streamGenerateContent"}


def test_geminis_words_go_to_another_provider_in_its_own_terms(tmp_path: Path) -> None:
    with two(tmp_path, *MANY) as both:
        reply = gemini(both, GENERATE, "open%2Fa", generationConfig={"maxOutputTokens": 7}, safetySettings=[{}])
        candidate = reply.json["candidates"][0]
        assert candidate["content"] == {"role": "model", "parts": [{"text": "Hi"}]}
        assert "safetySettings" in reply.headers["x-localrouter-warnings"]
        sent = both.open.asked[-1].json
        assert (sent["messages"], sent["max_tokens"]) == ([{"role": "user", "content": "Hi"}], 7)
        assert both.used() == (1, 12)


def test_a_prompt_is_counted_by_google_or_estimated(tmp_path: Path) -> None:
    with two(tmp_path) as both:
        assert gemini(both, ":countTokens").json == {"totalTokens": 14}
        estimated = gemini(both, ":countTokens", "open/a")
        assert estimated.json == {"totalTokens": 1}
        assert "estimated" in estimated.headers["x-localrouter-warnings"]


def test_vectors_of_gemini_come_in_its_words(tmp_path: Path) -> None:
    with two(tmp_path) as both:
        body = {"requests": [{"model": "models/google/a", "content": GEMINI["contents"][0]}]}
        reply = both.lr.request("POST", "/v1beta/models/google/a:batchEmbedContents", body)
        assert reply.json == {"embeddings": [{"values": [0.5, 1.0]}]}
        assert both.calls()[-1].json["requests"][0]["model"] == "models/a"


def test_vectors_of_others_come_in_googles_words_and_their_tokens_count(tmp_path: Path) -> None:
    with two(tmp_path, *MANY) as both:
        texts = [{"content": {"parts": [{"text": text}]}, "taskType": "CLUSTERING"} for text in ("Hi", "there")]
        asked = [each | {"outputDimensionality": 2} for each in texts]
        reply = both.lr.request("POST", "/v1beta/models/open/a:batchEmbedContents", {"requests": asked})
        told = [{"values": [0.5, 0]}, {"values": [0.5, 1]}]
        assert reply.json == {"embeddings": told, "usageMetadata": {"promptTokenCount": 3}}
        assert "taskType" in reply.headers["x-localrouter-warnings"]
        assert both.open.asked[-1].json == {"model": "a", "input": ["Hi", "there"], "dimensions": 2}
        assert both.used() == (1, 3)
        one = both.lr.request("POST", "/v1beta/models/open/a:embedContent", texts[0])
        assert one.json == {"embedding": told[0]}


def test_models_errors_and_keys_are_googles(tmp_path: Path) -> None:
    with two(tmp_path) as both:
        listed = both.lr.request("GET", "/v1beta/models").json["models"]
        assert [model["name"] for model in listed] == ["models/localrouter/auto", "models/google/a", "models/open/a"]
        assert both.lr.request("GET", "/v1beta/models/open/a").json["name"] == "models/open/a"
        assert both.lr.request("GET", "/v1beta/models/none").json["error"]["status"] == "NOT_FOUND"
        missing = gemini(both, GENERATE, "nobody/a").json["error"]
        assert (missing["code"], missing["status"]) == (404, "NOT_FOUND")
        path = f"/v1beta/models/open/a{GENERATE}?key="
        nobody = {"authorization": ""}
        assert both.lr.request("POST", path + both.lr.key, GEMINI, nobody).status == 200
        refused = both.lr.request("POST", f"{path}x", GEMINI, nobody)
        assert (refused.status, refused.json["error"]["status"]) == (401, "UNAUTHENTICATED")


def test_a_strict_limit_caps_gemini_where_it_honours_a_cap(tmp_path: Path) -> None:
    strictly = limit(LimitType.TOTAL_TOKENS, 1_000, "day", mode="strict")
    with two(tmp_path, strictly) as both:
        assert gemini(both, GENERATE).status == 200
        cap = both.calls()[0].json["generationConfig"]["maxOutputTokens"]
        assert 0 < cap < 1_000
        unbounded = gemini(both, GENERATE, tools=[{"googleSearch": {}}])
        assert unbounded.status == 429
        assert "googleSearch" in unbounded.json["error"]["message"]
