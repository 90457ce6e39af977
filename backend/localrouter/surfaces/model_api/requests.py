"""The OpenAI-compatible API for model requests: from the bytes of a client to the bytes of its answer.

Plain ASGI: these are the paths that programs wait for, and a framework's layers would cost more than the routing.
The server's protocol watches the client's connection and cancels the task that serves it when the client leaves; the
`finally` here then ends the upstream call and leaves the record.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from starlette.types import Receive, Scope, Send

from localrouter.dialects.registry import DEFAULT_CLIENT, DIALECTS
from localrouter.domain.configuration.config import Client
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.errors import Invalid, Unavailable
from localrouter.domain.routing.via import routers_passed
from localrouter.gateway.abort import READER_STOPPED, SHUT_DOWN, reason_of
from localrouter.gateway.answer import Answer
from localrouter.gateway.loop import Gateway
from localrouter.services.memory import HeldMemory, Memory
from localrouter.surfaces.http.guard import Header
from localrouter.surfaces.http.rejection import REQUEST_ID_KEY
from localrouter.surfaces.model_api.client_access import ClientAccess
from localrouter.surfaces.model_api.errors import (
    busy,
    came_back,
    invalid,
    method_not_allowed,
    send_reply,
    unauthorized,
)
from localrouter.surfaces.model_api.request_body import ModelRoute, RequestBodies

LOG = logging.getLogger(__name__)
PATHS: dict[str, ModelRoute] = {
    f"{prefix}/{path}": ModelRoute(dialect, endpoint)
    for dialect in DIALECTS.clients.values()
    for path, endpoint in dialect.paths.items()
    for prefix in ("/v1", "")
}
JSON_HEADER: Header = (b"content-type", b"application/json")
STREAM_HEADERS: tuple[Header, ...] = ((b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache"))


@dataclass(frozen=True, slots=True)
class ModelRequests:
    """Serves the paths of `PATHS`."""

    gateway: Gateway
    access: ClientAccess
    memory: Memory
    bodies: RequestBodies = field(default_factory=RequestBodies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id: str = scope["state"][REQUEST_ID_KEY]
        if scope["method"] != "POST":
            await send_reply(send, method_not_allowed("POST"))
            return
        if (loop := came_back(scope["headers"], self.gateway.targets.router_id)) is not None:
            await send_reply(send, loop)
            return
        client = self.access.of(scope["headers"])
        if client is None:
            await send_reply(send, unauthorized(request_id))
            return
        held = self.memory.hold()
        try:
            via = routers_passed(scope["headers"])
            await self._serve(client, _Call(PATHS[scope["path"]], request_id, via, receive, send), held)
        finally:
            held.release()

    async def _serve(self, client: Client, call: _Call, held: HeldMemory) -> None:
        try:
            request = await self.bodies.read(call.route, call.receive, held)
        except Invalid as refusal:
            await send_reply(call.send, invalid(refusal, call.request_id))
            return
        except Unavailable as refusal:
            await send_reply(call.send, busy(refusal, call.request_id))
            return
        if call.via:
            request = replace(request, via=call.via)
        answer = await self.gateway.open(client, request, call.request_id, held)
        del request  # the answer holds it, and no longer than it must
        try:
            await _send_answer(answer, call.send)
        finally:
            answer.close()


@dataclass(frozen=True, slots=True)
class _Call:
    """One call of a path, as the server hands it on."""

    route: ModelRoute
    request_id: str
    via: tuple[str, ...]
    receive: Receive
    send: Send


async def _send_answer(answer: Answer, send: Send) -> None:
    if answer.error is not None:
        await send_reply(send, answer.error, answer.headers())
    elif answer.stream is not None:
        await _send_stream(answer, send)
    else:
        length = (b"content-length", b"%d" % len(answer.body))
        await _start(send, answer.status, [JSON_HEADER, length, *answer.headers()])
        await send({"type": "http.response.body", "body": answer.body})


async def _send_stream(answer: Answer, send: Send) -> None:
    try:
        async with asyncio.timeout_at(answer.ends_by):
            await _relay(answer, send)
    except TimeoutError:
        LOG.warning("Request %s was ended: its client did not read the stream", answer.run.request_id)
        answer.close(READER_STOPPED)
        raise asyncio.CancelledError from None  # the connection is of no use any more


async def _relay(answer: Answer, send: Send) -> None:
    await _start(send, answer.status, [*STREAM_HEADERS, *answer.headers()])
    try:
        while data := await answer.next():
            if isinstance(data, ErrorReply):
                await _end_with(send, data)
                return
            await send({"type": "http.response.body", "body": data, "more_body": True})
    except asyncio.CancelledError as cancelled:
        reason = reason_of(cancelled)
        if reason is READER_STOPPED:
            answer.close(reason)
        if reason is not SHUT_DOWN:
            raise
        await _end_with(send, answer.interrupt("LocalRouter is shutting down."))
        return
    await send({"type": "http.response.body", "body": b""})


async def _end_with(send: Send, reply: ErrorReply) -> None:
    """Say in a stream why it broke off."""
    await send({"type": "http.response.body", "body": DEFAULT_CLIENT.error_event(reply)})


async def _start(send: Send, status: int, headers: Sequence[Header]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
