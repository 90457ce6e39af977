"""A browser's tab with the pages of one router, which keeps what the browser complained about and where it asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from playwright.sync_api import ConsoleMessage, Error, Locator, Page, Request, Route, expect

from localrouter.surfaces.cli.remote import Remote
from tests.rig import Router

QUIET = 4  # times that nothing was on its way


@dataclass
class Tab:
    """`script` is somebody else at the same router: commands through `POST /rpc`."""

    page: Page
    router: Router
    script: Remote
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    _waiting: set[Request] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", self._fail)
        self.page.on("request", self._ask)

        self.page.on("requestfinished", self._answer)
        self.page.on("requestfailed", self._answer)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def _fail(self, error: Error) -> None:
        self.complaints.append(f"uncaught: {error}")

    def _ask(self, request: Request) -> None:
        self.asked.append(request.url)
        if not request.url.endswith("/events"):
            self._waiting.add(request)

    def _answer(self, request: Request) -> None:
        self._waiting.discard(request)

    def settle(self) -> None:
        """Until nothing is being loaded any more."""
        quiet = 0
        while quiet < QUIET:
            self.page.wait_for_timeout(50)
            quiet = 0 if self._waiting else quiet + 1
        expect(self.page.get_by_label("Loading")).to_have_count(0)

    @property
    def elsewhere(self) -> list[str]:
        """Requests that were not for the router."""
        return [url for url in self.asked if not url.startswith(f"{self.router.url}/")]

    @contextmanager
    def expecting(self, complaint: str) -> Iterator[None]:
        """A block in which the browser has to complain about this, and may."""
        before = len(self.complaints)
        yield
        heard = self.complaints[before:]
        assert any(complaint in each for each in heard), f"the browser did not complain about {complaint}: {heard}"
        self.complaints[before:] = [each for each in heard if complaint not in each]

    def enter(self, *path: str) -> None:
        """Open a page as `localrouter open` does, with a code in the address."""
        self.page.goto(f"{self.router.url}{address(*path)}#code={self.call('issue_session_code')['code']}")
        self.heading.wait_for()

    def go(self, *path: str) -> None:
        """Open another page in the same session."""
        self.page.goto(f"{self.router.url}{address(*path)}")
        self.heading.wait_for()

    @contextmanager
    def holding(self, command: str) -> Iterator[None]:
        """A block in which the page's calls of a command get no answer. They get it when the block ends."""
        held: list[Route] = []
        is_over = False

        def hold(route: Route) -> None:
            if is_over or f'"{command}"' not in (route.request.post_data or ""):
                route.continue_()
            else:
                held.append(route)

        self.page.route("**/rpc", hold)
        yield
        is_over = True
        assert held, f"the page did not call {command}"
        for route in held:
            route.continue_()

    def call(self, method: str, **params: object) -> Any:
        return self.script.call(method, params)

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def section(self, title: str) -> Locator:
        """A part of a page by its title."""
        return self.page.get_by_role("region", name=title, exact=True)

    def choose(self, thing: str, verb: str) -> None:
        """Take an action from the menu of a thing."""
        self.button(f"Actions for {thing}").click()
        self.page.get_by_role("menuitem", name=verb, exact=True).click()

    def saved(self) -> None:
        expect(self.page.get_by_role("status").filter(has_text="Saved ✓").first).to_be_visible()

    def focused(self) -> str:
        """What has the focus: its role or element, and its name."""
        return str(self.page.evaluate(FOCUSED))


def address(*path: str) -> str:
    """A last part that starts with a question mark is the query."""
    query = path[-1] if path and path[-1].startswith("?") else ""
    return "/ui/" + "/".join(quote(part, safe="") for part in path[: -1 if query else None]) + query


def whole(text: str) -> re.Pattern[str]:
    return re.compile(f"^{re.escape(text)}$")


FOCUSED = """() => {
    const at = document.activeElement;
    if (!at || at === document.body) return "nothing";
    const name = at.getAttribute("aria-label") || at.labels?.[0]?.textContent || at.textContent || "";
    return `${at.getAttribute("role") || at.tagName.toLowerCase()} ${name.trim().slice(0, 60)}`;
}"""
