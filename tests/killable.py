"""The real program as a process of its own, for tests that kill it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from localrouter.domain.configuration.document import write
from localrouter.private_files import write_private
from tests.rig import Router

STARTS_WITHIN = 90.0  # seconds, on a machine that has much else to do


@contextmanager
def serving(lr: Router) -> Iterator[subprocess.Popen[bytes]]:
    """The program as a process of its own, until the end of the block, which it may not live to see."""
    lr.home.prepare()
    if not lr.home.config.exists():
        write_private(lr.home.config, write(lr.config))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    words = [sys.executable, "-m", "localrouter", "serve", "--home", str(lr.home.root), "--port", "0"]
    with subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            lr.url = _address(lr, process)
            yield process
        finally:
            process.kill()


def _address(lr: Router, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        with suppress(OSError, json.JSONDecodeError):
            announced = json.loads((lr.home.root / "instance.json").read_bytes())
            if announced["pid"] == process.pid:
                return str(announced["url"])
        assert process.poll() is None, "the program ended by itself"
        time.sleep(0.02)
    raise AssertionError("the program did not start")
