"""What a connection makes of a provider's bytes: framings of every kind, fed at every split, and hostile ones."""

from __future__ import annotations

import random
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from localrouter.services.upstream.connection import BUFFERED, WRITTEN_AT_ONCE, Exchange, HttpConnection
from localrouter.services.upstream.errors import (
    MAX_HEAD,
    MAX_INTERIM,
    BrokenBody,
    ClosedWithoutAnswer,
    InterimFlood,
    NotHttp,
    OversizedHead,
)
from localrouter.services.upstream.turns import PIECE
from tests.services.upstream.framings import Framing, framing
from tests.services.upstream.wire import Wire

T = TypeVar("T")
REQUEST = b"POST /v1/x HTTP/1.1\r\nhost: one\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Scene:
    """`released`: the connection, once for each time that it was given back for another request."""

    wire: Wire
    connection: HttpConnection
    exchange: Exchange
    released: list[HttpConnection]

    def feed(self, *pieces: bytes) -> None:
        for piece in pieces:
            if not self.wire.is_ended:
                self.connection.data_received(piece)

    def close(self, error: Exception | None = None) -> None:
        self.connection.connection_lost(error)


def scene(body: bytes = b"{}", *, is_full: bool = False) -> Scene:
    released: list[HttpConnection] = []
    connection, wire = HttpConnection(released.append), Wire(is_full=is_full)
    wire.carry(connection)
    return Scene(wire, connection, connection.send(REQUEST, body), released)


def now(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of what has nothing to wait for."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    coroutine.close()
    raise AssertionError("it waits for more")


def body_of(exchange: Exchange) -> bytes:
    now(exchange.head())
    pieces = []
    while piece := now(exchange.read()):
        pieces.append(piece)
    return b"".join(pieces)


def cuts(wire: bytes) -> Iterator[list[bytes]]:
    """In one piece, in two at each place, and byte by byte."""
    yield [wire]
    for at in range(1, len(wire)):
        yield [wire[:at], wire[at:]]
    yield [wire[at : at + 1] for at in range(len(wire))]


def check(made: Framing, pieces: list[bytes]) -> None:
    here = scene()
    here.feed(*pieces)
    if made.ends_with_connection:
        here.close()
    assert here.exchange.status == made.status
    assert body_of(here.exchange) == made.body
    assert bool(here.released) is made.is_reusable


def test_answers_of_every_framing_are_read_alike_at_every_split(full: bool) -> None:
    chance = random.Random(11)
    for number in range(10_000 if full else 60):
        made = framing(chance)
        for pieces in cuts(made.wire):
            try:
                check(made, pieces)
            except Exception as error:
                raise AssertionError(f"framing {number}: {pieces}") from error


def test_a_connection_carries_one_answer_after_another() -> None:
    here = scene()
    here.feed(OK)
    assert body_of(here.exchange) == b"hi"
    second = here.connection.send(REQUEST, b"")
    here.feed(CHUNKED + b"3\r\nyou\r\n", b"0\r\n\r\n")
    assert body_of(second) == b"you"
    assert len(here.released) == 2


@pytest.mark.parametrize(
    "wire",
    [
        OK + OK,
        OK + b"x",
        OK + b"\r\nHTTP/1.1 200 OK\r\n",
        CHUNKED + b"2\r\nhi\r\n0\r\n\r\n" + OK,
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi and more",
    ],
)
def test_what_follows_an_answer_costs_the_connection_and_not_the_answer(wire: bytes) -> None:
    for pieces in cuts(wire):
        here = scene()
        here.feed(*pieces)
        assert body_of(here.exchange) == b"hi"
        assert here.wire.is_ended


def test_bytes_on_a_connection_that_nobody_uses_end_it() -> None:
    here = scene()
    here.feed(OK)
    here.feed(b"HTTP/1.1 200 OK\r\n")
    assert here.wire.is_ended


@pytest.mark.parametrize(
    "wire",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nhi!",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2, 3\r\n\r\nhi!",
        b"HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nhi",
        b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nhi",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x15\x03\x01\x00\x02\x02\x16 and more",
        b"<html>",
        b"HTTP/1.1 twohundred OK\r\n\r\n",
    ],
)
def test_what_is_no_answer_or_means_two_things_is_refused(wire: bytes) -> None:
    for pieces in cuts(wire):
        here = scene()
        here.feed(*pieces)
        assert isinstance(here.exchange.error, NotHttp)
        assert here.wire.is_ended
        assert not here.released


@pytest.mark.parametrize(
    "wire",
    [
        CHUNKED + b"zz\r\nhi",
        CHUNKED + b"2\r\nhixx",
        CHUNKED + b"-1\r\nhi",
        CHUNKED + b"fffffffffffffffff\r\nhi",
    ],
)
def test_a_framing_that_turns_out_wrong_breaks_the_body_off(wire: bytes) -> None:
    for pieces in cuts(wire):
        here = scene()
        here.feed(*pieces)
        assert isinstance(here.exchange.error, BrokenBody)
        assert here.wire.is_ended


@pytest.mark.parametrize("wire", [OK[:-1], CHUNKED + b"2\r\nhi\r\n", CHUNKED + b"2\r\nhi\r\n0\r\n"])
def test_a_body_that_ends_before_its_end_is_broken_off_behind_what_came(wire: bytes) -> None:
    here = scene()
    here.feed(wire)
    here.close()
    now(here.exchange.head())
    assert now(here.exchange.read()).startswith(b"h")
    with pytest.raises(BrokenBody):
        now(here.exchange.read())


