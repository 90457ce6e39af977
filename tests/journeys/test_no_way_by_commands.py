"""No command gets past the limits of a strategy that has used them up: none leads to a model, and none that an owner
gives meanwhile, be it an edit or a restart, makes room again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from localrouter import client
from localrouter.commands import all_commands
from localrouter.dialects.presets import PRESETS
from localrouter.domain.configuration.config import (
    DEFAULT_STRATEGY_ID,
    AutoModelConfig,
    LimitMode,
    RateLimitTimeWindow,
    StrategyRateLimit,
)
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.metrics.samples import Measure
from tests.journeys.scene import FLOORS, Scene, faults, is_held_by_a_limit, is_served, leads_nowhere, scene
from tests.journeys.ways import BEARER, CHAT_PATH, NAMED, ONE_OF_EACH, UNNAMED, Way, body_of, written
from tests.rig import CHAT, Router, auto, until

Change = tuple[str, Callable[[client.Client], object]]
USED_UP = {name: limits for name, limits in FLOORS.items() if "strictly" not in name}  # a reset would open these again


# Commands that change nothing


def read_commands(there: Scene) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every command that changes no configuration, so often that all it could ask a provider is asked."""
    strategy, since = {"strategy_id": there.strategy}, {"since": time.time() - 60}
    yield from ((name, {}) for name, needed in READ_COMMANDS.items() if not needed)
    for name in ("one", "two", "TWO", "off"):
        yield "test_provider", {"name": name}
        yield "refresh_models", {"provider": name}
        yield "clear_cooling", {"provider": name}
    yield from ((name, strategy) for name in ("get_strategy", "get_strategy_usage", "get_clients_using_strategy"))
    yield "get_client", {"client_id": there.client}
    yield "get_metrics", {"scope": "llm_global", "measure": Measure.REQUESTS.value, **since}
    yield "get_usage_summary", since
    yield "get_spend", {"period": "1h"}
    yield "get_limit_history", {"period": "1h"}
    yield "list_metric_scopes", {"tier": "llm_model"}
    until(lambda: bool(there.commands.list_requests()["items"]))
    yield "get_request", {"request_id": there.commands.list_requests()["items"][0]["request_id"]}
    yield "list_programs", {"address": "http://127.0.0.1:3625/v1", "model": "one/a"}
    yield "compare_revision", {"revision": there.commands.list_revisions()[-1]["revision"]}
    yield "validate_config", {"document": there.commands.export_config()}
    for endpoint in Endpoint:
        for model in (*SERVED, *UNSERVED):
            asked = {"model": model, "endpoint": endpoint.value}
            yield "explain_route", {**asked, "client_id": there.client}
            yield (
                "explain_route",
                {**asked, **strategy, "request": {"n": 5, "stream": endpoint is not Endpoint.EMBEDDINGS}},
            )


SERVED = ("localrouter/auto", "one/a", "ONE/a", "m", "gpt-4o", "outer", "one/unlisted")
UNSERVED = ("off/b", "nobody/a")
# The first is below, the second ends the scene; for the others there is no window, and no session, here.
ELSEWHERE = {"restart_server", "stop_server", "show_window", "end_session"}
READ_COMMANDS = {
    each.name: {name for name, parameter in each.params.model_fields.items() if parameter.is_required()}
    for each in all_commands()
    if not each.is_mutation and each.name not in ELSEWHERE
}


def test_commands_about_models_call_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with scene(tmp_path, FLOORS["all of them"]) as there:
        local = [name for name, preset in PRESETS.items() if preset.local]
        for name in local:
            monkeypatch.setitem(PRESETS, name, replace(PRESETS[name], base_url=there.up.url))
        lists, commands = len(there.up.asked), list(read_commands(there))
        assert {name for name, _ in commands} == READ_COMMANDS.keys(), "a new command has to be tried here too"
        for is_limited in (True, False):
            for name, params in commands:
                result = there.commands.call(name, **params)
                if name == "explain_route" and params["model"] in SERVED:
                    assert result["decision"] == ("refuse" if is_limited else "try"), params
            assert there.calls == 1, "the one that used the limits up"
            there.limit(())
        assert len(there.up.asked) >= lists + 2 * (len(local) + 4), "lists were asked for"


def test_the_door_for_commands_leads_to_no_model(tmp_path: Path) -> None:
    def rpc(method: str, key: str, params: object) -> Way:
        one = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        yes = (200,) if "<admin>" in key else ()
        return Way(f"{method} with {key}", written("/rpc", [one] * 3, key=f"{key}\r\n"), False, yes)

    admin = "authorization: Bearer <admin>"
    keys = (BEARER.strip(), admin, f"{admin}\r\nx-localrouter-client: <client>")
    names = ("chat/completions", CHAT_PATH, "chat.completions.create", "chat", "explain_route", "rpc.discover")
    with scene(tmp_path, FLOORS["all of them"]) as there:
        asked = {"model": "localrouter/auto", "client_id": there.client}
        ways = [rpc(name, key, params) for name in names for key in keys for params in (CHAT, asked)]
        assert faults(there, ways, leads_nowhere) == []
        assert there.calls == 1


# What an owner does meanwhile


def changes(there: Scene) -> Iterator[Change]:
    """What may be done to a client and its strategy without giving it anything more to use."""
    yield from changes_of_the_client(there)
    yield from changes_of_limits(there)
    yield from changes_of_what_is_around(there)
    yield from restarts(there)


