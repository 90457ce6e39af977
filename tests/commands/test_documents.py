"""The commands about the configuration as a whole: import, export, revisions, and the keys that do not come back."""

from __future__ import annotations

import pytest

from localrouter.domain.configuration.access import authenticate
from localrouter.domain.errors import Invalid, NotFound
from tests.commands.world import World


def test_an_exported_document_can_be_imported_elsewhere(world: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    world.client("Editor")
    world.call("create_provider", name="openai", preset="openai", key="sk-planted-secret")
    exported = world.call("export_config")
    assert "planted" not in str(exported)
    other = World(tmp_path_factory.mktemp("other"))
    imported = other.call("import_config", document=exported)
    assert imported["revision"] == 1
    assert imported["document"] == {**exported, "revision": 1}
    assert other.config.clients == world.config.clients
    assert not other.call("list_providers")[0]["has_key"]


def test_an_imported_document_is_put_right_where_it_can_be(world: World) -> None:
    imported = world.call("import_config", document={"strategies": []})
    assert "default strategy was missing" in imported["healed"][0]
    assert [strategy["id"] for strategy in imported["document"]["strategies"]] == ["default"]


def test_a_document_that_cannot_be_used_is_refused_with_every_place(world: World) -> None:
    before = world.config
    document = {"server": {"port": "many"}, "providers": [{"name": "openai"}]}
    with pytest.raises(Invalid) as raised:
        world.call("import_config", document=document)
    assert sorted(finding.path for finding in raised.value.findings) == ["providers[0].preset", "server.port"]
    assert world.config is before


def test_a_document_is_judged_without_being_used(world: World) -> None:
    assert world.call("validate_config", document={}) == {"valid": True, "findings": [], "healed": []}
    wrong = world.call("validate_config", document={"providers": [{"name": "a", "preset": "nonsense"}]})
    assert not wrong["valid"]
    assert [finding["path"] for finding in wrong["findings"]] == ["providers[0].preset"]
    assert world.config.providers == ()


def test_a_revision_can_be_restored_and_that_undone(world: World) -> None:
    world.client("Editor")
    first = world.revision
    world.strategy("Thrifty")
    restored = world.call("restore_revision", revision=first)
    assert restored["revision"] == first + 2
    assert [strategy.name for strategy in world.config.strategies] == ["Default Strategy", "Editor's strategy"]
    world.call("restore_revision", revision=first + 1)
    assert world.config.strategies[-1].name == "Thrifty"
    listed = world.call("list_revisions")
    assert [each["revision"] for each in listed] == list(range(first + 3, -1, -1))
    assert [each["is_current"] for each in listed] == [True, *[False] * (first + 3)]
    assert listed[0]["changed"] == ["strategies"]


def test_a_revision_says_what_changed_and_whose_it_was(world: World) -> None:
    created = world.call("create_client", name="aider")
    limit = {"limit_type": "cost", "value": 2.0, "time_window": "day"}
    strategy_id = created["strategy"]["id"]
    world.call("update_strategy", strategy_id=strategy_id, rate_limits=[limit])
    world.call("update_strategy", strategy_id=strategy_id, rate_limits=[{**limit, "value": 3.0}])
    newest = world.call("list_revisions")[0]
    assert newest["summary"] == "aider's strategy: cost limit $2.00 → $3.00 per day"
    assert newest["changes"][0]["before"] == "$2.00 per day"


def test_the_difference_is_told_before_a_revision_is_restored(world: World) -> None:
    first = world.revision
    world.strategy("Thrifty")
    found = world.call("compare_revision", revision=first)
    assert [change["subject"] for change in found["changes"]] == ["Strategy Thrifty deleted"]
    assert world.call("compare_revision", revision=world.revision)["changes"] == []


def test_the_last_change_names_what_undoes_it_deletions_too(world: World) -> None:
    assert world.call("get_last_change") is None
    strategy = world.strategy("Thrifty")
    world.call("delete_strategy", strategy_id=strategy)
    last = world.call("get_last_change")
    assert last["summary"] == "Strategy Thrifty deleted"
    world.call("restore_revision", revision=last["undo_to"], expect_revision=last["revision"])
    assert world.config.strategies[-1].name == "Thrifty"
    assert world.call("get_last_change")["summary"] == "Strategy Thrifty added"


def test_what_the_program_changed_by_itself_is_not_offered_for_undo(world: World) -> None:
    world.services.store.commit(
        lambda config: config.model_copy(update={"server": config.server.model_copy(update={"port": 3626})}),
        by_itself=True,
    )
    assert world.call("get_last_change") is None
    world.strategy("Thrifty")
    assert world.call("get_last_change")["summary"] == "Strategy Thrifty added"


def test_a_key_that_was_deleted_stays_deleted_and_that_is_said(world: World) -> None:
    world.call("create_provider", name="openai", preset="openai", key="sk-1")
    revision = world.revision
    world.call("delete_provider", name="openai")
    assert world.call("restore_revision", revision=revision)["providers_without_key"] == ["openai"]


def test_undo_does_not_bring_a_rotated_key_back(world: World) -> None:
    created = world.call("create_client", name="Editor")
    before = world.revision
    rotated = world.call("rotate_client_key", client_id=created["client"]["id"])
    restored = world.call("restore_revision", revision=before)
    assert owner_of(world, created["key"]) is None
    assert owner_of(world, rotated["key"]) == "Editor"
    assert restored["clients_without_key"] == []
    assert ["keeps the key that it has now" in line for line in restored["about_keys"]] == [True]


def test_a_deleted_client_is_back_without_its_key_and_gets_a_new_one(world: World) -> None:
    created = world.call("create_client", name="Editor")
    client_id, before = created["client"]["id"], world.revision
    world.call("delete_client", client_id=client_id)
    restored = world.call("restore_revision", revision=before)
    assert owner_of(world, created["key"]) is None
    assert restored["clients_without_key"] == [{"id": client_id, "name": "Editor"}]
    assert "give it a new key, then enable it" in restored["about_keys"][0]
    (shown,) = world.call("list_clients")
    assert (shown["enabled"], shown["has_key"], shown["key_hint"]) == (False, False, "")
    world.call("update_client", client_id=client_id, enabled=True)
    assert owner_of(world, created["key"]) is None
    fresh = world.call("rotate_client_key", client_id=client_id)
    assert owner_of(world, fresh["key"]) == "Editor"
    assert fresh["client"]["has_key"]


def test_a_leaked_key_does_not_come_back_by_import_whatever_happened_to_its_client(world: World) -> None:
    rotated, deleted = (world.call("create_client", name=name) for name in ("Rotated", "Deleted"))
    exported = world.call("export_config")
    fresh = world.call("rotate_client_key", client_id=rotated["client"]["id"])
    world.call("delete_client", client_id=deleted["client"]["id"])
    imported = world.call("import_config", document=exported)
    assert [owner_of(world, each["key"]) for each in (rotated, deleted, fresh)] == [None, None, "Rotated"]
    assert [line.split('"')[1] for line in imported["about_keys"]] == ["Rotated", "Deleted"]


def test_an_old_export_revives_no_key_though_its_revisions_are_long_gone(world: World) -> None:
    created = world.call("create_client", name="Editor")
    exported = world.call("export_config")
    world.call("delete_client", client_id=created["client"]["id"])
    for number in range(60):
        world.call("update_server_config", metrics={"retention_days": number + 1})
    world.call("import_config", document=exported)
    assert owner_of(world, created["key"]) is None


def test_the_key_of_a_deleted_provider_is_told_of_in_words(world: World) -> None:
    world.call("create_provider", name="openai", preset="openai", key="sk-1")
    revision = world.revision
    world.call("delete_provider_key", name="openai")
    restored = world.call("restore_revision", revision=revision)
    assert restored["about_keys"] == ['The provider "openai" has no key: set it again.']


def test_a_client_whose_strategy_is_gone_is_a_problem_until_its_owner_has_seen_to_it(world: World) -> None:
    client_id = world.client("Editor")
    strategy_id = world.strategy("Thrifty")
    document = world.call("export_config")
    document["clients"][0]["strategy_id"] = "typo"
    imported = world.call("import_config", document=document)
    (told,) = world.call("get_server_status")["problems"]
    assert '"Editor" is disabled' in told
    assert told in imported["healed"]
    shown = world.call("get_client", client_id=client_id)
    assert (shown["enabled"], shown["lost_strategy_id"], shown["strategy_id"]) == (False, "typo", "default")
    world.call("assign_client_strategy", client_id=client_id, strategy_id=strategy_id)
    assert world.call("get_server_status")["problems"] == []


def test_a_document_of_an_earlier_version_is_imported_as_one_of_today_and_that_is_told(world: World) -> None:
    auto = {"enabled": True, "first_token_timeout": 30}
    document = {"version": 1, "strategies": [{"id": "default", "name": "D", "auto_config": auto}]}
    judged = world.call("validate_config", document=document)["healed"]
    imported = world.call("import_config", document=document)
    assert imported["document"]["strategies"][0]["auto_config"]["first_token_timeout"] == 12
    assert ['"D"' in line for line in imported["healed"]] == [True]
    assert judged == imported["healed"]


def owner_of(world: World, key: str) -> str | None:
    client = authenticate(world.services.store.snapshot, key)
    return None if client is None else client.name


def test_a_revision_that_is_not_kept_is_not_found(world: World) -> None:
    with pytest.raises(NotFound, match="Revision 77 is not kept"):
        world.call("restore_revision", revision=77)
