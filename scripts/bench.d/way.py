"""The way of one plain request with two soft limits: which files it crosses, and how many Python calls it takes.

It runs in this process, from the bytes of its client to its record, with a simulated provider in another. Counted are
calls of LocalRouter's own functions on the event loop's thread (a coroutine that goes on counts again). The least of
several requests is told, since timers may fall into any of them.
"""

from __future__ import annotations

import asyncio
import dataclasses
import http.client
import inspect
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from types import FrameType

import uvloop
from targets import KEY, PATH, document, limits_of

import localrouter
from localrouter import app
from localrouter.gateway import relay
from localrouter.gateway.in_flight import attempts, request, settlement
from localrouter.private_files import write_private
from localrouter.program import serving
from localrouter.program.ending import StopRequest
from localrouter.program.listening import ListenAddress
from localrouter.services.clock import SYSTEM
from localrouter.services.instance.home import Home
from localrouter.services.instance.lock import Instance

MOCK = Path(__file__).parent / "mock_upstream.py"
SOURCES = str(Path(localrouter.__file__).parent)
REQUESTS = 6
BODY = json.dumps({"model": "mock/bench", "messages": [{"role": "user", "content": "Why do rivers bend?"}]})


def ask(address: str) -> None:
    connection = http.client.HTTPConnection(address, timeout=10)
    try:
        headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
        connection.request("POST", PATH, BODY, headers)
        answer = connection.getresponse()
        if answer.status != 200:
            raise SystemExit(f"the request was answered with {answer.status}: {answer.read().decode()}")
        answer.read()
    finally:
        connection.close()


async def calls_of_requests(home: Home, instance: Instance) -> list[Counter[str]]:
    stop, listening = StopRequest(), asyncio.get_running_loop().create_future()
    served = serving.run(
        app.build_state(home, SYSTEM),
        instance,
        ListenAddress(port=0),
        ready=lambda url, _: listening.set_result(url),
        stop=stop,
    )
    serving_task = asyncio.create_task(served)
    address = (await listening).removeprefix("http://").rstrip("/")
    found: list[Counter[str]] = []
    for _ in range(REQUESTS):
        calls: Counter[str] = Counter()

        def count(frame: FrameType, event: str, _: object, calls: Counter[str] = calls) -> None:
            if event == "call" and frame.f_code.co_filename.startswith(SOURCES):
                calls[frame.f_code.co_filename] += 1

        sys.setprofile(count)
        await asyncio.to_thread(ask, address)
        sys.setprofile(None)
        found.append(calls)
    stop.set()
    await serving_task
    return found[1:]  # the first request fills what is kept


def mutable_fields() -> dict[str, int]:
    """The dataclasses of a request's way that change while it is served, and how many fields they have."""
    kinds = [
        kind
        for module in (request, attempts, settlement, relay)
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__ and dataclasses.is_dataclass(kind)
    ]
    return {
        kind.__name__: len(dataclasses.fields(kind))
        for kind in kinds
        if not getattr(kind, "__dataclass_params__").frozen  # noqa: B009 - typing knows no such attribute
    }


def show_way() -> None:
    os.environ |= {"LOCALROUTER_SECRETS": "file", "LOCALROUTER_BENCH_KEY": "provider-key"}
    command = [sys.executable, str(MOCK), "--chunks", "1", "--rate", "1"]
    with (
        tempfile.TemporaryDirectory(prefix="localrouter-bench-") as folder,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as provider,
    ):
        try:
            port = int((provider.stdout.readline() if provider.stdout else "").split()[1])
            home = Home(Path(folder) / "home")
            home.prepare()
            limits = limits_of(("requests", "total_tokens"), "soft")[::3]
            write_private(home.config, json.dumps(document(port, limits)).encode())
            with (
                Instance.acquire(home.root) as instance,
                asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
            ):
                requests = runner.run(calls_of_requests(home, instance))
        finally:
            provider.terminate()
    least = min(requests, key=Counter.total)
    print(f"files crossed: {len(least)}\nPython calls: {least.total()}\n")
    for file, number in least.most_common():
        print(f"{number:>5}  {Path(file).relative_to(SOURCES)}")
    print("\nfields of what changes while a request is served:\n")
    for name, fields in sorted(mutable_fields().items(), key=lambda each: -each[1]):
        print(f"{fields:>5}  {name}")
