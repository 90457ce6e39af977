"""One target's figures: what it manages under load, how long one request takes, what CPU time each costs."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processes import CannotMeasure, cpu_seconds, pinned
from targets import KEY, Target

LOAD = Path(__file__).parent / "load.py"
WARM_UP_SECONDS = 1.0
PATIENCE_SECONDS = 300


@dataclass(frozen=True)
class Plan:
    """How hard and how long a target is driven."""

    seconds: float
    connections: int
    streams: int
    rate: float
    chunks: int


@dataclass(frozen=True)
class Figures:
    """`busy` is the share of the time that the target used its core; well below 1, the load was the bottleneck."""

    requests_per_second: float
    busy: float
    p50_alone_ms: float
    p99_alone_ms: float
    cpu_ms_per_request: float
    stream_seconds: float
    cpu_us_per_chunk: float


def measure(target: Target, plan: Plan, load_cores: frozenset[int]) -> Figures:
    drive(target, load_cores, "--connections", plan.connections, "--seconds", WARM_UP_SECONDS)
    before = cpu_seconds(target.pid)
    crowd = drive(target, load_cores, "--connections", plan.connections, "--seconds", plan.seconds)
    crowd_cpu = cpu_seconds(target.pid) - before
    alone = drive(target, load_cores, "--connections", 1, "--seconds", plan.seconds / 2)
    before = cpu_seconds(target.pid)
    streams = drive(target, load_cores, "--connections", plan.streams, "--requests", plan.streams, "--stream")
    stream_cpu = cpu_seconds(target.pid) - before
    return Figures(
        requests_per_second=crowd["answers"] / crowd["seconds"],
        busy=crowd_cpu / crowd["seconds"],
        p50_alone_ms=alone["p50_ms"],
        p99_alone_ms=alone["p99_ms"],
        cpu_ms_per_request=crowd_cpu * 1e3 / crowd["answers"],
        stream_seconds=streams["seconds"],
        cpu_us_per_chunk=stream_cpu * 1e6 / streams["events"],
    )


def drive(target: Target, cores: frozenset[int], *options: object) -> dict[str, Any]:
    """Runs the load in a process of its own and returns what it counted."""
    command = [sys.executable, str(LOAD), "--url", target.url, "--model", target.model, "--key", KEY]
    with pinned(cores):
        process = subprocess.Popen([*command, *map(str, options)], stdout=subprocess.PIPE, text=True)
    try:
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired as hang:
        process.kill()
        process.communicate()
        raise CannotMeasure(f"the load did not come to an end within {PATIENCE_SECONDS} s") from hang
    if process.returncode:
        raise CannotMeasure("the load ended with an error; its words stand above")
    counted: dict[str, Any] = json.loads(output)
    failed = counted["refused"] + counted["broken"]
    if failed or not counted["answers"]:
        raise CannotMeasure(f"{failed} requests were not answered with 200. {counted['first_refusal']}")
    return counted
