"""Turns a client's bytes into requests, with deadlines, caps and strict framing.

Since strangers can reach the server, a request that is late, too large or ambiguous is refused with an explanation, and
nothing after it on the connection is read as a request. What happens once a request is read is in `connection`.
"""

from __future__ import annotations

import httptools

from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.surfaces.http.connection import BodyReading, Connection
from localrouter.surfaces.http.protocol_errors import (
    ALL_AT_WORK,
    BODY_LATE,
    HEAD_LATE,
    PIPELINE_FULL,
    Refused,
    body_too_large,
    head_too_large,
    rejection_of,
    too_many_headers,
)
from localrouter.surfaces.http.request_head import (
    HTTP2_OFFER,
    NOTED_HEADERS,
    UPGRADE_REFUSED,
    RequestHead,
    without_upgrade,
)


class GuardedProtocol(Connection):
    """One connection. Limits are class attributes: seconds, bytes, and bytes a second."""

    head_seconds = 10.0
    body_seconds = 10.0
    body_rate = 1024.0
    max_head = 64 * 1024
    max_headers = 256
    max_body = 64 * 1024 * 1024
    max_pipelined = 100
    max_waiting = 256 * 1024

    # State of the request being read.
    _head: RequestHead
    _head_since = 0.0
    _head_bytes = 0
    _body_bytes = 0
    _bytes_without_body = 0
    _body_due = 0.0
    _is_excused = False
    _chunk_bytes = 0

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
            self._refuse(rejection_of(error))
        else:
            if self._reading is not BodyReading.IDLE:
                self._expect_more(len(data), body_bytes)

    # Parser callbacks

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._reading = BodyReading.HEAD
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
            raise Refused(rejection)
        if self.parser.should_upgrade():
            return  # The parser stops here; `data_received` goes on.
        self.expect_100_continue = self._head.expects_continue
        super().on_headers_complete()
        head_bytes = self._head_size() if self.pipeline else 0
        self.headers = []  # What follows are trailers, which must not pass for headers.
        self._reading = BodyReading.BODY
        self._body_bytes = self._bytes_without_body = 0
        self._body_due = 0.0
        self._is_excused = self.expect_100_continue
        if self.pipeline:
            self._wait_in_line(head_bytes)

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > self.max_body:
            raise Refused(body_too_large(self.max_body))
        super().on_body(body)
        if self.pipeline and self.pipeline[0][0] is self.cycle:
            self._wait_in_line(len(body))

    def on_message_complete(self) -> None:
        if self._reading is not BodyReading.BODY:
            return
        self._reading = BodyReading.IDLE
        super().on_message_complete()
        # A long body paused reading. It is complete now, so read on, or nobody would see the client leave.
        self.flow.resume_reading()
        if self._is_answering():
            self._watch_reader()
        else:
            self._deadline.expire_in(self.idle_seconds)

    def _wait_in_line(self, size: int) -> None:
        """Keep the bytes of a waiting request. Reading goes on, or nobody would see the client leave."""
        self._waiting_bytes += size
        if self._waiting_bytes > self.max_waiting:
            raise Refused(PIPELINE_FULL)
        self.flow.resume_reading()

    # The head

    def _judge_head(self) -> ErrorReply | None:
        head = self._head
        fault = head.fault(self.parser.get_http_version(), self.parser.get_method(), self.url)
        if fault is not None:
            return fault
        if self._head_bytes + self._chunk_bytes > self.max_head and self._head_size() > self.max_head:
            return head_too_large(self.max_head)
        if len(self.headers) > self.max_headers:
            return too_many_headers(self.max_headers)
        if head.body_length() > self.max_body:
            return body_too_large(self.max_body)
        if len(self.pipeline) >= self.max_pipelined:
            return PIPELINE_FULL
        if self._slots.is_full() and not (self._is_answering() or self._slots.has_room(self.url, self.headers)):
            return ALL_AT_WORK
        return None

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _decline_upgrade(self, rest: bytes) -> None:
        """Serve a request that offers HTTP/2 as a plain request; refuse every other upgrade.

        Some HTTP clients make that offer with each request. The parser has stopped, so a new one reads the request
        again without the offer.
        """
        if self._head.upgrade != HTTP2_OFFER:
            self._refuse(UPGRADE_REFUSED)
            return
        head = without_upgrade(self.parser.get_method(), self.url, self.headers)
        self.parser = httptools.HttpRequestParser(self)
        self._reading = BodyReading.IDLE
        self.data_received(head + rest)

    # Deadlines

    def _expect_more(self, size: int, body_bytes_before: int) -> None:
        """Extend the deadline after a part of a request: more must follow."""
        self._is_watched = False
        if self._reading is BodyReading.HEAD:
            self._expect_head(size)
            return
        came = self._body_bytes - (body_bytes_before if self._body_due else 0)
        self._bytes_without_body = 0 if came else self._bytes_without_body + size
        if self._bytes_without_body > self.max_head or len(self.headers) > self.max_headers:
            self._refuse(head_too_large(self.max_head))
            return
        self._is_excused = self._keeps_waiting()
        # A body's budget starts at `body_seconds`, which is also its maximum. Time uses it up, bytes refill it.
        latest = self.loop.time() + self.body_seconds
        self._body_due = min((self._body_due or latest) + came / self.body_rate, latest)
        self._deadline.expire_at(self._body_due)

    def _expect_head(self, size: int) -> None:
        self._head_since = self._head_since or self.loop.time()
        self._head_bytes += size
        if self._head_bytes > self.max_head and self._chunk_bytes < self._head_bytes:
            self._refuse(head_too_large(self.max_head))
        elif len(self.headers) > self.max_headers:
            self._refuse(too_many_headers(self.max_headers))
        else:
            self._deadline.expire_at(self._head_since + self.head_seconds)

    def _expire(self) -> None:
        if self._is_lingering or self._is_watched or self._reading is BodyReading.IDLE:
            super()._expire()
        elif self._reading is BodyReading.HEAD:
            self._refuse(HEAD_LATE)
        elif self._is_excused or self._keeps_waiting():
            # Our own delay does not count against the client: it gets a full period once we go on.
            self._is_excused = self._keeps_waiting()
            self._body_due = self.loop.time() + self.body_seconds
            self._deadline.expire_at(self._body_due)
        else:
            self._refuse(BODY_LATE)

    def _keeps_waiting(self) -> bool:
        """Whether the body is late because we paused reading, or have not asked for it yet."""
        return self.flow.read_paused or self.cycle.waiting_for_100_continue
