"""What the server's protocol refuses by itself, and the bytes that say so."""

from __future__ import annotations

import logging

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from localrouter.dialects.unserved.spoken import spoken_at
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.descriptors import NONE_LEFT, NONE_LEFT_CODE, NONE_LEFT_RETRY_AFTER, ran_out
from localrouter.surfaces.http.error_responses import INTERNAL_ERROR, error_headers, id_headers

LOG = logging.getLogger(__name__)

PIPELINE_FULL = ErrorReply(
    400, "too_many_pipelined_requests", "Too many requests wait on this connection. Open another one."
)
HEAD_LATE = ErrorReply(408, "request_timeout", "The request's headers did not arrive in time.")
BODY_LATE = ErrorReply(408, "request_timeout", "The request's body came too slowly, or stopped arriving.")
ALL_AT_WORK = ErrorReply(
    503,
    "too_many_connections",
    "LocalRouter is answering as many requests as it has room for. Send the request again in a few seconds.",
    retry_after=2,
)
NO_DESCRIPTORS = ErrorReply(503, NONE_LEFT_CODE, NONE_LEFT, retry_after=NONE_LEFT_RETRY_AFTER)


def reply_to(error: Exception) -> ErrorReply:
    """What the sender of a request is told of an error that nobody caught."""
    return NO_DESCRIPTORS if ran_out(error) else INTERNAL_ERROR


class Refused(Exception):
    """Stops the parser from within one of its callbacks."""

    def __init__(self, rejection: ErrorReply) -> None:
        super().__init__(rejection.code)
        self.rejection = rejection


def head_too_large(max_bytes: int) -> ErrorReply:
    return ErrorReply(431, "headers_too_large", f"The headers are larger than {max_bytes} bytes.")


def too_many_headers(most: int) -> ErrorReply:
    return ErrorReply(431, "headers_too_large", f"The request has more than {most} headers.")


def body_too_large(max_bytes: int) -> ErrorReply:
    return ErrorReply(413, "request_too_large", f"The request's body is larger than {max_bytes} bytes.")


def rejection_of(error: httptools.HttpParserError) -> ErrorReply:
    """Why the parser stopped."""
    cause = error.__context__
    match cause:
        case Refused():
            return cause.rejection
        case None | httptools.HttpParserError():
            reason = str(cause or error)
            return ErrorReply(400, "invalid_http_request", f"This is not a valid HTTP/1.1 request: {reason}.")
        case _:
            LOG.error("Reading a request failed", exc_info=cause)
            return INTERNAL_ERROR


def written(rejection: ErrorReply, request_id: str, path: str = "") -> bytes:
    """The complete answer, after which the connection is closed. `path` is the request's, as far as it was read."""
    dialect = spoken_at(path)
    body = dialect.write_error(rejection)
    headers = [*error_headers(rejection, body), *id_headers(dialect, request_id)]
    lines = [b"%b: %b\r\n" % header for header in headers]
    return b"".join([STATUS_LINE[dialect.status_of(rejection)], *lines, b"connection: close\r\n\r\n", body])
