"""One connection: its requests' tasks, clients that leave or stop reading, and how it ends.

uvicorn's protocol parses and speaks ASGI. This half ignores what comes in. When a client leaves, or stops reading its
answer, it cancels the request's task at once, with the reason as the cancellation's message.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from enum import Enum

from uvicorn._types import ASGI3Application, ASGISendEvent
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.gateway.in_flight.abort import CLIENT_LEFT, CLIENT_REFUSED, READER_STOPPED, AbortReason
from localrouter.surfaces.http.deadline import Deadline
from localrouter.surfaces.http.error_responses import (
    INTERNAL_ERROR,
    REQUEST_ID_KEY,
    SHUTTING_DOWN,
    new_request_id,
)
from localrouter.surfaces.http.protocol_errors import ALL_AT_WORK, reply_to, written
from localrouter.surfaces.http.reader import Reader
from localrouter.surfaces.http.slots import SLOTS_KEY, Slots

LOG = logging.getLogger(__name__)

LOOKS = 4  # checks of a reader that takes nothing before it counts as gone


class BodyReading(Enum):
    """The part of a request that the next byte belongs to."""

    IDLE = "idle"
    HEAD = "head"
    BODY = "body"


class Connection(HttpToolsProtocol):
    """Limits are class attributes: seconds, and bytes."""

    reader_seconds = 60.0
    idle_seconds = 75.0
    linger_seconds = 5.0
    max_drained = 64 * 1024 * 1024

    # Lasting state. Class-level defaults spare a constructor on the hot path.
    url = b""
    _reading = BodyReading.IDLE
    _running: RequestResponseCycle | None = None
    _task: asyncio.Task[None] | None = None
    _rejection: ErrorReply | None = None
    _is_lingering = False
    _drained = 0
    _waiting_bytes = 0  # of requests that wait behind a running one
    _resumed = 0
    _is_watched = False  # whether the deadline is for the next check of the reader
    _deadline: Deadline
    _reader: Reader
    _slots: Slots

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._deadline = Deadline(self.loop, self._expire)
        self._reader = Reader(transport)
        self._slots = self.app_state[SLOTS_KEY]
        self._deadline.expire_in(self.idle_seconds)
        if not self._slots.opened(self):
            self._rejection = ALL_AT_WORK
            self.transport.write(written(ALL_AT_WORK, new_request_id()))
            self.transport.close()

    def eof_received(self) -> None:
        self._abandon(CLIENT_LEFT)

    def connection_lost(self, exc: Exception | None) -> None:
        self._abandon(CLIENT_LEFT)
        self._deadline.close()
        self._slots.closed(self)
        super().connection_lost(exc)

    def give_way(self) -> None:
        """Make room for another connection: this one has been silent the longest."""
        self._abandon(READER_STOPPED)
        self._close()

    def resume_writing(self) -> None:
        self._resumed += 1
        super().resume_writing()

    def shutdown(self) -> None:
        if self._is_answering() or self.pipeline:
            self.cycle.keep_alive = False
        else:
            self.transport.close()

    # The request's task

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        self._slots.works(self)
        self._task = self.loop.create_task(self._run(cycle, app))
        self._task.add_done_callback(self.tasks.discard)
        self.tasks.add(self._task)

    async def _run(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        try:
            send = cycle.send if cycle.scope["http_version"] != "1.0" else _unchunked(cycle)
            await app(cycle.scope, cycle.receive, send)
        except asyncio.CancelledError:
            self._end_unanswered(cycle, SHUTTING_DOWN)
        except Exception as error:
            LOG.exception("Request %s failed", _request_id(cycle))
            self._end_unanswered(cycle, reply_to(error))
        else:
            if not cycle.response_complete and not cycle.disconnected:
                LOG.error("Request %s was not answered to its end", _request_id(cycle))
            self._end_unanswered(cycle, INTERNAL_ERROR)
        finally:
            cycle.on_response = _nothing  # Frees the connection that this bound method holds.

    def _end_unanswered(self, cycle: RequestResponseCycle, rejection: ErrorReply) -> None:
        if cycle.response_complete or cycle.disconnected:
            return
        cycle.disconnected = True
        self.pipeline.clear()
        if cycle.response_started:
            self.transport.close()
            self._watch_reader()
            return
        self._rejection = rejection
        self._answer(rejection, _request_id(cycle), cycle.scope["path"])

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            self._watch_reader()
            return
        self.flow.resume_reading()
        if self.pipeline:
            next_in_line = self.pipeline.pop()
            if not self.pipeline:
                self._waiting_bytes = 0
            self._start_asgi_task(*next_in_line)
        elif self._rejection is not None:
            self._answer(self._rejection, new_request_id(), self._path_read())
        elif self.flow.write_paused:
            self._watch_reader()
        else:
            self._slots.quiet(self)
            if self._reading is BodyReading.IDLE:
                self._go_idle()

    def _is_answering(self) -> bool:
        running = self._running
        return running is not None and not running.response_complete and not running.disconnected

    def _abandon(self, reason: AbortReason) -> None:
        """End the running request's task, once, and forget the requests that wait behind it."""
        self.pipeline.clear()
        if self._running is None or not self._is_answering():
            return
        self._running.disconnected = True
        if self._task is not None and not self._task.done() and not self._task.cancelling():
            self._task.cancel(reason)

    # Refusing

    def _refuse(self, rejection: ErrorReply) -> None:
        """Read no further request on this connection, and say why once earlier ones are answered."""
        self._rejection = rejection
        if self._reading is BodyReading.BODY:
            if self.pipeline and self.pipeline[0][0] is self.cycle:
                self.pipeline.popleft()
            else:
                self._abandon(CLIENT_REFUSED)
                if self.cycle.response_started:
                    self._linger()
                    return
        if self._is_answering():
            self._watch_reader()
            return
        self._answer(rejection, new_request_id(), self._path_read())

    def _path_read(self) -> str:
        """The path of the request that was read last, as far as it came."""
        return self.url.partition(b"?")[0].decode("latin-1")

    def _answer(self, rejection: ErrorReply, request_id: str, path: str) -> None:
        self.transport.write(written(rejection, request_id, path))
        self._linger()

    def _linger(self) -> None:
        """Close only our direction: a full close with unread bytes would reset the connection and lose the answer."""
        self._is_lingering = True
        self._slots.quiet(self)
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

    def _expire(self) -> None:
        if self._is_lingering:
            self._close()
        elif self._is_watched:
            self._look_at_reader()
        else:
            self._end_idle()

    def _watch_reader(self) -> None:
        """Check in a while whether the client reads what is being sent."""
        self._is_watched = True
        self._deadline.expire_in(self.reader_seconds / LOOKS)

    def _go_idle(self) -> None:
        self._is_watched = False
        self._deadline.expire_in(self.idle_seconds)

    def _look_at_reader(self) -> None:
        """Waits for a slow reader. One that takes nothing gives way to others, and is cut off in the end."""
        silent_for = self._reader.silent_for(self.loop.time(), self._resumed)
        if silent_for >= self.reader_seconds:
            self._abandon(READER_STOPPED)
            self.transport.abort()
        elif self._is_answering() or self._reader.is_owed:
            (self._slots.quiet if silent_for else self._slots.works)(self)
            self._watch_reader()
        elif not self.transport.is_closing():
            self._slots.quiet(self)
            self._go_idle()

    def _end_idle(self) -> None:
        """Close an idle connection, unless its client is still reading the last answer."""
        self._reader.silent_for(self.loop.time(), self._resumed)
        if self._reader.is_owed:
            self._watch_reader()
        else:
            self._close()

    def _close(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # The client does not read, so a plain close would wait for ever.
        else:
            self.transport.close()


def _request_id(cycle: RequestResponseCycle) -> str:
    state = cycle.scope.get("state") or {}
    return str(state.get(REQUEST_ID_KEY) or new_request_id())


def _unchunked(cycle: RequestResponseCycle) -> Callable[[ASGISendEvent], Awaitable[None]]:
    """The `send` of an HTTP/1.0 request. uvicorn's own would chunk an answer without a length; here, the end of the
    connection ends it."""
    is_open_ended = False

    async def send(message: ASGISendEvent) -> None:
        nonlocal is_open_ended
        if message["type"] == "http.response.start":
            is_open_ended = all(name != b"content-length" for name, _ in message.get("headers", ()))
            if is_open_ended:
                cycle.chunked_encoding = cycle.keep_alive = False
                cycle.expected_content_length = sys.maxsize
        elif is_open_ended and message["type"] == "http.response.body" and not message.get("more_body"):
            cycle.expected_content_length = len(message.get("body", b""))
        await cycle.send(message)

    return send


def _nothing() -> None:
    """Takes the place of a finished request's response callback."""
