"""What the README promises: its recipes run, and its table names the commands that there are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from localrouter.commands import all_commands
from localrouter.domain.configuration.config import Provider
from tests.rig import auto, router
from tests.upstream import Upstream, chat

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_every_command_is_named_once() -> None:
    section = README.split("## Commands")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ") and "`" in line]
    named = [name for row in rows for name in re.findall(r"`([a-z_]+)`", row)]
    assert sorted(named) == sorted(command.name for command in all_commands())


def test_the_python_recipe_gives_a_client_that_falls_back_when_its_budget_is_spent(tmp_path: Path) -> None:
    [recipe] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
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


def test_the_verbs_that_it_names_exist() -> None:
    verbs = set(re.findall(r"\./scripts/run (\w+)", README))
    done = subprocess.run(
        [sys.executable, "-P", "-m", "localrouter", "--help"],
        env=os.environ | {"PYTHONPATH": str(ROOT / "backend")},
        capture_output=True,
        check=True,
    )
    own_of_the_script = set(re.findall(r"== (\w+) \]\]; then", (ROOT / "scripts" / "run").read_text()))
    for verb in verbs - own_of_the_script:
        assert re.search(rf"^    {verb}\b", done.stdout.decode(), re.MULTILINE), verb
