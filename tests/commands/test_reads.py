"""Every command names what it reads: by that pages know which event makes a result out of date."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localrouter.commands import all_commands
from localrouter.domain.configuration.edits.providers import SECTIONS
from localrouter.domain.events import CHANGES, ConfigChanged, Event, Source
from localrouter.services.metrics.store import MetricsStore
from localrouter.surfaces.admin_api.events import NAMES
from tests.commands.world import NOW, World, listing
from tests.metric_samples import attempt, sample

COST = {"limit_type": "cost", "value": 2.0, "time_window": "day"}
REQUESTS = {"limit_type": "requests", "value": 1, "time_window": "minute"}
ADDRESS = "http://10.0.0.7:8000/v1"

CHANGED: list[tuple[str, str, dict[str, object]]] = [
    ("server", "update_server_config", {"server": {"port": 4000, "cors_origins": ["http://localhost:3000"]}}),
    ("notices", "update_server_config", {"notices": {"at": [0.5]}}),
    ("desktop", "update_server_config", {"desktop": {"on_close": "quit"}}),
    ("logging", "update_server_config", {"logging": {"level": "debug"}}),
    ("metrics", "update_server_config", {"metrics": {"max_mb": 100}}),
    ("providers", "update_provider", {"name": "mine", "free": True}),
    ("providers", "update_provider", {"name": "mine", "enabled": False}),
    ("providers", "create_provider", {"name": "other", "preset": "ollama"}),
    ("clients", "update_client", {"client_id": "Editor", "enabled": False}),
    ("clients", "update_client", {"client_id": "Script", "name": "Batch"}),
    ("clients", "assign_client_strategy", {"client_id": "Script", "strategy_id": "Shared"}),
    ("strategies", "rename_strategy", {"strategy_id": "Shared", "name": "Thrifty"}),
    ("strategies", "update_strategy", {"strategy_id": "Shared", "rate_limits": []}),
    ("strategies", "update_strategy", {"strategy_id": "Shared", "rate_limits": [REQUESTS]}),
    ("strategies", "update_strategy", {"strategy_id": "Shared", "aliases": [["gpt-4o", "mine/zeta"]]}),
    (
        "pricing_overrides",
        "set_pricing_override",
        {"provider": "mine", "model": "zeta", "input_per_million": 1, "output_per_million": 1},
    ),
]


@pytest.fixture
def lived_in(tmp_path: Path) -> Iterator[World]:
    """A home in which every section holds something that others refer to."""
    world = World(tmp_path / "home")
    world.call("create_provider", name="mine", preset="openai-compatible", base_url=ADDRESS)
    world.lists["mine"] = listing("zeta")
    world.call("refresh_models")
    world.strategy("Shared", rate_limits=[COST])
    for name in ("Editor", "Script"):
        world.client(name)
    world.call("assign_client_strategy", client_id="Editor", strategy_id="Shared")
    own = world.call("get_client", client_id="Script")["strategy_id"]
    world.call("update_strategy", strategy_id=own, name="Spare")
    metrics = MetricsStore(world.home / "metrics.db", publish=world.events.append, wall=world.wall)
    metrics.start()
    metrics.record(sample(started_at=NOW - 60, client_id=own, strategy_id=own, attempts=(attempt("mine", "zeta"),)))
    asyncio.run(metrics.flush())
    world.give(metrics=metrics)
    yield world
    metrics.close()


def results(world: World) -> dict[str, Any]:
    """What can be asked of a configuration, but for the number of its revision."""
    shared = next(each["id"] for each in world.call("list_strategies") if each["name"] in ("Shared", "Thrifty"))
    judged: dict[str, object] = {"document": world.call("export_config")}
    asked: dict[str, dict[str, object]] = {
        "discover_local_providers": {},
        "export_config": {},
        "get_client": {"client_id": "Editor"},
        "get_clients_using_strategy": {"strategy_id": shared},
        "get_config": {},
        "get_limit_history": {"period": "1h"},
        "get_server_status": {},
        "get_spend": {"period": "1h", "by": "client"},
        "get_strategy": {"strategy_id": shared},
        "get_strategy_usage": {"strategy_id": shared},
        "list_clients": {},
        "list_models": {},
        "list_provider_presets": {},
        "list_providers": {},
        "list_revisions": {},
        "compare_revision": {"revision": 1},
        "get_last_change": {},
        "list_sessions": {},
        "list_strategies": {},
    }
    answers = {name: world.call(name, **params) for name, params in {**asked, "validate_config": judged}.items()}
    for answer in answers.values():
        if isinstance(answer, dict):
            answer.pop("revision", None)
    return answers


@pytest.mark.parametrize(("section", "command", "params"), CHANGED)
def test_what_a_change_of_a_section_changes_is_said_to_be_read_from_it(
    lived_in: World, section: str, command: str, params: dict[str, object]
) -> None:
    before = results(lived_in)
    lived_in.events.clear()
    lived_in.call(command, **params)
    (said,) = [event for event in lived_in.events if isinstance(event, ConfigChanged)]
    assert said.changed == (section,)
    after = results(lived_in)
    changed = {name for name in before if before[name] != after[name]}
    reading = {each.name for each in all_commands() if {Source.CONFIG, Source(section)} & set(each.reads)}
    assert {name for name in reading if name != "explain_route"} <= set(before), "ask these too"
    assert changed
    assert not changed - reading, f"say that they read {section}: {sorted(changed - reading)}"


def test_every_section_is_a_source_and_changed_by_some_case() -> None:
    assert set(SECTIONS) <= set(Source)
    assert {section for section, *_ in CHANGED} == set(SECTIONS)


def test_every_event_says_what_has_changed() -> None:
    assert set(CHANGES) == set(NAMES) == set(Event.__args__)


def test_every_source_is_told_of_by_some_event_and_read_by_some_command() -> None:
    told = {source for changed in CHANGES.values() for source in changed or ()} | {Source(name) for name in SECTIONS}
    assert told == set(Source)
    assert {Source.CONFIG, Source.USAGE, Source.STATUS} <= {source for each in all_commands() for source in each.reads}
