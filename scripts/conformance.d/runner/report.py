"""Writes the results into `backend/docs/conformance.md`, between its two marks; the rest of that page is prose."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from runner.results import Miss, Run, SuiteResult
from runner.routes import DIRECTLY

PAGE = Path(__file__).parents[3] / "backend" / "docs" / "conformance.md"
MOST_NAMES = 4
BEGIN, END = "<!-- results -->", "<!-- end of results -->"
WAYS = {
    DIRECTLY: "directly",
    "openai": "an OpenAI-compatible provider",
    "anthropic": "an Anthropic provider",
    "gemini": "a Gemini provider",
    "responses": "an OpenAI model of responses",
}
UPSTREAMS = {"scripted": "scripted", "llmock": "llmock", "aimock": "aimock"}


def render(results: Iterable[SuiteResult]) -> str:
    results = list(results)
    lines = [
        f"| program | versions | models from | {' | '.join(WAYS.values())} | date |",
        "|---|---|---|" + "---|" * len(WAYS) + "---|",
    ]
    for result in results:
        lines += [_row(result, upstream) for upstream in UPSTREAMS if any(r.upstream == upstream for r in result.runs)]
    lines += ["", "### What did not pass, and why", ""]
    misses = [line for result in results for line in _misses(result)]
    return "\n".join([*lines, *(misses or ["Everything passed."])])


def _row(result: SuiteResult, upstream: str) -> str:
    told = {run.way: f"{run.passed} of {run.total}" for run in result.runs if run.upstream == upstream}
    figures = " | ".join(told.get(way, "–") for way in WAYS)
    return f"| {result.title} | {result.versions} | {UPSTREAMS[upstream]} | {figures} | {result.date} |"


def _misses(result: SuiteResult) -> list[str]:
    """One line for each reason: the checks that it stands for, and where they failed."""
    places: dict[Miss, list[Run]] = {}
    for run in result.runs:
        for miss in run.misses:
            places.setdefault(miss, []).append(run)
    lines = [f"**{result.title}**", ""] if places else []
    grouped: dict[tuple[str, str], list[str]] = {}
    for miss, runs in places.items():
        grouped.setdefault((_where(runs), miss.why), []).append(miss.check)
    for (where, why), checks in grouped.items():
        lines.append(f"- {_named(checks)} ({where}): {_escaped(why)}")
    return [*lines, ""] if lines else []


def _named(checks: Sequence[str]) -> str:
    """The checks; those that differ only in a test's parameters are one, with their number."""
    counts = Counter(re.sub(r"\[[^]]*\]$", "", check) for check in checks)
    names = [f"`{name}`" if count == 1 else f"`{name}` ({count} times)" for name, count in counts.items()]
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def _where(runs: Iterable[Run]) -> str:
    by_upstream: dict[str, list[str]] = {}
    for run in runs:
        by_upstream.setdefault(run.upstream, []).append(run.way)
    return "; ".join(f"{name}: {', '.join(WAYS[way] for way in ways)}" for name, ways in by_upstream.items())


def _escaped(why: str) -> str:
    return why.replace("<", "&lt;").replace("|", "\\|")


def with_results(page: str, results: Iterable[SuiteResult]) -> str:
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{render(results).rstrip()}\n\n{END}{after}"


def update(results: Iterable[SuiteResult], page: Path = PAGE) -> None:
    page.write_text(with_results(page.read_text(), results))
