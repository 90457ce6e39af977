"""What goes to a provider that speaks Anthropic's messages, and what its answers mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from localrouter.dialects.adapters.answers.by_tool import BY_TOOL
from localrouter.dialects.adapters.structured_output import STRUCTURED_OUTPUT
from localrouter.dialects.anthropic_messages.answer import (
    MAX_SEARCHED_BYTES,
    is_error,
    is_message,
    thread_code_in,
    written_in,
    written_in_part,
)
from localrouter.dialects.anthropic_messages.fields import COUNT_PATH, NAME, PATH
from localrouter.dialects.anthropic_messages.neutral.adapters import MIN_BUDGET
from localrouter.dialects.anthropic_messages.neutral.calls import body_of
from localrouter.dialects.anthropic_messages.neutral.events import EventTranslator
from localrouter.dialects.anthropic_messages.neutral.replies import reply_in
from localrouter.dialects.anthropic_messages.neutral.signatures import is_foreign
from localrouter.dialects.anthropic_messages.stream import MessagesStream
from localrouter.dialects.anthropic_messages.usage import usage_in
from localrouter.dialects.anthropic_messages.whole import message_in
from localrouter.dialects.contract import CalledModel, EncodedCall, PlainAnswer, Preset, StreamDecoder
from localrouter.dialects.errors.classify import failure_in, failure_of
from localrouter.dialects.errors.details import is_web_page
from localrouter.dialects.errors.refused_fields import without_refused
from localrouter.dialects.json_bodies.lenient import TooDeep, Unreadable, exact, loads
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.values import object_at, objects_at, whole_at
from localrouter.dialects.model_lists import models_in, next_page
from localrouter.dialects.sse import begins_stream
from localrouter.domain.conversation.conversation import Conversation
from localrouter.domain.conversation.request import Endpoint, ModelRequest, Usage
from localrouter.domain.models.info import ListedModel
from localrouter.domain.routing.failures import Cools, Failure, FailureKind

Json = dict[str, object]

_HEADERS = {"content-type": "application/json"}
_PATHS = {Endpoint.CHAT_COMPLETIONS: PATH, Endpoint.COUNT_TOKENS: COUNT_PATH}
_CAP = "max_tokens"
_NEEDED = frozenset({"model", "messages", "max_tokens", "stream"})  # no request is one without them
# How a server says that it does not take a field; only those that change no meaning can be left out.
_EXTRA_FIELD = re.compile(r"(metadata|service_tier)\b: Extra inputs are not permitted")
_FOREIGN_THOUGHTS = "left out, as another provider made it: reasoning of earlier turns"


class AnthropicMessagesProvider:
    """The `contract.ProviderDialect` of Anthropic and all that are compatible with it."""

    name = NAME
    wants_objects = True
    model_list_path = "models?limit=1000"

    def encode(self, request: ModelRequest, model: str, preset: Preset, output_cap: int | None = None) -> EncodedCall:
        body = without_refused({**request.body, "model": model}, preset, _NEEDED)
        is_counted = request.endpoint is Endpoint.COUNT_TOKENS
        capped = None if output_cap is None or is_counted else _cap_output(body, output_cap)
        own = _own_thoughts(body, _is_refused if "claude" in model.lower() else is_foreign)
        warnings = () if own is None else (_FOREIGN_THOUGHTS,)
        if own is not None:
            body["messages"] = own
        return EncodedCall(_PATHS[request.endpoint], _headers(request), dumps(body), capped, warnings)

    def encode_conversation(self, conversation: Conversation, called: CalledModel) -> EncodedCall:
        written = body_of(conversation, called)
        body = without_refused({"model": called.name, **written.body}, called.preset, _NEEDED)
        wanted, cap, capped = conversation.max_output_tokens, called.output_cap, None
        if cap is not None:
            _cap_output(body, cap)
            capped = _CAP if wanted is None or wanted > cap else None
        adapted = tuple(sorted(written.adapted))
        return EncodedCall(
            _PATHS[Endpoint.CHAT_COMPLETIONS],
            _HEADERS,
            dumps(body),
            capped,
            written.warnings(),
            adapted,
            written.renamed,
            wraps_json=STRUCTURED_OUTPUT in written.adapted,
            by_tool=BY_TOOL in written.adapted,
        )

    def left_out(self, failure: Failure, body: bytes) -> str | None:
        if failure.kind not in (FailureKind.UNSUPPORTED, FailureKind.INVALID_REQUEST):
            return None
        found = _EXTRA_FIELD.match(failure.message)
        return found[1] if found is not None and b'"%b"' % found[1].encode() in body else None

    def failure(self, status: int, headers: Mapping[str, str], body: bytes, preset: Preset) -> Failure:
        failure = failure_of(status, headers, body, preset.name)
        if b'"thread_' in body and (code := thread_code_in(body)) is not None:
            # Another provider may hold it. This one is well.
            return replace(failure, kind=FailureKind.UNSUPPORTED, code=code, cools=Cools.NOTHING, final=True)
        return failure

    def plain_answer(self, body: bytes, request: ModelRequest, preset: Preset) -> PlainAnswer | Failure:
        is_foreign_client = request.dialect != NAME
        try:
            read = exact if is_foreign_client else loads
            answer = message_in(body) if begins_stream(body) else read(body)
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
            return failure_in(answer, preset.name)
        if request.endpoint is Endpoint.COUNT_TOKENS:
            counted = whole_at(answer, "input_tokens")
            return _no_answer(_WITHOUT_ANSWER) if counted is None else PlainAnswer(body, Usage(), 0)
        if not is_message(answer):
            return _no_answer(_WITHOUT_ANSWER)
        if begins_stream(body):
            body = dumps(answer)
        reply = reply_in(answer) if is_foreign_client else None
        return PlainAnswer(body, usage_in(object_at(answer, "usage")), written_in(answer), reply)

    def seen_in(self, body: bytes) -> tuple[Usage | None, int]:
        if len(body) > MAX_SEARCHED_BYTES:
            return None, written_in_part(body)
        try:
            answer = loads(body)
        except Unreadable:
            return None, written_in_part(body)
        return (usage_in(object_at(answer, "usage")), written_in(answer)) if isinstance(answer, dict) else (None, 0)

    def stream_decoder(self, request: ModelRequest, preset: Preset) -> StreamDecoder:
        return MessagesStream(preset.name, None if request.dialect == NAME else EventTranslator())

    def model_list(self, body: bytes) -> tuple[ListedModel, ...]:
        return models_in(body)

    def next_page(self, body: bytes) -> str | None:
        return next_page(body, self.model_list_path, "last_id", "after_id", only_if="has_more")


_WITHOUT_ANSWER = "The provider answered without an answer in it."


def _headers(request: ModelRequest) -> dict[str, str]:
    headers = dict(_HEADERS)
    for name, value in request.headers:
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


def _no_answer(message: str) -> Failure:
    return Failure(FailureKind.SERVER_ERROR, message, status=200)


def _cap_output(body: Json, cap: int) -> str | None:
    """Lower the cap on the answer, thoughts and all. Returns the field that was changed; None if the request kept to it
    by itself."""
    given = whole_at(body, _CAP)
    changed = given is None or given > cap
    if changed:
        body[_CAP] = cap
    thinking = object_at(body, "thinking")
    budget = whole_at(thinking, "budget_tokens")
    if thinking is not None and budget is not None and budget >= cap:
        body["thinking"] = {**thinking, "budget_tokens": cap - 1} if cap > MIN_BUDGET else {"type": "disabled"}
    return _CAP if changed else None


def _own_thoughts(body: Json, is_refused: Callable[[Json], bool]) -> list[object] | None:
    """The messages without the thoughts that another provider made; None where there are none of those."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not any(_has(is_refused, message) for message in messages):
        return None
    told: list[object] = []
    for message in messages:
        if not _has(is_refused, message):
            told.append(message)
        elif content := [block for block in objects_at(message, "content") if not is_refused(block)]:
            told.append({**message, "content": content})  # a message without content is refused
    return told


def _has(is_refused: Callable[[Json], bool], message: object) -> bool:
    if not isinstance(message, dict) or message.get("role") != "assistant":
        return False
    return any(map(is_refused, objects_at(message, "content")))


def _is_refused(block: Json) -> bool:
    """Whether Claude refuses a block of thoughts: another provider's, or one that nobody signed."""
    return is_foreign(block) or (block.get("type") == "thinking" and not block.get("signature"))
