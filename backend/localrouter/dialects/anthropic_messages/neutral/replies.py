"""Whole answers of Anthropic's messages: read in neutral terms, and written from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from localrouter.dialects.anthropic_messages.fields import NAME
from localrouter.dialects.anthropic_messages.neutral.requests import arguments_in
from localrouter.dialects.anthropic_messages.neutral.signatures import reasoning_in, redacted_data_of, signature_of
from localrouter.dialects.anthropic_messages.usage import usage_in, usage_json
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.values import object_at, objects_at, text_at
from localrouter.domain.conversation.parts import Citation, Part, ReasoningPart, RefusalPart, TextPart, ToolCallPart
from localrouter.domain.conversation.reply import Finish, FinishReason, Reply
from localrouter.domain.conversation.request import ModelRequest

Json = dict[str, object]

_REASONS = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP_SEQUENCE,
    "max_tokens": FinishReason.LENGTH,
    "tool_use": FinishReason.TOOLS,
    "pause_turn": FinishReason.PAUSE,
    "refusal": FinishReason.REFUSAL,
    "model_context_window_exceeded": FinishReason.CONTEXT,
}
NOT_SAID: Json = {"stop_details": None, "container": None}  # by anyone else; Anthropic's documents require both
_WRITTEN_REASONS = {reason: raw for raw, reason in _REASONS.items()} | {FinishReason.CONTENT_FILTER: "refusal"}


def reply_in(answer: Mapping[str, object]) -> Reply:
    return Reply(
        tuple(_parts(answer)),
        finish_in(answer),
        usage_in(object_at(answer, "usage")),
        text_at(answer, "id"),
        text_at(answer, "model"),
    )


def finish_in(carrier: Mapping[str, object]) -> Finish:
    raw = text_at(carrier, "stop_reason")
    return Finish(_REASONS.get(raw, FinishReason.OTHER), raw or None, text_at(carrier, "stop_sequence") or None)


def _parts(answer: Mapping[str, object]) -> Iterator[Part]:
    for block in objects_at(answer, "content"):
        match block.get("type"):
            case "text":
                citations = tuple(citation_in(each) for each in objects_at(block, "citations"))
                yield TextPart(text_at(block, "text"), citations)
            case "thinking" | "redacted_thinking":
                yield reasoning_in(block)
            case "tool_use":
                arguments = dumps(block.get("input") or {}).decode()
                yield ToolCallPart(text_at(block, "id"), text_at(block, "name"), arguments)


def citation_in(told: Json) -> Citation:
    url = text_at(told, "url") or None
    title = text_at(told, "title") or text_at(told, "document_title") or None
    return Citation(url, title, text_at(told, "cited_text") or None, dialect=NAME, raw=told)


def citation_json(citation: Citation) -> Json:
    if citation.dialect == NAME and citation.raw is not None:
        return dict(citation.raw)
    return {
        "type": "web_search_result_location",
        "url": citation.url or "",
        "title": citation.title,
        "cited_text": citation.cited_text or "",
        "encrypted_index": "",
    }


def id_of(provider_id: str, request: ModelRequest | None) -> str:
    """The id of an answer: one of the request's, since some servers call all their answers the same. Claude Code takes
    two with the same id for one, and repeats its turn for ever."""
    return provider_id if request is None or not request.id else f"msg_{request.id}"


def answer_of(reply: Reply, request: ModelRequest) -> Json:
    """The answer as Anthropic writes it."""
    return {
        "id": id_of(reply.id, request),
        "type": "message",
        "role": "assistant",
        "model": reply.model or request.model,
        "content": [_block(part) for part in reply.parts],
        "stop_reason": reason_of(reply.finish, calls=any(isinstance(part, ToolCallPart) for part in reply.parts)),
        "stop_sequence": reply.finish.stop_sequence,
        "usage": usage_json(reply.usage),
    } | NOT_SAID


def reason_of(finish: Finish, *, calls: bool) -> str:
    """The word that Anthropic has for it. Some servers say "stop" although they want a tool called."""
    if calls and finish.reason in (FinishReason.STOP, FinishReason.OTHER):
        return "tool_use"
    return _WRITTEN_REASONS.get(finish.reason, "end_turn")


def text_block(text: str) -> Json:
    return {"type": "text", "text": text, "citations": None}


def call_block(call_id: str, name: str, arguments: Json) -> Json:
    return {"type": "tool_use", "id": call_id, "name": name, "input": arguments, "caller": {"type": "direct"}}


def _block(part: Part) -> Json:
    match part:
        case TextPart():
            return text_block(part.text) | {"citations": [citation_json(each) for each in part.citations] or None}
        case ReasoningPart():
            text = part.text or "\n\n".join(part.summary)
            if not text and part.encrypted is not None:
                return {"type": "redacted_thinking", "data": redacted_data_of(part)}
            return {"type": "thinking", "thinking": text, "signature": signature_of(part)}
        case ToolCallPart():
            read = arguments_in(part.arguments)
            arguments: Json = {"arguments": part.arguments} if read is None else read
            return call_block(part.id, part.name, arguments)
        case RefusalPart():
            return text_block(part.text)
    raise ValueError(f"no model answers with {type(part).__name__}")
