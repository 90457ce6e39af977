"""Model requests: from the bytes of a client to the bytes of its answer, in the dialect of the path.

Plain ASGI: these are the paths that programs wait for, and a framework's layers would cost more than the routing.
The server's protocol watches the client's connection and cancels the task that serves it when the client leaves; the
`finally` here then ends the upstream call and leaves the record.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from starlette.types import Message, Receive, Scope, Send

from localrouter.dialects.contract import ClientDialect
from localrouter.dialects.registry import DIALECTS
from localrouter.domain.configuration.config import Client
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.conversation.request import ModelRequest
from localrouter.domain.errors import Invalid, Unavailable
from localrouter.domain.routing.via import routers_passed
from localrouter.gateway.answer import Answer
from localrouter.gateway.in_flight.abort import READER_STOPPED, SHUT_DOWN, reason_of
from localrouter.gateway.loop import Gateway
from localrouter.services.memory import HeldMemory, Memory
from localrouter.surfaces.http.error_responses import (
    REQUEST_ID_HEADER,
    REQUEST_ID_KEY,
    method_not_allowed,
    send_error,
)
from localrouter.surfaces.http.guard import Header
from localrouter.surfaces.model_api.client_access import ClientAccess
from localrouter.surfaces.model_api.early_head import EarlyHead
from localrouter.surfaces.model_api.errors import (
    busy,
    came_back,
    invalid,
    shutting_down,
    unauthorized,
)
from localrouter.surfaces.model_api.packed_bodies import Unpacking, coding_of
from localrouter.surfaces.model_api.request_body import ModelRoute, RequestBodies

LOG = logging.getLogger(__name__)


MODEL = "{model}"


def routes_of(dialects: Iterable[ClientDialect]) -> dict[str, ModelRoute]:
    """The paths of these dialects, below each of their versions and without."""
    return {
        f"{version}/{path}": ModelRoute(dialect, endpoint, path)
        for dialect in dialects
        for path, endpoint in dialect.paths.items()
        for version in dialect.versions
    }


def route_of(routes: Mapping[str, ModelRoute], path: str) -> ModelRoute | None:
    """The route of a path, which may name the model: a template of `routes` has `{model}` in its place."""
    if (found := routes.get(path)) is not None and MODEL not in path:
        return found
    if ":" not in path:
        return None
    for template, route in routes.items():
        before, named, after = template.partition(MODEL)
        if named and path.endswith(after) and path.startswith(before) and len(path) >= len(before) + len(after):
            return replace(route, model=path[len(before) : -len(after)])
    return None


def own_headers(dialect: ClientDialect, headers: Iterable[Header]) -> tuple[tuple[str, str], ...]:
    """The headers of a request that belong to its dialect."""
    read = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
    return tuple((name, value) for name, value in read if name in dialect.headers)


PATHS = routes_of(DIALECTS.clients.values())
JSON_HEADER: Header = (b"content-type", b"application/json")
STREAM_HEADERS: tuple[Header, ...] = (
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),  # a proxy in front must not hold events back
)


@dataclass(frozen=True, slots=True)
class ModelRequests:
    """Serves the paths of `routes`, each in its own dialect."""

    gateway: Gateway
    access: ClientAccess
    memory: Memory
    routes: Mapping[str, ModelRoute] = field(default_factory=lambda: PATHS)
    bodies: RequestBodies = field(default_factory=RequestBodies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id: str = scope["state"][REQUEST_ID_KEY]
        route = route_of(self.routes, scope["path"])
        if route is None:
            raise LookupError(scope["path"])  # cannot be: only served paths lead here
        if route.dialect.request_id_header != REQUEST_ID_HEADER:
            send = _naming(send, (route.dialect.request_id_header, request_id.encode("ascii")))
        if scope["method"] != "POST":
            await send_error(send, method_not_allowed("POST"), route.dialect, [(b"allow", b"POST")])
            return
        if (loop := came_back(scope["headers"], self.gateway.targets.router_id)) is not None:
            await send_error(send, loop, route.dialect)
            return
        query: bytes = scope.get("query_string", b"")
        client = self.access.of(scope["headers"], query if route.dialect.key_in_query else b"")
        if client is None:
            await send_error(send, unauthorized(request_id), route.dialect)
            return
        coding = coding_of(scope["headers"])
        if isinstance(coding, ErrorReply):
            await send_error(send, coding, route.dialect)
            return
        if coding is not None:
            receive = Unpacking(receive, coding, self.access.snapshot().config.server.max_body_mb << 20)
        held = self.memory.hold()
        try:
            via = routers_passed(scope["headers"])
            own = own_headers(route.dialect, scope["headers"]) if route.dialect.headers else ()
            call = _Call(route, request_id, via, own, query.decode("latin-1"), receive, send)
            await self._serve(client, call, held)
        finally:
            held.release()

    async def _serve(self, client: Client, call: _Call, held: HeldMemory) -> None:
        try:
            request = await self.bodies.read(call.route, call.receive, held)
            if call.route.model is not None:
                request = call.route.dialect.from_path(request, call.route.path, call.route.model, call.query)
        except Invalid as refusal:
            await send_error(call.send, invalid(refusal, call.request_id), call.route.dialect)
            return
        except Unavailable as refusal:
            await send_error(call.send, busy(refusal, call.request_id), call.route.dialect)
            return
        if call.via:
            request = replace(request, via=call.via)
        if call.headers:
            request = replace(request, headers=call.headers)
        if request.stream:
            await self._serve_stream(client, request, call, held)
            return
        answer = await self.gateway.open(client, request, call.request_id, held)
        del request  # the answer holds it, for no longer than it must
        try:
            await _send_answer(answer, call)
        finally:
            await answer.close()

    async def _serve_stream(self, client: Client, request: ModelRequest, call: _Call, held: HeldMemory) -> None:
        """The same for a stream, whose head may have to go out before anybody knows who will answer."""
        frame = call.route.dialect.stream_frame(request)
        head = ((b"content-type", frame.content_type), *STREAM_HEADERS)
        early = EarlyHead(call.send, head, call.request_id, comment=frame.comment)
        try:
            answer = await self.gateway.open(client, request, call.request_id, held, early.open)
        except asyncio.CancelledError as cancelled:
            await early.stop()
            if not early.is_sent or reason_of(cancelled) is not SHUT_DOWN:
                raise
            await _end_stream(call, request, shutting_down(call.request_id))
            return
        except BaseException:
            await early.stop()
            raise
        try:
            await early.stop()
            if not early.is_sent:
                await _send_answer(answer, call, head)
            elif answer.error is not None:
                await _end_stream(call, request, answer.error)
            else:
                await _send_stream(answer, call.send)
        finally:
            await answer.close()


@dataclass(frozen=True, slots=True)
class _Call:
    """One call, as the server hands it on."""

    route: ModelRoute
    request_id: str
    via: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    query: str
    receive: Receive
    send: Send


def _naming(send: Send, header: Header) -> Send:
    """A `send` that adds a header to the answer's start, and costs the rest no extra coroutine."""

    def name(message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], header]
        return send(message)

    return name


