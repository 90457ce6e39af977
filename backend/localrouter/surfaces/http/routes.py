"""Every path that is served over HTTP, in one table.

All of them are routes of one FastAPI application, which is complete by itself. A fast path in front of it finds the
handlers of model requests by one dict look-up, behind the same guard and without the framework.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from localrouter import __version__
from localrouter.dialects.unserved.near_misses import forgiven
from localrouter.dialects.unserved.spoken import spoken_at
from localrouter.domain.configuration.config import Server
from localrouter.surfaces.admin_api.docs import completed, page
from localrouter.surfaces.http.error_responses import (
    REQUEST_ID_KEY,
    error_headers,
    id_headers,
    method_not_allowed,
    new_request_id,
)
from localrouter.surfaces.http.guard import PAGE_HEADERS, Access, AdminOnly, Admits, Guard, access_of
from localrouter.surfaces.http.protocol_errors import reply_to
from localrouter.surfaces.http.slots import RankOf
from localrouter.surfaces.model_api.kept_answers import KEPT_PATHS
from localrouter.surfaces.model_api.model_lists import LIST_PATHS, ModelLists
from localrouter.surfaces.model_api.requests import MODEL, PATHS, ModelRequests, route_of
from localrouter.surfaces.model_api.unserved import Unserved
from localrouter.surfaces.pages.files import PREFIX


@dataclass(frozen=True, slots=True)
class FastPath:
    """Looks a path up before the framework does. `app` serves every path, including those of `fast`; `requests` serves
    those that name a model; `rank_of` tells the server whose request a head announces."""

    fast: Mapping[str, ASGIApp]
    app: ASGIApp
    rank_of: RankOf
    requests: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            handler = self.app
        elif (found := self.fast.get(scope["path"])) is not None:
            handler = found
        else:
            handler = self.app if route_of(PATHS, scope["path"]) is None else self.requests
        await handler(scope, receive, send)


@dataclass(frozen=True, slots=True)
class HttpHandlers:
    """What is served. `admin` maps a path to its method and handler; `commands` are names, each with a sentence."""

    requests: ModelRequests
    lists: ModelLists
    kept: ASGIApp
    admin: Mapping[str, tuple[str, ASGIApp]]
    pages: ASGIApp
    commands: Sequence[tuple[str, str]] = ()


def build_http(parts: HttpHandlers, *, server_config: Callable[[], Server], admits: Admits) -> FastPath:
    """The whole application, behind its guard."""
    guarded = Guard(parts.requests, server_config=server_config, admits=admits)
    app = build_app(parts, server_config=server_config, admits=admits)
    return FastPath({path: guarded for path in PATHS if MODEL not in path}, app, guarded.rank_of, guarded)


def build_app(parts: HttpHandlers, *, server_config: Callable[[], Server], admits: Admits) -> FastAPI:
    """Every route, as one application that any ASGI server or test client can run."""
    app = FastAPI(
        title="LocalRouter",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.add_middleware(Guard, server_config=server_config, admits=admits)
    app.add_api_route("/health", _health, methods=["GET"], summary="Whether the router is up")
    for path, (method, handler) in parts.admin.items():
        guarded = AdminOnly(handler) if access_of(path) is Access.ADMIN else handler
        app.router.routes.append(Route(path, guarded, methods=[method]))
    for path in ("/", "/ui", f"{PREFIX}{{path:path}}"):
        app.router.routes.append(Route(path, parts.pages))
    for path in PATHS:
        app.router.routes.append(Route(path.replace(MODEL, "{model:path}"), parts.requests))
    for path in KEPT_PATHS:
        app.router.routes.append(Route(path, parts.kept))
    for path in LIST_PATHS:
        app.router.routes.append(Route(path, parts.lists))
        app.router.routes.append(Route(f"{path}/{{name:path}}", _BelowModels(parts.requests, parts.lists)))
    app.router.default = Unserved(PATHS, parts.requests, parts.lists)
    app.add_exception_handler(HTTPStatus.METHOD_NOT_ALLOWED, _wrong_method)
    app.add_exception_handler(Exception, _broke_down)
    schema = completed(app.openapi())
    text = page(schema, parts.commands)
    app.add_api_route("/openapi.json", lambda: JSONResponse(schema), include_in_schema=False)
    app.add_api_route("/docs", lambda: HTMLResponse(text), include_in_schema=False, response_class=HTMLResponse)
    return app


@dataclass(frozen=True, slots=True)
class _BelowModels:
    """Serves what is asked about one model, or of it."""

    requests: ASGIApp
    lists: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        meant = forgiven(scope["path"], ()) or scope["path"]
        if scope["method"] == "POST" and route_of(PATHS, meant) is not None:
            await self.requests({**scope, "path": meant}, receive, send)
        else:
            await self.lists(scope, receive, send)


async def _health() -> JSONResponse:
    return JSONResponse({"status": "ok", "version": __version__})


async def _wrong_method(request: Request, refusal: Exception) -> Response:
    """Answers a method that a route refused, which is the only error that the framework raises itself."""
    named = (getattr(refusal, "headers", None) or {}).get("Allow", "")
    methods = sorted(named.split(", "))  # the framework's set has no order
    reply = method_not_allowed(" or ".join(method for method in methods if method != "HEAD"))
    body = spoken_at(request.url.path, request.headers.raw).write_error(reply)
    return Response(body, reply.status, {"allow": ", ".join(methods)}, media_type="application/json")


async def _broke_down(request: Request, error: Exception) -> Response:
    """A handler has failed. The framework raises the error once more behind this answer, and the server logs it."""
    reply = reply_to(error)
    dialect = spoken_at(request.url.path, request.headers.raw)
    body = dialect.write_error(reply)
    response = Response(body, dialect.status_of(reply))
    # Nobody else completes these: the framework answers outside of the guard.
    request_id = getattr(request.state, REQUEST_ID_KEY, None) or new_request_id()
    response.raw_headers = [*error_headers(reply, body), *id_headers(dialect, request_id), *PAGE_HEADERS]
    return response
