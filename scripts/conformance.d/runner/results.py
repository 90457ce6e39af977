"""What came of the runs, kept in each suite's `results.json`: a run of one suite changes that suite's rows alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from runner.checks import Check
from runner.routes import DIRECTLY
from runner.suites import FOLDER, Suite

FILE = "results.json"


@dataclass(frozen=True)
class Miss:
    check: str
    why: str
    explained: bool = False  # by a person, in the suite's `reasons`


@dataclass(frozen=True)
class Run:
    upstream: str
    way: str
    passed: int
    total: int
    misses: tuple[Miss, ...]


@dataclass(frozen=True)
class SuiteResult:
    name: str
    title: str
    versions: str
    order: int
    date: str
    runs: tuple[Run, ...]

    @property
    def faults(self) -> list[tuple[Run, Miss]]:
        """What fails through LocalRouter though the upstream by itself passes it, and nobody has explained."""
        failing = {(run.upstream, miss.check) for run in self.runs if run.way == DIRECTLY for miss in run.misses}
        compared = {run.upstream for run in self.runs if run.way == DIRECTLY}
        return [
            (run, miss)
            for run in self.runs
            if run.way != DIRECTLY and run.upstream in compared
            for miss in run.misses
            if (run.upstream, miss.check) not in failing and not miss.explained
        ]


def summarise(suite: Suite, upstream: str, way: str, checks: Sequence[Check]) -> Run:
    misses = tuple(_miss(suite, f"{upstream}/{way}: ", check) for check in checks if not check.passed)
    return Run(upstream, way, len(checks) - len(misses), len(checks), misses)


def _miss(suite: Suite, place: str, check: Check) -> Miss:
    """A person's reason goes before the program's own words."""
    for pattern, why in suite.reasons.items():
        if fnmatchcase(check.name, pattern) or fnmatchcase(place + check.name, pattern):
            return Miss(check.name, why, explained=True)
    return Miss(check.name, check.why)


def read(parent: Path = FOLDER) -> list[SuiteResult]:
    """The results of all suites, in the order of their rows."""
    found = [_read(file) for file in parent.glob(f"*/{FILE}")]
    return sorted(found, key=lambda result: (result.order, result.name))


def _read(file: Path) -> SuiteResult:
    document = json.loads(file.read_text())
    runs = [run | {"misses": tuple(Miss(**miss) for miss in run["misses"])} for run in document["runs"]]
    return SuiteResult(**document | {"name": file.parent.name, "runs": tuple(Run(**run) for run in runs)})


def write(result: SuiteResult, parent: Path = FOLDER) -> None:
    document = asdict(result)
    del document["name"]
    (parent / result.name / FILE).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def merged(kept: Iterable[SuiteResult], new: SuiteResult) -> SuiteResult:
    """The new results, with the rows of upstreams that were not run this time as they were."""
    former = next((result.runs for result in kept if result.name == new.name), ())
    ran = {run.upstream for run in new.runs}
    return replace(new, runs=(*(run for run in former if run.upstream not in ran), *new.runs))
