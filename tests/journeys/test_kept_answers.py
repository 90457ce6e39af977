"""Answers that providers keep: who may go on from them, read or stop them, and what those cost that nobody awaits."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest

from localrouter.domain.configuration.config import LimitType, Provider
from tests.dialects.openai_responses.answers import begun, event, response, said
from tests.limits import limit
from tests.rig import Reply, Router, auto, router
from tests.upstream import STREAM_END, STREAM_HEAD, Asked, Step, Upstream, answer, chunked

NOT_FOUND = {
    "error": {
        "message": "Previous response with id 'resp_x' not found.",
        "type": "invalid_request_error",
        "param": "previous_response_id",
        "code": "previous_response_not_found",
    }
}
GONE = {"error": {"message": "Response with id 'resp_x' not found.", "type": "invalid_request_error", "code": None}}


class Keeper:
    """A provider that keeps what it answered, under ids that begin with its name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.kept: dict[str, dict[str, Any]] = {}

    def __call__(self, asked: Asked) -> Iterator[Step]:
        path = asked.path.removeprefix("/v1/")
        if path == "models":
            yield answer(200, {"object": "list", "data": []})
        elif path == "responses":
            yield from self._made(asked.json)
        else:
            yield self._told(path.split("/")[1:])

    def _made(self, body: dict[str, Any]) -> Iterator[Step]:
        before = body.get("previous_response_id")
        if before is not None and before not in self.kept:
            yield answer(400, NOT_FOUND)
            return
        told = response(id=f"resp_{self.name}{len(self.kept)}", previous_response_id=before)
        if body.get("background"):
            told |= {"status": "queued", "output": [], "usage": None, "background": True}
        if body.get("store", True):
            self.kept[told["id"]] = told
        if not body.get("stream"):
            yield answer(200, told)
        elif body.get("background"):
            yield STREAM_HEAD + chunked(begun(id=told["id"]) + said())
            yield 30.0
        else:
            yield STREAM_HEAD + chunked(begun(id=told["id"]) + said() + event("completed", response=told)) + STREAM_END

    def _told(self, path: list[str]) -> bytes:
        kept = self.kept.get(path[0])
        if kept is None:
            return answer(404, GONE)
        if path[1:] == ["input_items"]:
            return answer(200, {"object": "list", "data": []})
        return answer(200, kept)

    def end(self, answer_id: str, **fields: Any) -> None:
        self.kept[answer_id] = response(id=answer_id) | fields


@pytest.fixture(scope="module")
def keepers() -> Iterator[tuple[Upstream, Upstream]]:
    with Upstream(Keeper("a")) as a, Upstream(Keeper("b")) as b:
        yield a, b


