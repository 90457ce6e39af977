"""What goes to a provider that speaks Gemini, and what its answers mean."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from localrouter.dialects.contract import CalledModel, EncodedCall, PlainAnswer, Preset, StreamDecoder
from localrouter.dialects.errors.classify import failure_in, failure_of
from localrouter.dialects.errors.details import is_web_page
from localrouter.dialects.gemini.answer import (
    MAX_SEARCHED_BYTES,
    failed_call,
    is_blocked,
    is_error,
    says_something,
    written_in,
    written_in_part,
)
from localrouter.dialects.gemini.caps import capped, without_refused
from localrouter.dialects.gemini.fields import NAME
from localrouter.dialects.gemini.neutral.adapters import is_of_levels
from localrouter.dialects.gemini.neutral.calls import body_of
from localrouter.dialects.gemini.neutral.chunks import ChunkReader
from localrouter.dialects.gemini.neutral.replies import reply_in
from localrouter.dialects.gemini.neutral.signatures import without_foreign
from localrouter.dialects.gemini.stream import GeminiStream
from localrouter.dialects.gemini.usage import usage_in
from localrouter.dialects.gemini.whole import chunks_in, joined
from localrouter.dialects.json_bodies.lenient import TooDeep, Unreadable, exact, loads
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.values import object_at, objects_at, whole_at
from localrouter.dialects.model_lists import models_in, next_page
from localrouter.dialects.sse import begins_stream
from localrouter.domain.conversation.conversation import Conversation
from localrouter.domain.conversation.request import Endpoint, ModelRequest, Usage
from localrouter.domain.models.info import ListedModel
from localrouter.domain.routing.failures import Failure, FailureKind

Json = dict[str, object]

_HEADERS = {"content-type": "application/json"}
_PREFIX, _TUNED = "models/", "tunedModels/"
_FOREIGN_THOUGHTS = "left out, as another provider made it: reasoning of earlier turns"
_NAMING = frozenset({"model", "generateContentRequest", "requests"})
_WITHOUT_ANSWER = "The provider answered without an answer in it."


class GeminiProvider:
    """The `contract.ProviderDialect` of Google's Gemini."""

    name = NAME
    wants_objects = False
    model_list_path = "models?pageSize=1000"

    def encode(self, request: ModelRequest, model: str, preset: Preset, output_cap: int | None = None) -> EncodedCall:
        body = without_refused(request.body, preset)
        cap = None
        if output_cap is not None and request.endpoint is Endpoint.CHAT_COMPLETIONS:
            body, cap = capped(body, output_cap)
        action = _action(request)
        body = _naming(body, model)
        headers = {**_HEADERS, **dict(request.headers)}
        own = without_foreign(body, wants_signatures=is_of_levels(model))
        if own is None:
            return EncodedCall(_path(model, action), headers, dumps(body), cap)
        return EncodedCall(_path(model, action), headers, dumps({**body, **own}), cap, (_FOREIGN_THOUGHTS,))

    def encode_conversation(self, conversation: Conversation, called: CalledModel) -> EncodedCall:
        written, cap = body_of(conversation, called), None
        body = without_refused(written.body, called.preset)
        if called.output_cap is not None:
            body, cap = capped(body, called.output_cap)
        action = "streamGenerateContent?alt=sse" if conversation.stream else "generateContent"
        adapted = tuple(sorted(written.adapted))
        path = _path(called.name, action)
        return EncodedCall(path, _HEADERS, dumps(body), cap, written.warnings(), adapted, written.renamed)

    def left_out(self, failure: Failure, body: bytes) -> str | None:  # noqa: ARG002 - none of its fields can be spared
        return None

    def failure(self, status: int, headers: Mapping[str, str], body: bytes, preset: Preset) -> Failure:
        return failure_of(status, headers, body, preset.name)

    def plain_answer(self, body: bytes, request: ModelRequest, preset: Preset) -> PlainAnswer | Failure:
        is_foreign_client = request.dialect != NAME
        try:
            if begins_stream(body) or body.lstrip().startswith(b"["):
                answer: object = joined(chunks_in(body))
                body = dumps(answer)
            else:
                answer = exact(body) if is_foreign_client else loads(body)
        except TooDeep:
            if is_foreign_client:
                return _no_answer("The provider's answer is nested too deeply to be translated.")
            return PlainAnswer(body, None, written_in_part(body))  # what only the router cannot read passes
        except Unreadable:
            what = "a web page" if is_web_page(body) else "something that is not JSON"
            return _no_answer(f"The provider answered with {what}. Check its base URL.")
        if not isinstance(answer, dict):
            return _no_answer(_WITHOUT_ANSWER)
        if is_error(answer) or is_blocked(answer):
            return failure_in(answer, preset.name)
        if request.endpoint is not Endpoint.CHAT_COMPLETIONS:
            return _counted(body, answer, request)
        if not says_something(answer):
            return _no_answer(_WITHOUT_ANSWER)
        if (why := failed_call(answer)) is not None:
            return Failure(FailureKind.UNSUPPORTED, why, status=200)
        reply = reply_in(answer, request.id) if is_foreign_client else None
        return PlainAnswer(body, usage_in(object_at(answer, "usageMetadata")), written_in(answer), reply)

    def seen_in(self, body: bytes) -> tuple[Usage | None, int]:
        if len(body) > MAX_SEARCHED_BYTES:
            return None, written_in_part(body)
        try:
            answer = loads(body)
        except Unreadable:
            return None, written_in_part(body)
        if not isinstance(answer, dict):
            return None, 0
        return usage_in(object_at(answer, "usageMetadata")), written_in(answer)

    def stream_decoder(self, request: ModelRequest, preset: Preset) -> StreamDecoder:
        if request.dialect != NAME:
            return GeminiStream(preset.name, ChunkReader(request.id))
        return GeminiStream(preset.name, bare=request.as_array)

    def model_list(self, body: bytes) -> tuple[ListedModel, ...]:
        return models_in(body)

    def next_page(self, body: bytes) -> str | None:
        return next_page(body, self.model_list_path, "nextPageToken", "pageToken")


