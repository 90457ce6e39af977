"""The tools that a provider runs itself, and what else a request needs of the provider's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from localrouter.dialects.json_bodies.values import object_at, objects_at, text_at
from localrouter.dialects.openai_responses.fields import MORE_TOOLS
from localrouter.domain.conversation.request import Service

# Tools that programs run, or that every provider can be told of.
OUR_TOOLS = frozenset({"function", "custom", "namespace", "local_shell"})
_NO_FUNCTIONS = OUR_TOOLS - {"function"}
_BY_PROGRAMS = frozenset({"computer_use_preview", "computer", "shell", "apply_patch"})  # only responses have them
_OF_MEMORY = ("previous_response_id", "conversation")


def offered_in(body: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """All that a request offers, beside its input and in it: Codex sends its tools as an item. Nothing comes twice."""
    yield from objects_at(body, "tools")
    seen: list[dict[str, object]] = []
    for item in objects_at(body, "input"):
        if item.get("type") == MORE_TOOLS:
            for tool in objects_at(item, "tools"):
                if tool not in seen:
                    seen.append(tool)
                    yield tool


def own_tools_in(body: Mapping[str, object]) -> list[str]:
    """The tools of a request that its provider runs, and may bill by the call."""
    kinds = {text_at(tool, "type") for tool in offered_in(body)}
    return sorted(kind[:40] for kind in kinds - OUR_TOOLS - _BY_PROGRAMS if kind)


def services_in(body: Mapping[str, object]) -> Iterator[Service]:
    """What only a provider that speaks responses can do for a request. Codex offers a search with every one, which no
    answer depends on."""
    names_items = any(map(_is_reference, objects_at(body, "input")))
    if names_items or body.get("store") is True or any(body.get(name) for name in _OF_MEMORY):
        yield Service.MEMORY
    if body.get("prompt"):
        yield Service.PROMPTS
    if body.get("background"):
        yield Service.BACKGROUND
    if any(map(_is_no_function, offered_in(body))) or any(map(_offers_more, objects_at(body, "input"))):
        yield Service.OTHER_TOOLS
    if any(_is_own(tool) for tool in offered_in(body)) or _is_own(object_at(body, "tool_choice") or {}):
        yield Service.TOOLS


def without_search(body: Mapping[str, object]) -> dict[str, object] | None:
    """A request without the search that Codex offers with every one; None where it does not."""
    if not any(map(is_left_out, offered_in(body))):
        return None
    given = body.get("input")
    items = [_without(item) if _offers_more(item) else item for item in given] if isinstance(given, list) else given
    return _without({**body, "input": items}) if "tools" in body else {**body, "input": items}


def _without(carrier: Mapping[str, object]) -> dict[str, object]:
    return {**carrier, "tools": [tool for tool in objects_at(carrier, "tools") if not is_left_out(tool)]}


def _offers_more(item: object) -> bool:
    return isinstance(item, dict) and item.get("type") == MORE_TOOLS


def _is_no_function(tool: Mapping[str, object]) -> bool:
    return text_at(tool, "type") in _NO_FUNCTIONS or is_left_out(tool)


def _is_reference(item: Mapping[str, object]) -> bool:
    """Whether it names an item of an earlier answer that the request cannot do without: thoughts it can."""
    return item.get("type") == "item_reference" and not text_at(item, "id").startswith("rs_")


def _is_own(tool: Mapping[str, object]) -> bool:
    kind = text_at(tool, "type")
    return kind not in OUR_TOOLS and kind not in ("", "allowed_tools") and not is_left_out(tool)


def is_left_out(tool: Mapping[str, object]) -> bool:
    """Whether a tool is one that goes to no other provider: Codex offers a search with every request, wanted or not,
    and alone says whether it may leave OpenAI's own index."""
    return text_at(tool, "type") == "web_search" and isinstance(tool.get("external_web_access"), bool)
