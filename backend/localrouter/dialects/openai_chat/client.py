"""What a program that speaks OpenAI's chat is told."""

from __future__ import annotations

import orjson

from localrouter.domain.conversation.error_reply import ErrorReply

_ERROR_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


class OpenAIChatClient:
    """The `contract.ClientDialect` of OpenAI's chat completions, completions and embeddings."""

    def error_body(self, reply: ErrorReply) -> bytes:
        error: dict[str, object] = {
            "message": reply.message,
            "type": _error_type(reply.status),
            "param": reply.param,
            "code": reply.code,
        }
        if reply.localrouter:
            error["localrouter"] = reply.localrouter
        return orjson.dumps({"error": error})

    def error_event(self, reply: ErrorReply) -> bytes:
        # No `[DONE]` follows: it would make a broken answer look whole.
        return b"data: " + self.error_body(reply) + b"\n\n"


def _error_type(status: int) -> str:
    return _ERROR_TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
