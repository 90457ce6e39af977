"""`GET /events` on the real program."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from localrouter.domain.events import ConfigChanged, Event, MetricsChanged, RequestFinished, Resync, ServerStatus
from localrouter.services.event_bus import MAX_QUEUED_EVENTS, EventBus
from localrouter.surfaces.admin_api.events import NAMES, event_text
from tests.rig import Router, router


@pytest.fixture
def lr(tmp_path: Path) -> Iterator[Router]:
    with router(tmp_path, []) as started:
        yield started


@contextmanager
def reader(lr: Router, token: str | None = None) -> Iterator[http.client.HTTPResponse]:
    connection = http.client.HTTPConnection(urlsplit(lr.url).netloc, timeout=10)
    connection.request("GET", "/events", headers={"authorization": f"Bearer {token or lr.home.read_admin_token()}"})
    with closing(connection), connection.getresponse() as answer:
        yield answer


def next_event(answer: http.client.HTTPResponse) -> tuple[str, dict[str, Any]]:
    lines: list[str] = []
    while True:
        line = answer.readline().decode().rstrip("\n")
        if line.startswith(":"):
            continue
        if line:
            lines.append(line)
        elif lines:
            return lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))


def create(lr: Router, name: str) -> int:
    call = {"jsonrpc": "2.0", "id": 1, "method": "create_strategy", "params": {"name": name}}
    reply = lr.request("POST", "/rpc", call, key=lr.home.read_admin_token() or "")
    revision: int = reply.json["result"]["revision"]
    return revision


def test_a_scripts_change_reaches_an_open_reader(lr: Router) -> None:
    with reader(lr) as answer:
        before = time.monotonic()
        revision = create(lr, "Night jobs")
        name, data = next_event(answer)
        while name != "config.changed":
            name, data = next_event(answer)
    assert data == {"revision": revision, "changed": ["strategies"]}
    assert time.monotonic() - before < 5, "it comes by itself, not with a later sign of life"


def test_events_need_the_admin_token(lr: Router) -> None:
    with reader(lr, token=lr.key) as answer:
        assert answer.status == 401


def test_an_open_reader_does_not_hold_up_the_end(lr: Router) -> None:
    with reader(lr) as answer:
        before = time.monotonic()
        lr.stop()
        assert answer.read().endswith(b"\n\n")
    assert time.monotonic() - before < 5


def test_a_stalled_readers_queue_collapses_instead_of_growing() -> None:
    async def stalled() -> list[Event]:
        bus = EventBus()
        subscription = bus.subscribe()
        for revision in range(10 * MAX_QUEUED_EVENTS):
            bus.publish(ConfigChanged(revision, ("strategies",)))
        bus.let_go()
        events = []
        while (event := await subscription.next()) is not None:
            events.append(event)
        return events

    events = asyncio.run(stalled())
    assert len(events) <= MAX_QUEUED_EVENTS
    assert events[0] == Resync()
    assert events[-1] == ConfigChanged(10 * MAX_QUEUED_EVENTS - 1, ("strategies",))


@pytest.mark.parametrize(
    "event", [ConfigChanged(3, ("clients",)), MetricsChanged(), RequestFinished("req_1"), ServerStatus(), Resync()]
)
def test_every_event_has_its_name(event: Event) -> None:
    assert event_text(event).startswith(b"event: " + NAMES[type(event)].encode() + b"\ndata: {")


def test_a_listener_that_fails_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    bus = EventBus()
    heard: list[Event] = []

    def fails(_: Event) -> None:
        raise ValueError("no")

    bus.listen(fails)
    bus.listen(heard.append)
    bus.publish(MetricsChanged())
    assert heard == [MetricsChanged()]
    assert "A listener failed" in caplog.text
