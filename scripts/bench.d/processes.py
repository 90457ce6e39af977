"""The processes of a measurement: on which cores they run, what CPU time they took, and that they end."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SECONDS_TO_END = 10


class CannotMeasure(Exception):
    """Said to the user instead of figures."""


@dataclass(frozen=True)
class Cores:
    """One core for the process under test, the others for the load and the simulated provider.

    Empty where this machine has one core or cannot pin processes.
    """

    load: frozenset[int] = frozenset()
    target: frozenset[int] = frozenset()


def share_cores() -> Cores:
    if not hasattr(os, "sched_setaffinity"):
        return Cores()
    *load, target = sorted(os.sched_getaffinity(0))
    return Cores(frozenset(load), frozenset([target])) if load else Cores()


@contextmanager
def pinned(cores: frozenset[int]) -> Iterator[None]:
    """Children started inside run on these cores, all their threads too."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def running(
    command: Sequence[str], *, cores: frozenset[int], log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A process that is ended, by its own id, when the block is left. What it says on stderr goes to `log`."""
    with log.open("w") as errors, pinned(cores):
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, **(environment or {})},
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def cpu_seconds(pid: int) -> float:
    """User and system time that a process took so far, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def last_lines(log: Path, count: int = 8) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:])
