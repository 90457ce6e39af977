"""An error as OpenAI's SDKs show it."""

from __future__ import annotations

from localrouter.domain.conversation.error_reply import ErrorReply

_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


def error_json(reply: ErrorReply, **more: object) -> dict[str, object]:
    error: dict[str, object] = {
        "message": reply.message,
        "type": _TYPES.get(reply.status, "invalid_request_error" if reply.status < 500 else "server_error"),
        "param": reply.param,
        "code": reply.code,
        **more,
    }
    if reply.localrouter:
        error["localrouter"] = reply.localrouter
    return error
