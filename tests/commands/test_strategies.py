"""The commands about strategies, each with what it answers and what stands in the configuration afterwards."""

from __future__ import annotations

import pytest

from localrouter.domain.configuration.edits.clients_and_strategies import find_strategy
from localrouter.domain.conversation.request import Usage
from localrouter.domain.errors import Conflict, Invalid, Refusal
from localrouter.domain.limits.demand import Demand
from localrouter.domain.models.pricing import Price, from_usd
from localrouter.services.ledger.ledger import Reservation
from tests.commands.world import World

TWO_DOLLARS = {"limit_type": "cost", "value": 2, "time_window": "day"}
TEN_REQUESTS = {"limit_type": "requests", "value": 10, "time_window": "minute"}


def test_the_default_strategy_is_always_listed(world: World) -> None:
    listed = world.call("list_strategies")
    assert [strategy["name"] for strategy in listed] == ["Default Strategy"]
    assert listed[0]["is_default"]
    assert listed[0]["allowed_models"]["selected_all"]


def test_a_created_strategy_is_answered_as_it_is_listed(world: World) -> None:
    created = world.call("create_strategy", name="Thrifty")
    assert created["revision"] == world.revision
    assert world.call("list_strategies")[-1] == created["strategy"]
    assert world.call("get_strategy", strategy_id=created["strategy"]["id"]) == {
        **created["strategy"],
        "revision": created["revision"],
    }


def test_a_strategy_tells_the_revision_that_a_change_to_it_can_be_bound_to(world: World) -> None:
    strategy_id = world.strategy()
    read = world.call("get_strategy", strategy_id=strategy_id)["revision"]
    saved = world.call("update_strategy", strategy_id=strategy_id, expect_revision=read, aliases=[["a", "x/y"]])
    assert world.call("get_strategy", strategy_id=strategy_id)["revision"] == saved["revision"] == read + 1
    with pytest.raises(Conflict):
        world.call("update_strategy", strategy_id=strategy_id, expect_revision=read, aliases=[])


def test_a_strategy_can_be_created_as_a_clients_own(world: World) -> None:
    client_id = world.client()
    assert world.call("create_strategy", name="Second", parent=client_id)["strategy"]["parent"] == client_id


def test_a_missing_field_stays_and_null_sets_it_back(world: World) -> None:
    strategy_id = world.strategy(rate_limits=[TWO_DOLLARS], aliases=[["gpt-4o", "localrouter/auto"]])
    kept = world.call("update_strategy", strategy_id=strategy_id, auto_config={"enabled": True})["strategy"]
    assert kept["aliases"] == [["gpt-4o", "localrouter/auto"]]
    assert kept["auto_config"]["enabled"]
    assert kept["rate_limits"] == [{**TWO_DOLLARS, "mode": "soft"}]
    cleared = world.call("update_strategy", strategy_id=strategy_id, rate_limits=None, auto_config=None)["strategy"]
    assert cleared["rate_limits"] == []
    assert cleared["auto_config"] is None
    assert cleared["aliases"] == [["gpt-4o", "localrouter/auto"]]


def test_a_name_cannot_be_cleared(world: World) -> None:
    with pytest.raises(Refusal, match="name is needed"):
        world.call("update_strategy", strategy_id=world.strategy(), name=None)


def test_an_update_that_changes_nothing_makes_no_revision(world: World) -> None:
    strategy_id, revision = world.strategy(rate_limits=[TWO_DOLLARS]), world.revision
    assert world.call("update_strategy", strategy_id=strategy_id, rate_limits=[TWO_DOLLARS])["revision"] == revision


def test_a_wrong_value_inside_a_parameter_is_told_with_its_place(world: World) -> None:
    with pytest.raises(Invalid) as raised:
        world.call("update_strategy", strategy_id="default", rate_limits=[TEN_REQUESTS, {**TWO_DOLLARS, "value": 0}])
    assert [finding.path for finding in raised.value.findings] == ["rate_limits[1].value"]


