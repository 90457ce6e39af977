"""The administration's paths. The guard has checked the admin token before, for those that need it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import orjson
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from localrouter.commands.registration.calls import Calls
from localrouter.commands.registration.registry import Registry
from localrouter.commands.registration.services import Services
from localrouter.services.instance.admin_access import AdminAccess
from localrouter.surfaces.admin_api.openrpc import document
from localrouter.surfaces.admin_api.rpc import Rpc
from localrouter.surfaces.http.guard import bearer

RPC_PATH = "/rpc"
OPENRPC_PATH = "/openrpc.json"
NO_STORE = (b"cache-control", b"no-store")


def admin_routes(registry: Registry, services: Services) -> Mapping[str, tuple[str, ASGIApp]]:
    """Each path with its method and what serves it."""
    description = Description(registry)
    rpc = Rpc(Calls(registry, services), lambda: description.document, new_error_id)
    return {
        RPC_PATH: ("POST", RpcEndpoint(rpc, services.access)),
        OPENRPC_PATH: ("GET", DescriptionEndpoint(description)),
    }


def new_error_id() -> str:
    return f"err_{secrets.token_hex(6)}"


@dataclass(frozen=True, slots=True)
class RpcEndpoint:
    """`POST /rpc`. Answers notifications with 204 and everything else with 200: errors are in the body."""

    rpc: Rpc
    access: AdminAccess

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        with self.access.acting(bearer(scope["headers"])):
            answer = await self.rpc.dispatch(body)
        if answer is None:
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await send_json(send, answer)


@dataclass(frozen=True)
class Description:
    """The OpenRPC document, built on first use."""

    registry: Registry

    @cached_property
    def document(self) -> dict[str, object]:
        return document(self.registry)

    @cached_property
    def text(self) -> bytes:
        return orjson.dumps(self.document)


@dataclass(frozen=True, slots=True)
class DescriptionEndpoint:
    """`GET /openrpc.json`."""

    description: Description

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send_json(send, self.description.text)


async def send_json(send: Send, body: bytes) -> None:
    """An answer that nobody keeps."""
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        NO_STORE,
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
