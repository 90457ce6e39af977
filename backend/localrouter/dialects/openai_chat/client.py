"""What a program that speaks OpenAI's chat sends and is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import orjson

from localrouter.dialects.contract import ClientDialect, PlainAnswer, StreamWriter
from localrouter.dialects.json_bodies.weight import Weigher
from localrouter.dialects.openai_chat.bounds import TEXT_FIELDS, bound_of
from localrouter.dialects.openai_chat.fields import NAME
from localrouter.dialects.openai_chat.neutral import completions
from localrouter.dialects.openai_chat.neutral.replies import answer_of
from localrouter.dialects.openai_chat.neutral.requests import conversation_of
from localrouter.dialects.openai_chat.neutral.writer import ChunkWriter
from localrouter.dialects.openai_chat.request import parse_request
from localrouter.dialects.openai_chat.responses_bodies import as_chat, may_be_for_a_response
from localrouter.dialects.openai_shapes.errors import error_json
from localrouter.dialects.openai_shapes.shown_models import MODELS
from localrouter.dialects.stream_frames import EventsBelowV1
from localrouter.domain.conversation.conversation import Conversation
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.conversation.request import Endpoint, ModelRequest
from localrouter.domain.errors import Invalid
from localrouter.domain.limits.demand import MaxUsage, Unbounded

_PATHS = MappingProxyType({endpoint.value: endpoint for endpoint in TEXT_FIELDS})
_EXAMPLES: Mapping[Endpoint, Mapping[str, object]] = MappingProxyType(
    {
        Endpoint.CHAT_COMPLETIONS: {"messages": [{"role": "user", "content": "Hello"}]},
        Endpoint.COMPLETIONS: {"prompt": "Hello"},
        Endpoint.EMBEDDINGS: {"input": "Hello"},
    }
)


class OpenAIChatClient(EventsBelowV1):
    """The `contract.ClientDialect` of OpenAI's chat completions, completions and embeddings. `responses` reads what was
    meant for that path."""

    name = NAME
    title = "OpenAI"
    paths = _PATHS
    headers: tuple[str, ...] = ()
    request_id_header = b"x-request-id"
    models = MODELS

    def __init__(self, responses: ClientDialect | None = None) -> None:
        self.responses = responses

    def parse(self, endpoint: Endpoint, body: bytes | bytearray, weigher: Weigher | None = None) -> ModelRequest:
        try:
            return parse_request(endpoint, body, weigher)
        except Invalid as refusal:
            if self.responses is None or not may_be_for_a_response(endpoint, body, refusal):
                raise
            told, warnings = as_chat(body, weigher, self.responses)
            return replace(parse_request(endpoint, told), warnings=warnings)

    def example(self, endpoint: Endpoint, model: str, fields: Mapping[str, object]) -> ModelRequest:
        return parse_request(endpoint, orjson.dumps({**_EXAMPLES[endpoint], **fields, "model": model}))

    def max_usage(self, request: ModelRequest) -> MaxUsage | Unbounded:
        return bound_of(request)

    def conversation(self, request: ModelRequest) -> Conversation:
        if request.endpoint is Endpoint.COMPLETIONS:
            return completions.conversation_of(request)
        return conversation_of(request)

    def write_answer(self, answer: PlainAnswer, request: ModelRequest) -> bytes:
        if answer.reply is None:
            return answer.raw
        write = completions.answer_of if request.endpoint is Endpoint.COMPLETIONS else answer_of
        return orjson.dumps(write(answer.reply, request))

    def stream_writer(self, request: ModelRequest, *, passes: bool = False) -> StreamWriter:  # noqa: ARG002 - no effect
        if request.endpoint is Endpoint.COMPLETIONS:
            return OpenAICompletionsWriter(request)
        return OpenAIChatWriter(request)

    def write_estimate(self, request: ModelRequest) -> bytes:
        raise LookupError(request.endpoint)  # cannot be: none of its paths counts tokens

    def status_of(self, reply: ErrorReply) -> int:
        return reply.status

    def tells_wait(self, reply: ErrorReply) -> bool:  # noqa: ARG002 - its programs bound their waits themselves
        return True

    def write_error(self, reply: ErrorReply) -> bytes:
        return _error_body(reply)


class OpenAIChatWriter(ChunkWriter):
    """The `contract.StreamWriter` of OpenAI's chat."""

    def error(self, reply: ErrorReply) -> bytes:
        # No `[DONE]` follows: it would make a broken answer look whole.
        return b"data: " + _error_body(reply, status=reply.status) + b"\n\n"


class OpenAICompletionsWriter(completions.CompletionWriter):
    """The `contract.StreamWriter` of OpenAI's text completions."""

    def error(self, reply: ErrorReply) -> bytes:
        return b"data: " + _error_body(reply, status=reply.status) + b"\n\n"


def _error_body(reply: ErrorReply, **more: object) -> bytes:
    """`more` is what an event has to say itself, since its stream has the status 200."""
    return orjson.dumps({"error": error_json(reply, **more)})