def changes_of_the_client(there: Scene) -> Iterator[Change]:
    me: dict[str, Any] = {"client_id": there.client}
    own: dict[str, Any] = {"strategy_id": there.strategy}
    free: dict[str, Any] = {"strategy_id": there.lr.config.strategies[2].id}

    def new_key_for_me(commands: client.Client) -> None:
        there.lr.key = commands.rotate_client_key(**me)["key"]

    def assign_and_back(other: dict[str, Any], commands: client.Client) -> None:
        commands.assign_client_strategy(**me, **other)
        commands.assign_client_strategy(**me, **own)

    yield "rename the strategy", lambda c: c.rename_strategy(**own, name="Another")
    yield "rename it by an update", lambda c: c.update_strategy(**own, name="Yet another")
    yield "rename the client", lambda c: c.update_client(**me, name="another")
    yield "disable the client", lambda c: (c.update_client(**me, enabled=False), c.update_client(**me, enabled=True))
    yield "assign the same strategy", lambda c: c.assign_client_strategy(**me, **own)
    for other in ({"strategy_id": DEFAULT_STRATEGY_ID}, free):
        yield "assign another strategy and this one again", partial(assign_and_back, other)
    yield "another key", new_key_for_me


def changes_of_limits(there: Scene) -> Iterator[Change]:
    limits = there.lr.config.strategies[1].rate_limits

    def none_and_again(_: client.Client) -> None:
        there.limit(())
        there.limit(limits)

    def each_over(window: RateLimitTimeWindow, _: client.Client) -> None:
        there.limit(each.model_copy(update={"time_window": window}) for each in limits)

    yield "the same limits", lambda _: there.limit(limits)
    yield "no limits, and again", none_and_again
    for window in (RateLimitTimeWindow.DAY, RateLimitTimeWindow.HOUR, RateLimitTimeWindow.MONTH):
        yield f"each {window}", partial(each_over, window)
    yield "strict", lambda _: there.limit(each.model_copy(update={"mode": LimitMode.STRICT}) for each in limits)
    yield "as before", lambda _: there.limit(limits)


def changes_of_what_is_around(there: Scene) -> Iterator[Change]:
    own: dict[str, Any] = {"strategy_id": there.strategy}

    def restore_the_last(commands: client.Client) -> None:
        revision = commands.get_config()["revision"]
        commands.update_strategy(**own, aliases=[])
        commands.restore_revision(revision=revision)

    yield (
        "another order of models",
        lambda c: c.update_strategy(**own, auto_config=dump(auto(("two", "m"), ("one", "a")))),
    )
    yield "restore a revision", restore_the_last
    yield "import what was exported", lambda c: c.import_config(document=c.export_config())
    yield "rename a provider", lambda c: c.update_provider(name="one", new_name="uno")
    yield "and back", lambda c: c.update_provider(name="uno", new_name="one")
    yield (
        "other prices",
        lambda c: c.set_pricing_override(provider="one", model="a", input_per_million=2.0, output_per_million=2.0),
    )
    yield "acknowledge a loss that never was", lambda c: c.acknowledge_usage_loss()
    yield "keep metrics for a day", lambda c: c.update_server_config(metrics={"retention_days": 1})
    yield "ask for the lists", lambda c: c.refresh_models()


def restarts(there: Scene) -> Iterator[Change]:
    def restart(commands: client.Client) -> None:
        began = commands.get_server_status()["started_at"]
        assert commands.restart_server() == {"accepted": True}
        until(lambda: has_started_after(there, began))
        there.wire.close()

    def start_anew(_: client.Client) -> None:
        there.stop()
        there.lr = Router(there.lr.home, there.lr.config, there.lr.key)
        there.start()

    yield "restart", restart
    yield "start anew", start_anew
    yield "and once more", start_anew


def has_started_after(there: Scene, began: float) -> bool:
    try:
        return float(there.commands.get_server_status()["started_at"]) > began
    except client.NotRunning:
        return False


def dump(value: AutoModelConfig) -> dict[str, Any]:
    return value.model_dump(mode="json")


@pytest.mark.parametrize("limits", USED_UP.values(), ids=USED_UP)
def test_nothing_that_an_owner_renames_assigns_or_restarts_resets_a_limit(
    tmp_path: Path, limits: tuple[StrategyRateLimit, ...]
) -> None:
    with scene(tmp_path, limits) as there:
        before = there.calls
        for name, change in changes(there):
            change(there.commands)
            assert faults(there, ONE_OF_EACH[::2], is_held_by_a_limit) == [], name
        assert there.calls == before
        there.limit(())
        assert faults(there, ONE_OF_EACH, is_served) == []


def test_clients_of_one_strategy_share_what_is_left_of_it(tmp_path: Path) -> None:
    with scene(tmp_path, FLOORS["the one request was made"]) as there:
        before, commands = there.calls, there.commands
        made = commands.create_client(name="a second")
        key = f"authorization: Bearer {made['key']}\r\n"
        second = [Way(path, written(path, body_of(path, model="one/a"), key=key), True) for path in (*UNNAMED, *NAMED)]
        assert faults(there, second[:1], is_served) == [], "what it may use before it shares"
        commands.assign_client_strategy(client_id=made["client"]["id"], strategy_id=there.strategy)
        assert faults(there, second, is_held_by_a_limit) == []
        commands.assign_client_strategy(client_id=there.client, strategy_id=made["strategy"]["id"])
        assert faults(there, second, is_held_by_a_limit) == [], "the strategy's first client has left it"
        commands.assign_client_strategy(client_id=there.client, strategy_id=there.strategy)
        commands.delete_client(client_id=made["client"]["id"])
        assert faults(there, ONE_OF_EACH, is_held_by_a_limit) == []
        assert there.calls == before + 1
