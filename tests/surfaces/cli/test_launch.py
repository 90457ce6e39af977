"""The verb `launch`: the client that it makes once, what it sets and unsets, and what it says."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from localrouter.domain.errors import Refusal, Unavailable
from localrouter.domain.models.info import ListedModel
from localrouter.services.instance.home import Home
from localrouter.surfaces.cli.call import WrongUsage
from localrouter.surfaces.cli.launch import Wish, launch
from tests.commands.world import World
from tests.running_home import running_home

Started = tuple[list[str], dict[str, str]]
Launch = Callable[..., Started]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running_home(tmp_path / "home") as world:
        yield world


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def start(tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch) -> Launch:
    """Launches on the home of the world; answers the command line and the environment."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("aider", "claude", "llm", "mine"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))

    def launched(*words: str, is_named: bool = True, new_key: bool = False) -> Started:
        started: list[Started] = []

        def run(words: Sequence[str], environment: Mapping[str, str]) -> int:
            started.append((list(words), dict(environment)))
            return 7

        wish = Wish(words, is_named, model="one/a", new_key=new_key)
        assert launch(Home(tmp_path / "home"), wish, said.append, run) == 7
        return started[0]

    return launched


def clients(world: World) -> list[str]:
    return [client["name"] for client in world.call("list_clients")]


def test_a_program_gets_a_client_once_and_its_own_key_each_time(world: World, start: Launch) -> None:
    before = clients(world)
    words, first = start("aider", "--yes")
    assert Path(words[0]).name == "aider"
    assert words[1:] == ["--no-show-model-warnings", "--model", "openai/one/a", "--yes"]
    _, second = start("aider")
    assert clients(world) == [*before, "aider"]
    assert first["OPENAI_API_KEY"] == second["OPENAI_API_KEY"]
    assert first["OPENAI_API_BASE"].endswith("/v1")


def test_the_key_is_in_a_private_file_of_its_own_and_not_in_what_is_said(
    world: World, start: Launch, said: list[str], tmp_path: Path
) -> None:
    _, environment = start("aider")
    kept = tmp_path / "home" / "programs" / "aider" / "client.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert environment["OPENAI_API_KEY"] in kept.read_text()
    assert environment["OPENAI_API_KEY"] not in "\n".join(said)
    assert any("OPENAI_API_KEY=lr-" in line for line in said)


def test_variables_that_would_lead_elsewhere_are_not_passed_on(
    world: World, start: Launch, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_PROJECT", "theirs")
    monkeypatch.setenv("LOCALROUTER_COMMAND", "localrouter")
    monkeypatch.setenv("EDITOR", "vi")
    _, environment = start("mine", is_named=False)
    assert not {"OPENAI_PROJECT", "LOCALROUTER_COMMAND"} & environment.keys()
    assert environment["EDITOR"] == "vi"
    assert any("OPENAI_PROJECT is not passed on" in line for line in said)


def test_after_a_double_dash_a_known_name_is_any_program(world: World, start: Launch) -> None:
    words, environment = start("aider", "--version", is_named=False)
    assert words[1:] == ["--version"]
    assert "OPENAI_BASE_URL" in environment


def test_files_that_a_program_reads_are_written_below_the_home_alone(
    world: World, start: Launch, tmp_path: Path
) -> None:
    _, environment = start("llm", "hello")
    folder = Path(environment["LLM_USER_PATH"])
    assert folder.is_relative_to(tmp_path / "home")
    assert (folder / "default_model.txt").read_text() == "one/a"
    assert stat.S_IMODE((folder / "keys.json").stat().st_mode) == 0o600


def test_the_window_of_the_model_is_looked_up(world: World, start: Launch) -> None:
    assert "CLAUDE_CODE_MAX_CONTEXT_TOKENS" not in start("claude")[1], "nobody knows it"
    world.lists["one"] = (ListedModel("a", context_window=32_000),)
    world.call("create_provider", name="one", preset="openai-compatible", base_url="http://127.0.0.1:9")
    world.call("refresh_models")
    assert start("claude")[1]["CLAUDE_CODE_MAX_CONTEXT_TOKENS"] == "32000"


def test_a_client_that_was_deleted_is_made_again(world: World, start: Launch) -> None:
    _, first = start("aider")
    [client] = [client for client in world.call("list_clients") if client["name"] == "aider"]
    world.call("delete_client", client_id=client["id"])
    _, second = start("aider")
    assert second["OPENAI_API_KEY"] != first["OPENAI_API_KEY"]
    assert clients(world).count("aider") == 1


def test_a_new_key_is_given_where_it_is_asked_for(world: World, start: Launch) -> None:
    _, first = start("aider")
    _, second = start("aider", new_key=True)
    _, third = start("aider")
    assert first["OPENAI_API_KEY"] != second["OPENAI_API_KEY"] == third["OPENAI_API_KEY"]
    assert clients(world).count("aider") == 1


@pytest.mark.parametrize("theirs", ["aider", "Aider"])
def test_somebody_elses_client_of_that_name_is_left_alone(world: World, start: Launch, theirs: str) -> None:
    world.call("create_client", name=theirs)
    start("aider")
    assert clients(world)[-2:] == [theirs, "aider (2)"]


def test_a_disabled_client_says_how_it_is_enabled(world: World, start: Launch) -> None:
    start("aider")
    [client] = [client for client in world.call("list_clients") if client["name"] == "aider"]
    world.call("update_client", client_id=client["id"], enabled=False)
    with pytest.raises(Refusal, match="update_client client_id="):
        start("aider")


@pytest.mark.parametrize("words", [("opencode",), ("nowhere",)])
def test_a_program_that_is_not_there_makes_no_client(world: World, start: Launch, words: tuple[str, ...]) -> None:
    before = clients(world)
    with pytest.raises(Unavailable, match="is not installed"):
        start(*words)
    assert clients(world) == before


def test_no_program_at_all_is_told_which_there_are(world: World, start: Launch) -> None:
    with pytest.raises(WrongUsage, match="aider, llm"):
        start()


@pytest.mark.parametrize(
    ("typed", "words", "is_named"),
    [
        ((), (), True),
        (("codex",), ("codex",), True),
        (("codex", "exec", "--", "-x"), ("codex", "exec", "--", "-x"), True),
        (("codex", "--", "exec", "--", "-x"), ("codex", "exec", "--", "-x"), True),
        (("--", "codex", "--", "exec"), ("codex", "--", "exec"), False),
    ],
)
def test_a_double_dash_before_a_programs_arguments_is_ours(
    typed: tuple[str, ...], words: tuple[str, ...], is_named: bool
) -> None:
    assert Wish.of(typed, "one/a", new_key=True) == Wish(words, is_named, "one/a", new_key=True)
