"""How an HTTP request is refused before any handler has seen it.

A client dialect writes the body, so that client libraries show its sentence.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from localrouter.dialects.registry import DEFAULT_CLIENT
from localrouter.domain.conversation.error_reply import ErrorReply

REQUEST_ID_HEADER = b"x-request-id"
REQUEST_ID_KEY = "request_id"


@dataclass(frozen=True, slots=True)
class HttpRejection:
    """Status, machine-readable code, and the sentence that a user reads; `retry_after` in whole seconds."""

    status: int
    code: str
    message: str
    retry_after: int | None = None


INTERNAL_ERROR = HttpRejection(
    500, "internal_error", "Internal error. The log has the details under this x-request-id."
)
SHUTTING_DOWN = HttpRejection(
    503, "shutting_down", "LocalRouter is shutting down. Send the request again once it runs."
)


def new_request_id() -> str:
    return f"req_{secrets.token_hex(12)}"


def error_body(rejection: HttpRejection) -> bytes:
    return DEFAULT_CLIENT.error_body(ErrorReply(rejection.status, rejection.code, rejection.message))


def error_headers(body: bytes, request_id: str, retry_after: int | None = None) -> list[tuple[bytes, bytes]]:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (REQUEST_ID_HEADER, request_id.encode("ascii")),
    ]
    if retry_after is not None:
        headers.append((b"retry-after", b"%d" % retry_after))
    return headers
