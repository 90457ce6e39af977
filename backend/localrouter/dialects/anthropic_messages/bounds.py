"""The upper bound of a request's size, which strict limits reserve.

As for OpenAI's chat: no tokenizer makes more tokens than a text has bytes. What cannot be bounded like this (pictures,
files, tools that the provider runs or describes itself, unknown fields and betas) is named, and a strict limit refuses
it.
"""

from __future__ import annotations

from collections.abc import Iterator

from localrouter.dialects.anthropic_messages.fields import (
    BETA_HEADER,
    HARMLESS_BETAS,
    HELD,
    SETTINGS,
    TEXTS,
    THREAD,
    UNBOUNDED,
    WRITTEN,
)
from localrouter.dialects.anthropic_messages.request import continues_thread
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.values import objects_at
from localrouter.domain.conversation.request import Endpoint, ModelRequest
from localrouter.domain.limits.demand import MaxUsage, Unbounded

TOKENS_PER_REQUEST = 64
TOKENS_PER_MESSAGE = 8
ORDINARY_CACHES = (None, "5m")  # a longer one costs more to write
TOOL_KEYS = frozenset(
    {
        "type", "name", "description", "input_schema", "cache_control", "strict", "input_examples",
        "eager_input_streaming",
    }
)  # fmt: skip
PART_KEYS = {
    "text": frozenset({"type", "text", "cache_control", "citations"}),
    "thinking": frozenset({"type", "thinking", "signature", "cache_control"}),
    "redacted_thinking": frozenset({"type", "data", "cache_control"}),
    "tool_use": frozenset({"type", "id", "name", "input", "cache_control", "caller"}),
    "tool_result": frozenset({"type", "tool_use_id", "content", "is_error", "cache_control"}),
}
MESSAGE_KEYS = frozenset({"role", "content"})
OUTPUT_KEYS = frozenset({"effort", "format"})
CLEARING = ("clear_thinking_", "clear_tool_uses_")  # edits of a context that only shorten it


def bound_of(request: ModelRequest) -> MaxUsage | Unbounded:
    """The most that a request can use. A prompt that is only counted is judged like one that is sent."""
    unknowable = next(_unknowable(request), None)
    if unknowable is not None:
        return Unbounded(unknowable)
    body = request.body
    messages = body.get("messages")
    count = len(messages) if isinstance(messages, list) else 1
    written = sum(len(dumps(value)) for name, value in body.items() if name in WRITTEN and value is not None)
    prompt = _size(body.get("system")) + sum(_size(message.get("content")) for message in objects_at(body, "messages"))
    tokens = prompt + written + TOKENS_PER_REQUEST + TOKENS_PER_MESSAGE * count
    answers = 0 if request.endpoint is Endpoint.COUNT_TOKENS else 1
    return MaxUsage(tokens, answers, request.max_output_tokens)


def _size(content: object) -> int:
    if content is None:
        return 0
    return len(content.encode("utf-8", "surrogatepass")) if isinstance(content, str) else len(dumps(content))


def _unknowable(request: ModelRequest) -> Iterator[str]:
    body = request.body
    for name, value in body.items():
        if name == THREAD and continues_thread(body):
            yield HELD
        elif value is not None and name in UNBOUNDED:
            yield f"the field {name}"
        elif value is not None and name not in SETTINGS | WRITTEN | TEXTS | {THREAD}:
            yield f"the field {name[:60]}, which is not known here"
    yield from (f"the beta {beta[:60]}, which is not known here" for beta in betas_of(request) - HARMLESS_BETAS)
    if body.get("service_tier") not in (None, "auto", "standard_only"):
        yield f"the service tier {str(body['service_tier'])[:40]}, whose price is not known"
    for tool in objects_at(body, "tools"):
        yield from _unknowable_of_tool(tool)
    if isinstance(config := body.get("output_config"), dict) and config.keys() - OUTPUT_KEYS:
        yield f"the field {min(config.keys() - OUTPUT_KEYS)[:60]} of output_config, which is not known here"
    for edit in objects_at(body.get("context_management"), "edits"):
        if not str(edit.get("type")).startswith(CLEARING):
            yield "an edit of the context that is not known here"
    yield from _unknowable_of_parts(body.get("system"))
    for message in objects_at(body, "messages"):
        if unknown := message.keys() - MESSAGE_KEYS:
            yield f"the field {min(unknown)[:60]} of a message, which is not known here"
        yield from _unknowable_of_parts(message.get("content"))
    if not _is_ordinary(body):
        yield "a cache that is kept for long"


def betas_of(request: ModelRequest) -> frozenset[str]:
    """The betas that the program asked for in its headers."""
    values = (value for name, value in request.headers if name == BETA_HEADER)
    return frozenset(beta.strip() for value in values for beta in value.split(",") if beta.strip())


def _unknowable_of_tool(tool: dict[str, object]) -> Iterator[str]:
    if tool.get("type") not in (None, "custom") or tool.keys() - TOOL_KEYS:
        yield "a tool that the provider runs or describes itself"
    elif not _is_ordinary(tool):
        yield "a cache that is kept for long"


def _unknowable_of_parts(content: object) -> Iterator[str]:
    if content is None or isinstance(content, str):
        return
    for part in content if isinstance(content, list) else [content]:
        kind = part.get("type") if isinstance(part, dict) else None
        if not isinstance(part, dict) or not isinstance(kind, str) or part.keys() - PART_KEYS.get(kind, frozenset()):
            yield f"a part of the type {kind[:40] if isinstance(kind, str) else 'unknown'}"
        elif not _is_ordinary(part):
            yield "a cache that is kept for long"
        elif kind == "tool_result":
            yield from _unknowable_of_parts(part.get("content"))


def _is_ordinary(cached: dict[str, object]) -> bool:
    control = cached.get("cache_control")
    return control is None or (isinstance(control, dict) and control.get("ttl") in ORDINARY_CACHES)
