"""What a program that speaks Gemini sends and is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from urllib.parse import parse_qs, unquote

import orjson

from localrouter.dialects.contract import PlainAnswer, StreamEvent, StreamWriter
from localrouter.dialects.gemini.bounds import bound_of
from localrouter.dialects.gemini.errors import error_json
from localrouter.dialects.gemini.fields import CLIENT_HEADER, CONFIG, COUNT, EMBED, EMBED_MANY, GENERATE, NAME, STREAM
from localrouter.dialects.gemini.neutral.requests import conversation_of
from localrouter.dialects.gemini.neutral.writer import ChunkWriter
from localrouter.dialects.gemini.neutral.written import answer_of, vectors_of
from localrouter.dialects.gemini.request import estimated_tokens, parse_request
from localrouter.dialects.gemini.shown_models import MODELS
from localrouter.dialects.gemini.stream import BareChunk
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.reading import MAX_MODEL_NAME, refused
from localrouter.dialects.json_bodies.values import flag_at, object_at
from localrouter.dialects.json_bodies.weight import Weigher
from localrouter.dialects.stream_frames import AS_EVENTS, StreamFrame
from localrouter.domain.conversation.conversation import Conversation
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.conversation.request import Endpoint, ModelRequest
from localrouter.domain.limits.demand import MaxUsage, Unbounded

Json = dict[str, object]

_PATHS = MappingProxyType(
    {
        GENERATE: Endpoint.CHAT_COMPLETIONS,
        STREAM: Endpoint.CHAT_COMPLETIONS,
        COUNT: Endpoint.COUNT_TOKENS,
        EMBED: Endpoint.EMBEDDINGS,
        EMBED_MANY: Endpoint.EMBEDDINGS,
    }
)
_CONTENT: Json = {"role": "user", "parts": [{"text": "Hello"}]}
_EXAMPLES: Mapping[Endpoint, Json] = MappingProxyType({Endpoint.EMBEDDINGS: {"content": _CONTENT}})
_FOLDER = "models/"
# Its programs take every line of a stream for JSON, and comments, too: an empty one keeps a connection open.
_EVENTS = replace(AS_EVENTS, comment=b"\r\n")
_ARRAY = StreamFrame(b"application/json; charset=UTF-8", b"\r\n")


class GeminiClient:
    """The `contract.ClientDialect` of Google's Gemini."""

    name = NAME
    title = "Gemini"
    paths = _PATHS
    versions = ("/v1beta", "/v1alpha", "/v1", "")
    headers = (CLIENT_HEADER,)
    request_id_header = b"x-request-id"
    key_in_query = True
    models = MODELS

    def parse(self, endpoint: Endpoint, body: bytes | bytearray, weigher: Weigher | None = None) -> ModelRequest:
        return parse_request(endpoint, body, weigher)

    def from_path(self, request: ModelRequest, path: str, model: str, query: str) -> ModelRequest:
        """Programs put `models/` before every name, and some write its slashes in percent."""
        name = unquote(model).removeprefix(_FOLDER)
        if not name.strip():
            raise refused("model", "The path names no model. Name one, such as models/localrouter/auto.")
        if len(name) > MAX_MODEL_NAME:
            raise refused("model", f"The model's name is longer than {MAX_MODEL_NAME} characters.")
        streams = path == STREAM
        as_array = streams and parse_qs(query).get("alt", [""])[-1] != "sse"
        return replace(request, model=name, path=path, stream=streams, as_array=as_array)

    def example(self, endpoint: Endpoint, model: str, fields: Mapping[str, object]) -> ModelRequest:
        given = _EXAMPLES.get(endpoint, {"contents": [_CONTENT]})
        named = {name: value for name, value in fields.items() if name != "stream"}
        request = parse_request(endpoint, orjson.dumps({**given, **named}))
        path = next(each for each, served in _PATHS.items() if served is endpoint)
        if endpoint is Endpoint.CHAT_COMPLETIONS and fields.get("stream") is True:
            path = STREAM
        return replace(request, model=model, path=path, stream=path == STREAM)

    def max_usage(self, request: ModelRequest) -> MaxUsage | Unbounded:
        return bound_of(request)

    def conversation(self, request: ModelRequest) -> Conversation:
        return conversation_of(request)

    def write_answer(self, answer: PlainAnswer, request: ModelRequest) -> bytes:
        if answer.reply is None:
            return vectors_of(answer.raw, request) if request.endpoint is Endpoint.EMBEDDINGS else answer.raw
        return dumps(answer_of(answer.reply, request, shows_thoughts=_shows_thoughts(request)))

    def write_estimate(self, request: ModelRequest) -> bytes:
        return orjson.dumps({"totalTokens": estimated_tokens(request)})

    def stream_writer(self, request: ModelRequest, *, passes: bool = False) -> StreamWriter:  # noqa: ARG002 - see `last`
        writer = ChunkWriter(request, shows_thoughts=_shows_thoughts(request))
        return ArrayWriter(writer) if request.as_array else GeminiWriter(writer)

    def stream_frame(self, request: ModelRequest) -> StreamFrame:
        return _ARRAY if request.as_array else _EVENTS

    def status_of(self, reply: ErrorReply) -> int:
        return reply.status

    def tells_wait(self, reply: ErrorReply) -> bool:  # noqa: ARG002 - its programs bound their waits themselves
        return True

    def write_error(self, reply: ErrorReply) -> bytes:
        return orjson.dumps(error_json(reply))


class GeminiWriter:
    """The `contract.StreamWriter` of Gemini, as events. Nothing but the end of the body ends one."""

    __slots__ = ("_chunks",)

    def __init__(self, chunks: ChunkWriter) -> None:
        self._chunks = chunks

    def event(self, event: StreamEvent) -> bytes:
        return b"".join(map(_event, self._chunks.chunks(event)))

    def end(self) -> bytes:
        return b"".join(map(_event, self._chunks.last()))

    def error(self, reply: ErrorReply) -> bytes:
        return _event(error_json(reply))


class ArrayWriter:
    """The same as one JSON array, for programs that ask for no events. What Gemini itself said goes in as it came."""

    __slots__ = ("_began", "_chunks", "_ended")

    def __init__(self, chunks: ChunkWriter) -> None:
        self._chunks = chunks
        self._began = self._ended = False

    def event(self, event: StreamEvent) -> bytes:
        if isinstance(event, BareChunk):
            return self._written([event.raw])
        written = self._written(map(dumps, self._chunks.chunks(event)))
        return written + self.end() if event.done else written

    def end(self) -> bytes:
        if self._ended:
            return b""
        self._ended = True
        written = self._written(map(dumps, self._chunks.last()))
        return (written if self._began else b"[") + b"]"

    def error(self, reply: ErrorReply) -> bytes:
        return self._written([orjson.dumps(error_json(reply))]) + b"]"

    def _written(self, chunks: Iterable[bytes]) -> bytes:
        written = b""
        for chunk in chunks:
            written += (b",\r\n" if self._began else b"[") + chunk
            self._began = True
        return written


def _event(chunk: Json) -> bytes:
    return b"data: " + dumps(chunk) + b"\r\n\r\n"


def _shows_thoughts(request: ModelRequest) -> bool:
    thinking = object_at(object_at(request.body, CONFIG), "thinkingConfig")
    return flag_at(thinking, "includeThoughts") is True
