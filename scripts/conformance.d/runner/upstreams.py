"""Where the models are: two emulators by other authors, and a scripted provider of ours."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from llmock.testing import LLMockServer

from runner.installing import emulator_folder, install_emulator
from runner.scripted.model import Script
from runner.scripted.server import ScriptedProvider


@dataclass(frozen=True)
class Addresses:
    """What the SDKs of each wire format are given as their base URLs."""

    openai: str
    anthropic: str
    gemini: str

    @staticmethod
    def below(url: str) -> Addresses:
        """Of a server that serves them all."""
        return Addresses(f"{url}/v1", url, url)


@dataclass(frozen=True)
class Upstream:
    name: str
    at: Addresses
    scripted: ScriptedProvider | None = None

    def follow(self, script: Script | None) -> None:
        """Takes what a suite wants its model to say. An emulator says what it always says."""
        if self.scripted is not None:
            self.scripted.script = script

    def base_url(self, kind: str) -> str:
        """What a provider of this kind is given. Gemini's SDKs put a version behind theirs."""
        return {"anthropic": self.at.anthropic, "gemini": f"{self.at.gemini}/v1beta"}.get(kind, self.at.openai)


@contextmanager
def scripted() -> Iterator[Upstream]:
    with ScriptedProvider() as provider:
        yield Upstream("scripted", Addresses.below(provider.url), provider)


@contextmanager
def llmock() -> Iterator[Upstream]:
    with LLMockServer() as server:
        yield Upstream("llmock", Addresses(*map(server.base_url, ("openai", "anthropic", "gemini"))))


@contextmanager
def aimock(installed: Path) -> Iterator[Upstream]:
    folder = install_emulator("aimock", installed)
    process = subprocess.Popen(
        ["node", str(folder / "aimock.mjs")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        cwd=emulator_folder("aimock", installed),
    )
    try:
        url = process.stdout.readline().strip() if process.stdout else ""
        if not url:
            raise RuntimeError("aimock did not start")
        yield Upstream("aimock", Addresses.below(url))
    finally:
        process.terminate()
        process.communicate(timeout=10)


@contextmanager
def start(name: str, installed: Path) -> Iterator[Upstream]:
    match name:
        case "scripted":
            with scripted() as upstream:
                yield upstream
        case "llmock":
            with llmock() as upstream:
                yield upstream
        case _:
            with aimock(installed) as upstream:
                yield upstream
