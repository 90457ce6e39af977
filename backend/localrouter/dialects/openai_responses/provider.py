"""What goes to a provider that speaks OpenAI's responses, and what its answers mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from localrouter.dialects.contract import CalledModel, EncodedCall, PlainAnswer, Preset, StreamDecoder
from localrouter.dialects.errors.classify import failure_in, failure_of
from localrouter.dialects.errors.details import is_web_page
from localrouter.dialects.errors.refused_fields import refused_field, without_refused
from localrouter.dialects.json_bodies.lenient import TooDeep, Unreadable, loads
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.values import object_at, text_at, whole_at
from localrouter.dialects.model_lists import models_in
from localrouter.dialects.openai_responses.answer import (
    MAX_SEARCHED_BYTES,
    RUNNING,
    is_answer,
    is_error,
    usage_in,
    written_in,
    written_in_part,
)
from localrouter.dialects.openai_responses.fields import NAME
from localrouter.dialects.openai_responses.neutral.calls import CAP, body_of
from localrouter.dialects.openai_responses.neutral.readings import reply_in
from localrouter.dialects.openai_responses.neutral.seals import is_foreign
from localrouter.dialects.openai_responses.own_tools import own_tools_in, without_search
from localrouter.dialects.openai_responses.stream import ResponsesStream
from localrouter.dialects.openai_responses.whole import response_in
from localrouter.dialects.sse import begins_stream
from localrouter.domain.conversation.conversation import Conversation
from localrouter.domain.conversation.request import ModelRequest, Service, Usage
from localrouter.domain.models.info import ListedModel
from localrouter.domain.routing.failures import Cools, Failure, FailureKind

Json = dict[str, object]

PATH = "responses"
_HEADERS = {"content-type": "application/json"}
# No request is one without them, whatever a list says; what is refused as reasoning is the chat's.
_NEEDED = frozenset({"model", "input", "stream", "reasoning", CAP})
_NO_SUCH_PATH = (404, 405, 501)
_OF_SOMETHING_ELSE = ("model", "response", "item", "file", "conversation", "deployment")
_NAMED = ("previous_response_id", "conversation", "prompt")
_UNKNOWN_ITEM = re.compile(r"(?i)\bitem with id \S+ not found|\bresponse with id \S+ not found")
_FOREIGN_THOUGHTS = "left out, as another provider made it: reasoning of earlier turns"
_SUMMARY = "reasoning.summary"
_UNSUMMED = "left out, as the provider gives it to verified organizations alone: reasoning.summary"
_WITHOUT_ANSWER = "The provider answered without an answer in it."


class OpenAIResponsesProvider:
    """The `contract.ProviderDialect` of OpenAI's responses."""

    name = NAME
    wants_objects = True
    model_list_path = "models"

    def encode(self, request: ModelRequest, model: str, preset: Preset, output_cap: int | None = None) -> EncodedCall:
        body = without_refused({**request.body, "model": model}, preset, _NEEDED)
        warnings = list(_without_summary(body, preset))
        if (own := _own_thoughts(body)) is not None:
            body["input"] = own
            warnings.append(_FOREIGN_THOUGHTS)
        if output_cap is not None and (bounded := without_search(body)) is not None:
            body = bounded
            warnings.append("left out, as a strict limit cannot bound it: web_search")
        if names := own_tools_in(body):
            warnings.append(f"what the provider may ask for its own tools is in no figure: {', '.join(names)}")
        capped = None if output_cap is None else _cap_output(body, output_cap)
        return EncodedCall(PATH, _HEADERS, dumps(body), capped, tuple(warnings))

    def encode_conversation(self, conversation: Conversation, called: CalledModel) -> EncodedCall:
        written = body_of(conversation, called)
        body = without_refused({"model": called.name, **written.body}, called.preset, _NEEDED)
        unsaid = _without_summary(body, called.preset)
        capped = None if called.output_cap is None else _cap_output(body, called.output_cap)
        adapted = tuple(sorted(written.adapted))
        warnings = (*written.warnings(), *unsaid)
        return EncodedCall(PATH, _HEADERS, dumps(body), capped, warnings, adapted, written.renamed)

    def left_out(self, failure: Failure, body: bytes) -> str | None:
        """A server that has no responses, or not all of them, is told the request in its own dialect."""
        if failure.kind is FailureKind.UNSUPPORTED and failure.param == _SUMMARY:
            return _SUMMARY
        return refused_field(failure, body) or failure.left_out

    def failure(self, status: int, headers: Mapping[str, str], body: bytes, preset: Preset) -> Failure:
        failure = failure_of(status, headers, body, preset.name)
        if failure.param in _NAMED or failure.code == "previous_response_not_found" or _is_unknown_item(failure):
            # Another provider may have made it. This one is well.
            return replace(failure, kind=FailureKind.UNSUPPORTED, cools=Cools.NOTHING, final=True)
        keeps_nothing = Service.MEMORY not in preset.services
        if _has_no_responses(status, failure) or (keeps_nothing and failure.kind is FailureKind.UNSUPPORTED):
            return _without_responses(failure)  # what it takes by chat may be more, and nothing is lost
        return failure

    def plain_answer(self, body: bytes, request: ModelRequest, preset: Preset) -> PlainAnswer | Failure:
        is_foreign_client = request.dialect != NAME
        try:
            answer = response_in(body) if begins_stream(body) else loads(body)
        except TooDeep:
            if is_foreign_client:
                return _no_answer("The provider's answer is nested too deeply to be translated.")
            return PlainAnswer(body, None, written_in_part(body))  # what only the router cannot read passes
        except Unreadable:
            what = "a web page" if is_web_page(body) else "something that is not JSON"
            return _no_answer(f"The provider answered with {what}. Check its base URL.")
        if not isinstance(answer, dict):
            return _no_answer(_WITHOUT_ANSWER)
        if is_error(answer):
            failure = failure_in(answer, preset.name)
            return _without_responses(failure) if "unexpected endpoint" in failure.message.lower() else failure
        if not is_answer(answer):
            return _no_answer(_WITHOUT_ANSWER)
        if begins_stream(body):
            body = dumps(answer)
        is_running = text_at(answer, "status") in RUNNING
        reply = reply_in(answer) if is_foreign_client else None
        return PlainAnswer(
            body, usage_in(answer), written_in(answer), reply, text_at(answer, "id") or None, is_running=is_running
        )

    def seen_in(self, body: bytes) -> tuple[Usage | None, int]:
        if len(body) > MAX_SEARCHED_BYTES:
            return None, written_in_part(body)
        try:
            answer = loads(body)
        except Unreadable:
            return None, written_in_part(body)
        return (usage_in(answer), written_in(answer)) if isinstance(answer, dict) else (None, 0)

    def stream_decoder(self, request: ModelRequest, preset: Preset) -> StreamDecoder:
        return ResponsesStream(preset.name, request)

    def model_list(self, body: bytes) -> tuple[ListedModel, ...]:
        return models_in(body)

    def next_page(self, body: bytes) -> str | None:  # noqa: ARG002 - the whole list is one page
        return None


