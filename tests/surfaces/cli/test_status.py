"""The one screen of `status`: what is up, what is not, and the command that helps, in words for people."""

from __future__ import annotations

import errno
import json
import re
import shlex
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from localrouter.commands import all_commands
from localrouter.demo.parts import demo_folder
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.errors import Unavailable
from localrouter.domain.routing.failures import Failure, FailureKind
from localrouter.services.health import ModelEndpoint
from localrouter.services.instance.lock import Instance, RunningInstance, running
from localrouter.surfaces.cli import status
from localrouter.surfaces.cli.call import read_words
from localrouter.surfaces.cli.status import Screen, amounts, running_demos
from tests.commands.world import NOW, World

ZONE = timezone(timedelta(hours=2))
AT = datetime.fromtimestamp(NOW, ZONE)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "home")


def screen(world: World, **changes: Any) -> list[str]:
    return list(Screen(world.call("get_server_status") | changes, "localrouter --home /h", AT).lines())


def test_it_says_where_programs_and_people_go(world: World) -> None:
    lines = screen(world, url="http://0.0.0.0:3625")
    assert "  base URL for programs  http://127.0.0.1:3625/v1" in lines
    assert "  pages                  localrouter --home /h open" in lines
    assert any(str(world.home) in line and "not the default one" in line for line in lines)
    assert any("a demo" in line for line in screen(world, is_demo=True))


def test_times_are_local_and_without_a_date_today(world: World) -> None:
    world.call("create_provider", name="ollama", preset="ollama")
    slow = Failure(FailureKind.RATE_LIMITED, "Slow down.", retry_after=30)
    world.services.health.failed(
        ModelEndpoint("ollama", "llama3.2", Endpoint.CHAT_COMPLETIONS), slow, "app", world.services.clock()
    )
    until = AT + timedelta(seconds=30)
    (line,) = [line for line in screen(world) if line.startswith("  ollama/llama3.2")]
    assert line == f"  ollama/llama3.2 until {until:%H:%M} (in 30 s): Slow down."
    other_day = list(Screen(world.call("get_server_status"), "x", AT - timedelta(days=3)).lines())
    assert any(f"until {until:%Y-%m-%d %H:%M}: " in line for line in other_day)


def test_each_cooling_thing_has_the_command_that_ends_it(world: World) -> None:
    world.call("create_provider", name="ollama", preset="ollama")
    gone = Failure(FailureKind.UNREACHABLE, "No connection.")
    for endpoint, failure in (
        (Endpoint.CHAT_COMPLETIONS, gone),
        (Endpoint.EMBEDDINGS, Failure(FailureKind.NOT_FOUND, "No.")),
    ):
        world.services.health.failed(
            ModelEndpoint("ollama", "llama3.2", endpoint), failure, "app", world.services.clock()
        )
    lines = screen(world)
    said = {line.partition(" until ")[0] for line in lines if " until " in line}
    assert {"  all of ollama", "  ollama/llama3.2 (embeddings)"} <= said
    remedies = [line for line in lines if line.startswith("    → To try it again now: ")]
    assert ["model=llama3.2" in line for line in remedies] == [False, True]


def test_limits_are_told_in_dollars_that_can_be_read(world: World) -> None:
    limit = {"limit_type": "cost", "value": 0.0003, "time_window": "minute", "mode": "soft"}
    used = limit | {"used": 5.07e-05, "reserved": 0.00028, "remaining": 0, "resets_at": "2026-05-28T20:27:10.123456Z"}
    lines = screen(world, near_limits=[{"strategy": {"id": "s", "name": "Thrifty"}, "limit": used}])
    (line,) = [line for line in lines if line.startswith("  Thrifty: ")]
    assert line.startswith("  Thrifty: 110 % of $0.0003 cost per minute: < $0.0001 used, $0.0003 reserved; more from ")
    assert "e-05" not in line
    assert ".123456" not in line
    assert any("Raise the limit of Thrifty" in each for each in lines)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([0, 2, 10_000], ["$0", "$2", "$10,000"]),
        ([0.5, 2], ["$0.50", "$2.00"]),
        ([1.23456, 2], ["$1.2346", "$2.0000"]),
        ([1e-300, 0.0001], ["< $0.0001", "$0.0001"]),
        ([0.125, 0.5, 0], ["$0.125", "$0.500", "$0.000"]),
    ],
)
def test_amounts_of_one_line_have_the_decimals_that_they_need(values: list[float], told: list[str]) -> None:
    assert amounts(values, is_cost=True) == told


def test_every_command_that_it_names_exists_and_takes_these_words(world: World) -> None:
    for name, preset in (("open ai", "openai"), ("ollama", "ollama"), ("off", "ollama")):
        world.call("create_provider", name=name, preset=preset)
    world.call("update_provider", name="off", enabled=False)
    for failure in (Failure(FailureKind.UNREACHABLE, "Nobody."), Failure(FailureKind.RATE_LIMITED, "Slow down.")):
        world.services.health.failed(
            ModelEndpoint("ollama", "llama3.2", Endpoint.CHAT_COMPLETIONS), failure, "app", world.services.clock()
        )
    lines = [*screen(world, usage_lost=True), *screen(world, providers=[], usage_lost=True)]
    named = [match for line in lines for match in re.findall(r"localrouter --home /h call (.*?)(?:   \(|$)", line)]
    assert len(named) >= 5
    for words in named:
        method, *given = shlex.split(words)
        command = all_commands().find(method)
        assert command is not None, words
        values = [word.replace("@FILE", "sk-1") for word in given]
        command.params.model_validate_json(json.dumps(read_words(command, values, str)))


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_a_running_demo_is_found(temporary: Path) -> None:
    home = temporary / "localrouter-demo-x"
    assert list(running_demos()) == []
    with Instance.acquire(home) as instance:
        instance.announce("http://127.0.0.1:1")
        assert [demo.root for demo in running_demos()] == [home]
    assert list(running_demos()) == []


def test_a_demo_of_another_user_is_none_of_ours(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own, foreign = temporary / "localrouter-demo-own", temporary / "localrouter-demo-foreign"
    foreign.mkdir()

    def running_as_seen_by_one_of_two(home: Path) -> RunningInstance | None:
        if home == foreign:
            raise Unavailable(f"The home {home} belongs to another user.")
        return running(home)

    monkeypatch.setattr(status, "running", running_as_seen_by_one_of_two)
    with Instance.acquire(own) as instance:
        instance.announce("http://127.0.0.1:1")
        assert [demo.root for demo in running_demos()] == [own]


def test_without_a_folder_for_temporary_files_there_is_no_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.gettempdir", none)
    assert list(running_demos()) == []
    with pytest.raises(Unavailable, match=r"No usable temporary directory found\).+TMPDIR"), demo_folder():
        pass


def test_the_screen_has_no_time_with_a_fraction_of_a_second(world: World) -> None:
    assert not [line for line in screen(world) if re.search(r"\d\d:\d\d:\d\d|\.\d{6}", line)]
