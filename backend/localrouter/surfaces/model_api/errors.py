"""What the model API refuses before the gateway sees it."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.errors import Invalid, TooLarge, Unavailable
from localrouter.domain.routing.via import LOOP_CODE, LOOP_MESSAGE, is_loop, routers_passed
from localrouter.surfaces.http.guard import Header

LOG = logging.getLogger(__name__)

BUSY_SECONDS = 2  # seconds after which a request that found no memory is worth sending again
NO_KEY = (
    "Missing or unknown API key. Send the key of a LocalRouter client as Authorization: Bearer KEY, x-api-key, api-key "
    "or x-goog-api-key."
)


def unauthorized(request_id: str) -> ErrorReply:
    return ErrorReply(401, "invalid_api_key", NO_KEY, localrouter={"request_id": request_id})


def came_back(headers: Iterable[Header], router_id: str) -> ErrorReply | None:
    """The refusal of a request that this router sent itself, directly or through others."""
    if not is_loop(routers_passed(headers), router_id):
        return None
    LOG.warning("LocalRouter refused a request that it had sent itself: one of its providers leads back to it.")
    return ErrorReply(400, LOOP_CODE, LOOP_MESSAGE, is_final=True)


def invalid(refusal: Invalid, request_id: str) -> ErrorReply:
    param = refusal.findings[0].path if refusal.findings else None
    status, code = (413, "request_too_large") if isinstance(refusal, TooLarge) else (400, "invalid_request")
    return ErrorReply(status, code, refusal.message, param or None, {"request_id": request_id})


def shutting_down(request_id: str) -> ErrorReply:
    return ErrorReply(503, "cancelled", "LocalRouter is shutting down.", localrouter={"request_id": request_id})


def busy(refusal: Unavailable, request_id: str) -> ErrorReply:
    """Other requests hold too much memory at this moment."""
    return ErrorReply(503, "server_busy", refusal.message, None, {"request_id": request_id}, retry_after=BUSY_SECONDS)
