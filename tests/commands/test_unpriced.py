"""Whoever is concerned by models without a price is told: status, providers, strategies, documents."""

from __future__ import annotations

from localrouter.domain.models.info import ListedModel
from tests.commands.world import World, listing

COST = {"limit_type": "cost", "value": 2.0, "time_window": "day"}
REMEDY = "update_provider name=mine free=true"


def with_unpriced(world: World, **changes: object) -> None:
    address = "http://10.0.0.7:8000/v1"
    world.call("create_provider", name="mine", preset="openai-compatible", base_url=address, **changes)
    world.lists["mine"] = listing("zeta")
    world.call("refresh_models")
    world.call("update_strategy", strategy_id="default", rate_limits=[COST])


def messages(world: World) -> list[list[str]]:
    """What status, provider, strategy and document say of it."""
    status, (provider,) = world.call("get_server_status"), world.call("list_providers")
    strategy, document = world.call("get_strategy", strategy_id="default"), world.call("get_config")
    judged = world.call("validate_config", document=document["document"])
    found = [each["findings"] for each in (provider, strategy, document, judged)]
    return [list(status["problems"]), *([finding["message"] for finding in each] for each in found)]


def test_everybody_is_told_with_the_remedies(world: World) -> None:
    with_unpriced(world)
    for said in messages(world):
        assert said
        assert all(REMEDY in each and "set_pricing_override" in each for each in said)
    strategy = world.call("get_strategy", strategy_id="default")
    assert [finding["path"] for finding in strategy["findings"]] == ["rate_limits[0]"]


def test_either_remedy_ends_it(world: World) -> None:
    with_unpriced(world)
    world.call("update_provider", name="mine", free=True)
    assert messages(world) == [[]] * 5
    world.call("update_provider", name="mine", free=None)
    assert all(messages(world))
    world.call("set_pricing_override", provider="mine", model="zeta", input_per_million=1, output_per_million=1)
    assert messages(world) == [[]] * 5


def test_a_free_provider_is_told_apart_from_a_local_one_and_from_one_that_asks(world: World) -> None:
    world.call("create_provider", name="here", preset="ollama")
    world.call("create_provider", name="there", preset="ollama", base_url="http://192.168.1.9:11434/v1")
    world.call("create_provider", name="work", preset="openai-compatible", base_url="http://10.0.0.7/v1", free=True)
    world.call("create_provider", name="cloud", preset="groq")
    views = world.call("list_providers")
    told = [(each["free"], each["is_free"], each["asks_if_free"]) for each in views]
    assert told == [(None, True, False), (None, False, True), (True, True, False), (None, False, False)]
    for name in ("here", "there", "work", "cloud"):
        world.lists[name] = (ListedModel("m"),)
    world.lists["ollama"] = (ListedModel("m"),)
    world.call("refresh_models")
    models = {each["provider"]: (each["input_per_million"], each["price_source"]) for each in world.call("list_models")}
    assert models == {"here": (0, "local"), "there": (None, None), "work": (0, "free"), "cloud": (None, None)}
    assert world.call("update_provider", name="there", free=False)["provider"]["asks_if_free"] is False
