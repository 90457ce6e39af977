"""The commands about providers: their keys are kept apart from the document, and never shown."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.errors import Conflict, Invalid, NotFound, Refusal, Unavailable
from localrouter.domain.routing.failures import Cools, Failure, FailureKind
from localrouter.services.health import ModelEndpoint
from tests.commands.world import World, listing

SECRET = "sk-planted-secret"
BUSY = Failure(FailureKind.RATE_LIMITED, "Too many requests.", status=429)
BAD_KEY = Failure(FailureKind.AUTH, "Incorrect API key.", status=401, cools=Cools.PROVIDER)


def stored(world: World) -> dict[str, str | None]:
    return {name: world.services.secrets.resolve(f"store:{name}") for name in world.services.secrets.names()}


def test_presets_tell_what_they_need_and_whether_their_key_is_in_the_environment(world: World) -> None:
    world.environment["OPENAI_API_KEY"] = SECRET
    presets = {preset["name"]: preset for preset in world.call("list_provider_presets")}
    assert presets["openai"]["key_in_environment"]
    assert not presets["groq"]["key_in_environment"]
    assert presets["ollama"]["local"]
    assert not presets["ollama"]["needs_key"]
    assert presets["openai-compatible"]["base_url"] is None
    assert SECRET not in str(presets)


def test_a_provider_with_a_key_stores_it_and_shows_only_where(world: World) -> None:
    created = world.call("create_provider", name="openai", preset="openai", key=f" {SECRET}\n")
    provider = created["provider"]
    assert (provider["has_key"], provider["key_source"], provider["secret"]) == (True, "stored", "store:openai")
    assert provider["address"] == "https://api.openai.com/v1"
    assert stored(world) == {"openai": SECRET}
    everything = orjson.dumps([world.call(name) for name in ("list_providers", "get_config", "get_server_status")])
    assert SECRET.encode() not in everything
    assert SECRET.encode() not in (world.home / "config.json").read_bytes()


def test_a_key_can_be_named_instead_of_given(world: World) -> None:
    provider = world.call("create_provider", name="openai", preset="openai", secret="env:MY_KEY")["provider"]
    assert (provider["has_key"], provider["key_source"], provider["status"]["state"]) == (
        False,
        "environment",
        "no_key",
    )
    assert "env:MY_KEY" in provider["status"]["message"]
    world.environment["MY_KEY"] = SECRET
    assert world.call("list_providers")[0]["has_key"]


def test_a_key_and_a_name_for_it_together_are_refused(world: World) -> None:
    with pytest.raises(Invalid, match="not both"):
        world.call("create_provider", name="openai", preset="openai", key=SECRET, secret="env:MY_KEY")


def test_a_preset_without_an_address_needs_one(world: World) -> None:
    with pytest.raises(Invalid) as raised:
        world.call("create_provider", name="mine", preset="openai-compatible")
    assert [finding.path for finding in raised.value.findings] == ["base_url"]
    world.call("create_provider", name="mine", preset="openai-compatible", base_url="http://10.0.0.7:8000")
    assert world.call("list_providers")[0]["address"] == "http://10.0.0.7:8000/v1"


def test_a_refused_provider_leaves_no_key_behind(world: World) -> None:
    with pytest.raises(Invalid):
        world.call("create_provider", name="open/ai", preset="openai", key=SECRET)
    assert stored(world) == {}


def test_a_stale_call_leaves_the_former_key_in_place(world: World) -> None:
    world.call("create_provider", name="openai", preset="openai", key=SECRET)
    with pytest.raises(Conflict):
        world.call("set_provider_key", name="openai", key="sk-other", expect_revision=0)
    assert stored(world) == {"openai": SECRET}


@pytest.mark.parametrize(
    ("command", "fields"), [("update_provider", {"base_url": "http://[::1]:1"}), ("delete_provider_key", {})]
)
def test_a_change_that_had_to_wait_is_refused_where_another_came_first(
    world: World, command: str, fields: dict[str, str]
) -> None:
    world.call("create_provider", name="openai", preset="openai", key=SECRET)
    revision = world.revision

    async def waits_and_is_overtaken() -> dict[str, object]:
        async with world.services.secrets.referring:
            waiting = asyncio.create_task(world.acall(command, name="openai", expect_revision=revision, **fields))
            await asyncio.sleep(0.05)
            await world.acall("create_strategy", name="Another change")
        result: dict[str, object] = await waiting
        return result

    with pytest.raises(Conflict):
        asyncio.run(waits_and_is_overtaken())
    assert world.revision == revision + 1
    assert stored(world) == {"openai": SECRET}


def test_the_key_of_a_provider_is_not_touched_by_a_call_for_another_of_its_name(world: World) -> None:
    world.call("create_provider", name="openai", preset="openai", key=SECRET)
    before = (world.home / "credentials.json").read_bytes()
    with pytest.raises(Refusal, match="already"):
        world.call("create_provider", name="OpenAI", preset="openai", key="sk-other-0123456789")
    assert (world.home / "credentials.json").read_bytes() == before


def test_a_provider_that_is_there_already_keeps_its_key(world: World) -> None:
    world.call("create_provider", name="openai", preset="openai", key=SECRET)
    with pytest.raises(Refusal, match="already"):
        world.call("create_provider", name="OpenAI", preset="openai", key="sk-other")
    assert stored(world) == {"openai": SECRET}


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("   ", "empty"),
        ('"sk-1"', "The key stands in quotes. Copy it again."),
        ("OPENAI_API_KEY=sk-1", "The key begins with the name of a variable"),
        ("Bearer sk-1", "The key contains a blank"),
    ],
)
def test_an_unusable_key_changes_nothing(world: World, key: str, told: str) -> None:
    world.call("create_provider", name="openai", preset="openai", key=SECRET)
    before = world.config
    with pytest.raises(Refusal, match=told):
        world.call("set_provider_key", name="openai", key=key)
    assert world.config is before
    assert stored(world) == {"openai": SECRET}


def test_a_new_key_replaces_the_former_one_and_what_was_cooling_is_forgotten(world: World) -> None:
    world.call("create_provider", name="openai", preset="openai", key=SECRET)
    world.services.health.failed(
        ModelEndpoint("openai", "gpt-4o", Endpoint.CHAT_COMPLETIONS), BAD_KEY, "app", world.services.clock()
    )
    assert world.call("list_providers")[0]["status"]["state"] == "cooling"
    world.call("set_provider_key", name="OpenAI", key="sk-other")
    assert stored(world) == {"openai": "sk-other"}
    assert world.call("list_providers")[0]["cooling"] == []


def test_the_key_of_a_renamed_provider_is_not_given_to_another_one(world: World) -> None:
    world.call("create_provider", name="openai", preset="openai", key=SECRET)
    world.call("update_provider", name="openai", new_name="work")
    world.call("create_provider", name="openai", preset="openai", key="sk-private")
    assert stored(world) == {"openai": SECRET, "openai (2)": "sk-private"}
    world.call("set_provider_key", name="work", key="sk-new")
    assert stored(world) == {"openai": "sk-new", "openai (2)": "sk-private"}


def test_a_renamed_provider_is_followed_by_what_names_it(world: World) -> None:
    world.call("create_provider", name="openai", preset="openai")
    strategy_id = world.strategy(auto_config={"enabled": True, "prioritized_models": [["openai", "gpt-4o"]]})
    world.call("update_provider", name="openai", new_name="work")
    strategy = world.call("get_strategy", strategy_id=strategy_id)
    assert strategy["auto_config"]["prioritized_models"] == [["work", "gpt-4o"]]


def test_a_missing_field_of_a_provider_stays_and_null_sets_it_back(world: World) -> None:
    world.call("create_provider", name="openai", preset="openai", models=["gpt-4o"], timeouts={"connect": 1})
    kept = world.call("update_provider", name="openai", enabled=False)["provider"]
    assert (kept["enabled"], kept["models"], kept["timeouts"]["connect"]) == (False, ["gpt-4o"], 1)
    cleared = world.call("update_provider", name="openai", enabled=None, models=None, timeouts=None)["provider"]
    assert (cleared["enabled"], cleared["models"], cleared["timeouts"]["connect"]) == (True, [], 5)


def test_an_edited_provider_deserves_a_new_try(world: World) -> None:
    world.call("create_provider", name="ollama", preset="ollama")
    world.services.health.failed(
        ModelEndpoint("ollama", "llama3.2", Endpoint.CHAT_COMPLETIONS), BUSY, "app", world.services.clock()
    )
    assert [entry["model"] for entry in world.call("list_providers")[0]["cooling"]] == ["llama3.2"]
    world.call("update_provider", name="ollama", timeouts={"connect": 2})
    assert world.services.health.cooling() == ()


def test_a_deleted_key_is_gone(world: World) -> None:
    world.call("create_provider", name="openai", preset="openai", key=SECRET)
    deleted = world.call("delete_provider_key", name="openai")
    assert deleted["key_deleted"]
    assert deleted["provider"]["status"]["state"] == "no_key"
    assert stored(world) == {}
    assert not world.call("delete_provider_key", name="openai")["key_deleted"]


def test_a_key_that_another_provider_uses_is_not_deleted(world: World) -> None:
    world.call("create_provider", name="openai", preset="openai", key=SECRET)
    world.call("create_provider", name="second", preset="openai", secret="store:openai")
    assert not world.call("delete_provider", name="openai")["key_deleted"]
    assert stored(world) == {"openai": SECRET}


def test_a_deleted_provider_says_what_went_with_it_and_who_names_it(world: World) -> None:
    world.call("create_provider", name="openai", preset="openai", key=SECRET)
    strategy_id = world.strategy("Thrifty", allowed_models={"selected_all": False, "selected_providers": ["OpenAI"]})
    assert world.call("delete_provider", name="openai") == {
        "revision": world.revision,
        "provider": "openai",
        "key_deleted": True,
        "strategies_naming_it": [{"id": strategy_id, "name": "Thrifty"}],
    }
    assert world.call("list_providers") == []
    with pytest.raises(NotFound):
        world.call("delete_provider", name="openai")


def test_the_status_tells_what_is_wrong_and_what_to_do(world: World) -> None:
    world.call("create_provider", name="ollama", preset="ollama")
    assert world.call("list_providers")[0]["status"]["state"] == "unknown"
    world.call("refresh_models")
    failing = world.call("list_providers")[0]["status"]
    assert (failing["state"], failing["advice"]) == (
        "failing",
        "Start Ollama, or correct the base URL of ollama.",
    )
    world.lists["ollama"] = listing("llama3.2")
    world.call("refresh_models")
    assert world.call("list_providers")[0]["status"]["message"] == "Ready, with 1 model."
    world.call("update_provider", name="ollama", enabled=False)
    assert world.call("list_providers")[0]["status"]["state"] == "disabled"


def test_a_new_providers_key_is_not_what_another_ones_header_refers_to(world: World) -> None:
    world.call("create_provider", name="b", preset="openai", key="sk-former")
    world.call(
        "create_provider",
        name="a",
        preset="openai-compatible",
        base_url="http://x/v1",
        headers={"x-api-key": "store:b"},
    )
    world.call("delete_provider", name="b")
    world.call("create_provider", name="b", preset="openai", key="sk-new")
    assert world.services.secrets.resolve("store:b") == "sk-former"
    new = next(provider for provider in world.config.providers if provider.name == "b")
    assert world.services.secrets.resolve(new.secret or "") == "sk-new"


def test_what_cools_is_cleared_and_told_with_its_remedy(world: World) -> None:
    world.call("create_provider", name="ollama", preset="ollama")
    world.services.health.failed(
        ModelEndpoint("ollama", "llama3.2", Endpoint.EMBEDDINGS), BUSY, "app", world.services.clock()
    )
    [entry] = world.call("list_providers")[0]["cooling"]
    assert (entry["model"], entry["endpoint"]) == ("llama3.2", "embeddings")
    typed = "call clear_cooling provider=ollama model=llama3.2"
    assert entry["remedy"] == world.services.home.shell_command(typed)
    assert world.call("clear_cooling", provider="Ollama", model="llama3.2")["cleared"] == [entry]
    assert world.call("list_providers")[0]["cooling"] == []


def test_clearing_needs_a_provider_that_exists_and_a_router_that_runs(world: World) -> None:
    with pytest.raises(NotFound):
        world.call("clear_cooling", provider="nobody")
    world.call("create_provider", name="ollama", preset="ollama")
    world.give(probe=None)
    with pytest.raises(Unavailable, match="localrouter serve"):
        world.call("clear_cooling", provider="ollama")


def states(world: World) -> dict[str, str]:
    return {provider["name"]: provider["status"]["state"] for provider in world.call("list_providers")}


def test_a_key_that_is_pointed_elsewhere_is_told_until_it_is_set_again(world: World) -> None:
    world.call("create_provider", name="openai", preset="openai", key=SECRET)
    told = world.call("update_provider", name="openai", base_url="https://llm.example/v1")["provider"]["status"]
    assert told["state"] == "key_elsewhere"
    assert told["message"] == (
        "The key of openai (store:openai) was set for https://api.openai.com, and the address is now "
        "https://llm.example. Nothing was sent. If that is right, set it again, on its page or with set_provider_key; "
        "else correct the provider."
    )
    tested = world.call("set_provider_key", name="openai", key=SECRET)["provider"]["status"]
    assert tested["state"] == "unknown"
    world.call("update_provider", name="openai", base_url=None)
    assert states(world) == {"openai": "key_elsewhere"}


def test_a_key_is_not_bound_to_an_address_that_can_be_read_in_two_ways(world: World) -> None:
    with pytest.raises(Invalid, match="can be bound"):
        world.call(
            "create_provider", name="odd", preset="openai-compatible", base_url="http://0x7f000001/v1", key=SECRET
        )
    assert world.config.providers == ()
    assert stored(world) == {}


@pytest.mark.parametrize("field", ["header", "headers.", "headers.x y", "models", "Secret"])
def test_only_what_can_hold_a_secret_is_set_as_one(world: World, field: str) -> None:
    world.call("create_provider", name="openai", preset="openai")
    with pytest.raises(Invalid):
        world.call("set_provider_key", name="openai", key=SECRET, field=field)
    assert stored(world) == {}


def test_what_was_stored_for_a_header_goes_with_its_provider(world: World) -> None:
    world.call("create_provider", name="openai", preset="openai", key=SECRET)
    world.call("set_provider_key", name="openai", key="gate-1", field="headers.X-Gate")
    world.call("set_provider_key", name="openai", key="gate-2", field="headers.x-gate")
    assert world.config.providers[0].headers == {"x-gate": "store:openai header X-Gate"}
    assert stored(world) == {"openai": SECRET, "openai header X-Gate": "gate-2"}
    world.call("delete_provider", name="openai")
    assert stored(world) == {}


def test_what_the_environment_may_send_is_shown(world: World) -> None:
    world.environment |= {"OPENAI_API_KEY": "x", "AZURE_OPENAI_API_KEY": "x", "SECRET_OF_OTHERS": "x"}
    world.environment |= {"AZURE_OPENAI_API_KEY_FOR": "https://mine.openai.azure.com"}
    world.call("create_provider", name="own", preset="openai", secret="env:OPENAI_API_KEY")
    world.call("create_provider", name="lookalike", preset="openai", secret="env:OPENAI_API_KEY")
    world.call("update_provider", name="lookalike", base_url="https://api.openai.com.evil.example/v1")
    world.call(
        "create_provider",
        name="azure",
        preset="azure-openai",
        base_url="https://mine.openai.azure.com",
        secret="env:AZURE_OPENAI_API_KEY",
    )
    world.call("create_provider", name="others", preset="openai", secret="env:SECRET_OF_OTHERS")
    told = {"own": "unknown", "lookalike": "key_elsewhere", "azure": "unknown", "others": "key_elsewhere"}
    assert states(world) == told


def test_the_proxy_of_the_environment_carries_what_the_environment_holds(world: World) -> None:
    world.environment |= {"OPENAI_API_KEY": "x", "HTTPS_PROXY": "http://me:pw@proxy.corp:3128"}
    for name, proxy in {"a": "env:HTTPS_PROXY", "b": "http://proxy.corp:3128", "c": "http://evil.example:3128"}.items():
        world.call("create_provider", name=name, preset="openai", secret="env:OPENAI_API_KEY", proxy=proxy)
    assert states(world) == {"a": "unknown", "b": "unknown", "c": "key_elsewhere"}


def test_what_was_stored_for_a_header_goes_with_the_header(world: World) -> None:
    world.call("create_provider", name="openai", preset="openai", key=SECRET)
    world.call("set_provider_key", name="openai", key="gate-1", field="headers.X-Gate")
    world.call("update_provider", name="openai", headers={"x-other": "plain"})
    assert stored(world) == {"openai": SECRET}
    world.call("update_provider", name="openai", secret=None)
    assert stored(world) == {}


def test_a_stored_key_that_another_provider_uses_stays_when_one_gives_it_up(world: World) -> None:
    world.call("create_provider", name="one", preset="openai", key=SECRET)
    world.call("create_provider", name="two", preset="openai", secret="store:one")
    world.call("update_provider", name="one", secret=None)
    assert stored(world) == {"one": SECRET}


@pytest.mark.parametrize("last", ["set", "delete"])
def test_of_changes_of_a_key_at_once_the_last_one_wins(
    world: World, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    """The vault answers the first call late, as a keychain does that shows its prompt."""
    world.call("create_provider", name="openai", preset="openai", key="sk-first")
    secrets = world.services.secrets
    plain = secrets.delete if last == "set" else secrets.set
    slow = asyncio.Event()

    async def late(*arguments: Any) -> Any:
        await slow.wait()
        return await plain(*arguments)

    monkeypatch.setattr(secrets, "delete" if last == "set" else "set", late)

    async def scene() -> None:
        setting = ("set_provider_key", {"name": "openai", "key": "sk-second"})
        deleting = ("delete_provider_key", {"name": "openai"})
        calls = (deleting, setting) if last == "set" else (setting, deleting)
        tasks = []
        for name, params in calls:
            tasks.append(asyncio.create_task(world.acall(name, **params)))
            for _ in range(20):
                await asyncio.sleep(0)
        slow.set()
        await asyncio.gather(*tasks)

    asyncio.run(asyncio.wait_for(scene(), 10))
    assert stored(world) == ({"openai": "sk-second"} if last == "set" else {})
    assert world.config.providers[0].secret == ("store:openai" if last == "set" else None)