@pytest.fixture(scope="module")
def lr(keepers: tuple[Upstream, Upstream], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    a, b = (Provider(name=name, preset="vllm", base_url=up.url) for name, up in zip("ab", keepers, strict=True))
    with router(tmp_path_factory.mktemp("kept"), [a, b], auto=auto(("a", "m"), ("b", "m"))) as started:
        yield started


@pytest.fixture
def other(lr: Router) -> str:
    """The key of another client with the same models."""
    made = lr.rpc("create_client", name=f"other {time.monotonic_ns()}")
    lr.rpc("assign_client_strategy", client_id=made["client"]["id"], strategy_id=lr.config.clients[0].strategy_id)
    return str(made["key"])


def ask(lr: Router, model: str = "localrouter/auto", key: str = "", **fields: Any) -> Reply:
    return lr.request("POST", "/v1/responses", {"model": model, "input": "Rome?", **fields}, key=key)


def calls(up: Upstream) -> list[str]:
    """What was asked of a provider since the last time, its model list apart."""
    others = [asked for asked in up.asked if "/models" not in asked.path]
    paths = [f"{asked.path}?{asked.query}".removeprefix("/v1/").rstrip("?") for asked in others]
    up.asked.clear()
    return paths


def test_only_the_provider_that_made_an_answer_goes_on_from_it(lr: Router, keepers: tuple[Upstream, Upstream]) -> None:
    made = ask(lr, "b/m").json["id"]
    for up in keepers:
        calls(up)
    reply = ask(lr, previous_response_id=made)
    assert reply.headers["x-localrouter-model"] == "b/m"
    assert reply.json["previous_response_id"] == made
    assert [calls(up) for up in keepers] == [[], ["responses"]]
    told = lr.rpc("get_request", request_id=reply.headers["x-request-id"])["trace"]["candidates"][0]
    assert (told["reason"], told["lacks"]) == ("capability", "only b has the answer that the request goes on from")
    refused = ask(lr, "a/m", previous_response_id=made)
    assert refused.status == 400
    assert refused.json["error"]["code"] == "previous_response_not_found"
    assert refused.json["error"]["message"].startswith("Only b has the answer that previous_response_id names.")
    assert calls(keepers[0]) == []


def test_what_would_become_of_a_request_that_goes_on_is_explained(lr: Router) -> None:
    made = ask(lr, "b/m").json["id"]
    strategy = lr.config.clients[0].strategy_id
    fields = {"previous_response_id": made, "input": "More"}
    told = lr.rpc("explain_route", strategy_id=strategy, model="localrouter/auto", request=fields)
    assert told["model"] == "b/m"
    assert told["candidates"][0]["lacks"] == "only b has the answer that the request goes on from"


def test_an_id_that_nobody_here_knows_is_tried_until_a_provider_does(
    lr: Router, keepers: tuple[Upstream, Upstream]
) -> None:
    script = keepers[1].script
    assert isinstance(script, Keeper)
    script.end("resp_of_before")
    reply = ask(lr, previous_response_id="resp_of_before")
    assert reply.headers["x-localrouter-model"] == "b/m"
    assert ask(lr, "a/m").status == 200, "nothing cools for it"
    refused = ask(lr, previous_response_id="resp_of_nobody")
    assert (refused.status, refused.json["error"]["code"]) == (400, "previous_response_not_found")


def test_an_answer_is_its_clients_alone(lr: Router, keepers: tuple[Upstream, Upstream], other: str) -> None:
    for made in (ask(lr, "a/m").json["id"], _streamed_id(lr)):
        for up in keepers:
            calls(up)
        refused = ask(lr, "a/m", key=other, previous_response_id=made)
        assert refused.json["error"]["code"] == "previous_response_not_found"
        for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/input_items"), ("POST", "/cancel")):
            assert lr.request(method, f"/v1/responses/{made}{path}", key=other).status == 404
        assert [calls(up) for up in keepers] == [[], []]
        assert lr.request("GET", f"/v1/responses/{made}").status == 200


def _streamed_id(lr: Router) -> str:
    body = ask(lr, "a/m", stream=True).body
    return str(json.loads(body.split(b"data: ")[1].split(b"\n")[0])["response"]["id"])


def test_a_kept_answer_is_read_stopped_and_deleted_where_it_was_made(
    lr: Router, keepers: tuple[Upstream, Upstream]
) -> None:
    made = ask(lr, "b/m").json["id"]
    for up in keepers:
        calls(up)
    with openai.OpenAI(base_url=f"{lr.url}/v1", api_key=lr.key, max_retries=0) as sdk:
        assert sdk.responses.retrieve(made).output_text == "Let me look."
        assert sdk.responses.retrieve(made, include=["reasoning.encrypted_content"]).id == made
        assert list(sdk.responses.input_items.list(made, limit=5)) == []
        assert sdk.responses.cancel(made).id == made
        sdk.responses.delete(made)
    assert calls(keepers[0]) == []
    assert calls(keepers[1]) == [
        f"responses/{made}",
        f"responses/{made}?include%5B%5D=reasoning.encrypted_content",
        f"responses/{made}/input_items?limit=5",
        f"responses/{made}/cancel",
        f"responses/{made}",
    ]


def test_what_no_provider_keeps_is_told_as_such(lr: Router, keepers: tuple[Upstream, Upstream]) -> None:
    for up in keepers:
        calls(up)
    reply = lr.request("GET", "/v1/responses/resp_x")
    assert (reply.status, reply.json["error"]["code"]) == (404, "response_not_found")
    assert [calls(up) for up in keepers] == [["responses/resp_x"], ["responses/resp_x"]]
    unkept = ask(lr, "a/m", store=False).json["id"]
    assert lr.state.answers.of(unkept) is None
    assert lr.request("GET", "/v1/responses/resp_x", key="wrong").status == 401
    for method, path in (("POST", "resp_x"), ("PUT", "resp_x"), ("GET", "resp_x/other"), ("POST", "compact")):
        assert lr.request(method, f"/v1/responses/{path}", {}).status == 404
    assert lr.request("GET", "/v1/responses/..%2Fmodels").status == 404
    assert lr.request("POST", "/v1/responses/resp_x/other").status == 415


def until(met: Callable[[], object]) -> None:
    ends = time.monotonic() + 20
    while not met():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.01)


