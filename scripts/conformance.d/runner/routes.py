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
from runner.scripted.server import KEY
from runner.upstreams import Addresses, Upstream

DIRECTLY = "directly"
PRESETS = {"openai": "openai-compatible", "anthropic": "anthropic", "gemini": "gemini", "responses": "openai"}
# That of responses answers in nothing else, so that every program's requests go there as responses. That of Gemini
# wants the proofs of its thoughts back.
MODELS = {
    "openai": "gpt-4o-mini",
    "anthropic": "claude-sonnet-4-5",
    "gemini": "gemini-3-flash-preview",
    "responses": "gpt-5.1-codex",
}
EMBEDDING_MODEL = "text-embedding-3-small"
EMBEDDING_MODELS = {"gemini": "gemini-embedding-001"}
COMPLETION_MODEL = "gpt-3.5-turbo-instruct"
SECONDS_TO_START = 120
# Names that programs ask for by themselves; each is answered by the route's own model.
EVERYBODYS_NAMES = ("gpt-*", "o1*", "o3*", "o4*", "claude-*", "codex-*", "gemini-*", "string")


@dataclass(frozen=True)
class Route:
    upstream: Upstream
    way: str  # DIRECTLY, or the kind of provider
    environment: Mapping[str, str]


def embedding_model(kind: str) -> str:
    return EMBEDDING_MODELS.get(kind, EMBEDDING_MODEL)


def directly(upstream: Upstream) -> Route:
    return Route(upstream, DIRECTLY, environment(upstream.at, KEY) | {"UPSTREAM": upstream.name})


def environment(at: Addresses, key: str, model: str | None = None, kind: str = "openai") -> dict[str, str]:
    """The SDKs' own variables, and the names of models: a program need not know whether LocalRouter is there. `model`
    is the only one, `provider/name`; without it each SDK has its maker's."""
    prefix = model.partition("/")[0] + "/" if model else ""
    return {
        "OPENAI_BASE_URL": at.openai,
        "OPENAI_API_KEY": key,
        "OPENAI_MODEL": model or MODELS["openai"],
        "ANTHROPIC_BASE_URL": at.anthropic,
        "ANTHROPIC_API_KEY": key,
        "ANTHROPIC_MODEL": model or MODELS["anthropic"],
        "GOOGLE_GEMINI_BASE_URL": at.gemini,
        "GEMINI_API_KEY": key,
        "GEMINI_MODEL": model or MODELS["gemini"],
        "GEMINI_EMBEDDING_MODEL": f"{prefix}{embedding_model(kind if model else 'gemini')}",
        "EMBEDDING_MODEL": f"{prefix}{embedding_model(kind)}",
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
        others = () if kind == "anthropic" else (embedding_model(kind), COMPLETION_MODEL)
        names = (MODELS[kind], *others)
        self._admin.call("create_provider", name=name, preset=PRESETS[kind], base_url=base, key=KEY, models=names)
        made = self._admin.call("create_client", name=name)
        aliases = [[alias, f"{name}/{MODELS[kind]}"] for alias in EVERYBODYS_NAMES]
        aliases += [[f"{start}-embedding-*", f"{name}/{embedding_model(kind)}"] for start in ("text", "gemini")]
        aliases.append([COMPLETION_MODEL, f"{name}/{COMPLETION_MODEL}"])
        self._admin.call("update_strategy", strategy_id=made["strategy"]["id"], aliases=aliases)
        known = environment(Addresses.below(self.url), made["key"], f"{name}/{MODELS[kind]}", kind)
        own = {"LOCALROUTER_URL": self.url, "LOCALROUTER_KEY": made["key"], "LOCALROUTER_HOME": str(self.home)}
        return Route(upstream, kind, known | own | {"UPSTREAM": upstream.name})


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
