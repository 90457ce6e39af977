"""The command line: what each verb prints where, and the code that it ends with."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from localrouter.commands import all_commands
from localrouter.commands.registration.services import Services
from localrouter.domain.errors import Refusal
from localrouter.services.instance.admin_access import WrongCode
from localrouter.services.instance.home import Home
from localrouter.services.instance.lock import Instance
from localrouter.surfaces.cli import call as cli_call
from localrouter.surfaces.cli import stop as cli_stop
from localrouter.surfaces.cli import verbs
from localrouter.surfaces.cli.verbs import DONE, REFUSED, RUNS_ALREADY, USAGE, Ready, Verbs, main
from localrouter.unexpected_errors import Ended
from tests.commands.world import World, listing
from tests.running_home import running_home


class Program:
    """What the command line starts, noted instead of started."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.started: list[tuple[object, ...]] = []
        self.opened = 0
        self.refusal: BaseException | None = None

    def run(self, *words: str) -> int:
        return main([*words, "--home", str(self.home)], self.verbs())

    def verbs(self) -> Verbs:
        return Verbs(
            window=self._window, serve=self._serve, demo=self._demo, offline=self._offline, commands=all_commands
        )

    def _window(self, home: Home, host: str | None, port: int | None, ready: Ready) -> None:
        self.started.append(("window", home.root, host, port))
        ready("http://127.0.0.1:3625", "http://127.0.0.1:3625/ui/#code=lrc-1")

    def _serve(self, home: Home, host: str | None, port: int | None, ready: Ready) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.started.append(("serve", home.root, host, port))
        ready("http://127.0.0.1:3625", "http://127.0.0.1:3625/ui/#code=lrc-1")

    def _demo(self, headless: bool, port: int | None) -> int:
        self.started.append(("demo", headless, port))
        return DONE

    @contextmanager
    def _offline(self, home: Home) -> Iterator[Services]:
        self.opened += 1
        world = World(home.root)
        world.give(serving=None, probe=None)
        yield world.services


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path / "home")


def exit_code(program: Program, *words: str) -> object:
    """The code that the process would end with."""
    try:
        return program.run(*words)
    except SystemExit as end:
        return end.code


