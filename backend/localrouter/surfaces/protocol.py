"""The only place where bytes from a client become a request: deadlines, caps, framing, and who left.

uvicorn's protocol parses and speaks ASGI. This one adds what a server that strangers can reach needs: a request
that is late, too large or ambiguous is refused in words, and nothing that follows it on the connection is read as
a request. A client that leaves cancels its request's task at once, with the reason as the cancellation's message.
"""

from __future__ import annotations

import asyncio
import logging
from enum import Enum

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from localrouter.surfaces.deadline import Deadline
from localrouter.surfaces.rejection import (
    INTERNAL_ERROR,
    REQUEST_ID_KEY,
    SHUTTING_DOWN,
    Rejection,
    error_body,
    error_headers,
    new_request_id,
)
from localrouter.surfaces.request_head import (
    HTTP2_OFFER,
    NOTED_HEADERS,
    UPGRADE_REFUSED,
    RequestHead,
    without_upgrade,
)

LOG = logging.getLogger(__name__)

CLIENT_LEFT = "the client left"
REQUEST_REFUSED = "the request was refused while it ran"


class Reading(Enum):
    """Where in a request the next byte belongs."""

    IDLE = "idle"
    HEAD = "head"
    BODY = "body"


class _Refused(Exception):
    """Stops the parser inside one of its callbacks."""

    def __init__(self, rejection: Rejection) -> None:
        super().__init__(rejection.code)
        self.rejection = rejection


_PIPELINE_FULL = Rejection(
    400, "too_many_pipelined_requests", "Too many requests wait on this connection. Open another one."
)
_HEAD_LATE = Rejection(408, "request_timeout", "The request's headers did not arrive in time.")
_BODY_LATE = Rejection(408, "request_timeout", "The request's body stopped arriving.")


