"""OpenAI's SDK asks for responses, through the router, of providers that know chat completions alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from localrouter.domain.configuration.config import LimitType, Provider
from tests.limits import limit
from tests.rig import Router, auto, router
from tests.upstream import DONE, STREAM_END, STREAM_HEAD, Asked, End, Step, Upstream, answer, chunked, completion, event

TOOL = {"type": "function", "name": "look", "parameters": {"type": "object"}, "strict": False}


def script(asked: Asked) -> Iterator[Step]:
    """Calls the tool that is offered, and then says what it returned; models go by what they do."""
    body = asked.json
    if body["model"] == "busy":
        yield answer(503, {"error": {"message": "Too busy.", "code": "overloaded"}})
        return
    last = body["messages"][-1]
    calls = bool(body.get("tools")) and last["role"] != "tool"
    if not body.get("stream") or body["model"] == "whole":
        yield answer(200, completion(f"Heard {last['content']}", tokens_in=11, tokens_out=7))
        return
    yield STREAM_HEAD + chunked(event({"role": "assistant"}))
    if calls:
        function = {"name": "look", "arguments": "{}"}
        yield chunked(event({"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": function}]}))
    else:
        yield chunked(event({"content": f"Heard {last['content']}"}))
    if body["model"] == "cut":
        yield End.RESET
        return
    yield chunked(event(finish="tool_calls" if calls else "stop")) + chunked(DONE) + STREAM_END


@pytest.fixture(scope="module")
def provider() -> Iterator[Upstream]:
    with Upstream(script) as started:
        yield started


@pytest.fixture(scope="module")
def lr(provider: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    one = Provider(name="one", preset="openai-compatible", base_url=provider.url, models=("a",))
    with router(tmp_path_factory.mktemp("responses"), [one], auto=auto(("one", "busy"), ("one", "a"))) as started:
        yield started


@pytest.fixture
def up(provider: Upstream) -> Upstream:
    provider.asked.clear()
    return provider


@pytest.fixture
def sdk(lr: Router) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{lr.url}/v1", api_key=lr.key, max_retries=0) as client:
        yield client


def streamed(sdk: openai.OpenAI, **fields: Any) -> Any:
    with sdk.responses.stream(**fields) as stream:
        return stream.get_final_response()


def test_a_plain_answer_falls_over_and_tells_who_served(sdk: openai.OpenAI, up: Upstream) -> None:
    raw = sdk.responses.with_raw_response.create(model="localrouter/auto", input="Hello", instructions="Be brief.")
    response = raw.parse()
    assert response.output_text == "Heard Hello"
    assert response.usage is not None
    assert (response.usage.input_tokens, response.usage.output_tokens) == (11, 7)
    assert raw.headers["x-localrouter-model"] == "one/a"
    assert up.models == ["busy", "a"]
    assert [message["content"] for message in up.asked[-1].json["messages"]] == ["Be brief.", "Hello"]


@pytest.mark.parametrize("model", ["one/a", "one/whole"])
def test_a_stream_comes_whichever_way_the_provider_answers(sdk: openai.OpenAI, model: str) -> None:
    response = streamed(sdk, model=model, input="Hello")
    assert (response.output_text, response.status) == ("Heard Hello", "completed")


def test_a_tool_s_result_goes_back_with_the_items_before_it(sdk: openai.OpenAI, up: Upstream) -> None:
    asked: list[Any] = [{"role": "user", "content": "Go."}]
    (call,) = streamed(sdk, model="one/a", input=asked, tools=[TOOL]).output
    asked += [call.model_dump(exclude={"parsed_arguments"})]
    asked += [{"type": "function_call_output", "call_id": call.call_id, "output": "20"}]
    assert streamed(sdk, model="one/a", input=asked, tools=[TOOL]).output_text == "Heard 20"
    assert [message["role"] for message in up.asked[-1].json["messages"]] == ["user", "assistant", "tool"]


def test_errors_are_those_that_the_sdk_knows(sdk: openai.OpenAI, up: Upstream) -> None:
    with pytest.raises(openai.NotFoundError, match="nobody/a"):
        sdk.responses.create(model="nobody/a", input="Hello")
    with pytest.raises(openai.BadRequestError, match="Send the whole conversation in input") as refusal:
        sdk.responses.create(model="one/a", input="Hello", previous_response_id="resp_1")
    assert refusal.value.param == "previous_response_id"
    assert up.asked == [], "what cannot be told is not sent"
    with pytest.raises(openai.APIError, match="one/cut: "):
        streamed(sdk, model="one/cut", input="Hello")


def test_a_strict_limit_bounds_a_response_and_caps_it(up: Upstream, tmp_path: Path) -> None:
    one = Provider(name="one", preset="openai-compatible", base_url=up.url, models=("a",))
    strict = [limit(LimitType.TOTAL_TOKENS, 400, mode="strict", window="month")]
    with (
        router(tmp_path, [one], limits=strict) as lr,
        openai.OpenAI(base_url=f"{lr.url}/v1", api_key=lr.key, max_retries=0) as sdk,
    ):
        sdk.responses.create(model="one/a", input="Hello", max_output_tokens=100_000)
        assert 0 < up.asked[0].json["max_tokens"] < 400
        for unbounded in ({"previous_response_id": "resp_1"}, {"service_tier": "priority"}):
            with pytest.raises(openai.APIStatusError, match=next(iter(unbounded)).replace("_tier", " tier")):
                sdk.responses.create(model="one/a", input="Hello", **unbounded)  # type: ignore[call-overload]
        with pytest.raises(openai.APIStatusError, match="400"):
            sdk.responses.create(model="one/a", input="x" * 500)
        assert len(up.asked) == 1
