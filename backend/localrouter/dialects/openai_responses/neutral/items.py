"""The items of an input as messages: what a model said and wanted in one turn is one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.reading import refused
from localrouter.dialects.json_bodies.values import arguments_at, object_at, text_at
from localrouter.dialects.openai_responses.fields import MESSAGE_ROLES, MORE_TOOLS
from localrouter.dialects.openai_responses.neutral.contents import parts_in, result_parts_in
from localrouter.dialects.openai_responses.neutral.seals import reasoning_in
from localrouter.dialects.openai_responses.neutral.tools import LOCAL_SHELL, full_name
from localrouter.domain.conversation.conversation import Message, Role
from localrouter.domain.conversation.parts import (
    Part,
    RefusalPart,
    TextPart,
    ToolCallPart,
    ToolKind,
    ToolResultPart,
)

Json = Mapping[str, object]

# What a tool did that OpenAI ran itself: what it found is in the model's words behind it.
_DONE_ELSEWHERE = frozenset(
    {
        "web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call", "mcp_list_tools",
        "mcp_call", "mcp_approval_request", "mcp_approval_response", "tool_search_call", "tool_search_output",
    }
)  # fmt: skip
_CALLS_AND_RESULTS = frozenset(
    {
        "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output", "reasoning",
    }
)  # fmt: skip
_SYSTEM = (Role.SYSTEM, Role.DEVELOPER)


def messages_in(body: Json, lost: set[str]) -> Iterator[Message]:
    """The whole conversation; `lost` gets what was left out of it."""
    turns = _Turns(lost)
    if isinstance(instructions := body.get("instructions"), str) and instructions:
        turns.add(Role.DEVELOPER, [TextPart(instructions)])
    given = body.get("input")
    if isinstance(given, str):
        turns.add(Role.USER, [TextPart(given)])
    for index, item in enumerate(given if isinstance(given, list) else ()):
        if isinstance(item, dict):
            turns.take(item, f"input[{index}]")
    return turns.messages()


class _Turns:
    """Puts items together as turns. `calls` are the ids by which results name calls, by those of their items."""

    __slots__ = ("_calls", "_lost", "_turns")

    def __init__(self, lost: set[str]) -> None:
        self._turns: list[tuple[Role, list[Part]]] = []
        self._calls: dict[str, str] = {}
        self._lost = lost

    def messages(self) -> Iterator[Message]:
        return (Message(role, tuple(parts)) for role, parts in self._turns)

    def add(self, role: Role, parts: Iterable[Part]) -> None:
        """Go on with the last turn where that is one: words of the system, and what a model said before it called."""
        parts = list(parts)
        if self._turns and self._turns[-1][0] is role and _go_on(role, self._turns[-1][1], parts):
            self._turns[-1][1].extend(parts)
        else:
            self._turns.append((role, parts))

    def take(self, item: Json, path: str) -> None:
        kind = text_at(item, "type") or "message"
        match kind:
            case "message":
                self._take_message(item, path)
            case "reasoning":
                self.add(Role.ASSISTANT, [reasoning_in(item)])
            case "function_call" | "custom_tool_call" | "local_shell_call":
                self.add(Role.ASSISTANT, [self._call(item, kind, path)])
            case "function_call_output" | "custom_tool_call_output" | "local_shell_call_output":
                self.add(Role.USER, [self._result(item, kind, path)])
            case _ if kind == MORE_TOOLS:
                return  # `tools.py` reads it
            case _ if kind in _DONE_ELSEWHERE:
                self._lost.add(f"items of the type {kind}")
            case "item_reference" if text_at(item, "id").startswith("rs_"):
                self._lost.add("reasoning of earlier turns")
            case "item_reference":
                said = (
                    f"{path} names an item by its id, but answers are not kept here. Send the item itself: programs do "
                    "with store: false (in the AI SDK providerOptions.openai.store)."
                )
                raise refused(path, said)
            case _:
                said = f"{path} is of the type {kind[:40]}, which this model's provider cannot be told. Leave it out."
                raise refused(f"{path}.type", said)

    def _take_message(self, item: Json, path: str) -> None:
        role = text_at(item, "role")
        if role not in MESSAGE_ROLES:
            raise refused(f"{path}.role", f"{path}.role must be user, assistant, system or developer.")
        content = item.get("content")
        inner = [part for part in content if _is_item(part)] if isinstance(content, list) else []
        if inner and isinstance(content, list):
            content = [part for part in content if not _is_item(part)]
        if content or not inner:
            self.add(Role(role), parts_in(content, f"{path}.content"))
        for part in inner:
            self.take(part, f"{path}.content")

    def _call(self, item: Json, kind: str, path: str) -> ToolCallPart:
        item_id = text_at(item, "id")
        call_id = text_at(item, "call_id") or item_id
        if kind == "local_shell_call":
            self._calls[item_id] = call_id
            action = {name: value for name, value in (object_at(item, "action") or {}).items() if name != "type"}
            return ToolCallPart(call_id, LOCAL_SHELL, dumps(action).decode(), item_id=item_id or None)
        name = text_at(item, "name")
        if not name:
            raise refused(f"{path}.name", f"{path} needs a name.")
        is_custom = kind == "custom_tool_call"
        return ToolCallPart(
            call_id,
            full_name(text_at(item, "namespace"), name),
            arguments_at(item, "input" if is_custom else "arguments"),
            ToolKind.CUSTOM if is_custom else ToolKind.FUNCTION,
            item_id=item_id or None,
        )

    def _result(self, item: Json, kind: str, path: str) -> ToolResultPart:
        call_id = text_at(item, "call_id")
        if not call_id and kind == "local_shell_call_output":
            named = text_at(item, "id")
            call_id = self._calls.get(named, named)
        if not call_id:
            raise refused(f"{path}.call_id", f"{path} needs the call_id of the call that it answers.")
        tool = ToolKind.CUSTOM if kind == "custom_tool_call_output" else ToolKind.FUNCTION
        output = item.get("output")
        if isinstance(output, dict):  # some programs send what their tool returned as it is
            output = dumps(output).decode()
        return ToolResultPart(call_id, tuple(result_parts_in(output, f"{path}.output")), kind=tool)


def _is_item(part: object) -> bool:
    """Whether a part of a message is an item of its own, as some programs write calls and what they returned."""
    return text_at(part, "type") in _CALLS_AND_RESULTS


def _go_on(role: Role, before: list[Part], parts: list[Part]) -> bool:
    """Whether these parts belong to the same message as those before them, of the same role."""
    if role in _SYSTEM:
        return True
    if role is Role.USER:
        return all(isinstance(part, ToolResultPart) for part in (*before, *parts))
    has_said = any(isinstance(part, TextPart | RefusalPart) for part in before)
    has_called = any(isinstance(part, ToolCallPart) for part in before)
    return not has_said or has_called or all(isinstance(part, ToolCallPart) for part in parts)
