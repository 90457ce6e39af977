"""For the programs of suites in Python: one line of JSON for each check. Needs nothing but Python."""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any

_CHECKS: list[tuple[str, Callable[[], Any]]] = []


def check(name: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Registers a function, plain or async, as a check: it passes if it raises nothing."""

    def register(function: Callable[[], Any]) -> Callable[[], Any]:
        _CHECKS.append((name, function))
        return function

    return register


def tell(name: str, passed: bool, why: str = "") -> None:
    print("\n" + json.dumps({"check": name, "passed": passed, "why": why}), flush=True)  # pytest leaves its lines open


def run_checks() -> None:
    with asyncio.Runner() as loop:  # one for all: some programs keep their asynchronous clients
        for name, function in _CHECKS:
            try:
                outcome = function()
                if inspect.iscoroutine(outcome):
                    loop.run(outcome)
            except Exception as error:
                traceback.print_exc(file=sys.stderr)
                tell(name, False, reason(error))
            else:
                tell(name, True)


def reason(error: BaseException) -> str:
    """What went wrong, and for an assertion without words the line that made it."""
    words = str(error).strip()
    if not words:
        frames = traceback.extract_tb(error.__traceback__)
        words = (frames[-1].line or "") if frames else ""
    return f"{type(error).__name__}: {words}"


class PytestLines:
    """A plugin for pytest: every test is a check. Tests that pytest skips are none."""

    def __init__(self) -> None:
        self._failed: set[str] = set()

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            tell(f"{short(report.nodeid)} is read", False, str(report.longrepr).splitlines()[-1])

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and report.nodeid not in self._failed:
            self._failed.add(report.nodeid)
            crash = getattr(report.longrepr, "reprcrash", None)
            tell(short(report.nodeid), False, crash.message if crash else str(report.longrepr).splitlines()[-1])
        elif report.when == "call" and report.passed and not hasattr(report, "wasxfail"):
            tell(short(report.nodeid), True)


def short(nodeid: str) -> str:
    """A test's name, of its file's path the last folder."""
    file, _, test = nodeid.partition("::")
    return f"{'/'.join(file.removesuffix('.py').split('/')[-2:])}::{test}"


def run_pytest(arguments: list[str], plugins: Sequence[object] = ()) -> None:
    """Runs other people's tests, whose results are the checks."""
    import pytest

    pytest.main([*arguments, "-q", "-p", "no:cacheprovider"], plugins=[PytestLines(), *plugins])
