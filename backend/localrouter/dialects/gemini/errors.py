"""An error as Google writes it, so that its programs show our sentence."""

from __future__ import annotations

from localrouter.domain.conversation.error_reply import ErrorReply

Json = dict[str, object]

_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_TYPE = "type.googleapis.com/google.rpc."


def error_json(reply: ErrorReply) -> Json:
    status = _STATUSES.get(reply.status, "INVALID_ARGUMENT" if reply.status < 500 else "INTERNAL")
    details: list[Json] = []
    if reply.code is not None:
        details.append({"@type": f"{_TYPE}ErrorInfo", "reason": reply.code.upper(), "domain": "localrouter"})
    if reply.param is not None:
        violation = {"field": reply.param, "description": reply.message}
        details.append({"@type": f"{_TYPE}BadRequest", "fieldViolations": [violation]})
    if reply.retry_after is not None:
        details.append({"@type": f"{_TYPE}RetryInfo", "retryDelay": f"{reply.retry_after}s"})
    error: Json = {"code": reply.status, "message": reply.message, "status": status}
    if details:
        error["details"] = details
    if reply.localrouter:
        error["localrouter"] = reply.localrouter
    return {"error": error}
