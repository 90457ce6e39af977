"""What the README and the documents promise: commands run, links lead somewhere, the table of commands is complete."""

from __future__ import annotations

import os
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localrouter.__main__ import _offline
from localrouter.commands import all_commands
from localrouter.domain.configuration.config import Provider
from localrouter.surfaces.cli.arguments import build_parser
from localrouter.surfaces.cli.verbs import DONE, Verbs, main
from tests.rig import Router, auto, router
from tests.upstream import Upstream, chat

ROOT = Path(__file__).parent.parent
DOCUMENTS = {path.name: path for path in (ROOT / "README.md", *(ROOT / "backend" / "docs").glob("*.md"))}
STARTER = "./scripts/run"
# Verbs that would not end, or start something else; the tests named run them.
RUN_ELSEWHERE = {
    "serve": "tests/journeys/test_shutdown.py",
    "stop": "tests/journeys/test_shutdown.py",
    "demo": "tests/journeys/test_demo.py",
    "launch": "tests/surfaces/cli/test_launch.py",
    "autostart": "tests/surfaces/cli/test_autostart.py",
    "": "tests/program/test_with_window.py",
}


def text(name: str) -> str:
    return DOCUMENTS[name].read_text()


def shell_lines(words: str) -> Iterator[str]:
    """The commands of the blocks marked `sh`, each as one line, however many it takes."""
    for block in re.findall(r"```sh\n(.*?)```", words, re.DOTALL):
        pending = ""
        for line in block.splitlines():
            pending = f"{pending}\n{line}" if pending else line
            try:
                split = shlex.split(pending, comments=True)
            except ValueError:  # a quote that a later line closes
                continue
            if not pending.endswith("\\"):
                if split:
                    yield pending
                pending = ""
        assert not pending, pending


ALL_LINES = [(name, line) for name in sorted(DOCUMENTS) for line in shell_lines(text(name))]


def test_every_command_is_named_once() -> None:
    section = text("commands.md").split("## Commands")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ") and "`" in line]
    named = [name for row in rows for name in re.findall(r"`([a-z_]+)`", row)]
    assert sorted(named) == sorted(command.name for command in all_commands())


def test_the_verbs_that_the_documents_name_exist() -> None:
    named = {verb for path in DOCUMENTS.values() for verb in re.findall(r"\./scripts/run ([a-z]+)", path.read_text())}
    own_of_the_script = set(re.findall(r"== (\w+) \]\]; then", (ROOT / "scripts" / "run").read_text()))
    helped = build_parser().format_help()
    for verb in named - own_of_the_script:
        assert re.search(rf"^    {verb}\b", helped, re.MULTILINE), verb


def test_the_scripts_and_pages_that_the_documents_name_exist() -> None:
    for name, path in DOCUMENTS.items():
        for script in re.findall(r"\./(scripts/\w+)", path.read_text()):
            assert (ROOT / script).exists(), f"{name}: {script}"
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
            assert (path.parent / target).exists(), f"{name}: {target}"


def test_the_readme_is_short_and_shows_the_demo() -> None:
    readme = text("README.md")
    assert len(readme.splitlines()) <= 90
    assert [line.split()[:2] for line in shell_lines(readme)][:2] == [[STARTER, "demo"], [STARTER, "#"]]
    assert (ROOT / "ui/screenshots/demo.webp").stat().st_size <= 1.5 * 2**20


@pytest.mark.parametrize("file", sorted(set(RUN_ELSEWHERE.values())))
def test_what_is_not_run_here_is_run_by_a_test_that_exists(file: str) -> None:
    assert (ROOT / file).is_file()


def run(line: str, lr: Router) -> int | None:
    """Run one line of a document as it stands; None if another test does."""
    words = shlex.split(line, comments=True)
    if words[0] != STARTER:
        return None
    verb, words = (words[1] if len(words) > 1 else ""), words[1:]
    if verb in RUN_ELSEWHERE or verb == "dev":
        return None
    target = None
    if ">" in words:
        words, target = words[: words.index(">")], Path(words[-1])
        target.parent.mkdir(exist_ok=True)
    if "--home" not in words:
        words = [*words, "--home", str(lr.home.root)]

    def never(*_: object) -> Any:
        raise AssertionError(line)

    return main(words, Verbs(window=never, serve=never, demo=never, offline=_offline, commands=all_commands))


@pytest.mark.parametrize("name", ["README.md", "guide.md", "limits.md"])
def test_every_command_that_is_shown_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = list(shell_lines(text(name)))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "FILE").write_text("sk-0123456789abcdef0123456789")
    with router(tmp_path / "home", []) as lr:
        lr.rpc("create_client", name="night jobs")
        for line in lines:
            if "call restore" in line:
                continue
            code = run(line, lr)
            said = capsys.readouterr()
            assert code in (None, DONE), f"{line}\n{said.err}"
            if ">" in shlex.split(line, comments=True):
                Path(shlex.split(line, comments=True)[-1]).write_text(said.out)
        for query in re.findall(r'metrics\.db "(SELECT .*?)"', text(name)):
            with sqlite3.connect(lr.home.metrics) as database:
                database.execute(query)
            database.close()


def test_the_python_recipe_gives_a_client_that_falls_back_when_its_budget_is_spent(tmp_path: Path) -> None:
    [recipe] = re.findall(r"```python\n(.*?)```", text("guide.md"), re.DOTALL)
    with Upstream(chat) as up:
        providers = [
            Provider(name="openai", preset="openai", base_url=up.url, models=("gpt-4o-mini",)),
            Provider(name="ollama", preset="ollama", base_url=up.url, models=("llama3.2",)),
        ]
        with router(tmp_path, providers, auto=auto(("openai", "gpt-4o-mini"))) as lr:
            lr.rpc("set_provider_key", name="openai", key="sk-1")
            environment = os.environ | {"LOCALROUTER_HOME": str(lr.home.root), "PYTHONPATH": str(ROOT / "backend")}
            done = subprocess.run([sys.executable, "-c", recipe], env=environment, capture_output=True, check=True)
            lr.key = done.stdout.decode().strip()
            assert lr.chat().headers["x-localrouter-model"] == "openai/gpt-4o-mini"