def rows(lr: Router, request_id: str) -> list[tuple[Any, ...]]:
    told = "outcome, input_tokens, output_tokens, reasoning_tokens, estimated"
    return lr.rows(f"select {told} from requests where request_id = ?", request_id)


@pytest.fixture(scope="module")
def keeper() -> Keeper:
    return Keeper("c")


@pytest.fixture(scope="module")
def limited(keeper: Keeper, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    limits = [limit(LimitType.TOTAL_TOKENS, 1_000_000)]
    with Upstream(keeper) as up:
        one = Provider(name="one", preset="vllm", base_url=up.url)
        with router(tmp_path_factory.mktemp("followed"), [one], limits=limits) as started:
            yield started


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [({}, "success"), ({"status": "failed", "error": {"code": "server_error", "message": "Broke."}}, "failed")],
)
def test_an_answer_that_nobody_waits_for_is_recorded_when_it_ends(
    limited: Router, keeper: Keeper, fields: dict[str, Any], outcome: str
) -> None:
    before = _limit(limited)["used"]
    reply = ask(limited, "one/m", background=True)
    request_id = reply.headers["x-request-id"]
    assert reply.json["status"] == "queued"
    assert rows(limited, request_id) == []
    assert request_id in [each["request_id"] for each in limited.rpc("list_running_requests")]
    assert _limit(limited)["reserved"] > 0
    keeper.end(reply.json["id"], **fields)
    limited.request("GET", f"/v1/responses/{reply.json['id']}")
    until(lambda: rows(limited, request_id))
    assert rows(limited, request_id) == [(outcome, 30, 12, 8, 0)]
    assert _limit(limited)["reserved"] == 0
    assert _limit(limited)["used"] - before >= 42


def _limit(lr: Router) -> dict[str, Any]:
    usage: list[dict[str, Any]] = lr.rpc("get_strategy_usage", strategy_id=lr.config.clients[0].strategy_id)
    return usage[0]


def test_a_stream_that_goes_on_without_its_client_is_metered_to_its_end(limited: Router, keeper: Keeper) -> None:
    body = json.dumps({"model": "one/m", "input": "Rome?", "stream": True, "background": True}).encode()
    host, port = urlsplit(limited.url).netloc.split(":")
    answer_id = f"resp_c{len(keeper.kept)}"
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(
            b"POST /v1/responses HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            b"authorization: Bearer %b\r\ncontent-length: %d\r\n\r\n" % (limited.key.encode(), len(body)) + body
        )
        until(lambda: b"output_text.delta" in client.recv(65_536))
        (running,) = limited.rpc("list_running_requests")
    until(lambda: limited.state.followed.looks_at(answer_id))
    keeper.end(answer_id)
    limited.request("GET", f"/v1/responses/{answer_id}")
    until(lambda: rows(limited, running["request_id"]))
    assert rows(limited, running["request_id"]) == [("success", 30, 12, 8, 0)]


def test_what_is_followed_when_the_program_ends_counts_like_an_answer_that_broke_off(limited: Router) -> None:
    before = _limit(limited)["used"]
    request_id = ask(limited, "one/m", background=True).headers["x-request-id"]
    reserved = _limit(limited)["reserved"]
    limited.wait_for(limited.state.followed.stop())
    ((outcome, tokens, _, _, estimated),) = rows(limited, request_id)
    assert (outcome, estimated) == ("failed", 1)
    assert tokens > 0
    assert _limit(limited)["used"] - before >= reserved > 0


def test_no_way_to_a_response_leads_round_a_limit(limited: Router, keeper: Keeper) -> None:
    spent = [{"limit_type": "requests", "value": 1, "time_window": "day"}]
    made = ask(limited, "one/m").json["id"]
    limited.rpc("update_strategy", strategy_id=limited.config.clients[0].strategy_id, rate_limits=spent)
    before = len(keeper.kept)
    for fields in ({}, {"stream": True}, {"background": True}, {"previous_response_id": made}, {"store": False}):
        assert ask(limited, "one/m", **fields).status == 429
    for method, path in (("GET", ""), ("GET", "/input_items"), ("GET", "?stream=true")):
        assert limited.request(method, f"/v1/responses/{made}{path}").status == 200
    assert len(keeper.kept) == before
