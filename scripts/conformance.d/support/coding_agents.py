"""What the suites of coding agents share: a task, done by `localrouter launch` and by environment variables."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FILE, CONTENT = "made.txt", "routed"
SECONDS = 300  # a loaded machine starts some of them slowly
# No program may look for anybody but the router: what would go out meets a closed port.
NOWHERE = "http://127.0.0.1:9"
OFFLINE = {"HTTP_PROXY": NOWHERE, "HTTPS_PROXY": NOWHERE, "http_proxy": NOWHERE, "https_proxy": NOWHERE}
LOCAL = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}


@dataclass(frozen=True)
class Agent:
    """`arguments` do a task without asking; `{task}` stands for it. `settings` are files that its owner has already,
    below the owner's folder; `quiet` are variables that keep it from calling its makers."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    plain_arguments: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    quiet: Mapping[str, str] = field(default_factory=dict)


def run_checks(agent: Agent) -> None:
    """By `launch` and by itself, where there is a router; else by itself alone."""
    if "LOCALROUTER_HOME" in os.environ:
        _check("by launch: the task, and nothing else", lambda: _task(agent, _launched(agent), {}))
    _check("by its environment: the task, and nothing else", lambda: _task(agent, _by_itself(agent), agent.environment))


def _check(name: str, run: Callable[[], None]) -> None:
    try:
        run()
        why = ""
    except AssertionError as error:
        why = str(error)
    except subprocess.TimeoutExpired:
        why = f"it does not end within {SECONDS} s"
    print(json.dumps({"check": name, "passed": not why, "why": why}), flush=True)


def _launched(agent: Agent) -> list[str]:
    model = os.environ["OPENAI_MODEL"]
    launch = [sys.executable, "-P", "-m", "localrouter", "launch", "--home", os.environ["LOCALROUTER_HOME"]]
    return [*launch, "--model", model, agent.name, "--", *agent.arguments]


def _by_itself(agent: Agent) -> list[str]:
    return [agent.name, *agent.plain_arguments, *agent.arguments]


def _task(agent: Agent, command: Sequence[str], environment: Mapping[str, str]) -> None:
    with tempfile.TemporaryDirectory(prefix="agent-") as folder:
        owner, work = Path(folder, "owner"), Path(folder, "work")
        for each in (owner, work):
            each.mkdir()
        for name, text in agent.settings.items():
            (owner / name).parent.mkdir(parents=True, exist_ok=True)
            (owner / name).write_text(text)
        before = _digests(owner, agent.settings)
        task = f"Write the word {CONTENT} into {work / FILE}, read the file, and tell what it says."
        words = [word.replace("{task}", task) for word in command]
        said = _output(
            words,
            work,
            {**_inherited(), **OFFLINE, **LOCAL, **agent.quiet, **environment, "HOME": str(owner), "PWD": str(work)},
        )
        made = work / FILE
        assert made.is_file(), f"{FILE} was not made: {said[-300:]}"
        assert made.read_text().strip() == CONTENT, f"{FILE} holds {made.read_text()!r}"
        assert CONTENT in said.replace(task, ""), f"the end does not tell what was read: {said[-300:]}"
        assert _digests(owner, agent.settings) == before, "a settings file of its owner was changed"


def _output(words: Sequence[str], work: Path, environment: Mapping[str, str]) -> str:
    """What the program says on its standard output, where it ends well."""
    done = subprocess.run(
        words,
        cwd=work,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert not done.returncode, f"exit code {done.returncode}: {(done.stdout + done.stderr)[-400:]}"
    return done.stdout


def _inherited() -> dict[str, str]:
    """Without the variables that name the router: `launch` has to say them, or the suite."""
    named = ("OPENAI_", "ANTHROPIC_", "LOCALROUTER_", "XDG_", "PYTHON")
    return {name: value for name, value in os.environ.items() if not name.startswith(named)}


def _digests(folder: Path, names: Mapping[str, str]) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
