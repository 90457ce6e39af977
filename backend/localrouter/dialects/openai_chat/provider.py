"""What goes to a provider that speaks OpenAI's chat, and what its answers mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from localrouter.dialects.adapters.adapting import Adapting
from localrouter.dialects.adapters.chat import adapt
from localrouter.dialects.contract import CalledModel, EncodedCall, PlainAnswer, Preset, StreamDecoder
from localrouter.dialects.errors.classify import failure_in, failure_of
from localrouter.dialects.errors.details import is_web_page
from localrouter.dialects.errors.refused_fields import HINTS, refused_field
from localrouter.dialects.json_bodies.lenient import TooDeep, Unreadable, loads
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.model_lists import models_in
from localrouter.dialects.openai_chat.answer import error_in, has_error, object_of, says_something, usage_in
from localrouter.dialects.openai_chat.caps import cap_output, dropped_in, without_refused
from localrouter.dialects.openai_chat.fields import CAP_FIELDS, NAME
from localrouter.dialects.openai_chat.neutral.calls import body_of
from localrouter.dialects.openai_chat.neutral.chunks import ChunkReader
from localrouter.dialects.openai_chat.neutral.replies import reply_in
from localrouter.dialects.openai_chat.stream import (
    MAX_SEARCHED_BYTES,
    OpenAIChatStream,
    joined_answer,
    written_in,
    written_in_part,
)
from localrouter.dialects.sse import begins_stream
from localrouter.domain.conversation.conversation import Conversation
from localrouter.domain.conversation.request import Endpoint, ModelRequest, Usage
from localrouter.domain.models.info import ListedModel
from localrouter.domain.routing.failures import Failure, FailureKind

_HEADERS = {"content-type": "application/json"}


class OpenAIChatProvider:
    """The `contract.ProviderDialect` of OpenAI and all that are compatible with it."""

    name = NAME
    wants_objects = True
    model_list_path = "models"

    def encode(self, request: ModelRequest, model: str, preset: Preset, output_cap: int | None = None) -> EncodedCall:
        body: dict[str, object] = {**request.body, "model": model}
        if preset.needs_adapters and request.endpoint is Endpoint.CHAT_COMPLETIONS:
            return self._adapted(request, body, preset, output_cap)
        dropped = dropped_in(body, preset) if preset.refused_fields else None
        body = without_refused(body, preset)
        capped = cap_output(body, request.endpoint, preset, output_cap)
        if request.stream and request.endpoint is not Endpoint.EMBEDDINGS:
            _ask_for_usage(body, preset)
        warnings = Adapting(body, dropped).warnings() if dropped else ()
        return EncodedCall(request.endpoint.value, _HEADERS, dumps(body), capped, warnings)

    def _adapted(
        self, request: ModelRequest, body: dict[str, object], preset: Preset, output_cap: int | None
    ) -> EncodedCall:
        adapting = Adapting(body)
        adapt(adapting, preset)
        adapting.lost |= dropped_in(adapting.body, preset)
        body = without_refused(adapting.body, preset)
        capped = cap_output(body, request.endpoint, preset, output_cap)
        if request.stream:
            _ask_for_usage(body, preset)
        unwraps = adapting.wraps_json and request.answers == 1
        return EncodedCall(
            request.endpoint.value,
            _HEADERS,
            dumps(body),
            capped,
            adapting.warnings(),
            tuple(sorted(adapting.adapted)),
            read_as=request.in_neutral_terms if unwraps else None,
            wraps_json=unwraps,
        )

    def encode_conversation(self, conversation: Conversation, called: CalledModel) -> EncodedCall:
        written, preset, endpoint = body_of(conversation, called), called.preset, Endpoint.CHAT_COMPLETIONS
        adapting = Adapting({"model": called.name, **written.body}, written.lost, written.adapted)
        if preset.needs_adapters:
            adapt(adapting, preset)
        body = without_refused(adapting.body, preset)
        capped = cap_output(body, endpoint, preset, called.output_cap)
        if conversation.stream:
            _ask_for_usage(body, preset)
        adapted = tuple(sorted(written.adapted))
        call = EncodedCall(endpoint.value, _HEADERS, dumps(body), capped, written.warnings(), adapted, written.renamed)
        return replace(call, wraps_json=True) if adapting.wraps_json else call

    def left_out(self, failure: Failure, body: bytes) -> str | None:
        return refused_field(failure, body, CAP_FIELDS, HINTS)

    def failure(self, status: int, headers: Mapping[str, str], body: bytes, preset: Preset) -> Failure:
        return failure_of(status, headers, body, preset.name)

    def plain_answer(self, body: bytes, request: ModelRequest, preset: Preset) -> PlainAnswer | Failure:
        if begins_stream(body):
            whole = joined_answer(body, OpenAIChatStream(preset.name, shows_usage=True))
            return whole if isinstance(whole, Failure) else self._plain(dumps(whole), whole, request, preset)
        try:
            answer = object_of(loads(body))
        except TooDeep:
            if request.dialect != NAME:
                return _no_answer("The provider's answer is nested too deeply to be translated.")
            return PlainAnswer(body, None, written_in_part(body))  # what only the router cannot read passes
        except Unreadable:
            what = "a web page" if is_web_page(body) else "something that is not JSON"
            return _no_answer(f"The provider answered with {what}. Check its base URL.")
        return self._plain(body, answer, request, preset)

    def _plain(
        self, body: bytes, answer: dict[str, object] | None, request: ModelRequest, preset: Preset
    ) -> PlainAnswer | Failure:
        if answer is None:
            return _no_answer(_WITHOUT_ANSWER)
        if has_error(answer):
            return failure_in(error_in(answer), preset.name)
        if not says_something(answer, request):
            return _no_answer(_WITHOUT_ANSWER)
        reply = None if request.dialect == NAME else reply_in(answer, request.body)
        return PlainAnswer(body, usage_in(answer, request.endpoint), written_in(answer), reply)

    def seen_in(self, body: bytes) -> tuple[Usage | None, int]:
        if len(body) > MAX_SEARCHED_BYTES:
            return None, written_in_part(body)
        try:
            answer = loads(body)
        except Unreadable:
            return None, written_in_part(body)
        return (usage_in(answer), written_in(answer)) if isinstance(answer, dict) else (None, 0)

    def stream_decoder(self, request: ModelRequest, preset: Preset) -> StreamDecoder:
        reader = None if request.dialect == NAME else ChunkReader(request.body)
        return OpenAIChatStream(preset.name, shows_usage=request.wants_usage_chunk, reader=reader)

    def model_list(self, body: bytes) -> tuple[ListedModel, ...]:
        return models_in(body)

    def next_page(self, body: bytes) -> str | None:  # noqa: ARG002 - its lists are whole
        return None


def _ask_for_usage(body: dict[str, object], preset: Preset) -> None:
    if preset.supports_stream_usage and "stream_options" not in preset.refused_fields:
        options = body.get("stream_options")
        body["stream_options"] = {**(options if isinstance(options, dict) else {}), "include_usage": True}


_WITHOUT_ANSWER = "The provider answered without an answer in it."


def _no_answer(message: str) -> Failure:
    return Failure(FailureKind.SERVER_ERROR, message, status=200)