def _action(request: ModelRequest) -> str:
    match request.endpoint:
        case Endpoint.COUNT_TOKENS:
            return "countTokens"
        case Endpoint.EMBEDDINGS:
            return "batchEmbedContents" if "requests" in request.body else "embedContent"
    return "streamGenerateContent?alt=sse" if request.stream else "generateContent"


def _path(model: str, action: str) -> str:
    """The place of a model. A tuned one has a folder of its own."""
    folder = _TUNED if model.startswith(_TUNED) else _PREFIX
    return f"{folder}{quote(model.removeprefix(folder), safe='')}:{action}"


def _naming(body: Json, model: str) -> Json:
    """The body with this model where it names one beside the path."""
    if body.keys().isdisjoint(_NAMING):
        return body
    named = model if model.startswith((_PREFIX, _TUNED)) else _PREFIX + model
    told = {**body, "model": named} if "model" in body else body
    if (inner := object_at(body, "generateContentRequest")) is not None:
        told["generateContentRequest"] = {**inner, "model": named}
    if "requests" in body:
        told["requests"] = [{**each, "model": named} for each in objects_at(body, "requests")]
    return told


def _counted(body: bytes, answer: Json, request: ModelRequest) -> PlainAnswer | Failure:
    """What only counts or embeds a prompt."""
    if request.endpoint is Endpoint.COUNT_TOKENS:
        is_answer = whole_at(answer, "totalTokens") is not None
        return PlainAnswer(body, Usage(), 0) if is_answer else _no_answer(_WITHOUT_ANSWER)
    if not (isinstance(answer.get("embeddings"), list) or object_at(answer, "embedding")):
        return _no_answer(_WITHOUT_ANSWER)
    return PlainAnswer(body, usage_in(object_at(answer, "usageMetadata")), 0)


def _no_answer(message: str) -> Failure:
    return Failure(FailureKind.SERVER_ERROR, message, status=200)