def test_a_connection_that_ends_before_the_head_gave_no_answer() -> None:
    for wire in (b"", b"HTTP/1.1 200 OK\r\ncontent-", b"HTTP/1.1 100 Continue\r\n\r\n"):
        here = scene()
        here.feed(wire)
        here.close()
        assert isinstance(here.exchange.error, ClosedWithoutAnswer)


def test_a_reset_is_told_as_one() -> None:
    here = scene()
    here.close(ConnectionResetError(104, "reset"))
    assert isinstance(here.exchange.error, ConnectionResetError)


def test_interim_answers_have_a_bound() -> None:
    one = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
    for pieces in ([one * MAX_INTERIM + OK], [one] * MAX_INTERIM + [OK]):
        here = scene()
        here.feed(*pieces)
        assert body_of(here.exchange) == b"hi"
    for pieces in ([one * 3_000], [one] * 3_000):
        here = scene()
        here.feed(*pieces)
        assert isinstance(here.exchange.error, InterimFlood)


@pytest.mark.parametrize("size", [1, 3, 4_096, MAX_HEAD, 4 * MAX_HEAD])
def test_a_head_has_a_bound_and_its_body_counts_for_nothing(size: int) -> None:
    start, end = b"HTTP/1.1 200 OK\r\nx: ", b"\r\ncontent-length: 100000\r\n\r\n"
    filling = b"a" * (MAX_HEAD - len(start) - len(end))
    for more, error in ((b"", None), (b"a", OversizedHead)):
        here = scene()
        wire = start + filling + more + end + b"\n" * 100_000
        here.feed(*(wire[at : at + size] for at in range(0, len(wire), size)))
        assert here.exchange.error is None if error is None else isinstance(here.exchange.error, error)
        if error is None:
            assert len(body_of(here.exchange)) == 100_000


@pytest.mark.parametrize(
    "flood", [b"2;" + b"x" * 1_000_000, b"0\r\n" + b"x: y\r\n" * 100_000, b"0\r\nx: " + b"y" * 1_000_000]
)
def test_extensions_and_trailers_have_a_bound(flood: bytes) -> None:
    here = scene()
    here.feed(CHUNKED, *(flood[at : at + 5_000] for at in range(0, len(flood), 5_000)))
    assert isinstance(here.exchange.error, BrokenBody)


def test_trailers_are_no_headers() -> None:
    here = scene()
    here.feed(CHUNKED + b"2\r\nhi\r\n0\r\nretry-after: 9\r\n\r\n")
    assert body_of(here.exchange) == b"hi"
    assert "retry-after" not in here.exchange.headers


def test_of_several_headers_of_one_name_the_first_counts() -> None:
    here = scene()
    here.feed(b"HTTP/1.1 200 OK\r\nRetry-After: 1\r\nretry-after: 2\r\nx: \xff\r\ncontent-length: 0\r\n\r\n")
    assert here.exchange.headers["retry-after"] == "1"
    assert here.exchange.headers["x"].encode(errors="surrogateescape") == b"\xff"


def test_a_provider_waits_for_a_slow_reader_and_the_next_request_does_not() -> None:
    here = scene()
    whole = b"x" * (BUFFERED + 3 * PIECE)
    here.feed(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (len(whole) + 1), whole)
    assert here.wire.is_paused
    read = 0
    while here.wire.is_paused:
        read += len(now(here.exchange.read()))
    assert read >= BUFFERED // 2
    here.feed(b"x")  # the last byte; half of the answer still waits for its reader
    assert here.released == [here.connection]
    assert not here.wire.is_paused


def test_a_reader_that_leaves_after_the_end_does_not_end_the_next_request() -> None:
    here = scene()
    here.feed(OK)
    second = here.connection.send(REQUEST, b"")
    here.exchange.abort()
    assert not here.wire.is_ended
    second.abort()
    assert here.wire.is_ended
    assert isinstance(second.error, BrokenBody)


def test_a_long_request_goes_out_as_the_network_takes_it() -> None:
    body = random.Random(5).randbytes(WRITTEN_AT_ONCE + 3 * PIECE)
    here = scene(body, is_full=True)
    rounds = 0
    while len(here.wire.written) < len(REQUEST) + len(body):
        before = len(here.wire.written)
        here.connection.resume_writing()
        assert 0 < len(here.wire.written) - before <= PIECE
        rounds += 1
    assert here.wire.written == REQUEST + body
    assert rounds >= 4
    here.feed(OK)
    assert here.released


def test_a_connection_whose_request_was_answered_before_it_was_whole_is_not_used_again() -> None:
    here = scene(b"x" * 2 * WRITTEN_AT_ONCE, is_full=True)
    here.feed(b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\n\r\nno")
    assert body_of(here.exchange) == b"no"
    assert not here.released
    assert here.wire.is_ended


def test_a_closed_connection_takes_no_request() -> None:
    here = scene()
    here.feed(OK)
    here.close()
    assert not here.connection.is_open
    with pytest.raises(ClosedWithoutAnswer):
        here.connection.send(REQUEST, b"")
