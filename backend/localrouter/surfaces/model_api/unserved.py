"""What becomes of a call whose path is in no table: forgiven where it is a near miss, else told what helps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from starlette.types import ASGIApp, Receive, Scope, Send

from localrouter.dialects.unserved.near_misses import forgiven
from localrouter.dialects.unserved.paths import Called, not_served
from localrouter.dialects.unserved.shapes import Shape, written
from localrouter.surfaces.http.error_responses import error_headers, send_error
from localrouter.surfaces.http.guard import Header
from localrouter.surfaces.model_api.request_body import ModelRoute
from localrouter.surfaces.model_api.requests import route_of

_TELLING = MappingProxyType(
    {
        b"anthropic-version": Shape.ANTHROPIC,
        b"x-goog-api-key": Shape.GEMINI,
        b"x-goog-api-client": Shape.GEMINI,
    }
)


@dataclass(frozen=True, slots=True)
class Unserved:
    """Serves every path that no other route does. `routes` are those of `requests`."""

    routes: Mapping[str, ModelRoute]
    requests: ASGIApp
    lists: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        meant = forgiven(scope["path"], self.routes)
        if meant is None:
            await explain(scope, send, self.routes)
            return
        handler = self.lists if route_of(self.routes, meant) is None else self.requests
        await handler({**scope, "path": meant}, receive, send)


async def explain(scope: Scope, send: Send, routes: Mapping[str, ModelRoute]) -> None:
    """Say what is served, and which setting of the program helps."""
    called = Called(scope["method"], scope["path"], _address(scope), _shape(scope["headers"]))
    endpoints = [path.removeprefix("/v1/") for path in routes if path.startswith("/v1/")]
    reply, shape = not_served(called, endpoints)
    body = written(reply, shape)
    if body is None:
        await send_error(send, reply)
        return
    await send({"type": "http.response.start", "status": reply.status, "headers": error_headers(reply, body)})
    await send({"type": "http.response.body", "body": body})


def _address(scope: Scope) -> str:
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "127.0.0.1:3625")
    return f"{scope.get('scheme', 'http')}://{host}"


def _shape(headers: Iterable[Header]) -> Shape | None:
    return next((shape for name, _ in headers if (shape := _TELLING.get(name)) is not None), None)
