"""The screen of the verb `status`, made from `get_server_status`: what works, what does not, and how to fix it."""

from __future__ import annotations

import contextlib
import shlex
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from localrouter.domain.configuration.names import counted
from localrouter.domain.configuration.server_address import reachable
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.errors import Unavailable
from localrouter.services.instance.home import DEMO_PREFIX, Home
from localrouter.services.instance.lock import running

Json = dict[str, Any]

SOON = 120  # seconds
LEAST_SHOWN = 0.0001  # USD
MOST_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Screen:
    """`command_line` is what to type before a verb; `now` has the time zone in which times are shown."""

    status: Json
    command_line: str
    now: datetime

    def lines(self) -> Iterator[str]:
        status = self.status
        yield f"LocalRouter {status['version']} is up."
        yield f"  base URL for programs  {reachable(status['url'])}/v1"
        yield from self._network()
        yield f"  pages                  {self.command_line} open"
        yield f"  home                   {status['home']}{self._whose()}"
        since = self._time(datetime.fromtimestamp(status["started_at"], self.now.tzinfo))
        yield f"  process                {status['pid']}, since {since}"
        yield (
            f"  configuration          revision {status['revision']}, {counted(status['clients'], 'client')}, "
            + counted(status["strategies"], "strategy", "strategies")
        )
        for problem in status["problems"]:
            yield f"Problem: {problem}"
        if status["usage_loss"]:
            yield f"Problem: {status['usage_loss']}"
        if status["usage_lost"]:
            yield f"  → To continue as if nothing else had been used: {self._call('acknowledge_usage_loss')}"
        for report in status["reports"]:
            yield f"Noted: {report}"
        yield ""
        yield from self._providers()
        yield from self._cooling()
        yield from self._limits()

    def _network(self) -> Iterator[str]:
        for each in self.status["network"]:
            yield f"  from other computers   {each['url']}/v1{'' if each['is_served'] else '   (refused so far)'}"
            if each["remedy"]:
                yield f"  {'':21}  → To allow it: {each['remedy']}"

    def _providers(self) -> Iterator[str]:
        providers = self.status["providers"]
        if not providers:
            yield f"No providers yet. Add one: {self._call('create_provider', name='ollama', preset='ollama')}"
            return
        yield "Providers"
        width = max(len(provider["name"]) for provider in providers)
        for provider in providers:
            status = provider["status"]
            until = f", until {self._when(status['until'])}" if status["until"] else ""
            yield f"  {provider['name']:{width}}  {status['state']}{until}: {status['message']}"
            for help_ in filter(None, (status["advice"], self._remedy(provider["name"], status["state"]))):
                yield f"  {'':{width}}  → {help_}"

    def _remedy(self, name: str, state: str) -> str | None:
        """The command that helps, ready to be typed."""
        match state:
            case "no_key":
                return self._call("set_provider_key", name=name, key="@FILE") + "   (FILE holds the key)"
            case "disabled":
                return self._call("update_provider", name=name, enabled="true")
            case "cooling" | "failing":
                return f"To see whether it answers now: {self._call('test_provider', name=name)}"
            case _:
                return None

    def _cooling(self) -> Iterator[str]:
        entries = self.status["cooling"]
        if not entries:
            return
        yield ""
        yield "Cooling: skipped until then, as long as others can answer"
        for entry in entries:
            yield f"  {_what_cools(entry)} until {self._when(entry['until'])}: {entry['message']}"
            yield f"    → To try it again now: {entry['remedy']}"
        for provider in sorted({entry["provider"] for entry in entries if entry["model"] is not None}):
            yield f"  → To see whether {provider} answers now: {self._call('test_provider', name=provider)}"

    def _limits(self) -> Iterator[str]:
        entries = self.status["near_limits"]
        if not entries:
            return
        yield ""
        yield "Limits that are nearly or fully used up"
        for entry in entries:
            limit, name = entry["limit"], entry["strategy"]["name"]
            is_cost = limit["limit_type"] == "cost"
            used, held, value = amounts([limit["used"], limit["reserved"], limit["value"]], is_cost=is_cost)
            share = min(int(100 * (limit["used"] + limit["reserved"]) / limit["value"]), 999)
            more = f"; more from {self._when(limit['resets_at'])}" if limit["resets_at"] else ""
            kind = limit["limit_type"].replace("_", " ")
            per = limit["time_window"]
            yield f"  {name}: {share} % of {value} {kind} per {per}: {used} used, {held} reserved{more}"
            free = ", or add a free model to its list" if is_cost else ""
            yield f"    → Raise the limit of {name}{free}: on its page ({self.command_line} open)."

    def _whose(self) -> str:
        if self.status["is_demo"]:
            return "   (a demo: its providers are simulated, and its home is deleted with it)"
        return "   (not the default one)" if " --home " in self.command_line else ""

    def _call(self, command: str, **params: str) -> str:
        words = [command, *(f"{name}={shlex.quote(value)}" for name, value in params.items())]
        return f"{self.command_line} call {' '.join(words)}"

    def _when(self, moment: str) -> str:
        """A time from the answer, in local time; a near one also as a distance from now."""
        then = datetime.fromisoformat(moment).astimezone(self.now.tzinfo)
        seconds = (then - self.now).total_seconds()
        return f"{self._time(then)} (in {seconds:.0f} s)" if 0 < seconds < SOON else self._time(then)

    def _time(self, then: datetime) -> str:
        return f"{then:%H:%M}" if then.date() == self.now.date() else f"{then:%Y-%m-%d %H:%M}"


def _what_cools(entry: Json) -> str:
    if entry["model"] is None:
        return f"all of {entry['provider']}"
    where = "" if entry["endpoint"] == Endpoint.CHAT_COMPLETIONS else f" ({entry['endpoint']})"
    return f"{entry['provider']}/{entry['model']}{where}"


def amounts(values: list[float], *, is_cost: bool) -> list[str]:
    """The numbers of one line: whole ones, or dollars that all have as many decimals as any of them needs."""
    if not is_cost:
        return [f"{value:,.0f}" for value in values]
    decimals = max(map(_decimals, values))
    return ["< $0.0001" if 0 < value < LEAST_SHOWN else f"${value:,.{decimals}f}" for value in values]


def _decimals(value: float) -> int:
    if value < LEAST_SHOWN or value == int(value):
        return 0
    return next((n for n in range(2, MOST_DECIMALS) if abs(round(value, n) - value) < 1e-9), MOST_DECIMALS)


def running_demos() -> Iterator[Home]:
    """This user's demos that run on this computer."""
    with contextlib.suppress(OSError):  # there may be no folder for temporary files
        for path in sorted(Path(tempfile.gettempdir()).glob(f"{DEMO_PREFIX}*")):
            with contextlib.suppress(OSError, Unavailable):  # another user's
                if running(path) is not None:
                    yield Home(path)
