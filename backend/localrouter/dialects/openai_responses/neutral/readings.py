"""Reads whole answers of a provider, in neutral terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.values import number_at, object_at, objects_at, text_at
from localrouter.dialects.openai_responses.answer import INCOMPLETE, usage_in
from localrouter.dialects.openai_responses.fields import NAME
from localrouter.dialects.openai_responses.neutral.contents import citations_in
from localrouter.domain.conversation.parts import (
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    TokenLogprob,
    ToolCallPart,
    ToolKind,
)
from localrouter.domain.conversation.reply import Finish, FinishReason, Reply

Json = Mapping[str, object]

CALLS = ("function_call", "custom_tool_call", "local_shell_call")


def reply_in(answer: Json) -> Reply:
    parts = tuple(part for item in objects_at(answer, "output") for part in parts_of(item))
    calls = any(isinstance(part, ToolCallPart) for part in parts)
    return Reply(
        parts, finish_in(answer, calls=calls), usage_in(answer), text_at(answer, "id"), text_at(answer, "model")
    )


def finish_in(answer: Json, *, calls: bool) -> Finish:
    status = text_at(answer, "status")
    if status == INCOMPLETE:
        raw = text_at(object_at(answer, "incomplete_details"), "reason")
        cut = FinishReason.CONTENT_FILTER if raw == "content_filter" else FinishReason.LENGTH
        return Finish(cut, raw or status)
    return Finish(FinishReason.TOOLS if calls else FinishReason.STOP, status or None)


def parts_of(item: Json) -> Iterator[Part]:
    """What an item says. What a tool did that the provider ran itself is in the model's words behind it."""
    match item.get("type"):
        case "message":
            for part in objects_at(item, "content"):
                if part.get("type") == "refusal":
                    yield RefusalPart(text_at(part, "refusal"))
                elif "text" in part:
                    yield TextPart(text_at(part, "text"), tuple(citations_in(part)), logprobs=logprobs_in(part))
        case "reasoning":
            yield reasoning_of(item)
        case "function_call" | "custom_tool_call" | "local_shell_call":
            yield call_of(item, arguments_of(item))


def reasoning_of(item: Json) -> ReasoningPart:
    text = "".join(text_at(part, "text") for part in objects_at(item, "content"))
    summary = tuple(text_at(part, "text") for part in objects_at(item, "summary"))
    encrypted = text_at(item, "encrypted_content") or None
    return ReasoningPart(text, summary, encrypted=encrypted, dialect=NAME, item_id=text_at(item, "id") or None)


def call_of(item: Json, arguments: str) -> ToolCallPart:
    kind = ToolKind.CUSTOM if item.get("type") == "custom_tool_call" else ToolKind.FUNCTION
    name = text_at(item, "name") or ("local_shell" if item.get("type") == "local_shell_call" else "")
    item_id = text_at(item, "id")
    return ToolCallPart(text_at(item, "call_id") or item_id, name, arguments, kind, item_id=item_id or None)


def arguments_of(item: Json) -> str:
    if item.get("type") == "local_shell_call":
        return dumps(object_at(item, "action") or {}).decode()
    return text_at(item, "input" if item.get("type") == "custom_tool_call" else "arguments")


def logprobs_in(carrier: Json) -> tuple[TokenLogprob, ...]:
    return tuple(
        _logprob(token, tuple(_logprob(other) for other in objects_at(token, "top_logprobs")))
        for token in objects_at(carrier, "logprobs")
    )


def _logprob(token: Json, alternatives: tuple[TokenLogprob, ...] = ()) -> TokenLogprob:
    utf8 = token.get("bytes")
    read = tuple(each for each in utf8 if isinstance(each, int)) if isinstance(utf8, list) else None
    return TokenLogprob(text_at(token, "token"), number_at(token, "logprob") or 0.0, read, alternatives)
