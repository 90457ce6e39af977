"""Programs that speak responses to a provider that does, too: bytes pass, and are metered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from localrouter.domain.configuration.config import Provider
from tests.dialects.openai_responses.answers import begun, event, response, said, stream
from tests.rig import Router, auto, router
from tests.upstream import STREAM_END, STREAM_HEAD, Asked, End, Step, Upstream, answer, chunked, completion


def script(asked: Asked) -> Iterator[Step]:
    if not asked.body:
        yield answer(200, {"object": "list", "data": []})
        return
    body, path = asked.json, asked.path
    if path.endswith("/chat/completions"):
        yield answer(200, completion("By chat.", tokens_in=11, tokens_out=7))
    elif body["model"] == "old":
        yield answer(404, {"detail": "Not Found"})
    elif not body.get("stream"):
        yield answer(200, response())
    elif body["model"] == "cut":
        yield STREAM_HEAD + chunked(begun() + said())
        yield End.RESET
    elif body["model"] == "failing":
        error = {"code": "server_error", "message": "Broke."}
        last = event("failed", response=response(status="failed", error=error))
        yield STREAM_HEAD + chunked(begun() + said())
        yield 0.1  # what came is shown before the rest is read
        yield chunked(last) + STREAM_END
    else:
        yield STREAM_HEAD + chunked(stream()) + STREAM_END


def calls(up: Upstream) -> list[Asked]:
    """What was asked of models. Their lists are read whenever it is time."""
    return [asked for asked in up.asked if asked.body]


@pytest.fixture(scope="module")
def provider() -> Iterator[Upstream]:
    with Upstream(script) as started:
        yield started


@pytest.fixture(scope="module")
def lr(provider: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    own = Provider(name="own", preset="vllm", base_url=provider.url)
    chat = Provider(name="chat", preset="openai-compatible", base_url=provider.url)
    paid = Provider(name="paid", preset="openai", base_url=provider.url, secret="env:LOCALROUTER_KEY_TEST")
    tried = auto(("chat", "a"), ("own", "b"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCALROUTER_KEY_TEST", "sk-test")
        with router(tmp_path_factory.mktemp("responses"), [own, chat, paid], auto=tried) as started:
            yield started


@pytest.fixture
def up(provider: Upstream) -> Upstream:
    provider.asked.clear()
    return provider


@pytest.fixture
def sdk(lr: Router) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{lr.url}/v1", api_key=lr.key, max_retries=0) as client:
        yield client


def ask(lr: Router, model: str, **fields: Any) -> Any:
    return lr.request("POST", "/v1/responses", {"model": model, "input": "Rome?", **fields})


def usage_of(lr: Router, request_id: str) -> tuple[Any, ...]:
    told = "input_tokens, output_tokens, cached_tokens, reasoning_tokens, estimated"
    (row,) = lr.rows(f"select {told} from requests where request_id = ?", request_id)
    return row


def test_a_plain_answer_passes_byte_by_byte_and_is_metered(lr: Router, up: Upstream) -> None:
    reply = ask(lr, "own/b", news=[1], store=True)
    assert reply.body == json.dumps(response()).encode()
    (asked,) = [each for each in calls(up) if each.body]
    assert asked.path == "/v1/responses"
    assert asked.json == {"model": "b", "input": "Rome?", "news": [1], "store": True}
    assert usage_of(lr, reply.headers["x-request-id"])[:4] == (30, 12, 20, 8)


def test_a_stream_passes_byte_by_byte_and_is_metered(lr: Router, up: Upstream) -> None:
    reply = ask(lr, "own/b", stream=True)
    assert reply.body == stream()
    assert "stream_options" not in calls(up)[0].json
    assert usage_of(lr, reply.headers["x-request-id"])[:4] == (30, 12, 20, 8)


@pytest.mark.parametrize(
    ("fields", "done"),
    [
        ({"previous_response_id": "resp_1"}, "keep answers"),
        ({"background": True}, "answer in the background"),
        ({"store": True, "tools": [{"type": "mcp"}]}, "keep answers or run tools of its own"),
    ],
)
def test_auto_routing_goes_on_to_a_model_whose_provider_can_do_it(
    lr: Router, up: Upstream, fields: dict[str, Any], done: str
) -> None:
    reply = ask(lr, "localrouter/auto", **fields)
    assert reply.headers["x-localrouter-model"] == "own/b"
    assert [asked.path for asked in calls(up)] == ["/v1/responses"]
    told = lr.rpc("get_request", request_id=reply.headers["x-request-id"])["trace"]["candidates"][0]
    assert (told["state"], told["reason"]) == ("skipped", "capability")
    assert told["lacks"] == f"its provider does not {done}"


def test_a_named_model_whose_provider_cannot_refuses_by_name(lr: Router, up: Upstream) -> None:
    reply = ask(lr, "chat/a", previous_response_id="resp_1")
    assert reply.status == 400
    assert reply.json["error"]["param"] == "previous_response_id"
    assert "Send the whole conversation in input" in reply.json["error"]["message"]
    fields = {"input": "Rome?", "previous_response_id": "resp_1"}
    strategy = lr.config.clients[0].strategy_id
    told = lr.rpc("explain_route", strategy_id=strategy, model="chat/a", request=fields)
    assert any(each.startswith("chat/a: previous_response_id needs a provider") for each in told["warnings"])
    assert calls(up) == []


def test_an_older_server_is_asked_by_chat_and_remembered(lr: Router, up: Upstream) -> None:
    first = ask(lr, "own/old").json
    assert first["output"][0]["content"][0]["text"] == "By chat."
    ask(lr, "own/old")
    paths = [asked.path for asked in calls(up)]
    assert paths == ["/v1/responses", "/v1/chat/completions", "/v1/chat/completions"]
    (own,) = [each for each in lr.rpc("list_providers") if each["name"] == "own"]
    assert own["left_out"] == [{"model": "old", "fields": ["responses (asked by chat)"]}]


def test_a_model_that_answers_in_responses_alone_serves_chat_and_messages(lr: Router, up: Upstream) -> None:
    reply = lr.chat(model="paid/gpt-5-pro")
    assert reply.status == 200, reply.body
    told = reply.json["choices"][0]
    assert told["message"]["content"] == "Let me look."
    assert told["message"]["tool_calls"][0]["function"] == {"name": "look", "arguments": '{"at":"Rome"}'}
    assert told["finish_reason"] == "tool_calls"
    assert calls(up)[0].path == "/v1/responses"
    assert calls(up)[0].json["store"] is False
    fields = {"model": "paid/gpt-5-pro", "max_tokens": 50, "messages": [{"role": "user", "content": "Rome?"}]}
    blocks = lr.request("POST", "/v1/messages", fields).json["content"]
    assert [block["type"] for block in blocks] == ["thinking", "text", "tool_use"]
    assert b"".join(lr.chat(model="paid/gpt-5-pro", stream=True).body.split()).endswith(b"data:[DONE]")


def test_other_programs_go_to_other_models_by_chat(lr: Router, up: Upstream) -> None:
    lr.chat(model="own/b")
    assert calls(up)[0].path == "/v1/chat/completions"


@pytest.mark.parametrize("model", ["own/cut", "own/failing"])
def test_a_stream_that_breaks_ends_once_and_in_so_many_words(lr: Router, sdk: openai.OpenAI, model: str) -> None:
    raw = ask(lr, model, stream=True).body
    assert raw.count(b"event: response.created") == 1
    assert raw.count(b"event: response.failed") == 1
    assert b"response.completed" not in raw
    told = [json.loads(line[6:]) for line in raw.splitlines() if line.startswith(b"data: ")]
    ids = {event["response"]["id"] for event in told if event["type"] in ("response.created", "response.failed")}
    assert len(ids) == 1, "it is the answer that began which failed"
    with pytest.raises(openai.APIError), sdk.responses.stream(model=model, input="Rome?") as events:
        events.until_done()


def test_what_a_failed_response_used_is_recorded(lr: Router) -> None:
    reply = ask(lr, "own/failing", stream=True)
    assert usage_of(lr, reply.headers["x-request-id"])[:2] == (30, 12)
