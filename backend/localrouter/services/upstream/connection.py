"""Connections to providers, stricter than their library's: one answer per request, and no flood."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.payload import BytesIOPayload, BytesPayload
from aiohttp.tracing import Trace

MAX_HEAD = 64 * 1024  # bytes of one head
MAX_HEADERS = MAX_HEAD // len(b"a:b\r\n")  # a head with more is larger than that
MAX_INTERIM = 10  # responses with a status of 1xx before the answer
_HEAD_END = re.compile(rb"\n\r?\n")


class InterimFlood(aiohttp.ClientError):
    """Too many interim responses. The text continues a sentence that begins with the provider's name."""

    def __init__(self) -> None:
        super().__init__(f"sent more than {MAX_INTERIM} interim responses (1xx) instead of an answer.")


class OversizedHead(aiohttp.ClientError):
    """The head of an answer has no end. The text continues a sentence that begins with the provider's name."""

    def __init__(self) -> None:
        super().__init__(f"sent a response head of more than {MAX_HEAD >> 10} KB, which is the most that is read.")


class OneAnswer(ResponseHandler):
    """A connection whose loss always ends the body that is being read from it.

    aiohttp drops a body whose framing turns out to be wrong, and its reader would wait for the deadline. It also
    parses everything that arrived, however many heads that contains. Here it gets them one by one, until there are too
    many, or until the answer is complete and the rest belongs to nobody.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._interim = 0
        self._head_size = 0  # bytes so far of the head that comes
        self._is_answered = False

    def set_response_params(self, **params: Any) -> None:
        self._interim, self._head_size, self._is_answered = 0, 0, False
        super().set_response_params(**params)

    def feed_data(self, data: Any, size: int = 0) -> None:
        if 100 <= data[0].code < 200:
            self._interim += 1
        else:
            self._is_answered = True
        super().feed_data(data, size)

    def data_received(self, data: bytes) -> None:
        if self._is_in_body() or self._parser is None:
            super().data_received(data)
        else:
            self._take_heads(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        body = self._payload
        super().connection_lost(exc)
        if body is not None and not body.is_eof() and body.exception() is None:
            body.set_exception(aiohttp.ClientPayloadError("the body's framing is wrong"))

    def _take_heads(self, data: bytes) -> None:
        start = 0
        while start < len(data) and self.exception() is None:
            if self._is_in_body():
                super().data_received(data[start:])
                return
            if self._is_answered:
                self._should_close = True
                return
            found = _HEAD_END.search(data, start)
            end = len(data) if found is None else found.end()
            self._head_size += end - start
            if self._head_size > MAX_HEAD:
                self._give_up(OversizedHead())
                return
            if found is not None:
                self._head_size = 0
            super().data_received(data[start:end])
            start = end
            if self._interim > MAX_INTERIM:
                self._give_up(InterimFlood())

    def _give_up(self, error: aiohttp.ClientError) -> None:
        self.set_exception(error)
        if self.transport is not None:
            self.transport.close()

    def _is_in_body(self) -> bool:
        return self._payload is not None and not self._payload.is_eof()


@dataclass(slots=True)
class ConnectionUse:
    """How far a call of `Upstream` has got."""

    is_sent: bool = False  # its first bytes are being written, or were


class NotedBody(BytesPayload):
    """A body that notes when it is sent. A request's head and the start of its body are written together."""

    def __init__(self, body: bytes, call: ConnectionUse) -> None:
        super().__init__(body)
        self._call = call

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        self._call.is_sent = True
        await super().write_with_length(writer, content_length)


class NotedPieces(BytesIOPayload):
    """The same for a long body, which is written in pieces: a single write would hold everybody up."""

    def __init__(self, body: bytes, call: ConnectionUse) -> None:
        super().__init__(io.BytesIO(body))
        self._call = call

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        self._call.is_sent = True
        await super().write_with_length(writer, content_length)


class Connections(aiohttp.TCPConnector):
    """A pool that never reuses a connection that received unrequested bytes.

    A second answer after the first would be taken for the answer to the next request, perhaps of another client.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(limit=0, **settings)
        self._factory = cast(partial[ResponseHandler], partial(OneAnswer, loop=self._loop))

    def let_idle_go(self) -> None:
        """Close connections that no call uses."""
        for kept in self._conns.values():
            for protocol, _ in kept:
                protocol.close()
        self._conns.clear()

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        while (connection := await super()._get(key, traces)) is not None:
            if connection.protocol is not None and not connection.protocol.should_close:
                return connection
            connection.close()
        return None