async def _send_answer(answer: Answer, call: _Call, head: Sequence[Header] = ()) -> None:
    send = call.send
    if answer.error is not None:
        await send_error(send, answer.error, call.route.dialect, answer.headers())
    elif answer.stream is not None:
        await _send_stream(answer, send, head)
    else:
        length = (b"content-length", b"%d" % len(answer.body))
        await _start(send, answer.status, [JSON_HEADER, length, *answer.headers()])
        await send({"type": "http.response.body", "body": answer.body})


async def _end_stream(call: _Call, request: ModelRequest, reply: ErrorReply) -> None:
    """Say in an event of a stream that has begun what its status would have said."""
    said = call.route.dialect.stream_writer(request).error(reply)
    await call.send({"type": "http.response.body", "body": said})


async def _send_stream(answer: Answer, send: Send, head: Sequence[Header] = ()) -> None:
    """`head` is what the stream is sent as, if it has not begun yet."""
    try:
        async with asyncio.timeout_at(answer.ends_by):
            if head:
                await _start(send, answer.status, [*head, *answer.headers()])
            await _relay(answer, send)
    except TimeoutError:
        LOG.warning("Request %s was ended: its client did not read the stream", answer.request.incoming.request_id)
        await answer.close(READER_STOPPED)
        raise asyncio.CancelledError from None  # the connection is useless now


async def _relay(answer: Answer, send: Send) -> None:
    try:
        while data := await answer.next():
            await send({"type": "http.response.body", "body": data, "more_body": True})
    except asyncio.CancelledError as cancelled:
        reason = reason_of(cancelled)
        if reason is READER_STOPPED:
            await answer.close(reason)
        if reason is not SHUT_DOWN:
            raise
        await send({"type": "http.response.body", "body": await answer.interrupt("LocalRouter is shutting down.")})
        return
    await send({"type": "http.response.body", "body": b""})


async def _start(send: Send, status: int, headers: Sequence[Header]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
