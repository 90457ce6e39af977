"""One connection to a provider: a request goes out, one answer comes back, and nothing else is let in.

httptools parses; here is decided what may arrive when. A connection is stricter than its parser: a head has a bounded
size and a bounded number of interim answers before it, bytes that no request asked for make the connection unusable,
and whatever goes wrong ends the exchange with an error instead of leaving its reader to wait.
"""

from __future__ import annotations

import asyncio
import select
from collections import deque
from collections.abc import Callable
from typing import cast

import httptools

from localrouter.services.upstream.errors import (
    MAX_HEAD,
    MAX_INTERIM,
    BrokenBody,
    ClosedWithoutAnswer,
    InterimFlood,
    NotHttp,
    OversizedHead,
    UpstreamError,
)
from localrouter.services.upstream.turns import PIECE

BUFFERED = 256 * 1024  # bytes of an answer that wait for their reader before the provider has to
WRITTEN_AT_ONCE = 256 * 1024  # bytes of a request; a longer one goes out in pieces, as the network takes them
_NO_BODY = frozenset({204, 304})
_BLANK_LINES = (b"\r\n\r\n", b"\n\n", b"\n\r\n")


class Exchange:
    """One request's answer as it arrives. Whoever reads it waits in `head` or `read`; `error` is set when it broke."""

    __slots__ = (
        "_buffered",
        "_connection",
        "_pieces",
        "_waiter",
        "error",
        "headers",
        "is_ended",
        "status",
    )

    def __init__(self, connection: HttpConnection) -> None:
        self.status = 0  # until the head is there
        self.headers: dict[str, str] = {}
        self.is_ended = False
        self.error: Exception | None = None
        self._connection: HttpConnection | None = connection
        self._pieces: deque[bytes] = deque()
        self._buffered = 0
        self._waiter: asyncio.Future[None] | None = None

    async def head(self) -> None:
        """Wait for the answer's head. Raises what prevents it."""
        while not self.status:
            if self.error is not None:
                raise self.error
            await self._wait()

    async def read(self) -> bytes:
        """The next bytes of the body, at most `PIECE`; b"" at its end. Raises what broke it off."""
        while not self._pieces:
            if self.error is not None:
                raise self.error
            if self.is_ended:
                return b""
            await self._wait()
        return self._take()

    def abort(self) -> None:
        """End the connection, unless the answer has been received whole."""
        if self._connection is not None:
            self._connection.abort()

    def begin(self, status: int, headers: dict[str, str]) -> None:
        self.headers = headers
        self.status = status
        self._wake()

    def add(self, piece: bytes) -> bool:
        """Whether the provider should wait before it sends more."""
        self._pieces.append(piece)
        self._buffered += len(piece)
        self._wake()
        return self._buffered > BUFFERED

    def end(self, error: Exception | None = None) -> None:
        """The connection has nothing more for this exchange."""
        self.is_ended = error is None
        self.error = error
        self._connection = None
        self._wake()

    def _take(self) -> bytes:
        pieces = self._pieces
        taken = pieces.popleft()
        if pieces and len(taken) < PIECE:
            taken = self._join(taken)
        if len(taken) > PIECE:
            pieces.appendleft(taken[PIECE:])
            taken = taken[:PIECE]
        self._buffered -= len(taken)
        if self._connection is not None and self._buffered <= BUFFERED // 2:
            self._connection.go_on_reading()
        return taken

    def _join(self, first: bytes) -> bytes:
        joined, size = [first], len(first)
        while self._pieces and size < PIECE:
            joined.append(self._pieces.popleft())
            size += len(joined[-1])
        return b"".join(joined)

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class HttpConnection(asyncio.Protocol):
    """`let_go` is called once the connection is free again and may be reused.

    Methods named `on_…` are the parser's.
    """

    __slots__ = (
        "_exchange",
        "_framing_bytes",
        "_has_head",
        "_headers",
        "_interim",
        "_is_reading",
        "_is_written",
        "_let_go",
        "_may_reuse",
        "_may_write",
        "_parser",
        "_poll",
        "_rest",
        "_tail",
        "_transport",
        "_until_close",
        "idle_since",
    )

    def __init__(self, let_go: Callable[[HttpConnection], None]) -> None:
        self.idle_since = 0.0  # loop time
        self._let_go = let_go
        self._transport: asyncio.Transport | None = None
        self._poll: select.poll | None = None
        self._parser = httptools.HttpResponseParser(self)
        # What widely used servers get wrong and no reading can mistake: a lone LF, spaces behind a chunk's size,
        # unusual characters in a header.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )
        self._exchange: Exchange | None = None
        self._may_write = self._is_reading = True
        self._rest: bytes | memoryview = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._has_head = self._until_close = self._may_reuse = False
        self._interim = 0
        self._framing_bytes = 0  # since the last byte of content: of the head, of chunks' sizes, of trailers
        self._tail = b""  # the last bytes before what is parsed now, where a head's end may have begun

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def is_quiet(self) -> bool:
        """Whether nothing has arrived, neither bytes nor the connection's end, that the event loop does not know of
        yet: a request that is sent into a connection which its other side has closed is lost."""
        return self._poll is None or not self._poll.poll(0)

    def attach(self, transport: asyncio.Transport) -> None:
        """Take the transport; one that TLS came to stand on later is not announced by `connection_made`."""
        self._transport = transport
        taken = transport.get_extra_info("socket")
        if taken is not None:
            self._poll = select.poll()
            self._poll.register(taken.fileno(), select.POLLIN)

    def send(self, head: bytes, body: bytes) -> Exchange:
        """Send a request. What the network does not take at once follows as it can."""
        if self._transport is None or self._exchange is not None:
            raise ClosedWithoutAnswer
        self._exchange = exchange = Exchange(self)
        if len(body) <= WRITTEN_AT_ONCE:
            self._begin_exchange(b"")
            self._transport.write(head + body)
        else:
            self._begin_exchange(memoryview(body))
            self._transport.write(head)
            self._send_rest()
        return exchange

    def abort(self) -> None:
        """End the connection at once; what is unread is lost."""
        self._give_up(BrokenBody())

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def go_on_reading(self) -> None:
        if not self._is_reading and self._transport is not None and not self._transport.is_closing():
            self._is_reading = True
            self._transport.resume_reading()

    # What the event loop tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.attach(cast(asyncio.Transport, transport))

    def data_received(self, data: bytes) -> None:
        if self._exchange is None:  # nobody asked for it
            self.abort()
            return
        try:
            self._parse(data)
        except httptools.HttpParserCallbackError as error:
            self._give_up(error.__context__ if isinstance(error.__context__, UpstreamError) else NotHttp())
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._give_up(BrokenBody() if self._has_head else NotHttp())
        else:
            if self._exchange is None:
                self._release()

    def eof_received(self) -> bool:
        return False  # closes; `connection_lost` follows

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        exchange, self._exchange = self._exchange, None
        if exchange is None:
            return
        if not self._has_head:
            exchange.end(exc or ClosedWithoutAnswer())
        elif self._until_close and exc is None:
            exchange.end()
        else:
            exchange.end(exc or BrokenBody())

    def pause_writing(self) -> None:
        self._may_write = False

    def resume_writing(self) -> None:
        self._may_write = True
        self._send_rest()

    def _parse(self, data: bytes) -> None:
        if self._has_head:
            self._parse_body(data)
        elif self._framing_bytes + len(data) > MAX_HEAD:
            self._parse_long_head(data)
        else:
            self._framing_bytes += len(data)
            self._tail = data[-3:]
            self._parser.feed_data(data)

    def _parse_body(self, data: bytes) -> None:
        self._framing_bytes += len(data)
        self._parser.feed_data(data)
        if self._framing_bytes > MAX_HEAD:  # sizes of chunks, extensions or trailers without end
            self._give_up(BrokenBody())

    def _parse_long_head(self, data: bytes) -> None:
        """What came may reach beyond the longest head that is read: the head alone decides."""
        end = _end_of_head(self._tail + data) - len(self._tail)
        size = self._framing_bytes + (end if end > 0 else len(data))
        if size > MAX_HEAD:
            self._give_up(OversizedHead())
            return
        self._framing_bytes = size
        self._tail = b""
        self._parser.feed_data(data[:end])
        if self._exchange is not None and end < len(data):
            self._parse(data[end:])

    def _give_up(self, error: Exception) -> None:
        exchange, self._exchange = self._exchange, None
        if self._transport is not None:
            self._transport.abort()
        if exchange is not None:
            exchange.end(error)

    def _release(self) -> None:
        """The answer is complete. Only a connection that has nothing left to send or to say is used again."""
        self.go_on_reading()
        if self._may_reuse and not self._rest:
            self._let_go(self)
        else:
            self.close()

    def _send_rest(self) -> None:
        while self._rest and self._may_write and self._transport is not None:
            piece, self._rest = self._rest[:PIECE], self._rest[PIECE:]
            self._transport.write(piece)

    # What the parser tells.

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._has_head:  # trailers are nobody's headers
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self._exchange is None:  # a second answer in the same bytes
            raise NotHttp
        if 100 <= status < 200:
            self._headers = []
            self._interim += 1
            if self._interim > MAX_INTERIM:
                raise InterimFlood
            return
        self._has_head = True
        self._framing_bytes = 0
        headers = _read_headers(self._headers)
        coding = headers.get("transfer-encoding", "identity").lower()
        if coding not in ("chunked", "identity"):
            raise NotHttp
        self._until_close = coding == "identity" and "content-length" not in headers and status not in _NO_BODY
        self._may_reuse = self._parser.should_keep_alive()
        self._exchange.begin(status, headers)

    def on_body(self, body: bytes) -> None:
        self._framing_bytes = 0
        if self._exchange is not None and self._exchange.add(body) and self._is_reading and self._transport is not None:
            self._is_reading = False
            self._transport.pause_reading()

    def on_message_begin(self) -> None:
        if self._has_head:  # more than was asked for: whatever it is, the answer before it stands
            self._may_reuse = False

    def on_message_complete(self) -> None:
        if not self._has_head:  # an interim answer
            self._framing_bytes = 0
            return
        exchange = self._exchange
        if exchange is not None:
            self._exchange = None
            exchange.end()

    def _begin_exchange(self, rest: bytes | memoryview) -> None:
        self._rest = rest
        self._headers = []
        self._has_head = self._until_close = self._may_reuse = False
        self._interim = self._framing_bytes = 0
        self._tail = b""


def _read_headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """By lower-case name; of several values of one name the first."""
    headers: dict[str, str] = {}
    for name, value in raw:
        headers.setdefault(name.decode("latin-1").lower(), value.decode("utf-8", "surrogateescape"))
    return headers


def _end_of_head(data: bytes) -> int:
    """Where the first blank line ends; -1 if there is none."""
    found = [at + len(line) for line in _BLANK_LINES if (at := data.find(line)) >= 0]
    return min(found, default=-1)