def out(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_serve_says_where_it_serves(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run("serve", "--host", "0.0.0.0", "--port", "4000") == DONE
    assert program.started == [("serve", program.home, "0.0.0.0", 4000)]
    assert "http://127.0.0.1:3625" in capsys.readouterr().out


@pytest.mark.parametrize("verb", [["serve"], []])
def test_a_home_that_cannot_be_used_starts_nothing(
    program: Program, verb: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    program.home.mkdir()
    (program.home / "config.json").write_text('{"version": 99}')
    assert program.run(*verb) == REFUSED
    assert program.started == []
    assert f"{program.home / 'config.json'}: This document is of version 99" in capsys.readouterr().err


def test_no_verb_shows_the_window_and_says_where_it_serves(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--home", str(program.home), "--port", "4000"], program.verbs()) == DONE
    assert program.started == [("window", program.home, None, 4000)]
    assert "http://127.0.0.1:3625" in capsys.readouterr().out


def test_the_home_may_stand_before_or_after_the_verb(program: Program) -> None:
    assert main(["--home", str(program.home), "serve"], program.verbs()) == DONE
    assert program.run("serve") == DONE
    assert program.started == [("serve", program.home, None, None)] * 2


def test_demo_gets_its_options(program: Program) -> None:
    assert main(["demo", "--headless", "--port", "4001"], program.verbs()) == DONE
    assert program.started == [("demo", True, 4001)]


def test_a_second_start_ends_with_3_and_says_who_runs_where(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    with Instance.acquire(program.home) as instance:
        instance.announce("http://127.0.0.1:3625")
        try:
            Instance.acquire(program.home)
        except Refusal as refusal:
            program.refusal = refusal
        assert program.run("serve") == RUNS_ALREADY
    assert "http://127.0.0.1:3625" in capsys.readouterr().err


def test_a_start_that_is_refused_for_another_reason_ends_with_1(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    program.refusal = Refusal("Port 3625 is taken.")
    assert program.run("serve") == REFUSED
    assert capsys.readouterr().err == "error: Port 3625 is taken.\n"


def test_a_start_that_a_signal_ends_ends_with_0(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    program.refusal = Ended(signal.SIGTERM)
    assert program.run("serve") == DONE
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "words",
    [
        ["dance"],
        ["serve", "--port", "many"],
        ["serve", "--port", "70000"],
        ["call"],
        ["call", "list_strategie"],
        ["call", "get_strategy", "default"],
        ["call", "get_strategy", "=default"],
        ["call", "get_strategy", "strategy_id=a", "strategy_id=b"],
        ["call", "get_strategy", "{"],
        ["call", "--list", "dance"],
    ],
)
def test_wrong_words_end_with_2_and_nothing_on_stdout(
    program: Program, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(program, *words) == USAGE
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err
    assert program.opened == 0


def test_a_misspelt_command_gets_a_hint(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    program.run("call", "list_strategie")
    assert "list_strategies" in capsys.readouterr().err


@pytest.mark.parametrize("verb", [[], ["serve"], ["demo"], ["call"], ["check"], ["status"], ["stop"], ["open"]])
def test_every_verb_explains_itself(program: Program, verb: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([*verb, "--help"], program.verbs())
    assert end.value.code == DONE
    assert "exit codes" in capsys.readouterr().out


def test_all_commands_are_listed(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run("call", "--list") == DONE
    listed = capsys.readouterr().out
    for command in all_commands():
        assert f"  {command.name} " in listed
    assert program.opened == 0


def test_one_command_is_told_with_its_parameters(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run("call", "--list", "get_metrics") == DONE
    told = capsys.readouterr().out
    assert "  scope (string, needed)" in told
    assert "  compare (boolean, optional)" in told


def test_without_an_instance_the_home_itself_is_opened(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run("call", "create_client", "name=Editor") == DONE
    created = out(capsys)
    assert program.opened == 1
    assert program.run("call", "list_clients") == DONE
    assert out(capsys) == [created["client"]]


def test_what_needs_a_running_instance_is_refused_without_one(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.run("call", "test_provider", "name=ollama") == REFUSED
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: test_provider needs a running LocalRouter.")


def test_a_home_that_stays_locked_is_refused(
    program: Program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli_call, "WAIT_FOR_HOME", 0.01)
    with Instance.acquire(program.home):
        assert program.run("call", "list_clients") == REFUSED
    assert str(program.home) in capsys.readouterr().err


def test_a_call_goes_to_the_running_instance(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    with running_home(program.home) as world:
        assert program.run("call", "create_client", "name=Editor") == DONE
        assert out(capsys)["client"]["name"] == "Editor"
        assert [client.name for client in world.config.clients] == ["Editor"]
    assert program.opened == 0


@pytest.mark.parametrize("served", [True, False])
def test_a_refusal_is_told_alike_by_an_instance_and_by_the_home(
    program: Program, served: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused() -> None:
        limits = '[{"limit_type": "cost", "value": -2, "time_window": "fortnight"}]'
        assert program.run("call", "update_strategy", "strategy_id=default", f"rate_limits={limits}") == REFUSED
        assert program.run("call", "get_strategy", "strategy_id=nothing") == REFUSED

    if served:
        with running_home(program.home):
            refused()
    else:
        refused()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "error: rate_limits[0].value: This must be more than 0.0. (1 more)",
        "  rate_limits[0].time_window: This must be one of 'minute', 'hour', 'day' or 'month'.",
        'error: There is no strategy with the id or name "nothing".',
    ]


@pytest.mark.parametrize(
    ("command", "words", "expected"),
    [
        ("create_client", ["name=42"], {"name": "42"}),
        ("create_client", ["name=true"], {"name": "true"}),
        ("create_client", ["name=a=b"], {"name": "a=b"}),
        ("create_client", ['{"name": "x", "expect_revision": 3}'], {"name": "x", "expect_revision": 3}),
        ("create_client", ["name=x", "expect_revision=3"], {"name": "x", "expect_revision": 3}),
        ("update_provider", ["name=x", "base_url=null"], {"name": "x", "base_url": None}),
        ("update_provider", ["name=x", "base_url=http://x"], {"name": "x", "base_url": "http://x"}),
        ("update_provider", ["name=x", "enabled=false"], {"name": "x", "enabled": False}),
        ("update_provider", ["name=x", 'models=["a"]'], {"name": "x", "models": ["a"]}),
        ("get_metrics", ["measure=requests", "since=3626"], {"measure": "requests", "since": 3626}),
        ("update_server_config", ['server={"port": 1}'], {"server": {"port": 1}}),
        ("create_client", ["unknown=7"], {"unknown": 7}),
        ("list_clients", [], {}),
    ],
)
def test_words_become_parameters(command: str, words: list[str], expected: dict[str, object]) -> None:
    found = all_commands().find(command)
    assert found is not None
    assert cli_call.read_words(found, words, str) == expected


def test_a_value_can_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-1\n")
    (tmp_path / "document.json").write_text('{"version": 1}', "utf-8-sig")
    commands = all_commands()
    key, imported = commands.find("set_provider_key"), commands.find("import_config")
    assert key is not None
    assert imported is not None
    words = ["name=@@odd", f"key=@{tmp_path}/key"]
    assert cli_call.read_words(key, words, str) == {"name": "@odd", "key": "sk-1"}
    document = [f"document=@{tmp_path}/document.json"]
    assert cli_call.read_words(imported, document, str) == {"document": {"version": 1}}
    with pytest.raises(cli_call.WrongUsage, match="No such file"):
        cli_call.read_words(key, [f"key=@{tmp_path}/absent"], str)


def test_parameters_can_come_from_stdin_so_that_keys_stay_out_of_the_process_list(
    program: Program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program.run("call", "create_provider", "name=openai", "preset=openai")
    capsys.readouterr()
    monkeypatch.setattr("sys.stdin", io.StringIO('{"name": "openai", "key": "sk-1"}'))
    assert program.run("call", "set_provider_key", "-") == DONE
    assert out(capsys)["provider"]["has_key"]


def test_check_of_a_folder_without_a_configuration_is_refused(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.run("check") == REFUSED
    assert "There is no" in capsys.readouterr().err
    assert not program.home.exists()


def test_check_finds_a_client_whose_strategy_is_missing(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    program.home.mkdir()
    client = {
        "id": "6f1c7c1e-6a52-4b5e-9d3c-5a1f4f0f2b10",
        "name": "Editor",
        "strategy_id": "nope",
        "created_at": "2026-01-01T00:00:00Z",
        "key_digest": "0" * 64,
    }
    strategies = [{"id": "default", "name": "Default Strategy"}]
    (program.home / "config.json").write_text(json.dumps({"clients": [client], "strategies": strategies}))
    assert program.run("check") == REFUSED
    assert "error clients[0].strategy_id: " in capsys.readouterr().out


def test_check_names_every_finding_with_its_place_and_changes_nothing(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    program.home.mkdir()
    document = {
        "providers": [{"name": "a/b", "preset": "nonsense"}],
        "strategies": [{"id": "s", "name": "S", "allowed_models": {"selected_all": False}}],
    }
    text = json.dumps(document)
    (program.home / "config.json").write_text(text)
    assert program.run("check") == REFUSED
    said = capsys.readouterr().out
    assert "error providers[0].name: " in said
    assert "error providers[0].preset: " in said
    assert "would be repaired: The default strategy was missing." in said
    assert [path.name for path in program.home.iterdir()] == ["config.json"]
    assert (program.home / "config.json").read_text() == text


@pytest.mark.parametrize("text", ["", "{", '{"colour": "red"}', '{"server": {"port": 1, "port": 2}}'])
def test_check_refuses_what_is_no_document(program: Program, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    program.home.mkdir()
    (program.home / "config.json").write_text(text)
    assert program.run("check") == REFUSED
    assert capsys.readouterr().out.startswith("error ")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes of this kind")
def test_check_refuses_what_is_no_file_and_waits_for_nothing(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    program.home.mkdir()
    os.mkfifo(program.home / "config.json")
    assert program.run("check") == REFUSED
    (program.home / "config.json").unlink()
    (program.home / "config.json").symlink_to(program.home / "gone.json")
    assert program.run("check") == REFUSED
    said = capsys.readouterr().err
    assert "config.json cannot be read: it is not a file." in said
    assert f"is a link to {program.home / 'gone.json'}, which does not exist." in said


@pytest.mark.parametrize(
    "words", [['document={"server": {"port": 1, "port": 2}}'], ['{"document": {"a": [{"b": 1, "b": 1}]}}']]
)
def test_a_key_that_stands_twice_in_a_parameter_is_no_call(words: list[str]) -> None:
    command = all_commands().find("import_config")
    assert command is not None
    with pytest.raises(cli_call.WrongUsage, match=r"(server\.port|document\.a\[0\]\.b): This key occurs twice"):
        cli_call.read_words(command, words, str)


def test_check_passes_a_document_with_mere_remarks_while_an_instance_runs(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_home(program.home) as world:
        world.strategy("Nothing", allowed_models={"selected_all": False})
        assert program.run("check") == DONE
    said = capsys.readouterr().out
    assert "strategies[1].allowed_models: " in said
    assert said.endswith("can be used.\n")


def test_check_and_status_tell_of_models_without_a_price_under_a_limit_of_cost(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_home(program.home) as world:
        world.call("create_provider", name="mine", preset="openai-compatible", base_url="http://10.0.0.7", models=["x"])
        budget = {"limit_type": "cost", "value": 2, "time_window": "day"}
        world.call("update_strategy", strategy_id="default", rate_limits=[budget])
        assert program.run("check") == DONE
        checked = capsys.readouterr().out
        assert program.run("status") == DONE
        assert "mine has 1 model without a known price (x)" in capsys.readouterr().out
    assert "warning providers[0].free: mine has 1 model without a known price (x)" in checked
    assert "warning strategies[0].rate_limits[0]: 1 model that “Default Strategy” names or allows" in checked


def test_status_tells_on_one_screen_how_it_does(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    with running_home(program.home) as world:
        world.call("create_provider", name="ollama", preset="ollama")
        world.call("create_provider", name="openai", preset="openai")
        world.lists["ollama"] = listing("llama3.2")
        world.call("refresh_models", provider="ollama")
        assert program.run("status") == DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("LocalRouter ")
    assert "  ollama  ready: Ready, with 1 model." in lines
    assert "  openai  no_key: It has no key." in lines
    assert "          → Set a key for openai." in lines


def test_status_of_a_home_that_nobody_serves_says_how_to_start(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.run("status") == REFUSED
    assert "localrouter serve" in capsys.readouterr().out


def test_open_hands_the_browser_a_file_that_leads_to_the_pages(
    program: Program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[tuple[str, str]] = []

    def show(address: str) -> bool:
        shown.append((address, Path(urlsplit(address).path).read_text()))
        return True

    monkeypatch.setattr(webbrowser, "open", show)
    with running_home(program.home) as world:
        assert program.run("open") == DONE
        [(address, text)] = shown
        assert re.fullmatch(rf"file://{program.home}/open-[0-9a-f]+\.html", address)
        [code] = re.findall(r"/ui/#code=([\w-]+)\"", text)[:1]
        world.services.access.exchange(code)
    said = capsys.readouterr().out
    assert "open --print" in said
    assert code not in said


@pytest.mark.parametrize("words", [("open",), ("open", "--print")])
def test_open_without_a_browser_prints_an_address_that_is_good_once(
    program: Program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(webbrowser, "open", shown.append)
    with running_home(program.home) as world:
        assert program.run(*words) == DONE
        [code] = re.findall(r"/ui/#code=([\w-]+)\n", capsys.readouterr().out)
        world.services.access.exchange(code)
        with pytest.raises(WrongCode):
            world.services.access.exchange(code)
    assert len(shown) == (1 if words == ("open",) else 0)


def test_serve_prints_an_address_for_a_person_and_a_window_none(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    program.run("serve")
    assert "/ui/#code=lrc-1\n" in capsys.readouterr().out
    program.run()
    assert "#code" not in capsys.readouterr().out


def test_open_of_a_home_that_nobody_serves_is_refused(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run("open") == REFUSED
    assert "localrouter serve" in capsys.readouterr().err


def test_stop_of_a_home_that_is_used_but_not_served_says_so(
    program: Program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli_stop, "STARTS_WITHIN", 0.01)
    with Instance.acquire(program.home):
        assert program.run("stop") == REFUSED
    assert str(program.home) in capsys.readouterr().err


def test_stop_of_an_instance_that_does_not_end_says_how_to_end_it(
    program: Program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli_stop, "ENDS_WITHIN", 0.3)
    with running_home(program.home, stop=lambda: None):
        assert program.run("stop") == REFUSED
    assert "kill -9" in capsys.readouterr().err


@pytest.mark.parametrize("char", ["\x1b", "\x9b", "\x7f", "\u202e", "\n"])
def test_a_result_holds_nothing_that_a_terminal_acts_on_and_stays_what_it_is(char: str) -> None:
    result = [f"llm_model:one/a{char}b é 😀"]
    stream = io.TextIOWrapper(io.BytesIO(), "utf-8")
    text = verbs._json(result, stream)
    assert char not in text.replace("\n  ", "").replace("\n]", "")
    assert orjson.loads(text) == result
    assert "é 😀" in text
