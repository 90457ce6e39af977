"""What a suite runs through: an upstream by itself, or LocalRouter and one of its providers there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import localrouter.client
from runner.upstreams import Upstream

DIRECTLY = "directly"
PRESETS = {"openai": "openai-compatible", "anthropic": "anthropic"}
MODELS = {"openai": "gpt-4o-mini", "anthropic": "claude-sonnet-4-5"}
EMBEDDING_MODEL = "text-embedding-3-small"
COMPLETION_MODEL = "gpt-3.5-turbo-instruct"
SECONDS_TO_START = 120
# Names that programs ask for by themselves; each is answered by the route's own model.
EVERYBODYS_NAMES = ("gpt-*", "o1*", "o3*", "o4*", "claude-*", "codex-*", "string")


@dataclass(frozen=True)
class Route:
    upstream: Upstream
    way: str  # DIRECTLY, or the kind of provider
    environment: Mapping[str, str]


def directly(upstream: Upstream) -> Route:
    names = {"OPENAI_MODEL": MODELS["openai"], "ANTHROPIC_MODEL": MODELS["anthropic"], "UPSTREAM": upstream.name}
    return Route(upstream, DIRECTLY, environment(upstream.openai, upstream.anthropic, "sk-test", names))


def environment(openai: str, anthropic: str, key: str, given: Mapping[str, str], prefix: str = "") -> dict[str, str]:
    """The SDKs' own variables, and the names of models: a program need not know whether LocalRouter is there."""
    return {
        "OPENAI_BASE_URL": openai,
        "OPENAI_API_KEY": key,
        "ANTHROPIC_BASE_URL": anthropic,
        "ANTHROPIC_API_KEY": key,
        **given,
        "EMBEDDING_MODEL": f"{prefix}{EMBEDDING_MODEL}",
        "COMPLETION_MODEL": f"{prefix}{COMPLETION_MODEL}",
    }


class RunningRouter:
    """A LocalRouter of its own, in a throw-away home."""

    def __init__(self, home: Path) -> None:
        self._admin = localrouter.client.connect(home)
        self.home = home
        self.url = str(self._admin.get_server_status()["url"])

    def route(self, upstream: Upstream, kind: str) -> Route:
        """A provider for that upstream, and a client to whom every model's name means that provider's."""
        name = f"{upstream.name}-{kind}"
        base = upstream.base_url(kind)
        names = (MODELS[kind], *((EMBEDDING_MODEL, COMPLETION_MODEL) if kind == "openai" else ()))
        self._admin.call("create_provider", name=name, preset=PRESETS[kind], base_url=base, key="sk-test", models=names)
        made = self._admin.call("create_client", name=name)
        aliases = [[alias, f"{name}/{MODELS[kind]}"] for alias in EVERYBODYS_NAMES]
        aliases += [
            ["text-embedding-*", f"{name}/{EMBEDDING_MODEL}"],
            ["gpt-3.5-turbo-instruct", f"{name}/{COMPLETION_MODEL}"],
        ]
        self._admin.call("update_strategy", strategy_id=made["strategy"]["id"], aliases=aliases)
        model = f"{name}/{MODELS[kind]}"
        models = {"OPENAI_MODEL": model, "ANTHROPIC_MODEL": model, "UPSTREAM": upstream.name}
        known = environment(f"{self.url}/v1", self.url, made["key"], models, f"{name}/")
        own = {"LOCALROUTER_URL": self.url, "LOCALROUTER_KEY": made["key"], "LOCALROUTER_HOME": str(self.home)}
        return Route(upstream, kind, known | own)


@contextmanager
def running_router(folder: Path) -> Iterator[RunningRouter]:
    home = folder / "home"
    own = os.environ | {"LOCALROUTER_SECRETS": "file"}
    command = [sys.executable, "-P", "-m", "localrouter", "serve", "--home", str(home), "--port", "0"]
    with (folder / "router.log").open("w") as log:
        process = subprocess.Popen(command, env=own, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield _connected(process, home, folder / "router.log")
    finally:
        process.terminate()
        process.wait(20)


def _connected(process: subprocess.Popen[bytes], home: Path, log: Path) -> RunningRouter:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return RunningRouter(home)
        except localrouter.client.NotRunning:
            time.sleep(0.05)
    raise RuntimeError(f"LocalRouter did not start:\n{log.read_text()}")
