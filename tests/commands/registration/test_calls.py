"""What every command has in common: its parameters are judged, stale and repeated calls are recognised."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import Any

import pytest

from localrouter.commands.registration.calls import (
    MAX_REMEMBERED_CALLS,
    REMEMBERED_FOR,
    Calls,
    RepeatedCalls,
    UnknownCommand,
)
from localrouter.commands.registration.registry import Command, Mutation, View, collect, command
from localrouter.commands.registration.services import Services
from localrouter.domain.errors import Conflict, Invalid, NotFound, Refusal, Unavailable
from localrouter.domain.events import ConfigChanged
from tests.commands.world import REGISTRY, World

COMMANDS = list(REGISTRY)


class Wish(Mutation):
    name: str


class Granted(View):
    revision: int


@command("wish")
async def wish(services: Services, params: Wish) -> Granted:
    """Think for a while, and refuse."""
    await asyncio.sleep(0.01)
    raise Refusal("Not today.")


GOOD: dict[str, Any] = {
    "client_id": "nobody",
    "strategy_id": "nothing",
    "name": "nowhere",
    "preset": "openai",
    "key": "sk-1234",
    "provider": "nowhere",
    "model": "gpt-4o",
    "input_per_million": 1,
    "output_per_million": 2,
    "document": {},
    "revision": 9_999,
    "scope": "llm_global",
    "measure": "requests",
    "since": 0,
    "period": "1h",
    "tier": "llm_key",
    "request_id": "req_0",
    "session_id": "nobody",
    "address": "http://127.0.0.1:3625/v1",
}
WITH_AN_ID = [
    ("get_strategy", {}),
    ("update_strategy", {"name": "New"}),
    ("rename_strategy", {"name": "New"}),
    ("delete_strategy", {}),
    ("get_clients_using_strategy", {}),
    ("get_strategy_usage", {}),
    ("assign_client_strategy", {"strategy_id": "default"}),
    ("get_client", {}),
    ("update_client", {"name": "New"}),
    ("rotate_client_key", {}),
    ("delete_client", {}),
    ("update_provider", {"enabled": False}),
    ("set_provider_key", {}),
    ("delete_provider_key", {}),
    ("test_provider", {}),
    ("delete_provider", {}),
    ("refresh_models", {"provider": "nowhere"}),
    ("delete_pricing_override", {}),
    ("restore_revision", {}),
    ("end_session", {}),
]


def named(command: Command) -> str:
    return command.name


def required(command: Command) -> list[str]:
    return [name for name, field in command.params.model_fields.items() if field.is_required()]


def good(command: Command) -> dict[str, Any]:
    """Parameters of the right types."""
    return {name: GOOD[name] for name in required(command)}


def places(refusal: Invalid) -> list[str]:
    return [finding.path for finding in refusal.findings]


def refused(world: World, name: str, /, **params: Any) -> Refusal:
    """The refusal of a call, which must leave everything as it was."""
    files = {path: path.read_bytes() for path in world.home.rglob("*") if path.is_file()}
    config = world.config
    with pytest.raises(Refusal) as raised:
        world.call(name, **params)
    assert world.config is config
    assert {path: path.read_bytes() for path in world.home.rglob("*") if path.is_file()} == files
    return raised.value


@pytest.mark.parametrize("command", COMMANDS, ids=named)
def test_an_unknown_parameter_is_refused_by_its_name(world: World, command: Command) -> None:
    refusal = refused(world, command.name, **good(command), colour="red")
    assert isinstance(refusal, Invalid)
    assert places(refusal) == ["colour"]


@pytest.mark.parametrize("command", [each for each in COMMANDS if required(each)], ids=named)
def test_every_missing_parameter_is_named(world: World, command: Command) -> None:
    refusal = refused(world, command.name)
    assert isinstance(refusal, Invalid)
    assert sorted(places(refusal)) == sorted(required(command))


@pytest.mark.parametrize("command", [each for each in COMMANDS if each.params.model_fields], ids=named)
def test_every_parameter_of_a_wrong_type_is_named(world: World, command: Command) -> None:
    for name in command.params.model_fields:
        refusal = refused(world, command.name, **{**good(command), name: [[]]})
        assert isinstance(refusal, Invalid)
        assert all(place.startswith(name) for place in places(refusal))
        assert places(refusal)


@pytest.mark.parametrize(("name", "more"), WITH_AN_ID)
def test_an_unknown_id_is_not_found(world: World, name: str, more: dict[str, Any]) -> None:
    command = REGISTRY.find(name)
    assert command is not None
    assert isinstance(refused(world, name, **{**good(command), **more}), NotFound)


@pytest.mark.parametrize("command", [each for each in COMMANDS if each.is_mutation], ids=named)
def test_a_stale_revision_is_refused_with_what_changed_since(world: World, command: Command) -> None:
    world.call("create_provider", name="nowhere", preset="openai")
    params = {**good(command), "client_id": world.client(), "strategy_id": world.strategy()}
    known = {name: value for name, value in params.items() if name in command.params.model_fields}
    refusal = refused(world, command.name, **known, expect_revision=1)
    assert isinstance(refusal, Conflict)
    assert refusal.data == {"revision": world.revision, "changed": ["clients", "strategies"]}


@pytest.mark.parametrize("command", [each for each in COMMANDS if not each.is_mutation], ids=named)
def test_a_query_never_changes_the_configuration(world: World, command: Command) -> None:
    params = {**good(command), "client_id": world.client(), "strategy_id": "default"}
    before, announced = world.config, len(world.events)
    with suppress(Unavailable, NotFound, Invalid):
        world.call(command.name, **{name: params[name] for name in required(command)})
    assert world.config is before
    assert not any(isinstance(event, ConfigChanged) for event in world.events[announced:])


def test_parameters_must_be_an_object(world: World) -> None:
    with pytest.raises(Invalid, match="by name"):
        asyncio.run(world.calls.call("list_strategies", ["default"]))


def test_parameters_that_json_cannot_express_are_refused(world: World) -> None:
    assert isinstance(refused(world, "create_client", name="\ud800"), Invalid)


def test_an_unknown_command_is_named(world: World) -> None:
    with pytest.raises(UnknownCommand, match="explode"):
        world.call("explode")


def test_what_needs_a_running_instance_is_unavailable_without_one(world: World) -> None:
    world.give(serving=None)
    for each in COMMANDS:
        if each.needs_running:
            refusal = refused(world, each.name, **good(each))
            assert isinstance(refusal, Unavailable)
            assert "localrouter serve" in refusal.message


def test_a_refused_parameter_is_not_repeated(world: World) -> None:
    refusal = refused(world, "set_provider_key", name=7, key="sk-planted-secret")
    assert "planted" not in refusal.message + str(refusal.data)


def test_twenty_writers_that_expect_a_revision_and_try_again_make_twenty_commits(world: World) -> None:
    async def add(number: int) -> int:
        tries = 0
        while True:
            tries += 1
            seen = world.revision
            await asyncio.sleep(0)
            try:
                await world.acall("create_strategy", name=f"Strategy {number}", expect_revision=seen)
            except Conflict:
                continue
            return tries

    async def all_at_once() -> list[int]:
        return await asyncio.gather(*(add(number) for number in range(20)))

    before = world.revision
    tries = asyncio.run(all_at_once())
    assert world.revision == before + 20
    assert len({strategy.name for strategy in world.config.strategies}) == 21
    assert sum(tries) > 20, "nobody ever met anybody, so nothing was shown"


def test_a_repeated_idempotency_key_changes_nothing_and_returns_the_first_result(world: World) -> None:
    first = world.call("create_client", name="Editor", idempotency_key="once")
    again = world.call("create_client", name="Editor", idempotency_key="once")
    assert again == first
    assert len(world.config.clients) == 1


def test_an_idempotency_key_with_other_parameters_is_refused(world: World) -> None:
    world.call("create_client", name="Editor", idempotency_key="once")
    refusal = refused(world, "create_client", name="Shell", idempotency_key="once")
    assert "idempotency_key" in refusal.message


def test_an_idempotency_key_belongs_to_one_command(world: World) -> None:
    world.call("create_client", name="Editor", idempotency_key="once")
    world.call("create_strategy", name="Thrifty", idempotency_key="once")
    assert len(world.config.strategies) == 3


def test_a_refused_call_does_not_use_its_idempotency_key_up(world: World) -> None:
    world.call("create_client", name="Editor")
    refused(world, "create_client", name="Editor", idempotency_key="once")
    world.call("create_client", name="Shell", idempotency_key="once")
    assert len(world.config.clients) == 2


def test_an_idempotency_key_is_forgotten_after_a_day(world: World) -> None:
    world.call("create_client", name="Editor", idempotency_key="once")
    world.time += REMEMBERED_FOR
    world.call("create_client", name="Shell", idempotency_key="once")
    assert len(world.config.clients) == 2


def test_calls_with_one_idempotency_key_at_the_same_time_share_one_result(world: World) -> None:
    async def both() -> list[Any]:
        call = {"name": "Editor", "idempotency_key": "once"}
        return await asyncio.gather(*(world.acall("create_client", **call) for _ in range(3)))

    results = asyncio.run(both())
    assert results[0] == results[1] == results[2]
    assert len(world.config.clients) == 1


def test_the_memory_of_idempotency_keys_is_bounded() -> None:
    async def fill() -> None:
        memory = RepeatedCalls(lambda: 0.0)
        for number in range(MAX_REMEMBERED_CALLS + 1):
            memory.begin(("create_client", str(number)), b"").set_result(None)
        assert memory.recall(("create_client", "0"), b"") is None
        assert memory.recall(("create_client", "1"), b"") is not None

    asyncio.run(fill())


def test_who_waits_for_a_call_that_came_to_nothing_is_told_and_may_try_again(world: World) -> None:
    calls = Calls(collect(sys.modules[__name__]), world.services)
    wish = {"name": "more", "idempotency_key": "once"}

    async def story() -> None:
        outcomes = await asyncio.gather(*(calls.call("wish", wish) for _ in range(2)), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [Refusal, Unavailable]
        again = asyncio.ensure_future(calls.call("wish", wish))
        await asyncio.sleep(0)
        again.cancel()
        with pytest.raises(asyncio.CancelledError):
            await again
        with pytest.raises(Refusal, match="Not today"):
            await calls.call("wish", wish)

    asyncio.run(story())
