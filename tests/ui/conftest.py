"""A real browser on a real router, whose provider is an emulator: fixtures of the tests of the pages."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from llmock.testing import LLMockServer
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from localrouter.domain.configuration.config import Provider
from localrouter.surfaces.cli.remote import Remote
from tests.rig import Router, auto, router
from tests.ui.building import NotToBeHad, ensure_built
from tests.ui.tab import Tab

PATIENCE = 30_000  # milliseconds: only a failing test waits so long
CHROMIUM_MISSING = "Chromium is missing (apt-get install chromium)"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MEASURED = "from a key to the screen"  # a property of the tests that measured it
MODELS = (("one", "gpt-4o-mini"), ("one", "gpt-4o"), ("two", "llama-3.3-70b-versatile"))

Open = Callable[[Router], Tab]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    if measured := [line for report in reports for name, line in report.user_properties if name == MEASURED]:
        terminalreporter.section(MEASURED)
        terminalreporter.line("\n".join(dict.fromkeys(measured)))
    skipped = [report for report in terminalreporter.getreports("skipped") if report.nodeid.startswith("tests/ui/")]
    if skipped:
        terminalreporter.section("THE PAGES WERE NOT TESTED", red=True, bold=True)
        terminalreporter.line("\n".join(dict.fromkeys(report.longrepr[2] for report in skipped)))


@pytest.fixture(scope="session")
def built() -> None:
    try:
        ensure_built()
    except NotToBeHad as reason:
        pytest.skip(str(reason))


# Not for the session: while it lives, an event loop runs in this thread, and other tests start their own.
@pytest.fixture(scope="package")
def browser(built: None) -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip(CHROMIUM_MISSING)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield started
        started.close()


@pytest.fixture(scope="package")
def emulator() -> Iterator[LLMockServer]:
    with LLMockServer() as server:
        yield server


@pytest.fixture
def mock(emulator: LLMockServer) -> LLMockServer:
    emulator.state.reset()
    return emulator


@pytest.fixture
def providers(mock: LLMockServer) -> list[Provider]:
    """Two that declare their models, so that no test depends on when a list is read."""
    return [
        Provider(
            name="one",
            preset="openai-compatible",
            base_url=mock.base_url("openai"),
            models=("gpt-4o-mini", "gpt-4o", "gpt-4.1"),
        ),
        Provider(
            name="two",
            preset="openai-compatible",
            base_url=mock.base_url("groq"),
            models=("llama-3.3-70b-versatile", "llama-3.1-8b-instant"),
        ),
    ]


@pytest.fixture
def lr(providers: list[Provider], tmp_path: Path) -> Iterator[Router]:
    """One client, "test", whose own strategy "Test" tries three models."""
    with router(tmp_path, providers, auto=auto(*MODELS)) as started:
        yield started


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """As fresh as a private window. Nothing moves but what moves by itself."""
    with browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce") as opened:
        opened.set_default_timeout(PATIENCE)
        yield opened


@pytest.fixture
def tabs(context: BrowserContext) -> Iterator[Open]:
    """Opens tabs on a router; what any of them complains about, or asks of anybody else, fails the test."""
    opened: list[Tab] = []

    def on(lr: Router) -> Tab:
        tab = Tab(context.new_page(), lr, Remote(lr.url, lr.home.read_admin_token() or ""))
        opened.append(tab)
        return tab

    yield on
    assert [tab.complaints for tab in opened if tab.complaints] == []
    assert [tab.elsewhere for tab in opened if tab.elsewhere] == []


@pytest.fixture
def tab(tabs: Open, lr: Router) -> Tab:
    """A tab on the router with the strategy "Test"."""
    return tabs(lr)
