"""How other services write an error: the shape in which their SDKs find the sentence for their users."""

from __future__ import annotations

from enum import StrEnum

import orjson

from localrouter.domain.conversation.error_reply import ErrorReply


class Shape(StrEnum):
    """Whose SDK reads the error."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"
    SENTENCE = "sentence"  # Ollama, Text Generation Inference
    MESSAGE = "message"  # Cohere, Bedrock


_ANTHROPIC_TYPES = {400: "invalid_request_error", 404: "not_found_error"}
_GEMINI_STATUSES = {400: "INVALID_ARGUMENT", 404: "NOT_FOUND"}


def written(reply: ErrorReply, shape: Shape) -> bytes | None:
    """The error's body; None for OpenAI's, which its dialect writes."""
    match shape:
        case Shape.OPENAI:
            return None
        case Shape.ANTHROPIC:
            kind = _ANTHROPIC_TYPES.get(reply.status, "api_error")
            return orjson.dumps({"type": "error", "error": {"type": kind, "message": reply.message}})
        case Shape.GEMINI:
            status = _GEMINI_STATUSES.get(reply.status, "UNKNOWN")
            return orjson.dumps({"error": {"code": reply.status, "message": reply.message, "status": status}})
        case Shape.SENTENCE:
            return orjson.dumps({"error": reply.message})
        case Shape.MESSAGE:
            return orjson.dumps({"message": reply.message})
