"""Measures the gateway beside nginx as a plain proxy, both before the same simulated provider.

The process under test has a core to itself; the load and the provider share the others.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from heavy import show_heavy
from measure import Figures, Plan, measure
from parts import show_parts
from processes import CannotMeasure, Cores, last_lines, running, share_cores
from targets import PATH, TARGETS, Bench, Target
from way import show_way

MOCK = Path(__file__).parent / "mock_upstream.py"
ROW = "{:<40} {:>10} {:>6} {:>8} {:>8} {:>11} {:>10} {:>10}"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="target", help=f"any of: {', '.join(TARGETS)} (default: all)")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each target is driven (5)")
    parser.add_argument("--connections", type=int, default=32, help="requests at once (32)")
    parser.add_argument("--streams", type=int, default=500, help="streams at once (500)")
    parser.add_argument("--rate", type=float, default=50.0, help="chunks per second of a stream (50)")
    parser.add_argument("--chunks", type=int, default=250, help="chunks of a stream (250)")
    parser.add_argument("--parts", action="store_true", help="instead, what limits and the trace cost by themselves")
    parser.add_argument("--heavy", action="store_true", help="instead, what heavy requests and answers cost the others")
    parser.add_argument(
        "--way", action="store_true", help="instead, which files one request crosses, in how many calls"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of a table")
    arguments = parser.parse_args()
    if unknown := set(arguments.targets) - set(TARGETS):
        parser.error(f"unknown target: {', '.join(sorted(unknown))}. Known are: {', '.join(TARGETS)}")
    return arguments


@contextmanager
def simulated_provider(plan: Plan, folder: Path, cores: Cores) -> Iterator[tuple[Target, int]]:
    command = [sys.executable, str(MOCK), "--chunks", str(plan.chunks), "--rate", str(plan.rate)]
    log = folder / "provider.log"
    with running(command, cores=cores.load, log=log) as process:
        ready = process.stdout.readline().split() if process.stdout else []
        if not ready:
            raise CannotMeasure(f"the simulated provider did not start:\n{last_lines(log)}")
        yield Target(f"http://127.0.0.1:{ready[1]}{PATH}", process.pid), int(ready[1])


def measure_one(name: str, plan: Plan, cores: Cores) -> Figures | CannotMeasure:
    with tempfile.TemporaryDirectory(prefix="localrouter-bench-") as folder:
        try:
            with (
                simulated_provider(plan, Path(folder), cores) as (upstream, port),
                TARGETS[name][1](Bench(upstream, port, Path(folder), cores)) as target,
            ):
                return measure(target, plan, cores.load)
        except CannotMeasure as reason:
            return reason


def as_row(name: str, figures: Figures | CannotMeasure) -> str:
    title = TARGETS[name][0]
    if isinstance(figures, CannotMeasure):
        return f"{title}: not measured: {figures}"
    return ROW.format(
        title,
        f"{figures.requests_per_second:,.0f}",
        f"{figures.busy:.0%}",
        f"{figures.p50_alone_ms:.2f}",
        f"{figures.p99_alone_ms:.2f}",
        f"{figures.cpu_ms_per_request:.3f}",
        f"{figures.stream_seconds:.1f}",
        f"{figures.cpu_us_per_chunk:.1f}",
    )


def introduce(plan: Plan, cores: Cores) -> None:
    where = "target and load on cores of their own" if cores.target else "target and load share one core"
    print(f"Python {platform.python_version()}, {where}.")
    print(f"{plan.connections} requests at once for {plan.seconds:g} s; one alone for {plan.seconds / 2:g} s;")
    ideal = plan.chunks / plan.rate
    print(f"{plan.streams} streams at once of {plan.chunks} chunks, {plan.rate:g} a second: {ideal:.1f} s at best.")
    print("busy: share of its core that the target used under load; well below 100 %, the load was the bottleneck.\n")
    print(ROW.format("", "requests/s", "busy", "p50 ms", "p99 ms", "CPU ms/req.", "streams s", "µs/chunk"))


def main() -> int:
    arguments = parse_arguments()
    if arguments.parts:
        show_parts()
        return 0
    if arguments.way:
        show_way()
        return 0
    if arguments.heavy:
        show_heavy()
        return 0
    plan = Plan(arguments.seconds, arguments.connections, arguments.streams, arguments.rate, arguments.chunks)
    cores = share_cores()
    if not arguments.json:
        introduce(plan, cores)
    results: dict[str, Figures | CannotMeasure] = {}
    for name in arguments.targets or TARGETS:
        results[name] = measure_one(name, plan, cores)
        if not arguments.json:
            print(as_row(name, results[name]), flush=True)
    if arguments.json:
        rows = {
            name: {"not_measured": str(found)} if isinstance(found, CannotMeasure) else asdict(found)
            for name, found in results.items()
        }
        document = {"python": platform.python_version(), "pinned": bool(cores.target), "plan": asdict(plan)}
        print(json.dumps({**document, "targets": rows}, indent=2))
    return int(any(isinstance(found, CannotMeasure) for found in results.values()))


if __name__ == "__main__":
    sys.exit(main())
