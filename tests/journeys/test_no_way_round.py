"""No route, method, header, name or body gets past the limits of a strategy that has used them up.

Where the limits are lifted, every open way is shown to make exactly one call, and where they are used up the same bytes
get 429 and make none. A closed way makes no call either.
"""

from __future__ import annotations

import re
import socket
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from localrouter.domain.configuration.config import StrategyRateLimit
from tests.journeys.scene import FLOORS, Scene, faults, is_held_by_a_limit, is_served, leads_nowhere, scene
from tests.journeys.ways import (
    CHAT_PATH,
    CLOSED,
    ENDPOINTS,
    ONE_OF_EACH,
    OPEN_REQUESTS,
    OPEN_ROUTES,
    Way,
    body_of,
    written,
)


@pytest.mark.parametrize("limits", FLOORS.values(), ids=FLOORS)
def test_every_request_ends_at_the_limit(tmp_path: Path, limits: tuple[StrategyRateLimit, ...]) -> None:
    with scene(tmp_path, limits) as there:
        before = there.calls
        assert faults(there, (*ONE_OF_EACH, *OPEN_REQUESTS), is_held_by_a_limit) == []
    assert there.calls == before, "nothing was sent later either"


def test_every_route_ends_at_the_limit(tmp_path: Path) -> None:
    with scene(tmp_path, FLOORS["all of them"]) as there:
        before = there.calls
        assert faults(there, OPEN_ROUTES, is_held_by_a_limit) == []
    assert there.calls == before, "nothing was sent later either"


def test_every_closed_way_leads_nowhere(tmp_path: Path) -> None:
    with scene(tmp_path, FLOORS["all of them"]) as there:
        before = there.calls
        assert faults(there, CLOSED, leads_nowhere) == []
    assert there.calls == before, "nothing was sent later either"


def test_with_the_limits_lifted_every_open_way_reaches_the_provider(tmp_path: Path) -> None:
    with scene(tmp_path, FLOORS["all of them"]) as there:
        free = written(body=body_of(CHAT_PATH, model="one/a"), key="authorization: Bearer <free key>\r\n")
        assert faults(there, [Way("another client", free, True)], is_served) == []
        assert faults(there, ONE_OF_EACH, is_held_by_a_limit) == []
        there.limit(())
        assert faults(there, ONE_OF_EACH, is_served) == []
        assert faults(there, (*OPEN_ROUTES, *OPEN_REQUESTS), is_served) == []
        there.limit(FLOORS["the one request was made"])
        assert faults(there, ONE_OF_EACH, is_held_by_a_limit) == [], "what was used without a limit counts too"


def test_a_limit_holds_for_requests_that_are_sent_all_at_once_on_one_connection(tmp_path: Path) -> None:
    def statuses(there: Scene) -> list[bytes]:
        there.wire.close()
        *others, last = [way.request.replace(b"<key>", there.lr.key.encode()) for way in ONE_OF_EACH * 4]
        host, port = urlsplit(there.lr.url).netloc.split(":")
        with socket.create_connection((host, int(port)), timeout=20) as wire:
            wire.sendall(b"".join(others) + last.replace(b"host:", b"connection: close\r\nhost:", 1))
            return re.findall(rb"HTTP/1.1 (\d+)", b"".join(iter(partial(wire.recv, 65_536), b"")))

    with scene(tmp_path, FLOORS["tokens were used up"]) as there:
        assert statuses(there) == [b"429"] * 4 * len(ONE_OF_EACH)
        assert there.calls == 1
        there.limit(())
        assert statuses(there) == [b"200"] * 4 * len(ONE_OF_EACH)
        assert there.calls == 1 + 4 * sum(way.calls for way in ONE_OF_EACH)


def test_a_count_of_answers_beyond_all_measure_is_refused_like_any_other(tmp_path: Path) -> None:
    counts = (2**53, 2**58, 2**63 - 1, 2**64 - 1)
    asked = [(path, count) for path in ENDPOINTS[:2] for count in counts]
    ways = [Way(f"{path}, n {count}", written(path, body_of(path, n=count)), True) for path, count in asked]
    with scene(tmp_path, FLOORS["one token, strictly"]) as there:
        assert faults(there, ways, is_held_by_a_limit) == []
