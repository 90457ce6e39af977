"""The official OpenAI SDK, through the router, to an independent emulator of providers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import openai
import pytest
from llmock.scenarios import Delay, Fail, Match, SlowFirstToken, StreamFault
from llmock.testing import LLMockServer
from openai.types.chat import (
    ChatCompletion,
    ChatCompletionContentPartParam,
    ChatCompletionMessageParam,
    ChatCompletionToolParam,
)

from localrouter.domain.configuration.config import LimitType, Provider, Timeouts
from tests.limits import limit
from tests.rig import Router, auto, router

FIRST, SECOND = ("one", "gpt-4o-mini"), ("two", "llama-3.3-70b-versatile")
HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hello"}]
ON_FIRST = Match(provider="openai", path="*/chat/completions")
ON_SECOND = Match(provider="groq", path="*/chat/completions")
WEATHER: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture(scope="module")
def emulator() -> Iterator[LLMockServer]:
    with LLMockServer() as server:
        yield server


@pytest.fixture
def mock(emulator: LLMockServer) -> LLMockServer:
    emulator.state.reset()
    return emulator


@pytest.fixture
def lr(mock: LLMockServer, tmp_path: Path) -> Iterator[Router]:
    quick = Timeouts(first_byte=1.0, first_token=1.0)
    providers = [
        Provider(name="one", preset="openai-compatible", base_url=mock.base_url("openai"), timeouts=quick),
        Provider(name="two", preset="openai-compatible", base_url=mock.base_url("groq")),
    ]
    with router(tmp_path, providers, auto=auto(FIRST, SECOND)) as started:
        yield started


def sdk(lr: Router, key: str = "", retries: int = 0) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{lr.url}/v1", api_key=key or lr.key, max_retries=retries)


def ask(lr: Router, *, stream: bool, model: str = "localrouter/auto") -> tuple[str, str | None]:
    """The text of an answer, and who served it."""
    with sdk(lr) as client:
        raw = client.chat.completions.with_raw_response.create(model=model, messages=HELLO, stream=stream)
        served, answered = raw.headers.get("x-localrouter-model"), raw.parse()
        if isinstance(answered, ChatCompletion):
            return answered.choices[0].message.content or "", served
        return "".join(chunk.choices[0].delta.content or "" for chunk in answered if chunk.choices), served


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_comes_whole_and_streamed(lr: Router, stream: bool) -> None:
    text, served = ask(lr, stream=stream)
    assert text
    assert served == "one/gpt-4o-mini"


def test_the_usage_of_a_stream_comes_when_it_is_asked_for(lr: Router) -> None:
    with sdk(lr) as client:
        chunks = list(
            client.chat.completions.create(
                model="localrouter/auto", messages=HELLO, stream=True, stream_options={"include_usage": True}
            )
        )
    usage = chunks[-1].usage
    assert usage is not None
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens > 0
    assert lr.rows("SELECT input_tokens + output_tokens FROM requests") == [(usage.total_tokens,)]


@pytest.mark.parametrize("stream", [False, True])
def test_tools_are_called(lr: Router, stream: bool) -> None:
    with sdk(lr) as client:
        answer = client.chat.completions.create(
            model="localrouter/auto",
            messages=[{"role": "user", "content": "What is the weather in Paris?"}],
            tools=[WEATHER],
            stream=stream,
        )
        calls: list[Any]
        if isinstance(answer, ChatCompletion):
            calls = list(answer.choices[0].message.tool_calls or ())
        else:
            calls = [call for chunk in answer if chunk.choices for call in chunk.choices[0].delta.tool_calls or ()]
    assert calls[0].function.name == "get_weather"


def test_models_are_listed_and_found(lr: Router) -> None:
    with sdk(lr) as client:
        ids = [model.id for model in client.models.list()]
        assert ids[0] == "localrouter/auto"
        assert client.models.retrieve("localrouter/auto").owned_by == "localrouter"


def test_a_wrong_key_an_unknown_model_and_a_full_limit_are_the_sdks_own_exceptions(
    lr: Router, mock: LLMockServer, tmp_path: Path
) -> None:
    with sdk(lr, key="lr-wrong") as client, pytest.raises(openai.AuthenticationError) as wrong:
        client.chat.completions.create(model="localrouter/auto", messages=HELLO)
    assert (wrong.value.code, bool(wrong.value.request_id)) == ("invalid_api_key", True)
    with sdk(lr) as client, pytest.raises(openai.NotFoundError) as unknown:
        client.chat.completions.create(model="nobody/nothing", messages=HELLO)
    assert (unknown.value.code, bool(unknown.value.request_id)) == ("model_not_found", True)
    one = limit(LimitType.REQUESTS, 1)
    provider = Provider(name="one", preset="openai-compatible", base_url=mock.base_url("openai"))
    with router(tmp_path / "limited", [provider], auto=auto(FIRST), limits=[one]) as limited, sdk(limited) as client:
        client.chat.completions.create(model="localrouter/auto", messages=HELLO)
        with pytest.raises(openai.RateLimitError) as full:
            client.chat.completions.create(model="localrouter/auto", messages=HELLO)
    assert (full.value.code, bool(full.value.request_id)) == ("rate_limit_exceeded", True)
    assert 1 <= int(full.value.response.headers["retry-after"]) <= 61


@pytest.mark.parametrize("stream", [False, True])
def test_a_rate_limited_model_gives_way_to_the_next(lr: Router, mock: LLMockServer, stream: bool) -> None:
    mock.state.scenarios.add(Fail(429, retry_after=8, times=None, match=ON_FIRST))
    text, served = ask(lr, stream=stream)
    assert text
    assert served == "two/llama-3.3-70b-versatile"


@pytest.mark.parametrize("stream", [False, True])
def test_a_silent_model_is_abandoned_at_its_deadline(lr: Router, mock: LLMockServer, stream: bool) -> None:
    silence = SlowFirstToken(3, match=ON_FIRST) if stream else Delay(3, match=ON_FIRST)
    mock.state.scenarios.add(silence)
    text, served = ask(lr, stream=stream)
    assert text
    assert served == "two/llama-3.3-70b-versatile"
    assert lr.rows("SELECT provider, kind FROM attempts WHERE kind IS NOT NULL") == [("one", "unreachable")]


@pytest.mark.parametrize("stream", [False, True])
def test_when_all_fail_the_last_status_comes_with_every_attempt(lr: Router, mock: LLMockServer, stream: bool) -> None:
    mock.state.scenarios.add(Fail(401, times=None, match=ON_FIRST), Fail(503, times=None, match=ON_SECOND))
    with sdk(lr) as client, pytest.raises(openai.InternalServerError) as failed:
        client.chat.completions.create(model="localrouter/auto", messages=HELLO, stream=stream)
    assert failed.value.status_code == 503
    told = failed.value.body
    assert isinstance(told, dict)
    assert [(a["provider"], a["kind"]) for a in told["localrouter"]["attempts"]] == [
        ("one", "auth"),
        ("two", "overloaded"),
    ]


@pytest.mark.parametrize("kind", ["disconnect", "truncate"])
def test_a_cut_stream_is_never_shown_as_a_whole_one(
    lr: Router, mock: LLMockServer, kind: Literal["disconnect", "truncate"]
) -> None:
    mock.state.scenarios.add(StreamFault(kind, after_chunks=3, match=ON_FIRST))
    with sdk(lr) as client, pytest.raises(openai.APIError):
        list(client.chat.completions.create(model="localrouter/auto", messages=HELLO, stream=True))


def test_a_malformed_event_does_not_end_the_stream(lr: Router, mock: LLMockServer) -> None:
    mock.state.scenarios.add(StreamFault("malformed", after_chunks=2, match=ON_FIRST))
    text, served = ask(lr, stream=True)
    assert text
    assert served == "one/gpt-4o-mini"


def test_the_sdks_own_retries_work_through_the_router(lr: Router, mock: LLMockServer) -> None:
    mock.state.scenarios.add(Fail(503, times=1, match=ON_FIRST), Fail(503, times=1, match=ON_SECOND))
    with sdk(lr, retries=2) as client:
        assert client.chat.completions.create(model="localrouter/auto", messages=HELLO).choices


def test_what_a_strict_limit_never_admits_is_refused_once_and_what_it_caps_ends_by_length(
    mock: LLMockServer, tmp_path: Path
) -> None:
    tokens = limit(LimitType.OUTPUT_TOKENS, 20, "day", "strict")
    one = Provider(name="one", preset="openai-compatible", base_url=mock.base_url("openai"))
    with router(tmp_path, [one], auto=auto(FIRST), limits=[tokens]) as lr, sdk(lr, retries=2) as client:
        picture: list[ChatCompletionContentPartParam] = [
            {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}
        ]
        with pytest.raises(openai.RateLimitError) as refused:
            client.chat.completions.create(model="localrouter/auto", messages=[{"role": "user", "content": picture}])
        assert refused.value.code == "limit_too_small"
        assert lr.rows("SELECT count(*) FROM requests WHERE outcome = 'denied'") == [(1,)], "not retried"
        raw = client.chat.completions.with_raw_response.create(model="localrouter/auto", messages=HELLO, max_tokens=500)
        assert "max_tokens 20" in raw.headers["x-localrouter-warnings"]
        usage = raw.parse().usage
        assert usage is not None
        assert usage.completion_tokens <= 20