def test_what_the_document_forbids_is_refused_with_its_place_there(world: World) -> None:
    before = world.config
    with pytest.raises(Invalid) as raised:
        world.call("update_strategy", strategy_id="default", rate_limits=[TWO_DOLLARS, TWO_DOLLARS])
    assert [finding.path for finding in raised.value.findings] == ["strategies[0].rate_limits[1]"]
    assert world.config is before


def test_a_changed_name_makes_a_clients_own_strategy_a_shared_one(world: World) -> None:
    client_id = world.client()
    strategy_id = world.config.strategies[-1].id
    assert world.config.strategies[-1].parent == client_id
    renamed = world.call("rename_strategy", strategy_id=strategy_id, name="Everyday")["strategy"]
    assert (renamed["name"], renamed["parent"]) == ("Everyday", None)


def test_a_deleted_strategy_is_named(world: World) -> None:
    strategy_id = world.strategy("Thrifty")
    deleted = world.call("delete_strategy", strategy_id=strategy_id)
    assert deleted == {"revision": world.revision, "strategy": {"id": strategy_id, "name": "Thrifty"}}
    assert [strategy.id for strategy in world.config.strategies] == ["default"]


def test_the_default_strategy_cannot_be_deleted(world: World) -> None:
    with pytest.raises(Refusal, match="Cannot delete the default strategy"):
        world.call("delete_strategy", strategy_id="default")


def test_a_strategy_in_use_cannot_be_deleted_and_its_clients_are_named(world: World) -> None:
    client_id, strategy_id = world.client("Editor"), world.strategy()
    world.call("assign_client_strategy", client_id=client_id, strategy_id=strategy_id)
    with pytest.raises(Refusal, match=r"1 client\(s\) are using it") as raised:
        world.call("delete_strategy", strategy_id=strategy_id)
    assert raised.value.data == {"clients": [{"id": client_id, "name": "Editor"}]}


def test_an_assigned_strategy_shows_its_clients(world: World) -> None:
    client_id, strategy_id = world.client("Editor"), world.strategy("Thrifty")
    assigned = world.call("assign_client_strategy", client_id=client_id, strategy_id=strategy_id)
    assert assigned["client"]["strategy_name"] == "Thrifty"
    assert assigned["strategy"]["clients"] == [{"id": client_id, "name": "Editor"}]
    assert world.call("get_clients_using_strategy", strategy_id=strategy_id) == [assigned["client"]]


def test_a_strategy_shows_what_is_doubtful_about_it_with_places_that_start_in_it(world: World) -> None:
    world.strategy("First")
    selection = {"selected_all": False, "selected_providers": ["openai"]}
    auto = {"enabled": True, "prioritized_models": [["groq", "llama"]]}
    strategy_id = world.strategy("Second", allowed_models=selection, auto_config=auto)
    found = world.call("get_strategy", strategy_id=strategy_id)["findings"]
    assert ("auto_config.prioritized_models[0]", "warning") in {(each["path"], each["severity"]) for each in found}
    assert not any(each["path"].startswith("strategies") for each in found)
    assert world.call("list_strategies")[1]["findings"] == []


def test_usage_tells_what_was_used_and_what_running_requests_hold(world: World) -> None:
    strategy_id = world.strategy(rate_limits=[TEN_REQUESTS, TWO_DOLLARS])
    strategy = find_strategy(world.config, strategy_id)
    demand = Demand(input_tokens_at_least=10, price=Price(input=1_000_000, output=1_000_000), model="openai/gpt-4o")
    running = [world.services.ledger.reserve(strategy, demand, f"request-{number}") for number in range(2)]
    assert isinstance(running[0], Reservation)
    world.services.ledger.spend(running[0], Usage(10, 5), from_usd(0.5), "openai/gpt-4o")
    world.services.ledger.close_request(running[0])
    requests, cost = world.call("get_strategy_usage", strategy_id=strategy_id)
    assert (requests["used"], requests["reserved"], requests["remaining"]) == (2, 0, 8)
    assert cost["used"] == 0.5
    assert 0 < cost["reserved"] < 1
    assert cost["remaining"] == pytest.approx(1.5 - cost["reserved"])
    assert world.call("get_strategy", strategy_id=strategy_id)["usage"] == [requests, cost]
