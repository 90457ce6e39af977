"""The commands about the router itself: its state, its document as a whole, its revisions."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from localrouter.domain.configuration.edits.clients_and_strategies import find_strategy
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.errors import Invalid, Refusal, Unavailable
from localrouter.domain.limits.demand import Demand
from localrouter.domain.models.pricing import FREE
from localrouter.domain.routing.failures import Failure, FailureKind
from localrouter.services.health import ModelEndpoint
from localrouter.services.metrics.store import MetricsStore
from tests.commands.world import SERVING, World

TWO_REQUESTS = {"limit_type": "requests", "value": 2, "time_window": "day"}


def test_the_status_tells_where_the_router_runs_and_how_it_does(world: World) -> None:
    world.call("create_provider", name="ollama", preset="ollama")
    status = world.call("get_server_status")
    assert (status["url"], status["pid"], status["revision"]) == (SERVING.url, SERVING.pid, world.revision)
    assert [provider["name"] for provider in status["providers"]] == ["ollama"]
    assert (status["problems"], status["near_limits"], status["usage_lost"]) == ([], [], False)


def test_the_status_of_a_home_that_nobody_serves_has_no_address(world: World) -> None:
    world.give(serving=None)
    status = world.call("get_server_status")
    assert (status["url"], status["pid"], status["started_at"]) == (None, None, None)


def test_the_status_names_limits_of_which_little_is_left(world: World) -> None:
    strategy_id = world.strategy("Thrifty", rate_limits=[TWO_REQUESTS])
    strategy = find_strategy(world.config, strategy_id)
    demand = Demand(input_tokens_at_least=0, price=FREE, model="ollama/llama3.2")
    world.services.ledger.reserve(strategy, demand, "request-1")
    assert world.call("get_server_status")["near_limits"] == []
    world.services.ledger.reserve(strategy, demand, "request-2")
    (near,) = world.call("get_server_status")["near_limits"]
    assert near["strategy"] == {"id": strategy_id, "name": "Thrifty"}
    assert near["limit"]["used"] + near["limit"]["reserved"] == 2


def test_limits_are_told_from_the_lowest_share_that_the_owner_set(world: World) -> None:
    strategy_id = world.strategy("Thrifty", rate_limits=[TWO_REQUESTS])
    world.call("update_server_config", notices={"at": [0.5, 1.0]})
    demand = Demand(input_tokens_at_least=0, price=FREE, model="ollama/llama3.2")
    world.services.ledger.reserve(find_strategy(world.config, strategy_id), demand, "request-1")
    status = world.call("get_server_status")
    assert (len(status["near_limits"]), status["notice_at"]) == (1, [0.5, 1.0])
    with pytest.raises(Invalid):
        world.call("update_server_config", notices={"at": [1.5]})


def test_the_status_tells_until_when_something_cools(world: World) -> None:
    world.call("create_provider", name="ollama", preset="ollama")
    world.services.health.failed(
        ModelEndpoint("ollama", "llama3.2", Endpoint.CHAT_COMPLETIONS),
        Failure(FailureKind.RATE_LIMITED, "Slow down.", retry_after=30),
        "app",
        world.services.clock(),
    )
    (cooling,) = world.call("get_server_status")["cooling"]
    assert (cooling["provider"], cooling["model"], cooling["kind"]) == ("ollama", "llama3.2", "rate_limited")
    assert cooling["until"] == "2026-05-28T20:27:10Z"


def test_the_status_names_a_hand_edit_that_cannot_be_used(world: World) -> None:
    (world.home / "config.json").write_text("{")
    with pytest.raises(Unavailable):
        world.call("create_client", name="Editor")
    assert "changed by hand" in world.call("get_server_status")["problems"][0]


def test_a_loss_of_usage_is_told_until_it_is_acknowledged(world: World) -> None:
    world.services.ledger.restore([], set, was_lost=lambda: True)
    assert world.call("get_server_status")["usage_lost"]
    assert world.call("acknowledge_usage_loss") == {"usage_lost": False}
    assert not world.call("get_server_status")["usage_lost"]


def test_settings_are_changed_one_by_one_and_set_back_by_null(world: World) -> None:
    world.call("update_server_config", server={"allowed_hosts": ["box"]}, logging={"level": "debug"})
    changed = world.call("update_server_config", logging={"access_log": True}, desktop={"on_close": "quit"})
    assert changed["server"]["allowed_hosts"] == ["box"]
    assert changed["logging"] == {"level": "debug", "access_log": True, "retention_days": 30}
    assert not changed["needs_restart"]
    cleared = world.call("update_server_config", logging={"level": None}, server=None)
    assert cleared["logging"]["level"] == "info"
    assert cleared["logging"]["access_log"]
    assert cleared["server"]["allowed_hosts"] == []


def test_another_port_acts_after_a_restart_and_that_is_said(world: World) -> None:
    changed = world.call("update_server_config", server={"port": 4000})
    assert changed["needs_restart"]
    assert changed["server"]["port"] == 4000


@pytest.mark.parametrize(
    ("params", "place"),
    [({"server": {"port": 70_000}}, "server.port"), ({"metrics": {"max_mb": 1}}, "metrics.max_mb")],
)
def test_a_setting_out_of_bounds_is_told_with_its_place(world: World, params: dict[str, object], place: str) -> None:
    with pytest.raises(Invalid) as raised:
        world.call("update_server_config", **params)
    assert [finding.path for finding in raised.value.findings] == [place]


def test_restart_and_window_are_asked_for_once(world: World) -> None:
    asked: list[str] = []
    world.give(restart=lambda: asked.append("restart"), show_window=lambda: asked.append("window"))
    assert world.call("restart_server") == {"accepted": True}
    assert world.call("show_window") == {"accepted": True}
    assert asked == ["restart", "window"]


def test_a_router_without_a_window_says_so(world: World) -> None:
    with pytest.raises(Refusal, match="without a window"):
        world.call("show_window")


def test_trouble_of_the_metrics_is_a_problem(world: World) -> None:
    folder = world.home / "metrics.db"
    folder.mkdir()
    metrics = MetricsStore(folder, publish=world.events.append, wall=world.wall)
    metrics.start()
    try:
        world.services = replace(world.services, metrics=metrics)
        world.give(metrics=metrics)
        assert "metrics.db" in " ".join(world.call("get_server_status")["problems"])
    finally:
        metrics.close()


def test_the_whole_document_comes_with_every_remark_about_it(world: World) -> None:
    world.strategy("Nothing", allowed_models={"selected_all": False})
    config = world.call("get_config")
    assert config["revision"] == world.revision
    assert config["document"] == orjson.loads((world.home / "config.json").read_bytes())
    assert [finding["path"] for finding in config["findings"]] == ["strategies[1].allowed_models"]


def test_an_address_that_cannot_be_listened_on_changes_nothing(world: World) -> None:
    def taken(host: str, port: int) -> None:
        raise Refusal(f"Port {port} on {host} is already in use.")

    world.give(try_address=taken)
    before = world.config
    with pytest.raises(Refusal, match="4000"):
        world.call("update_server_config", server={"port": 4000})
    assert world.config is before
    assert world.call("update_server_config", logging={"access_log": True})["revision"] == before.revision + 1


def test_references_to_nothing_are_problems_of_the_status_and_findings_of_the_document(world: World) -> None:
    made = world.call("create_client", name="Editor")["strategy"]["id"]
    assert world.call("get_server_status")["problems"] == []
    world.call("update_strategy", strategy_id=made, aliases=[["gpt-4o", "opneai/gpt-4o"]])
    world.call("set_pricing_override", provider="gone", model="m", input_per_million=1, output_per_million=1)
    problems = world.call("get_server_status")["problems"]
    assert [('"gpt-4o"' in said, '"gone/m"' in said) for said in problems] == [(True, False), (False, True)]
    document = world.call("export_config")
    judged = world.call("validate_config", document=document)
    assert judged["valid"]
    assert {finding["path"] for finding in judged["findings"] if finding["severity"] == "warning"} >= {
        "strategies[1].aliases[0]",
        "pricing_overrides[0]",
    }