def _is_unknown_item(failure: Failure) -> bool:
    return failure.status in (400, 404) and _UNKNOWN_ITEM.search(failure.message) is not None


def _has_no_responses(status: int, failure: Failure) -> bool:
    """Whether it is the path that a server does not know, and not something that the request names."""
    said = failure.message.lower()
    return status in _NO_SUCH_PATH and failure.param is None and not any(word in said for word in _OF_SOMETHING_ELSE)


def _without_responses(failure: Failure) -> Failure:
    return replace(failure, kind=FailureKind.UNSUPPORTED, cools=Cools.NOTHING, left_out=NAME)


def _no_answer(message: str) -> Failure:
    return Failure(FailureKind.SERVER_ERROR, message, status=200)


def _without_summary(body: Json, preset: Preset) -> tuple[str, ...]:
    """Takes the wish for thoughts in words out of a body, where it was refused: OpenAI wants to know who reads them.
    The answer is the same without. Returns what to warn of."""
    reasoning = object_at(body, "reasoning") if _SUMMARY in preset.refused_fields else None
    if reasoning is None or reasoning.get("summary") is None:
        return ()
    body["reasoning"] = {name: value for name, value in reasoning.items() if name != "summary"}
    return (_UNSUMMED,)


def _cap_output(body: Json, cap: int) -> str | None:
    """Lower the cap on the answer, thoughts and all. Returns the field that was changed; None if the request kept to it
    by itself."""
    given = whole_at(body, CAP)
    if given is not None and 0 < given <= cap:
        return None
    body[CAP] = cap
    return CAP


def _own_thoughts(body: Json) -> list[object] | None:
    """The input without the thoughts that another provider made; None where there are none of those."""
    given = body.get("input")
    if not isinstance(given, list) or not any(is_foreign(item) for item in given):
        return None
    return [item for item in given if not is_foreign(item)]
