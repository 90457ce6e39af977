"""Shows what unmodified SDKs and programs do through LocalRouter, and compares that with the same models without it."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from runner import checks, report, results, suites
from runner.installing import CannotInstall, Installed, install
from runner.results import Run, SuiteResult
from runner.routes import DIRECTLY, Route, directly, running_router
from runner.scripted.model import load_script
from runner.suites import KNOWN_UPSTREAMS, BadSuite, Suite
from runner.upstreams import start

INSTALLED = checks.ROOT / ".conformance"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/conformance", description=__doc__)
    parser.add_argument(
        "suites", nargs="*", metavar="SUITE", help="folders of scripts/conformance.d/suites (default: all)"
    )
    parser.add_argument("--upstream", action="append", choices=KNOWN_UPSTREAMS, help="only with these models")
    parser.add_argument("--way", action="append", choices=list(report.WAYS), help="only so; then nothing is written")
    parser.add_argument("--dry", action="store_true", help="write no results")
    parser.add_argument(
        "--table", action="store_true", help="only write the table anew, from the results that there are"
    )
    parser.add_argument("--list", action="store_true", help="list the suites")
    return parser.parse_args()


def chosen(names: Sequence[str]) -> list[Suite]:
    known = suites.load_all()
    if unknown := set(names) - {suite.name for suite in known}:
        listed = ", ".join(suite.name for suite in known)
        raise BadSuite(f"no suite {', '.join(sorted(unknown))}. There are: {listed}")
    return [suite for suite in known if not names or suite.name in names]


@contextmanager
def routes(wanted: Sequence[str]) -> Iterator[list[Route]]:
    """Every upstream by itself, and through a provider of each kind."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="localrouter-conformance-")))
        upstreams = [stack.enter_context(start(name, INSTALLED)) for name in wanted]
        router = stack.enter_context(running_router(folder))
        yield [
            route
            for upstream in upstreams
            for route in (directly(upstream), *(router.route(upstream, kind) for kind in suites.KNOWN_KINDS))
        ]


def applies(suite: Suite, route: Route, ways: Sequence[str] | None) -> bool:
    if route.upstream.name not in suite.upstreams or (ways and route.way not in ways):
        return False
    return suite.directly if route.way == DIRECTLY else route.way in suite.providers


def run_suite(suite: Suite, installed: Installed, through: Sequence[Route]) -> SuiteResult:
    runs: list[Run] = []
    for route in through:
        route.upstream.follow(load_script(suite.script) if suite.script.exists() else None)
        run = results.summarise(
            suite, route.upstream.name, route.way, checks.run(installed, route.environment, timeout=suite.timeout)
        )
        runs.append(run)
        print(f"  {run.upstream:<9} {report.WAYS[run.way]:<30} {run.passed} of {run.total}", flush=True)
        for miss in run.misses:
            print(f"      {miss.check}: {miss.why}", flush=True)
    return SuiteResult(
        suite.name, suite.title, suite.versions, suite.order, datetime.now(UTC).date().isoformat(), tuple(runs)
    )


def main() -> int:
    arguments = parse_arguments()
    faults = 0
    try:
        wanted = chosen(arguments.suites)
        if arguments.list:
            print("\n".join(f"{suite.name:<22} {suite.title} ({suite.versions})" for suite in wanted))
            return 0
        if arguments.table:
            report.update(results.read())
            return 0
        with routes(arguments.upstream or KNOWN_UPSTREAMS) as every_route:
            for suite in wanted:
                print(f"{suite.title}: {suite.versions}", flush=True)
                installed = install(suite, INSTALLED)
                through = [route for route in every_route if applies(suite, route, arguments.way)]
                result = run_suite(suite, installed, through)
                faults += len(result.faults)
                if not arguments.dry and not arguments.way:
                    results.write(results.merged(results.read(), result))
                    report.update(results.read())
    except (BadSuite, CannotInstall) as error:
        print(f"LocalRouter: {error}", file=sys.stderr)
        return 2
    if faults:
        print(f"{faults} checks fail only through LocalRouter", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
