"""Custom tools, which take any text, as functions that take it as their `input`: most providers know no others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import orjson

from localrouter.dialects.json_bodies.values import text_at
from localrouter.domain.conversation.conversation import Conversation, Message, Tool
from localrouter.domain.conversation.parts import Part, ToolCallPart, ToolKind, ToolResultPart

_CUSTOM = ToolKind.CUSTOM


def has_custom_tools(conversation: Conversation) -> bool:
    if any(tool.kind is _CUSTOM for tool in conversation.tools):
        return True
    return any(
        isinstance(part, ToolCallPart) and part.kind is _CUSTOM
        for message in conversation.messages
        for part in message.parts
    )


def has_grammar(conversation: Conversation) -> bool:
    """Whether a provider is asked to enforce what the input of a tool looks like."""
    return any(tool.grammar is not None and _grammar(tool.grammar) for tool in conversation.tools)


def nested(form: Mapping[str, object]) -> Mapping[str, object]:
    """The format of a custom tool as OpenAI's chat has it: a grammar is an object in it."""
    if form.get("type") != "grammar" or isinstance(form.get("grammar"), dict):
        return form
    return {"type": "grammar", "grammar": {name: value for name, value in form.items() if name != "type"}}


def flat(form: Mapping[str, object]) -> Mapping[str, object]:
    """The same as OpenAI's responses have it."""
    inner = form.get("grammar")
    return {"type": "grammar", **inner} if isinstance(inner, dict) else form


def with_functions_alone(conversation: Conversation) -> Conversation:
    return replace(
        conversation,
        tools=tuple(_function(tool) for tool in conversation.tools),
        messages=tuple(_message(message) for message in conversation.messages),
    )


def _function(tool: Tool) -> Tool:
    if tool.kind is not _CUSTOM:
        return tool
    described = "\n\n".join(filter(None, (tool.description, _grammar(tool.grammar or {}))))
    schema: Mapping[str, object] = {
        "type": "object",
        "properties": {"input": {"type": "string"}},
        "required": ["input"],
        "additionalProperties": False,
    }
    return replace(tool, kind=ToolKind.FUNCTION, description=described or None, schema=schema, grammar=None)


def _grammar(form: Mapping[str, object]) -> str:
    """A provider that enforces no grammar can only be asked for it."""
    given = form.get("grammar") if isinstance(form.get("grammar"), dict) else form
    definition = text_at(given, "definition")
    return f"The input must match this {text_at(given, 'syntax')} grammar:\n{definition}" if definition else ""


def _message(message: Message) -> Message:
    return replace(message, parts=tuple(map(_part, message.parts)))


def _part(part: Part) -> Part:
    if isinstance(part, ToolCallPart) and part.kind is _CUSTOM:
        arguments = orjson.dumps({"input": part.arguments}).decode()
        return replace(part, kind=ToolKind.FUNCTION, arguments=arguments)
    if isinstance(part, ToolResultPart) and part.kind is _CUSTOM:
        return replace(part, kind=ToolKind.FUNCTION)
    return part
