"""What a program that speaks Anthropic's messages sends and is told."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import orjson

from localrouter.dialects.anthropic_messages.bounds import bound_of
from localrouter.dialects.anthropic_messages.fields import (
    BETA_HEADER,
    COUNT_PATH,
    HELD,
    NAME,
    PATH,
    THREAD,
    THREAD_CODES,
    THREAD_NOT_FOUND,
    VERSION_HEADER,
)
from localrouter.dialects.anthropic_messages.neutral.replies import answer_of
from localrouter.dialects.anthropic_messages.neutral.requests import conversation_of
from localrouter.dialects.anthropic_messages.neutral.writer import EventWriter, event_bytes
from localrouter.dialects.anthropic_messages.request import estimated_tokens, parse_request
from localrouter.dialects.anthropic_messages.shown_models import MODELS
from localrouter.dialects.contract import PlainAnswer, StreamWriter
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.weight import Weigher
from localrouter.dialects.stream_frames import EventsBelowV1
from localrouter.domain.conversation.conversation import Conversation
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.conversation.request import Endpoint, ModelRequest
from localrouter.domain.limits.demand import MaxUsage, Unbounded

_PATHS = MappingProxyType({PATH: Endpoint.CHAT_COMPLETIONS, COUNT_PATH: Endpoint.COUNT_TOKENS})
_EXAMPLE: Mapping[str, object] = MappingProxyType({"messages": [{"role": "user", "content": "Hello"}]})
_TOO_LONG, _CLAUDE_CODES_WORDS = "context_length_exceeded", "prompt is too long"
_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
}


class AnthropicMessagesClient(EventsBelowV1):
    """The `contract.ClientDialect` of Anthropic's messages."""

    name = NAME
    title = "Anthropic"
    paths = _PATHS
    headers = (VERSION_HEADER, BETA_HEADER)
    request_id_header = b"request-id"
    models = MODELS

    def parse(self, endpoint: Endpoint, body: bytes | bytearray, weigher: Weigher | None = None) -> ModelRequest:
        return parse_request(endpoint, body, weigher)

    def example(self, endpoint: Endpoint, model: str, fields: Mapping[str, object]) -> ModelRequest:
        return parse_request(endpoint, orjson.dumps({**_EXAMPLE, **fields, "model": model}))

    def max_usage(self, request: ModelRequest) -> MaxUsage | Unbounded:
        return bound_of(request)

    def conversation(self, request: ModelRequest) -> Conversation:
        return conversation_of(request)

    def write_answer(self, answer: PlainAnswer, request: ModelRequest) -> bytes:
        return answer.raw if answer.reply is None else dumps(answer_of(answer.reply, request))

    def write_estimate(self, request: ModelRequest) -> bytes:
        return orjson.dumps({"input_tokens": estimated_tokens(request)})

    def stream_writer(self, request: ModelRequest, *, passes: bool = False) -> StreamWriter:  # noqa: ARG002 - it changes nothing
        return MessagesWriter(request)

    def status_of(self, reply: ErrorReply) -> int:
        """Claude Code hides the sentence of a 404 and asks again; that of a 400 it shows."""
        return 400 if reply.status == 404 else reply.status

    def tells_wait(self, reply: ErrorReply) -> bool:  # noqa: ARG002 - its programs bound their waits themselves
        return True

    def write_error(self, reply: ErrorReply) -> bytes:
        return orjson.dumps(_error_json(reply, self.status_of(reply)))


class MessagesWriter(EventWriter):
    """The `contract.StreamWriter` of Anthropic's messages."""

    def error(self, reply: ErrorReply) -> bytes:
        # No `message_stop` follows: it would make a broken answer look whole.
        return event_bytes("error", _error_json(reply, reply.status))


def _error_json(reply: ErrorReply, status: int) -> dict[str, object]:
    kind = _ERROR_TYPES.get(status, "invalid_request_error" if status < 500 else "api_error")
    message = reply.message
    if reply.code == _TOO_LONG and _CLAUDE_CODES_WORDS not in message.lower():
        message = f"{_CLAUDE_CODES_WORDS}: {message}"  # at these it makes its conversation shorter, and goes on
    error: dict[str, object] = {"type": kind, "message": message}
    if reply.code is not None:
        error["code"] = reply.code
    if reply.param is not None:
        error["param"] = reply.param
    if reply.code in THREAD_CODES:
        error["details"] = {"error_code": reply.code}
    elif reply.param == THREAD or HELD in message:
        error["details"] = {"error_code": THREAD_NOT_FOUND}
    if reply.localrouter:
        error["localrouter"] = reply.localrouter
    told: dict[str, object] = {"type": "error", "error": error}
    if "request_id" in reply.localrouter:
        told["request_id"] = reply.localrouter["request_id"]
    return told