class GuardedProtocol(HttpToolsProtocol):
    """One connection. Limits are class attributes: seconds, and bytes."""

    head_seconds = 10.0
    body_seconds = 10.0
    idle_seconds = 75.0
    linger_seconds = 5.0
    max_head = 64 * 1024
    max_body = 20 * 1024 * 1024
    max_drained = 64 * 1024 * 1024
    max_pipelined = 100

    # Lasting state of the connection. Class-level defaults spare a constructor on the hot path.
    _reading = Reading.IDLE
    _running: RequestResponseCycle | None = None
    _task: asyncio.Task[None] | None = None
    _rejection: Rejection | None = None
    _is_lingering = False
    _drained = 0
    _deadline: Deadline

    # State of the request that is being read.
    _head: RequestHead
    _head_since = 0.0
    _head_bytes = 0
    _body_bytes = 0
    _bytes_without_body = 0
    _is_excused = False
    _chunk_bytes = 0

    # Connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._deadline = Deadline(self.loop, self._expire)
        self._deadline.expire_in(self.idle_seconds)

    def eof_received(self) -> None:
        self._abandon(CLIENT_LEFT)

    def connection_lost(self, exc: Exception | None) -> None:
        self._abandon(CLIENT_LEFT)
        self._deadline.close()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        if self._is_answering() or self.pipeline:
            self.cycle.keep_alive = False
        else:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        if self._rejection is not None:
            self._discard(len(data))
            return
        self._chunk_bytes = len(data)
        body_bytes = self._body_bytes
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._decline_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            self._refuse(_rejection_of(error))
        else:
            if self._reading is not Reading.IDLE:
                self._expect_more(len(data), has_body=self._body_bytes != body_bytes)

    # Parser callbacks

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._reading = Reading.HEAD
        self._head = RequestHead()
        self._head_since = 0.0
        self._head_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name in NOTED_HEADERS:
            self._head.note(name, value)
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        rejection = self._judge_head()
        if rejection is not None:
            raise _Refused(rejection)
        if self.parser.should_upgrade():
            return  # The parser stops here; `data_received` goes on.
        self.expect_100_continue = self._head.expects_continue
        super().on_headers_complete()
        self.headers = []  # What comes now are trailers. They must not pass for headers.
        self._reading = Reading.BODY
        self._body_bytes = self._bytes_without_body = 0
        self._is_excused = self.expect_100_continue
        if self.pipeline:
            # Reading goes on while requests wait, or nobody would see the client leave.
            self.flow.resume_reading()

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > self.max_body:
            raise _Refused(self._too_large())
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._reading is not Reading.BODY:
            return
        self._reading = Reading.IDLE
        super().on_message_complete()
        # A long body paused reading. It is whole now: read on, or nobody would see the client leave.
        self.flow.resume_reading()
        if self._is_answering():
            self._deadline.never()
        else:
            self._deadline.expire_in(self.idle_seconds)

    # The head

    def _judge_head(self) -> Rejection | None:
        head = self._head
        fault = head.fault(self.parser.get_http_version(), self.parser.get_method(), self.url)
        if fault is not None:
            return fault
        if self._head_bytes + self._chunk_bytes > self.max_head and self._head_size() > self.max_head:
            return self._head_too_large()
        if head.body_length() > self.max_body:
            return self._too_large()
        return _PIPELINE_FULL if len(self.pipeline) >= self.max_pipelined else None

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _head_too_large(self) -> Rejection:
        return Rejection(431, "headers_too_large", f"The headers are larger than {self.max_head} bytes.")

    def _too_large(self) -> Rejection:
        return Rejection(413, "request_too_large", f"The request's body is larger than {self.max_body} bytes.")

    def _decline_upgrade(self, rest: bytes) -> None:
        """Serve an offer of HTTP/2 as what it also is, a plain request; refuse every other upgrade.

        Some HTTP clients make that offer with each request. The parser has stopped, so a new one reads the request
        again without the offer.
        """
        if self._head.upgrade != HTTP2_OFFER:
            self._refuse(UPGRADE_REFUSED)
            return
        head = without_upgrade(self.parser.get_method(), self.url, self.headers)
        self.parser = httptools.HttpRequestParser(self)
        self._reading = Reading.IDLE
        self.data_received(head + rest)

    # The request's task

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        self._task = self.loop.create_task(self._run(cycle, app))
        self._task.add_done_callback(self.tasks.discard)
        self.tasks.add(self._task)

    async def _run(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        try:
            await app(cycle.scope, cycle.receive, cycle.send)
        except asyncio.CancelledError:
            self._end_unanswered(cycle, SHUTTING_DOWN)
        except Exception:
            LOG.exception("Request %s failed", _request_id(cycle))
            self._end_unanswered(cycle, INTERNAL_ERROR)
        else:
            if not cycle.response_complete and not cycle.disconnected:
                LOG.error("Request %s was not answered to its end", _request_id(cycle))
            self._end_unanswered(cycle, INTERNAL_ERROR)
        finally:
            cycle.on_response = _nothing  # Frees the connection that this bound method holds.

    def _end_unanswered(self, cycle: RequestResponseCycle, rejection: Rejection) -> None:
        if cycle.response_complete or cycle.disconnected:
            return
        cycle.disconnected = True
        self.pipeline.clear()
        if cycle.response_started:
            self.transport.close()
            self._deadline.expire_in(self.linger_seconds)  # what a client does not read is not waited for
            return
        self._rejection = rejection
        self._answer(rejection, _request_id(cycle))

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            # A client that does not read its answer must not hold the connection.
            self._deadline.expire_in(self.linger_seconds)
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._rejection is not None:
            self._answer(self._rejection, new_request_id())
        elif self._reading is Reading.IDLE:
            self._deadline.expire_in(self.idle_seconds)

    def _is_answering(self) -> bool:
        running = self._running
        return running is not None and not running.response_complete and not running.disconnected

    def _abandon(self, reason: str) -> None:
        """End the running request's task, once, and forget the requests that wait behind it."""
        self.pipeline.clear()
        if self._running is None or not self._is_answering():
            return
        self._running.disconnected = True
        if self._task is not None and not self._task.done() and not self._task.cancelling():
            self._task.cancel(reason)

    # Refusing

    def _refuse(self, rejection: Rejection) -> None:
        """Read no further request on this connection, and say why when earlier ones are answered."""
        self._rejection = rejection
        if self._reading is Reading.BODY:
            if self.pipeline and self.pipeline[0][0] is self.cycle:
                self.pipeline.popleft()
            else:
                self._abandon(REQUEST_REFUSED)
                if self.cycle.response_started:
                    self._linger()
                    return
        if self._is_answering():
            self._deadline.never()
            return
        self._answer(rejection, new_request_id())

    def _answer(self, rejection: Rejection, request_id: str) -> None:
        body = error_body(rejection)
        lines = [b"%b: %b\r\n" % header for header in error_headers(body, request_id)]
        self.transport.write(
            b"".join([STATUS_LINE[rejection.status], *lines, b"connection: close\r\n\r\n", body]),
        )
        self._linger()

    def _linger(self) -> None:
        """Close our direction only: closing with unread bytes would reset the connection and lose the answer."""
        self._is_lingering = True
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        self.transport.write_eof()
        self._deadline.expire_in(self.linger_seconds)

    def _discard(self, size: int) -> None:
        self._drained += size
        if self._drained <= self.max_drained:
            return
        if self._is_lingering:
            self._close()
        else:
            self.flow.pause_reading()

    # Deadlines

    def _expect_more(self, size: int, *, has_body: bool) -> None:
        now = self.loop.time()
        if self._reading is Reading.HEAD:
            self._head_since = self._head_since or now
            self._head_bytes += size
            if self._head_bytes > self.max_head and self._chunk_bytes < self._head_bytes:
                self._refuse(self._head_too_large())
                return
            self._deadline.expire_at(self._head_since + self.head_seconds)
            return
        self._bytes_without_body = 0 if has_body else self._bytes_without_body + size
        if self._bytes_without_body > self.max_head:
            self._refuse(self._head_too_large())
            return
        self._is_excused = self._is_excused and self._keeps_waiting()
        self._deadline.expire_at(now + self.body_seconds)

    def _expire(self) -> None:
        if self._is_lingering or self.transport.is_closing() or self._reading is Reading.IDLE:
            self._close()
        elif self._reading is Reading.HEAD:
            self._refuse(_HEAD_LATE)
        elif self._is_excused or self._keeps_waiting():
            # The time that we took is not the client's: it gets a whole period once we go on.
            self._is_excused = self._keeps_waiting()
            self._deadline.expire_in(self.body_seconds)
        else:
            self._refuse(_BODY_LATE)

    def _keeps_waiting(self) -> bool:
        """Whether the client's body is late because we do not read it, or have not asked for it."""
        return self.flow.read_paused or self.cycle.waiting_for_100_continue

    def _close(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # The client does not read: a plain close would wait for it for ever.
        else:
            self.transport.close()


def _rejection_of(error: httptools.HttpParserError) -> Rejection:
    cause = error.__context__
    match cause:
        case _Refused():
            return cause.rejection
        case None | httptools.HttpParserError():
            reason = str(cause or error)
            return Rejection(400, "invalid_http_request", f"This is not a valid HTTP/1.1 request: {reason}.")
        case _:
            LOG.error("Reading a request failed", exc_info=cause)
            return INTERNAL_ERROR


def _request_id(cycle: RequestResponseCycle) -> str:
    state = cycle.scope.get("state") or {}
    return str(state.get(REQUEST_ID_KEY) or new_request_id())


def _nothing() -> None:
    """What a finished request reports its response to."""
