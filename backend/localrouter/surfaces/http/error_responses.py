"""Sends errors, for everything that refuses: the server's protocol, the guard, handlers.

A client dialect writes the body, so that client libraries show its sentence.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from starlette.types import Send

from localrouter.dialects.contract import ClientDialect
from localrouter.dialects.registry import DEFAULT_CLIENT
from localrouter.domain.conversation.error_reply import ErrorReply

REQUEST_ID_HEADER = b"x-request-id"
REQUEST_ID_KEY = "request_id"

INTERNAL_ERROR = ErrorReply(500, "internal_error", "Internal error. The log has the details under this x-request-id.")
SHUTTING_DOWN = ErrorReply(503, "shutting_down", "LocalRouter is shutting down. Send the request again once it runs.")


def new_request_id() -> str:
    return f"req_{secrets.token_hex(12)}"


def method_not_allowed(allowed: str) -> ErrorReply:
    return ErrorReply(405, "method_not_allowed", f"Use {allowed} for this path.")


def error_headers(reply: ErrorReply, body: bytes, *, tells_wait: bool = True) -> list[tuple[bytes, bytes]]:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if reply.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if reply.retry_after is not None and tells_wait:
        headers.append((b"retry-after", b"%d" % reply.retry_after))
    if not reply.should_retry:
        headers.append((b"x-should-retry", b"false"))
    return headers


def id_headers(dialect: ClientDialect, request_id: str) -> list[tuple[bytes, bytes]]:
    """The request's id, also where the SDKs of this dialect look for it."""
    names = dict.fromkeys((REQUEST_ID_HEADER, dialect.request_id_header))
    return [(name, request_id.encode("ascii")) for name in names]


async def send_error(
    send: Send,
    reply: ErrorReply,
    dialect: ClientDialect = DEFAULT_CLIENT,
    headers: Sequence[tuple[bytes, bytes]] = (),
) -> None:
    body = dialect.write_error(reply)
    head = [*error_headers(reply, body, tells_wait=dialect.tells_wait(reply)), *headers]
    await send({"type": "http.response.start", "status": dialect.status_of(reply), "headers": head})
    await send({"type": "http.response.body", "body": body})
