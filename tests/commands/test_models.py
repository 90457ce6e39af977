"""The commands about models: unknown is unknown, and the user's own price comes first."""

from __future__ import annotations

import asyncio

import pytest

from localrouter.domain.errors import NotFound
from localrouter.domain.models.info import ListedModel
from tests.commands.world import World, listing


def with_providers(world: World) -> None:
    world.call("create_provider", name="mine", preset="openrouter")
    world.call("create_provider", name="ollama", preset="ollama")
    world.lists["mine"] = (ListedModel("zeta", context_window=8_000, input_per_million=1.5, output_per_million=3.0),)
    world.lists["ollama"] = listing("llama3.2", "gemma")
    world.call("refresh_models")


def test_models_are_listed_in_the_providers_order_then_by_name(world: World) -> None:
    with_providers(world)
    assert [model["id"] for model in world.call("list_models")] == ["mine/zeta", "ollama/gemma", "ollama/llama3.2"]


def test_what_is_known_of_a_model_is_told_and_the_rest_is_null(world: World) -> None:
    with_providers(world)
    zeta, gemma, _ = world.call("list_models")
    assert (zeta["context_window"], zeta["max_output_tokens"]) == (8_000, None)
    assert (zeta["input_per_million"], zeta["output_per_million"], zeta["price_source"]) == (1.5, 3.0, "list")
    assert zeta["list_age_seconds"] == 0
    assert (gemma["input_per_million"], gemma["price_source"], gemma["local"]) == (0, "local", True)


def test_a_list_grows_old(world: World) -> None:
    with_providers(world)
    world.time += 90
    assert world.call("list_models")[0]["list_age_seconds"] == 90


def test_a_refresh_tells_each_list_and_why_there_is_no_newer_one(world: World) -> None:
    with_providers(world)
    del world.lists["ollama"]
    (refreshed,) = world.call("refresh_models", provider="Ollama")
    assert (refreshed["provider"], refreshed["models"], refreshed["problem"]) == ("ollama", 2, "Nobody answers.")


def test_an_own_price_comes_first_until_it_is_deleted(world: World) -> None:
    with_providers(world)
    price = {"provider": "mine", "model": "zeta", "input_per_million": 7, "output_per_million": 8}
    result = world.call("set_pricing_override", **price)
    assert result == {"revision": world.revision, "pricing_override": price}
    zeta = world.call("list_models")[0]
    assert (zeta["input_per_million"], zeta["output_per_million"], zeta["price_source"]) == (7, 8, "override")
    deleted = world.call("delete_pricing_override", provider="mine", model="zeta")
    assert deleted == {"revision": world.revision, "provider": "mine", "model": "zeta"}
    assert world.call("list_models")[0]["price_source"] == "list"


def test_a_price_that_was_never_set_cannot_be_deleted(world: World) -> None:
    with pytest.raises(NotFound, match="mine/zeta"):
        world.call("delete_pricing_override", provider="mine", model="zeta")


def test_nothing_is_fetched_to_list_models(world: World) -> None:
    async def must_not(provider: object) -> object:
        raise AssertionError(provider)

    with_providers(world)
    world.give(probe=must_not)
    assert len(asyncio.run(world.acall("list_models"))) == 3
