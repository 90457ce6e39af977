"""The commands that look ahead: routes are explained without a call, providers are asked once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from localrouter.domain.configuration.config import Provider, Strategy
from localrouter.domain.conversation.request import ModelRequest
from localrouter.domain.errors import Invalid, Unavailable
from localrouter.domain.models.info import ListedModel
from localrouter.domain.routing.failures import Failure, FailureKind
from tests.commands.world import World, listing


class Explainer:
    """Notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ModelRequest]] = []

    def __call__(self, strategy: Strategy, request: ModelRequest) -> Mapping[str, object]:
        self.asked.append((strategy.id, request))
        return {"candidates": []}


def test_a_route_is_explained_for_a_strategy_or_a_client(world: World) -> None:
    explain = Explainer()
    world.give(explain=explain)
    client_id = world.client()
    own = world.config.clients[0].strategy_id
    assert world.call("explain_route", model="localrouter/auto", client_id=client_id) == {"candidates": []}
    assert world.call("explain_route", model="gpt-4o", strategy_id="default") == {"candidates": []}
    assert [(strategy_id, request.model) for strategy_id, request in explain.asked] == [
        (own, "localrouter/auto"),
        ("default", "gpt-4o"),
    ]


@pytest.mark.parametrize("endpoint", ["chat/completions", "completions", "embeddings"])
def test_a_route_is_explained_for_every_endpoint_without_a_request(world: World, endpoint: str) -> None:
    explain = Explainer()
    world.give(explain=explain)
    world.call("explain_route", model="gpt-4o", strategy_id="default", endpoint=endpoint)
    assert explain.asked[0][1].endpoint == endpoint


def test_a_given_request_is_what_is_explained(world: World) -> None:
    explain = Explainer()
    world.give(explain=explain)
    request = {"messages": [{"role": "user", "content": "x" * 400}], "max_tokens": 7, "model": "other"}
    world.call("explain_route", model="gpt-4o", strategy_id="default", request=request)
    (_, explained), *_ = explain.asked
    assert (explained.model, explained.max_output_tokens) == ("gpt-4o", 7)
    assert explained.prompt_tokens_at_least >= 100


@pytest.mark.parametrize("ids", [{}, {"client_id": "a", "strategy_id": "default"}])
def test_a_route_needs_one_client_or_one_strategy(world: World, ids: dict[str, str]) -> None:
    world.give(explain=Explainer())
    with pytest.raises(Invalid, match="either"):
        world.call("explain_route", model="gpt-4o", **ids)


def test_a_malformed_request_is_refused(world: World) -> None:
    world.give(explain=Explainer())
    with pytest.raises(Invalid, match="messages"):
        world.call("explain_route", model="gpt-4o", strategy_id="default", request={"messages": "hello"})


def test_routes_are_not_explained_where_nothing_is_routed(world: World) -> None:
    with pytest.raises(Unavailable):
        world.call("explain_route", model="gpt-4o", strategy_id="default")


def test_a_provider_that_answers_says_so(world: World) -> None:
    world.call("create_provider", name="ollama", preset="ollama")
    world.lists["ollama"] = listing("a", "b", "c", "d", "e", "f")
    tested = world.call("test_provider", name="OLLAMA")
    assert tested["answers"]
    assert tested["tried"] == "GET http://127.0.0.1:11434/v1/models"
    assert (tested["models"], tested["first_models"]) == (6, ["a", "b", "c", "d", "e"])
    assert tested["advice"] is None


def test_a_server_without_models_is_told_how_to_get_one(world: World) -> None:
    world.call("create_provider", name="ollama", preset="ollama")
    world.lists["ollama"] = ()
    tested = world.call("test_provider", name="ollama")
    assert (tested["answers"], tested["advice"]) == (True, "Load a model in Ollama first.")


@pytest.mark.parametrize("kind", [kind for kind in FailureKind if kind is not FailureKind.CANCELLED])
def test_whatever_fails_comes_with_something_to_do(world: World, kind: FailureKind) -> None:
    world.call("create_provider", name="openai", preset="openai", key="sk-1")
    world.lists["openai"] = Failure(kind, "It failed.", status=418)
    tested = world.call("test_provider", name="openai")
    assert (tested["answers"], tested["kind"], tested["status"], tested["message"]) == (False, kind, 418, "It failed.")
    assert tested["advice"].endswith(".")


def test_servers_on_this_computer_are_found_with_their_models(world: World) -> None:
    world.call("create_provider", name="mine", preset="ollama", base_url="http://localhost:11434/v1")
    world.lists["ollama"] = listing("llama3.2")
    world.lists["vllm"] = listing("qwen")
    found = world.call("discover_local_providers")
    assert [(server["preset"], server["models"], server["provider"]) for server in found] == [
        ("ollama", ["llama3.2"], "mine"),
        ("vllm", ["qwen"], None),
    ]


def test_only_servers_of_this_computer_are_asked_and_all_at_once(world: World) -> None:
    asked: list[str] = []
    everyone = asyncio.Event()

    async def probe(provider: Provider) -> tuple[ListedModel, ...] | Failure:
        asked.append(provider.preset)
        if len(asked) == 5:
            everyone.set()
        await everyone.wait()
        return ()

    world.give(probe=probe)
    assert len(world.call("discover_local_providers")) == 5
    assert sorted(asked) == ["jan", "llamacpp", "lmstudio", "ollama", "vllm"]
