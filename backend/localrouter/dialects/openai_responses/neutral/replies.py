"""Writes whole answers, and what every answer repeats of its request."""

from __future__ import annotations

from collections.abc import Iterator

from localrouter.dialects.json_bodies.values import object_at, objects_at, text_at
from localrouter.dialects.openai_responses.neutral.outputs import (
    COMPLETED,
    INCOMPLETE,
    Called,
    Told,
    annotation_json,
    message_item,
    reasoning_item,
    refusal_content,
    text_content,
    written_arguments,
)
from localrouter.domain.conversation.parts import ReasoningPart, RefusalPart, TextPart, ToolCallPart
from localrouter.domain.conversation.reply import Finish, FinishReason, Reply
from localrouter.domain.conversation.request import ModelRequest, Usage

Json = dict[str, object]

_CUT = {
    FinishReason.LENGTH: "max_output_tokens",
    FinishReason.CONTEXT: "max_output_tokens",
    FinishReason.CONTENT_FILTER: "content_filter",
}
_REPEATED = ("instructions", "max_output_tokens", "max_tool_calls", "temperature", "top_p")
_SERVICE_TIERS = ("auto", "default", "flex", "scale", "priority")  # that OpenAI has; others have others
_REPEATED_IF_GIVEN = ("prompt_cache_key", "safety_identifier", "user")


def answer_of(reply: Reply, request: ModelRequest) -> Json:
    told = Told.of(reply.id, request)
    output = list(_items(reply, told, status_of(reply.finish)))
    return response_json(request, told, reply.model, output) | ending_json(reply.finish, reply.usage)


def response_json(request: ModelRequest, told: Told, model: str, output: list[Json]) -> Json:
    """An answer but for how it ends."""
    body = request.body
    text, reasoning = object_at(body, "text") or {}, object_at(body, "reasoning") or {}
    repeated = {name: body.get(name) for name in _REPEATED}
    repeated |= {name: body[name] for name in _REPEATED_IF_GIVEN if body.get(name) is not None}
    return {
        "id": told.ids.response,
        "object": "response",
        "created_at": request.arrived_at,
        "model": model or request.model,
        "output": output,
        **repeated,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "metadata": object_at(body, "metadata") or {},
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "previous_response_id": None,
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "service_tier": body.get("service_tier"),
        "store": False,
        "text": {"format": {"type": "text"}} | text,
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": [_tool_json(tool) for tool in objects_at(body, "tools")],
        "top_logprobs": body.get("top_logprobs") or 0,
        "truncation": "disabled",
    }


def _tool_json(tool: Json) -> Json:
    if text_at(tool, "type") != "function":
        return tool
    return {"parameters": None, "strict": None} | (object_at(tool, "function") or {}) | tool


def status_of(finish: Finish) -> str:
    return INCOMPLETE if finish.reason in _CUT else COMPLETED


def ending_json(finish: Finish, usage: Usage | None) -> Json:
    reason = _CUT.get(finish.reason)
    told: Json = {"status": status_of(finish)}
    if usage is not None:
        told["usage"] = usage_json(usage)
    if usage is not None and usage.service_tier is not None:
        told["service_tier"] = usage.service_tier if usage.service_tier in _SERVICE_TIERS else "default"
    return told if reason is None else told | {"incomplete_details": {"reason": reason}}


def usage_json(usage: Usage) -> Json:
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cached_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.total_tokens,
    }


def _items(reply: Reply, told: Told, status: str) -> Iterator[Json]:
    """What was said goes on in one message until the model thinks or calls."""
    index, content = 0, list[Json]()
    parts = list(reply.parts)
    for place, part in enumerate(parts):
        match part:
            case TextPart():
                noted = (annotation_json(citation) for citation in part.citations)
                content.append(text_content(part.text, filter(None, noted), part.logprobs))
            case RefusalPart():
                content.append(refusal_content(part.text))
        if content and not isinstance(next(iter(parts[place + 1 :]), None), TextPart | RefusalPart):
            is_last = place == len(parts) - 1
            yield message_item(told.ids.item("msg", index), content, status if is_last else COMPLETED)
            index, content = index + 1, []
        match part:
            case ReasoningPart():
                yield reasoning_item(told.ids.item("rs", index), part, told)
                index += 1
            case ToolCallPart():
                called = Called.of(part, told, index)
                arguments = written_arguments(called, part.arguments, part.kind)
                yield called.item(told, index, arguments, COMPLETED)
                index += 1
