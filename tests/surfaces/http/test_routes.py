"""Every path of the program, as a stranger meets it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from localrouter.domain.configuration.config import AvailableModelsSelection, PricingOverride, Provider
from tests.rig import CHAT, Router, auto, router
from tests.upstream import Upstream, chat

ALIASES = (("gpt-4o", "localrouter/auto"), ("claude-*", "one/m"), ("gone", "one/secret"), ("new", "vendor/large"))
MODELS = ("m", "vendor/large", "vendor/large/pricing", "secret")


@pytest.fixture
def lr(tmp_path: Path) -> Iterator[Router]:
    allowed = AvailableModelsSelection(
        selected_all=False, selected_models=tuple(("one", model) for model in MODELS if model != "secret")
    )
    with Upstream(chat) as up:
        one = Provider(name="one", preset="openai-compatible", base_url=up.url, models=MODELS)
        started = router(tmp_path, [one], auto=auto(("one", "m")), allowed_models=allowed, aliases=ALIASES)
        price = PricingOverride(provider="one", model="m", input_per_million=2.5, output_per_million=10.0)
        started.config = started.config.model_copy(update={"pricing_overrides": (price,)})
        with started:
            yield started


def test_the_list_holds_auto_first_and_only_what_is_allowed(lr: Router) -> None:
    ids = [model["id"] for model in lr.request("GET", "/v1/models").json["data"]]
    assert ids == ["localrouter/auto", "one/m", "one/vendor/large", "one/vendor/large/pricing", "gpt-4o", "new"]
    assert lr.request("GET", "/models").json == lr.request("GET", "/v1/models").json
    auto_model = lr.request("GET", "/v1/models/localrouter/auto").json
    assert auto_model["context_window"] == 0
    assert auto_model["supports_streaming"] is True
    assert auto_model["capabilities"] == ["chat", "completion"]


@pytest.mark.parametrize("name", ["one/vendor/large", quote("one/vendor/large", safe=""), "vendor/large", "ONE/m"])
def test_ids_with_slashes_are_found_plain_and_encoded(lr: Router, name: str) -> None:
    assert lr.request("GET", f"/v1/models/{name}").status == 200


def test_an_exact_model_wins_over_the_price_of_another(lr: Router) -> None:
    assert lr.request("GET", "/v1/models/one/vendor/large/pricing").json["object"] == "model"
    priced = lr.request("GET", "/v1/models/one/m/pricing").json
    assert (priced["object"], priced["input_per_million"], priced["output_per_million"]) == ("model.pricing", 2.5, 10.0)
    unknown = lr.request("GET", "/v1/models/one/vendor/large/pricing/pricing").json
    assert unknown["input_per_million"] is None, "unknown is unknown, never 0"


@pytest.mark.parametrize("name", ["gpt-4o", "claude-sonnet-4-5", "m", "vendor/large", "new"])
def test_a_model_that_is_asked_for_by_a_bare_name_or_an_alias_is_answered_under_it(lr: Router, name: str) -> None:
    reply = lr.request("GET", f"/v1/models/{name}")
    assert (reply.status, reply.json["id"]) == (200, name)
    assert lr.chat(model=name).status == 200


def test_the_name_of_auto_routing_ignores_case(lr: Router) -> None:
    assert lr.chat(model="LocalRouter/AUTO").status == 200
    assert lr.request("GET", "/v1/models/LocalRouter/AUTO").json["id"] == "localrouter/auto"
    assert lr.request("GET", "/v1/models/ONE/m").json["id"] == "one/m"


def test_a_model_that_is_not_allowed_is_not_found_and_refused_when_used(lr: Router) -> None:
    assert lr.request("GET", "/v1/models/one/secret").status == 404
    used = lr.chat(model="one/secret")
    assert (used.status, used.json["error"]["code"]) == (403, "model_not_allowed")


def test_an_alias_stands_for_its_target(lr: Router) -> None:
    reply = lr.chat(model="gpt-4o")
    assert reply.headers["x-localrouter-model"] == "one/m"
    assert float(reply.headers["x-localrouter-cost-usd"]) == pytest.approx(10 * 2.5e-6 + 5 * 10e-6)


@pytest.mark.parametrize("path", ["/v1/audio/speech", "/v1/responses/r1", "/nothing"])
def test_what_is_not_served_is_named_with_what_is(lr: Router, path: str) -> None:
    reply = lr.request("POST", path, CHAT)
    assert reply.status == 404
    assert "/v1/chat/completions" in reply.json["error"]["message"]


@pytest.mark.parametrize("path", ["/v1//chat/completions", "//chat/completions/", "/v1/v1/chat/completions"])
def test_a_path_with_a_slash_or_a_version_too_many_is_served(lr: Router, path: str) -> None:
    assert lr.request("POST", path, {**CHAT, "model": "one/m"}).status == 200
    assert lr.request("POST", path, CHAT, {"authorization": ""}).status == 401
    assert lr.request("GET", path).status == 405


def test_lists_and_models_are_found_however_their_path_is_written(lr: Router) -> None:
    listed = lr.request("GET", "/v1/models").json
    for path in ("/v1/models/", "/v1//models", "/v1/v1/models", "/models"):
        assert lr.request("GET", path).json == listed
    one = lr.request("GET", "/v1/models/one/m").json
    for path in ("/v1/models/one/m/", "/v1/models/one%2Fm", "/v1/models/one%252Fm", "/v1//models//one/m"):
        assert lr.request("GET", path).json == one


def test_a_program_of_another_service_reads_the_sentence_where_its_sdk_looks(lr: Router) -> None:
    reply = lr.request("GET", "/api/tags", headers={"authorization": ""})
    assert (reply.status, "base URL http://127.0.0.1:" in reply.json["error"]) == (404, True)
    reply = lr.request("POST", "/v1/models/g:predict", {}, {"x-goog-api-key": lr.key})
    assert (reply.status, reply.json["error"]["status"]) == (404, "NOT_FOUND")
    reply = lr.request("POST", "/v1/files", {}, {"anthropic-version": "2023-06-01"})
    assert (reply.status, reply.json["type"]) == (404, "error")
    assert lr.request("POST", "/v1/models", {}).status == 405


def test_the_wrong_method_says_which_one_is_right(lr: Router) -> None:
    assert lr.request("GET", "/v1/chat/completions").status == 405
    assert lr.request("DELETE", "/v1/models").status == 405


@pytest.mark.parametrize("key", ["", "lr-unknown", "Bearer x"])
def test_every_missing_or_unknown_key_gets_the_same_answer(lr: Router, key: str) -> None:
    headers = {"authorization": f"Bearer {key}"} if key else {"authorization": ""}
    reply = lr.request("POST", "/v1/chat/completions", CHAT, headers)
    assert (reply.status, reply.json["error"]["code"]) == (401, "invalid_api_key")
    assert reply.headers["x-request-id"] == reply.json["error"]["localrouter"]["request_id"]


def test_the_admin_token_acts_as_a_client_that_it_names(lr: Router) -> None:
    token = lr.home.read_admin_token() or ""
    client = {"x-localrouter-client": lr.config.clients[0].id}
    assert lr.request("POST", "/v1/chat/completions", CHAT, client, key=token).status == 200
    assert lr.request("POST", "/v1/chat/completions", CHAT, client).status == 401, "a client's key does not"
    assert lr.request("POST", "/v1/chat/completions", CHAT, key=token).status == 401


@pytest.mark.parametrize(
    ("path", "holds"),
    [
        ("/health", b"ok"),
        ("/docs", b"create_strategy"),
        ("/openapi.json", b"/v1/embeddings"),
        ("/openrpc.json", b"1.3"),
    ],
)
def test_what_is_open_needs_no_key(lr: Router, path: str, holds: bytes) -> None:
    reply = lr.request("GET", path, headers={"authorization": ""})
    assert reply.status == 200
    assert holds in reply.body


def test_a_foreign_host_is_misdirected(lr: Router) -> None:
    assert lr.request("GET", "/v1/models", headers={"host": "evil.example"}).status == 421
