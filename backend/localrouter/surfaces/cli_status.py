"""The one screen of the verb `status`, from what `get_server_status` tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from localrouter.domain.names import counted

Json = dict[str, Any]


def status_lines(status: Json) -> Iterator[str]:
    yield f"LocalRouter {status['version']} is up at {status['url']} (process {status['pid']})."
    yield f"Configuration: revision {status['revision']}, {counted(status['clients'], 'client')}, " + counted(
        status["strategies"], "strategy", "strategies"
    )
    for problem in status["problems"]:
        yield f"Problem: {problem}"
    for report in status["reports"]:
        yield f"Noted: {report}"
    yield ""
    yield from _providers(status["providers"])
    yield from _cooling(status["cooling"])
    yield from _limits(status["near_limits"])


def _providers(providers: list[Json]) -> Iterator[str]:
    if not providers:
        yield "No providers yet. Add one: localrouter call create_provider name=ollama preset=ollama"
        return
    yield "Providers"
    width = max(len(provider["name"]) for provider in providers)
    for provider in providers:
        status = provider["status"]
        yield f"  {provider['name']:{width}}  {status['state']}: {status['message']}"
        if status["advice"]:
            yield f"  {'':{width}}  → {status['advice']}"


def _cooling(entries: list[Json]) -> Iterator[str]:
    models = [entry for entry in entries if entry["model"] is not None]
    if not models:
        return
    yield ""
    yield "Cooling: passed over until then, as long as others can answer"
    for entry in models:
        yield f"  {entry['provider']}/{entry['model']} until {entry['until']}: {entry['message']}"


def _limits(entries: list[Json]) -> Iterator[str]:
    if not entries:
        return
    yield ""
    yield "Limits that are nearly or fully taken"
    for entry in entries:
        limit = entry["limit"]
        kind, window = limit["limit_type"].replace("_", " "), limit["time_window"]
        unit, shown = ("$", "{:g}") if limit["limit_type"] == "cost" else ("", "{:,.0f}")
        used, held, value = (unit + shown.format(limit[name]) for name in ("used", "reserved", "value"))
        more = f"; more from {limit['resets_at']}" if limit["resets_at"] else ""
        yield f"  {entry['strategy']['name']}: {used} used and {held} held of {value} {kind} a {window}{more}"
        free = " or add a free model to the strategy's list" if limit["limit_type"] == "cost" else ""
        yield f"    → Raise the limit{free}."
