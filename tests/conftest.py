"""Fixtures and settings that every test shares, and the option that turns the large counts on."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

from localrouter import shell_command

settings.register_profile("quick", deadline=None, derandomize=True)
settings.register_profile("fast", deadline=None, derandomize=True, max_examples=10)
settings.register_profile("full", deadline=None, max_examples=2_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fast", action="store_true", help="try fewer examples of each property")
    parser.addoption("--full", action="store_true", help="run the large counts too (takes far longer)")


def pytest_configure(config: pytest.Config) -> None:
    os.environ[shell_command.VARIABLE] = "localrouter"  # messages do not depend on how the tests were started
    # A shell ignores these for what it starts in the background, and what the tests start inherits that.
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    chosen = [name for name in ("full", "fast") if config.getoption(f"--{name}")]
    settings.load_profile(chosen[0] if chosen else "quick")


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """True where the large counts are wanted: scripts/test --full."""
    return bool(request.config.getoption("--full"))
