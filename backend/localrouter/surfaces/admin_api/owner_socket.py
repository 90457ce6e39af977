"""Serves commands on the socket in the home, to the home's owner and nobody else.

No token is needed here: the kernel says who is at the other end. No browser talks to such a socket, so a request with
a browser's marks was forwarded by somebody, and is refused.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.surfaces.admin_api.routes import RPC_PATH
from localrouter.surfaces.http.error_responses import REQUEST_ID_HEADER, new_request_id, send_error
from localrouter.surfaces.http.guard import JSON_TYPE
from localrouter.surfaces.http.protocol import GuardedProtocol
from localrouter.surfaces.http.unix_socket import peer_uid

PEER = "peer_uid"
UNKNOWN = -1  # the kernel was asked but did not say
_BROWSERS_MARKS = frozenset({b"origin", b"sec-fetch-site", b"sec-fetch-mode", b"referer"})
_ONLY_COMMANDS = ErrorReply(404, "not_found", "Only POST /rpc is served on this socket.")
_NOT_JSON = ErrorReply(415, "unsupported_media_type", "Send JSON: the header must say Content-Type: application/json.")
_FROM_A_BROWSER = ErrorReply(403, "origin_not_allowed", "Requests of browsers are not served on this socket.")


class OwnerProtocol(GuardedProtocol):
    """A connection whose requests know which user sent them."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, PEER: _uid_of(transport)}


@dataclass(frozen=True, slots=True)
class OwnerDoor:
    """ASGI wrapper around the commands. `uid` is the user who owns the home."""

    commands: ASGIApp
    uid: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        rejection = self._judge(scope)
        if rejection is None:
            await self.commands(scope, receive, send)
            return
        await send_error(send, rejection, headers=[(REQUEST_ID_HEADER, new_request_id().encode("ascii"))])

    def _judge(self, scope: Scope) -> ErrorReply | None:
        peer = scope.get("state", {}).get(PEER, UNKNOWN)
        if peer is not None and peer != self.uid:
            said = f"This LocalRouter belongs to the user with the id {self.uid}. Call it as that user."
            return ErrorReply(403, "not_owner", said)
        if any(name in _BROWSERS_MARKS for name, _ in scope["headers"]):
            return _FROM_A_BROWSER
        if (scope["method"], scope["path"]) != ("POST", RPC_PATH):
            return _ONLY_COMMANDS
        kinds = [value for name, value in scope["headers"] if name == b"content-type"]
        if [kind.partition(b";")[0].strip().lower() for kind in kinds] != [JSON_TYPE]:
            return _NOT_JSON
        return None


def owner_uid() -> int:
    """The user who owns this process, and so its home."""
    return os.geteuid() if hasattr(os, "geteuid") else UNKNOWN


def _uid_of(transport: asyncio.Transport) -> int | None:
    try:
        return peer_uid(transport.get_extra_info("socket"))
    except OSError:
        return UNKNOWN
