"""What a suite is: a folder with a `suite.toml`, a program that prints its checks, and the locks of what it needs."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

FOLDER = Path(__file__).parent.parent / "suites"
Runtime = Literal["python", "node", "agent"]  # an agent is a program from npm, driven by a Python program
KNOWN_UPSTREAMS = ("scripted", "llmock", "aimock")
KNOWN_KINDS = ("openai", "anthropic", "gemini", "responses")
KEYS = {"title", "runtime", "program", "packages", "needs", "upstreams", "providers", "directly", "timeout", "order"}


class BadSuite(Exception):
    """Said to whoever wrote the suite."""


@dataclass(frozen=True)
class Suite:
    folder: Path
    title: str
    runtime: Runtime
    program: str  # a file of the folder
    packages: dict[str, str]  # what the table names, with versions
    needs: dict[str, str]  # what else is pinned
    upstreams: tuple[str, ...]  # where the models are
    providers: tuple[str, ...]  # by which provider dialects LocalRouter reaches them
    directly: bool  # whether it runs without LocalRouter too, for comparison
    timeout: float  # seconds that one run may take
    order: int  # of its row
    reasons: dict[str, str]  # why checks fail, by pattern, where a person has found out

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def script(self) -> Path:
        """What the scripted model says turn by turn, where the suite needs more than its usual manners."""
        return self.folder / "script.json"

    @property
    def versions(self) -> str:
        return ", ".join(f"`{name}` {version}" for name, version in self.packages.items())


def load(folder: Path) -> Suite:
    document = tomllib.loads((folder / "suite.toml").read_text())
    if unknown := set(document) - KEYS - {"reasons"}:
        raise BadSuite(f"{folder.name}/suite.toml has unknown keys: {', '.join(sorted(unknown))}")
    if missing := {"title", "runtime", "program", "packages"} - set(document):
        raise BadSuite(f"{folder.name}/suite.toml lacks {', '.join(sorted(missing))}")
    if document["runtime"] not in get_args(Runtime):
        raise BadSuite(f"{folder.name}/suite.toml: the runtime is one of {', '.join(get_args(Runtime))}")
    if not (folder / document["program"]).is_file():
        raise BadSuite(f"{folder.name} has no file {document['program']}")
    return Suite(
        folder=folder,
        title=document["title"],
        runtime=cast(Runtime, document["runtime"]),
        program=document["program"],
        packages=dict(document["packages"]),
        needs=dict(document.get("needs", {})),
        upstreams=_among(folder, "upstreams", document.get("upstreams"), KNOWN_UPSTREAMS),
        providers=_among(folder, "providers", document.get("providers"), KNOWN_KINDS),
        directly=document.get("directly", True),
        timeout=float(document.get("timeout", 300)),
        order=int(document.get("order", 50)),
        reasons=dict(document.get("reasons", {})),
    )


def _among(folder: Path, key: str, given: list[str] | None, known: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := set(given or ()) - set(known):
        raise BadSuite(f"{folder.name}/suite.toml: {key} knows {', '.join(known)}, not {', '.join(sorted(unknown))}")
    return known if given is None else tuple(given)


def load_all(parent: Path = FOLDER) -> list[Suite]:
    suites = [load(file.parent) for file in parent.glob("*/suite.toml")]
    return sorted(suites, key=lambda suite: (suite.order, suite.name))
