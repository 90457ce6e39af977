"""Commands take the name of a client, strategy or provider wherever they take its id."""

from __future__ import annotations

from typing import Any

import pytest

from localrouter.commands.registration.references import Refers
from localrouter.domain.errors import Conflict, NotFound
from tests.commands.world import REGISTRY, World, listing

NAMED = {
    "client": {"client_id", "parent"},
    "strategy": {"strategy_id"},
}
SETTING = {"set_pricing_override", "delete_pricing_override", "create_provider"}  # these name what need not exist yet


def marked(command: str) -> dict[str, str]:
    found = REGISTRY.find(command)
    assert found is not None
    return {
        name: mark.noun
        for name, field in found.params.model_fields.items()
        for mark in field.metadata
        if isinstance(mark, Refers)
    }


@pytest.mark.parametrize("command", [command.name for command in REGISTRY])
def test_no_parameter_that_names_a_client_or_strategy_was_forgotten(command: str) -> None:
    found, nouns = REGISTRY.find(command), marked(command)
    assert found is not None
    for noun, names in NAMED.items():
        for name in names & set(found.params.model_fields):
            assert nouns.get(name) == noun
    if "provider" in found.params.model_fields and command not in SETTING:
        assert nouns["provider"] == "provider"


@pytest.fixture
def lived_in(world: World) -> World:
    world.client("Editor")
    world.client("Night jobs")
    world.strategy("Thrifty")
    return world


def test_a_client_is_found_by_its_name_whatever_its_case(lived_in: World) -> None:
    client_id = lived_in.config.clients[1].id
    assert lived_in.call("get_client", client_id="night JOBS")["id"] == client_id
    renamed = lived_in.call("update_client", client_id="Night jobs", name="Day jobs")["client"]
    assert (renamed["id"], renamed["name"]) == (client_id, "Day jobs")
    assert lived_in.call("rotate_client_key", client_id="day jobs")["client"]["id"] == client_id
    assert lived_in.call("delete_client", client_id="Day jobs")["client"]["id"] == client_id
    assert [client.name for client in lived_in.config.clients] == ["Editor"]


def test_a_strategy_is_found_by_its_name_through_all_its_commands(lived_in: World) -> None:
    limits: list[Any] = [{"limit_type": "requests", "value": 2, "time_window": "day"}]
    changed = lived_in.call("update_strategy", strategy_id="thrifty", name="Thriftier", rate_limits=limits)["strategy"]
    assert changed["name"] == "Thriftier"
    assert lived_in.call("get_strategy_usage", strategy_id="THRIFTIER")[0]["value"] == 2
    assigned = lived_in.call("assign_client_strategy", client_id="editor", strategy_id="thriftier")
    assert (assigned["client"]["name"], assigned["strategy"]["name"]) == ("Editor", "Thriftier")
    assert [each["name"] for each in lived_in.call("get_clients_using_strategy", strategy_id="Thriftier")] == ["Editor"]
    owned = lived_in.call("create_strategy", name="Own", parent="editor")["strategy"]
    assert owned["parent"] == lived_in.config.clients[0].id
    assert lived_in.call("rename_strategy", strategy_id="own", name="Mine")["strategy"]["id"] == owned["id"]
    assert lived_in.call("delete_strategy", strategy_id="mine")["strategy"]["id"] == owned["id"]
    assert lived_in.call("get_strategy", strategy_id="default strategy")["is_default"]


def test_an_id_wins_over_a_name_that_reads_like_it(lived_in: World) -> None:
    other = lived_in.strategy("default")
    assert lived_in.call("get_strategy", strategy_id="default")["name"] == "Default Strategy"
    assert lived_in.call("get_strategy", strategy_id="Default")["id"] == other


def test_what_is_not_found_is_told_with_names_that_are_near(lived_in: World) -> None:
    for words, near in (("Nigth jobs", "Night jobs"), ("night", "Night jobs"), ("edtior", "Editor")):
        with pytest.raises(NotFound, match=f'Did you mean "{near}"'):
            lived_in.call("get_client", client_id=words)
    with pytest.raises(NotFound, match=r'There is no client with the id or name "zzz"\.$'):
        lived_in.call("delete_client", client_id="zzz")
    lived_in.call("create_provider", name="ollama", preset="ollama")
    with pytest.raises(NotFound, match='Did you mean "ollama"'):
        lived_in.call("delete_provider", name="olama")


def test_a_stale_revision_is_told_before_a_name_that_is_gone(lived_in: World) -> None:
    with pytest.raises(Conflict):
        lived_in.call("delete_client", client_id="Nobody", expect_revision=0)


def test_a_repeated_call_by_name_does_nothing_twice_though_the_name_is_gone(lived_in: World) -> None:
    first = lived_in.call("delete_client", client_id="Editor", idempotency_key="once")
    assert lived_in.call("delete_client", client_id="Editor", idempotency_key="once") == first


def test_a_provider_is_asked_for_by_its_name_whatever_its_case(lived_in: World) -> None:
    lived_in.call("create_provider", name="ollama", preset="ollama")
    lived_in.lists["ollama"] = listing("llama3.2")
    assert lived_in.call("refresh_models", provider="OLLAMA")[0]["models"] == 1
    assert lived_in.call("test_provider", name="Ollama")["answers"]
