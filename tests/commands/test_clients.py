"""The commands about clients: keys are shown once, and what belongs to a client follows it."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from localrouter.domain.configuration.access import authenticate, digest
from localrouter.domain.errors import Refusal
from tests.commands.world import NOW, World


def test_a_created_client_comes_with_a_key_and_a_strategy_of_its_own(world: World) -> None:
    created = world.call("create_client", name="Editor")
    assert created["client"]["strategy_id"] == created["strategy"]["id"]
    assert created["strategy"]["name"] == "Editor's strategy"
    assert created["strategy"]["parent"] == created["client"]["id"]
    assert created["client"]["key_hint"] == created["key"][-4:]
    assert datetime.fromisoformat(created["client"]["created_at"]) == datetime.fromtimestamp(NOW, UTC)
    authenticated = authenticate(world.services.store.snapshot, created["key"])
    assert authenticated is not None
    assert authenticated.id == created["client"]["id"]


def test_neither_key_nor_digest_is_shown_again_or_written_down(world: World) -> None:
    key = world.call("create_client", name="Editor")["key"]
    shown = orjson.dumps([world.call("list_clients"), world.call("list_strategies"), world.call("get_server_status")])
    assert key.encode() not in shown
    assert digest(key).encode() not in shown
    for path in world.home.rglob("*.json*"):
        assert key.encode() not in path.read_bytes()


def test_a_client_is_answered_as_it_is_listed(world: World) -> None:
    client = world.call("create_client", name="Editor")["client"]
    assert world.call("list_clients") == [client]
    assert world.call("get_client", client_id=client["id"]) == client


def test_two_clients_of_one_name_are_refused(world: World) -> None:
    world.client("Editor")
    with pytest.raises(Refusal, match='named "editor" already'):
        world.call("create_client", name="editor")


def test_a_renamed_client_takes_its_own_strategy_along(world: World) -> None:
    client_id = world.client("Editor")
    assert (
        world.call("update_client", client_id=client_id, name="Shell")["client"]["strategy_name"] == "Shell's strategy"
    )


def test_a_disabled_client_is_let_in_no_more_and_null_enables_it_again(world: World) -> None:
    created = world.call("create_client", name="Editor")
    client_id = created["client"]["id"]
    assert not world.call("update_client", client_id=client_id, enabled=False)["client"]["enabled"]
    assert authenticate(world.services.store.snapshot, created["key"]) is None
    assert world.call("update_client", client_id=client_id, enabled=None)["client"]["enabled"]


def test_a_rotated_key_replaces_the_former_one(world: World) -> None:
    created = world.call("create_client", name="Editor")
    rotated = world.call("rotate_client_key", client_id=created["client"]["id"])
    assert rotated["key"] != created["key"]
    assert authenticate(world.services.store.snapshot, created["key"]) is None
    assert authenticate(world.services.store.snapshot, rotated["key"]) is not None


def test_a_deleted_client_takes_its_strategies_along_unless_others_use_them(world: World) -> None:
    first, second = world.client("Editor"), world.client("Shell")
    own = world.call("get_client", client_id=first)["strategy_id"]
    shared = world.call("create_strategy", name="Shared", parent=first)["strategy"]["id"]
    world.services.store.commit(
        lambda config: config.model_copy(
            update={
                "clients": tuple(
                    client.model_copy(update={"strategy_id": shared}) if client.id == second else client
                    for client in config.clients
                )
            }
        )
    )
    deleted = world.call("delete_client", client_id=first)
    assert deleted == {
        "revision": world.revision,
        "client": {"id": first, "name": "Editor"},
        "deleted_strategies": [{"id": own, "name": "Editor's strategy"}],
        "released_strategies": [{"id": shared, "name": "Shared"}],
    }
    assert world.call("get_strategy", strategy_id=shared)["parent"] is None


def test_a_client_is_created_with_a_shared_strategy_or_a_copy_in_one_revision(world: World) -> None:
    thrifty = world.strategy("Thrifty", aliases=[["gpt-4o", "localrouter/auto"]])
    before = world.revision
    shared = world.call("create_client", name="one", strategy_id="Thrifty")
    assert (shared["revision"], shared["strategy"]["id"]) == (before + 1, thrifty)
    copied = world.call("create_client", name="two", copy_of=thrifty)
    assert copied["strategy"]["name"] == "two's strategy"
    assert copied["strategy"]["aliases"] == [["gpt-4o", "localrouter/auto"]]


def test_a_client_cannot_share_and_copy_at_once(world: World) -> None:
    thrifty = world.strategy("Thrifty")
    with pytest.raises(Refusal, match="not both"):
        world.call("create_client", name="one", strategy_id=thrifty, copy_of=thrifty)
