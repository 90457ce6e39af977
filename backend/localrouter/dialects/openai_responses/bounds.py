"""The upper bound of a request's size, which strict limits reserve.

No tokenizer makes more tokens than a text has bytes; a fixed amount for each item, tool and request allows for what a
chat template, or telling it in another dialect, adds. What cannot be bounded like this is named, and a strict limit
refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.values import objects_at, text_at
from localrouter.dialects.openai_responses.fields import MORE_TOOLS, SETTINGS, TEXT_PARTS, TEXTS, UNBOUNDED, WRITTEN
from localrouter.dialects.openai_responses.own_tools import OUR_TOOLS, is_left_out, offered_in
from localrouter.domain.conversation.request import ModelRequest
from localrouter.domain.limits.demand import MaxUsage, Unbounded

TOKENS_PER_REQUEST = 64
TOKENS_PER_ITEM = 8
TOKENS_PER_TOOL = 64
TOKENS_PER_REWRITTEN_TOOL = 600  # one that other dialects know as a function alone
ORDINARY_TIERS = ("auto", "default", "flex", None)  # others cost more than listed
ITEMS = frozenset(
    {
        "message", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output", "reasoning",
        "local_shell_call", "local_shell_call_output", MORE_TOOLS,
    }
)  # fmt: skip
_BOUNDED_PARTS = TEXT_PARTS | {"refusal"}


def bound_of(request: ModelRequest) -> MaxUsage | Unbounded:
    """The most that a request can use."""
    body = request.body
    unknowable = next(_unknowable(body), None)
    if unknowable is not None:
        return Unbounded(unknowable)
    written = sum(len(dumps(value)) for name, value in body.items() if name in WRITTEN and value is not None)
    given = body.get("input")
    count = len(given) if isinstance(given, list) else 1
    tokens = _size(body.get("instructions")) + (
        sum(map(_item_size, given)) if isinstance(given, list) else _size(given)
    )
    tokens += written + _tools_size(offered_in(body)) + TOKENS_PER_REQUEST + TOKENS_PER_ITEM * (count + 1)
    return MaxUsage(tokens, 1, request.max_output_tokens)


def _size(value: object) -> int:
    if value is None:
        return 0
    return len(value.encode("utf-8", "surrogatepass")) if isinstance(value, str) else len(dumps(value))


def _item_size(item: object) -> int:
    """A message is as long as its text, anything else as it is written."""
    if not isinstance(item, dict) or item.get("type", "message") != "message":
        return _size(item)
    content = item.get("content")
    if not isinstance(content, list):
        return _size(content)
    return sum(_size(text_at(part, "text")) + _size(text_at(part, "refusal")) + TOKENS_PER_ITEM for part in content)


def _tools_size(tools: Iterable[dict[str, object]], namespace: str = "") -> int:
    """What tools are longer elsewhere: a name is told with its namespace, and what is no function is described."""
    total = 0
    for tool in tools:
        kind = text_at(tool, "type")
        total += TOKENS_PER_TOOL if kind in ("function", "namespace") else TOKENS_PER_REWRITTEN_TOOL
        total += _size(namespace)
        if kind == "namespace":
            total += _tools_size(objects_at(tool, "tools"), text_at(tool, "name"))
    return total


def _unknowable(body: dict[str, object]) -> Iterator[str]:
    for name, value in body.items():
        if value is None:
            continue
        if name in UNBOUNDED and value is not False:
            yield f"the field {name}"
        elif name not in UNBOUNDED and name not in SETTINGS | WRITTEN | TEXTS:
            yield f"the field {name[:60]}, which is not known here"
    if body.get("service_tier") not in ORDINARY_TIERS:
        yield f"the service tier {str(body['service_tier'])[:40]}, whose price is not known"
    for tool in offered_in(body):
        if text_at(tool, "type") not in OUR_TOOLS and not is_left_out(tool):
            yield "a tool that the provider runs itself"
    for item in objects_at(body, "input"):
        kind = item.get("type", "message")
        if kind not in ITEMS:
            yield f"an item of the type {str(kind)[:40]}"
        for name in ("content", "output"):
            yield from _unknowable_of_parts(item.get(name))


def _unknowable_of_parts(content: object) -> Iterator[str]:
    for part in content if isinstance(content, list) else ():
        kind = text_at(part, "type")
        if kind not in _BOUNDED_PARTS:
            yield f"a part of the type {kind[:40] or 'unknown'}"
