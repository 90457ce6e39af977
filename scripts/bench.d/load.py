"""The load: a fixed number of connections, each sending its next request when the last answer is complete.

Prints one JSON object with counts and latencies (in milliseconds).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

import httptools
import uvloop

CONNECTIONS_STARTED_AT_ONCE = 50


@dataclass
class Tally:
    """What all connections saw together."""

    latencies: list[float] = field(default_factory=list)
    refused: int = 0
    broken: int = 0
    newlines: int = 0
    first_refusal: str = ""


class Connection(asyncio.Protocol):
    """One keep-alive connection. `goes_on` is asked before each request; `done` is set when it says no."""

    def __init__(self, request: bytes, tally: Tally, goes_on: Callable[[], bool]) -> None:
        self.request = request
        self.tally = tally
        self.goes_on = goes_on
        self.done = asyncio.get_running_loop().create_future()
        self.body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.parser = httptools.HttpResponseParser(self)
        self.send()

    def send(self) -> None:
        if not self.goes_on():
            self.done.set_result(None)
            self.transport.close()
            return
        self.started = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self.tally.newlines += body.count(b"\n")
        self.body = body

    def on_message_complete(self) -> None:
        if self.parser.get_status_code() == 200:
            self.tally.latencies.append((time.perf_counter() - self.started) * 1000)
        else:
            self.tally.refused += 1
            self.tally.first_refusal = self.tally.first_refusal or self.body[:500].decode(errors="replace")
        self.send()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.done.done():
            self.tally.broken += 1
            self.done.set_result(None)


def request_bytes(url: str, model: str, *, key: str, stream: bool) -> bytes:
    parts = urlsplit(url)
    messages = [
        {"role": "system", "content": "You answer briefly and in plain words."},
        {"role": "user", "content": "Why do rivers bend on their way to the sea, and what makes the bends wander?"},
    ]
    body = json.dumps({"model": model, "messages": messages, "temperature": 0.2, "stream": stream}).encode()
    head = (
        f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\nauthorization: Bearer {key}\r\n"
        f"content-type: application/json\r\naccept: */*\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def run(arguments: argparse.Namespace) -> dict[str, object]:
    request = request_bytes(arguments.url, arguments.model, key=arguments.key, stream=arguments.stream)
    tally = Tally()
    started = time.perf_counter()
    left = iter(range(arguments.requests)) if arguments.requests else None

    def goes_on() -> bool:
        return next(left, None) is not None if left else time.perf_counter() - started < arguments.seconds

    parts = urlsplit(arguments.url)
    connections = []
    for number in range(arguments.connections):
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: Connection(request, tally, goes_on), parts.hostname, parts.port
        )
        connections.append(connection)
        if number % CONNECTIONS_STARTED_AT_ONCE == 0:
            await asyncio.sleep(0.01)
    await asyncio.gather(*(connection.done for connection in connections))
    return report(tally, time.perf_counter() - started)


def report(tally: Tally, seconds: float) -> dict[str, object]:
    latencies = sorted(tally.latencies) or [0.0]
    return {
        "answers": len(tally.latencies),
        "refused": tally.refused,
        "broken": tally.broken,
        "first_refusal": tally.first_refusal,
        "seconds": seconds,
        "events": tally.newlines // 2,
        "p50_ms": latencies[len(latencies) // 2],
        "p99_ms": latencies[len(latencies) * 99 // 100],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=0.0, help="how long to go on")
    parser.add_argument("--requests", type=int, default=0, help="how many requests to send in all, instead")
    parser.add_argument("--stream", action="store_true")
    print(json.dumps(uvloop.run(run(parser.parse_args()))))


if __name__ == "__main__":
    main()
