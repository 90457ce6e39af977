"""The upper bound of a request's size, which strict limits reserve.

No tokenizer makes more tokens than a text has bytes; a fixed amount for each message and request allows for what a chat
template adds. What cannot be bounded like this (images, files, tools that the provider runs itself, unknown fields) is
named, and a strict limit refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from localrouter.dialects.json_bodies.number_lists import NumberList, dumps
from localrouter.dialects.openai_chat.fields import COUNTS, SETTINGS, TEXTS, UNBOUNDED, WRITTEN
from localrouter.domain.conversation.request import Endpoint, ModelRequest
from localrouter.domain.limits.demand import MaxUsage, Unbounded

TOKENS_PER_REQUEST = 64
TOKENS_PER_MESSAGE = 8
MOST_ANSWERS = 100_000  # of one request; no provider takes more than 128
ORDINARY_TIERS = ("auto", "default", "flex", "on_demand", "standard_only", None)  # others cost more than listed
OUR_TOOLS = frozenset({"function", "custom"})
TOOL_KEYS = frozenset({"type", "function", "custom", "cache_control", "strict", "name", "description", "parameters"})
TEXT_PARTS = frozenset({"text", "input_text", "output_text", "refusal"})
PART_KEYS = frozenset({"type", "text", "refusal", "cache_control", "annotations"})
MESSAGE_KEYS = frozenset(
    {
        "role", "content", "name", "tool_calls", "tool_call_id", "function_call", "refusal", "reasoning",
        "reasoning_content", "reasoning_details", "thinking", "prefix", "partial", "cache_control", "annotations", "id",
        "audio",
    }
)  # fmt: skip
_LISTS = {list, NumberList}
ORDINARY_CACHES = (None, "5m")  # a longer one costs more to write than most price lists say
TEXT_FIELDS: dict[Endpoint, tuple[str, ...]] = {
    Endpoint.CHAT_COMPLETIONS: ("messages",),
    Endpoint.COMPLETIONS: ("prompt", "suffix"),
    Endpoint.EMBEDDINGS: ("input",),
}


def bound_of(request: ModelRequest) -> MaxUsage | Unbounded:
    """The most that a request can use."""
    body = request.body
    unknowable = next(_unknowable(request), None)
    if unknowable is not None:
        return Unbounded(unknowable)
    messages = body.get("messages")
    count = len(messages) if isinstance(messages, list) else 1
    own = TEXT_FIELDS[request.endpoint]
    other = sum(_written(value) for name, value in body.items() if name not in SETTINGS and name not in own)
    tokens = _prompt_size(request) + other + TOKENS_PER_REQUEST + TOKENS_PER_MESSAGE * count
    if request.endpoint is Endpoint.EMBEDDINGS:
        return MaxUsage(prompt_tokens=tokens, answers=0)
    answers = _answers(body)
    if request.endpoint is Endpoint.COMPLETIONS:
        return MaxUsage(tokens * answers, answers * _prompts(body.get("prompt")), request.max_output_tokens)
    return MaxUsage(tokens * answers, answers, request.max_output_tokens)


def _unknowable(request: ModelRequest) -> Iterator[str]:
    body = request.body
    for name, value in body.items():
        if value is not None and name in UNBOUNDED:
            yield f"the field {name}"
        elif value is not None and not (name in SETTINGS or name in WRITTEN or name in TEXTS):
            yield f"the field {name[:60]}, which is not known here"
    yield from (f"the field {name}, which is no count of answers" for name in COUNTS if not _is_count(body.get(name)))
    if body.get("service_tier") not in ORDINARY_TIERS:
        yield f"the service tier {str(body['service_tier'])[:40]}, whose price is not known"
    for tool in _items(body.get("tools")):
        yield from _unknowable_of_tool(tool)
    for message in _items(body.get("messages")):
        yield from _unknowable_of_message(message)
    for name in TEXT_FIELDS[request.endpoint]:
        if name != "messages" and not _is_text(body.get(name)):
            yield f"something else than text in {name}"


def _unknowable_of_tool(tool: object) -> Iterator[str]:
    kind = _type_of(tool) if isinstance(tool, dict) and "type" in tool else "function"
    if not isinstance(tool, dict) or kind not in OUR_TOOLS or tool.keys() - TOOL_KEYS:
        yield "a tool that the provider runs itself"
    elif not _is_ordinary(tool):
        yield "a cache that is kept for long"


def _unknowable_of_message(message: object) -> Iterator[str]:
    if not isinstance(message, dict):
        return
    if unknown := message.keys() - MESSAGE_KEYS:
        yield f"the field {min(unknown)[:60]} of a message, which is not known here"
    if message.get("audio") is not None:
        yield "a message with audio"
    content = message.get("content")
    for part in _items([content] if isinstance(content, dict) else content):
        if not isinstance(part, dict) or _type_of(part) not in TEXT_PARTS or part.keys() - PART_KEYS:
            yield f"a part of the type {_type_of(part)}"
        elif not _is_ordinary(part):
            yield "a cache that is kept for long"
    if not _is_ordinary(message):
        yield "a cache that is kept for long"


def _is_ordinary(cached: dict[str, object]) -> bool:
    control = cached.get("cache_control")
    return control is None or (isinstance(control, dict) and control.get("ttl") in ORDINARY_CACHES)


def _is_text(value: object) -> bool:
    """A text, tokens, or a list of texts or of lists of tokens."""
    if value is None or isinstance(value, str):
        return True
    kinds = _kinds(value)
    if kinds in ({str}, {int}, set()):
        return True
    return bool(kinds) and kinds <= _LISTS and all(_kinds(each) <= {int} for each in _items(value))


def _prompt_size(request: ModelRequest) -> int:
    if request.endpoint is not Endpoint.CHAT_COMPLETIONS:
        return sum(_text_size(request.body.get(name)) for name in TEXT_FIELDS[request.endpoint])
    messages = _items(request.body.get("messages"))
    values = (message.values() if isinstance(message, dict) else (message,) for message in messages)
    return sum(_size(value) for each in values for value in each)


def _text_size(value: object) -> int:
    """The most tokens of a prompt for which `_is_text` holds."""
    if isinstance(value, NumberList):
        return value.count
    if not isinstance(value, list):
        return _size(value)
    return len(value) if _kinds(value) == {int} else sum(_text_size(each) + TOKENS_PER_MESSAGE for each in value)


def _size(value: object) -> int:
    """The most tokens that a value of a message can become."""
    match value:
        case None:
            return 0
        case str():
            return len(value.encode("utf-8", "surrogatepass"))
        case list() if _kinds(value) <= {str, dict}:
            return sum(_size(item) + TOKENS_PER_MESSAGE for item in value)
        case {"type": str(kind), **rest} if kind in TEXT_PARTS:
            return sum(_size(text) for text in rest.values())
        case _:
            return _written(value)


def _kinds(values: Any) -> set[type]:
    """The types of a list's items; of anything else, a type that is none of theirs."""
    if isinstance(values, NumberList):
        return {int} if values.are_whole else {float}
    return set(map(type, values)) if isinstance(values, list) else {object}


def _written(value: object) -> int:
    return 0 if value is None else len(dumps(value))


def _answers(body: dict[str, object]) -> int:
    """How many answers are made, and billed, for one prompt."""
    counts = [value for value in (body.get(name) for name in COUNTS) if isinstance(value, int)]
    return max(1, *counts) if counts else 1


def _prompts(prompt: object) -> int:
    """How many prompts a completion has: one, or a list of texts or of lists of tokens, each with its own answers."""
    return len(prompt) if isinstance(prompt, list) and _kinds(prompt) & {str, *_LISTS} else 1


def _is_count(value: object) -> bool:
    """Some servers also take 3.0 or "3" for 3: what is no count, or an absurd one, cannot be bounded."""
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value <= MOST_ANSWERS)


def _items(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()


def _type_of(part: object) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    return kind[:40] if isinstance(kind, str) else "unknown"
