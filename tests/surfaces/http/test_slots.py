"""Which connections a listening socket holds, and which give way: by themselves, and on the wire."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
from functools import partial

import pytest
from starlette.types import Receive, Scope, Send

from localrouter.domain.configuration.config import Server
from localrouter.surfaces.http.guard import Guard
from localrouter.surfaces.http.slots import Rank, Room, Slots, room_within
from tests.surfaces.http.serving import GET, HANG, POST, Connect, Run, Slow, Wire, respond, serve


class Peer:
    """A connection that notes when it was asked to give way."""

    def __init__(self) -> None:
        self.gave_way = False

    def give_way(self) -> None:
        self.gave_way = True


class Told:
    def __init__(self) -> None:
        self.now = 0.0
        self.rank = Rank.CLIENT


def slots(most: int, spare: int = 0, told: Told | None = None) -> Slots:
    told = told or Told()
    return Slots(Room(most, spare), lambda: told.now, lambda _target, _headers: told.rank)


def opened(held: Slots, count: int) -> list[Peer]:
    peers = [Peer() for _ in range(count)]
    assert all(held.opened(peer) for peer in peers)
    return peers


def test_the_longest_silent_gives_way_to_a_new_connection() -> None:
    held = slots(3)
    first, second, third = opened(held, 3)
    held.works(first)
    held.quiet(first)  # has asked something since
    opened(held, 1)
    assert [peer.gave_way for peer in (first, second, third)] == [False, True, False]
    assert held.count == 3


def test_what_works_is_never_cut_for_a_new_connection() -> None:
    held = slots(3)
    working = opened(held, 3)
    for peer in working:
        held.works(peer)
    assert not held.opened(Peer())
    assert not any(peer.gave_way for peer in working)
    held.closed(working[0])
    assert held.opened(Peer())


def test_however_many_work_those_who_connect_get_time_to_say_who_they_are() -> None:
    held = slots(3, spare=2)
    for peer in opened(held, 3):
        held.works(peer)
    waiting = opened(held, 2)
    assert [peer.gave_way for peer in waiting] == [False, False]
    opened(held, 1)
    assert [peer.gave_way for peer in waiting] == [True, False]
    assert held.count == 5


@pytest.mark.parametrize(
    ("rank", "working", "has_room"),
    [
        (Rank.CLIENT, 2, True),
        (Rank.CLIENT, 3, False),
        (Rank.VISITOR, 4, True),
        (Rank.VISITOR, 5, False),
        (Rank.OWNER, 6, True),
    ],
)
def test_the_spare_slots_are_the_owners(rank: Rank, working: int, has_room: bool) -> None:
    told = Told()
    held = slots(3, spare=4, told=told)
    for _ in range(working):
        (peer,) = opened(held, 1)
        held.works(peer)
    told.rank = rank
    assert held.has_room(b"/", []) is has_room
    assert held.is_full() is (working >= 3)


def test_a_connection_that_is_gone_holds_nothing_whatever_it_did() -> None:
    held = slots(2)
    for peer in opened(held, 2):
        held.works(peer)
        held.closed(peer)
        held.closed(peer)
        held.works(peer)
        held.quiet(peer)
    assert held.count == 0


def test_one_who_gave_way_is_not_counted_while_it_closes() -> None:
    held = slots(1)
    (first,) = opened(held, 1)
    opened(held, 1)
    held.works(first)
    assert held.count == 1
    assert not held.is_full()


def test_a_full_house_is_told_once_in_a_while(caplog: pytest.LogCaptureFixture) -> None:
    told = Told()
    held = slots(1, told=told)
    opened(held, 50)
    assert caplog.text.count("1 connections are open") == 1
    assert "ulimit -n" in caplog.text
    told.now = 61.0
    opened(held, 1)
    assert caplog.text.count("connections are open") == 2


@pytest.mark.parametrize("limit", [64, 128, 256, 1_024, 4_096, 16_384, 1_000_000])
def test_all_connections_with_one_more_to_a_provider_each_fit_within_the_descriptors(limit: int) -> None:
    room = room_within(limit)
    assert room.most >= 8
    assert limit < 256 or 2 * room.most + room.spare + 32 + 64 <= limit


@pytest.mark.parametrize(("soft", "hard", "after"), [(64, 128, 128), (300, 1_000, 1_000), (200, 200, 200)])
def test_the_process_takes_the_descriptors_that_it_may_have(soft: int, hard: int, after: int) -> None:
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < hard:
        pytest.skip("this process may have fewer")
    code = (
        "import resource; from localrouter.surfaces.http.slots import raise_descriptor_limit as up; "
        "print(up(), *resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    limited = partial(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
    told = subprocess.run(
        [sys.executable, "-c", code], preexec_fn=limited, capture_output=True, text=True, check=True, env=os.environ
    )
    assert told.stdout.split() == [str(after), str(after), str(hard)]


# On the wire


async def told_now(wire: Wire) -> bool:
    """Whether the connection was closed from the other side."""
    try:
        return await asyncio.wait_for(wire.reader.read(1), 0.05) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_silent_connections_shut_nobody_out_and_the_oldest_go_first(run: Run) -> None:
    async def talk(connect: Connect) -> None:
        used = await connect()
        await used.say(GET)
        assert (await used.answer())[0] == 200
        silent = [await connect() for _ in range(7)]
        half = await connect()
        await half.say(b"GET /half HT")
        late = [await connect() for _ in range(7)]
        assert [await told_now(wire) for wire in (used, *silent)] == [True] * 8
        for wire in late:
            await wire.say(GET)
            assert (await wire.answer())[2] == b"hello"

    run(Slow(), talk, room=Room(8))


def test_a_running_request_is_not_cut_however_many_connect(run: Run) -> None:
    app = Slow()

    async def talk(connect: Connect) -> None:
        wire = await connect()
        await wire.say(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.wait_for(app.started.wait(), HANG)
        for _ in range(60):
            await connect()
        app.released.set()
        assert (await wire.answer())[2] == b"late"

    run(app, talk, room=Room(3))


def guarded(app: ByPath) -> Guard:
    """`app` behind the guard of a home whose admin token is `right`."""
    return Guard(app, server_config=Server, admits=lambda token: token == "right")


def head(method: bytes, path: bytes, token: bytes = b"") -> bytes:
    lines = [b"%b %b HTTP/1.1" % (method, path), b"host: localhost", b"content-type: application/json"]
    if token:
        lines.append(b"authorization: Bearer " + token)
    return b"\r\n".join([*lines, b"content-length: 0", b"", b""])


class ByPath:
    """Answers all but `/v1/slow`, which runs until the end."""

    def __init__(self) -> None:
        self.running = asyncio.Semaphore(0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/v1/slow":
            self.running.release()
            await asyncio.sleep(HANG * 2)
        await respond(send, scope["path"].encode())


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (head(b"POST", b"/rpc", b"right"), 200),
        (head(b"GET", b"/events", b"right"), 200),
        (head(b"POST", b"/session"), 200),
        (head(b"GET", b"/ui/index.html"), 200),
        (head(b"GET", b"/health"), 200),
        (head(b"POST", b"/rpc", b"wrong"), 503),
        (head(b"POST", b"/rpc"), 503),
        (head(b"POST", b"/v1/chat/completions", b"right"), 503),
        (head(b"GET", b"/v1/models", b"key"), 503),
    ],
)
def test_where_all_slots_are_at_work_the_owner_is_served_and_others_are_told_when_to_come_back(
    run: Run, request_bytes: bytes, status: int
) -> None:
    app = ByPath()

    async def talk(connect: Connect) -> None:
        for _ in range(4):
            await (await connect()).say(head(b"POST", b"/v1/slow"))
            await app.running.acquire()
        for _ in range(20):
            await connect()
        wire = await connect()
        await wire.say(request_bytes)
        got, headers, body = await wire.answer()
        assert got == status
        if status == 503:
            assert int(headers["retry-after"]) > 0
            assert json.loads(body)["error"]["code"] == "too_many_connections"
            assert await wire.rest() == b""

    run(guarded(app), talk, room=Room(4, spare=4))


def test_where_even_the_spare_slots_are_at_work_a_connection_is_told_so_at_once(run: Run) -> None:
    app = ByPath()

    async def talk(connect: Connect) -> None:
        for _ in range(2):
            await (await connect()).say(head(b"POST", b"/v1/slow"))
            await app.running.acquire()
        wire = await connect()
        status, headers, _ = await wire.answer()
        assert (status, "retry-after" in headers) == (503, True)
        assert await wire.rest() == b""

    run(guarded(app), talk, room=Room(2))


def test_a_request_that_was_refused_holds_no_slot_while_its_body_drips(run: Run) -> None:
    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, b"no", 401)

    async def talk(connect: Connect) -> None:
        for _ in range(6):
            wire = await connect()
            await wire.say(POST + b"Content-Length: 1000000\r\n\r\nx")
            assert (await wire.answer())[0] == 401
        assert (await (await connect_and_ask(connect)).answer())[0] == 401

    async def connect_and_ask(connect: Connect) -> Wire:
        wire = await connect()
        await wire.say(GET)
        return wire

    run(refuse, talk, room=Room(3))


def test_slots_come_back_when_requests_end_however_they_end() -> None:
    """Well-behaved, left, refused and pipelined requests, many times over the number of slots."""

    async def talk(connect: Connect) -> None:
        for _ in range(30):
            well, left, bad, many = [await connect() for _ in range(4)]
            await well.say(GET)
            assert (await well.answer())[0] == 200
            await left.say(GET)
            left.reset()
            await bad.say(b"GET / HTTP/1.1\r\n\r\n")
            assert (await bad.answer())[0] == 400
            await many.say(GET * 5)
            for _ in range(5):
                assert (await many.answer())[2] == b"hello"

    serve(Slow(), talk, room=Room(4))
