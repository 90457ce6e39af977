"""Writes a conversation for a provider that speaks Anthropic's messages."""

from __future__ import annotations

from dataclasses import replace

from localrouter.dialects.adapters.adapting import Written
from localrouter.dialects.adapters.answers.by_tool import ANSWER_TOOL, BY_TOOL, answer_tool
from localrouter.dialects.adapters.structured_output import STRUCTURED_OUTPUT
from localrouter.dialects.anthropic_messages.neutral.adapters import (
    MIN_BUDGET,
    ROOM_TO_ANSWER,
    budget_of,
    effort_of,
    follows_tools,
    takes_schemas,
    thinks_by_effort,
)
from localrouter.dialects.anthropic_messages.neutral.turns import cache_json, put_messages
from localrouter.dialects.contract import CalledModel
from localrouter.dialects.custom_tools import has_custom_tools, has_grammar, with_functions_alone
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.reading import refused
from localrouter.dialects.json_bodies.values import objects_at, text_at
from localrouter.dialects.tool_names import NameRule, fitted
from localrouter.dialects.tools.schemas import ALTERNATIVES, enforceable, parameters_of
from localrouter.dialects.tools.turns import at_most, in_order
from localrouter.domain.conversation.conversation import Conversation, OutputKind, Tool, ToolChoice, ToolUse

Json = dict[str, object]

# Tokens of an answer where the request has no cap: Anthropic wants one.
DEFAULT_CAP, LARGEST_DEFAULT_CAP = 8_192, 32_000
_USES = {ToolUse.AUTO: "auto", ToolUse.NONE: "none", ToolUse.REQUIRED: "any"}
_OBJECT: Json = {"type": "object", "properties": {}}
_NAMES = NameRule(64)
_LONGEST_ID = 64  # of a call
_SERVICE_TIERS = ("auto", "standard_only")


def body_of(conversation: Conversation, called: CalledModel) -> Written:
    if conversation.answers != 1:
        raise refused("n", "Anthropic's models give one answer at a time. Leave n out, or name another model.")
    written = Written("Anthropic's messages have")
    body = written.body
    if called.lowers(conversation.max_output_tokens):
        written.adapted.add("cap on the answer")
        conversation = replace(conversation, max_output_tokens=called.max_output_tokens)
    if has_custom_tools(conversation):
        written.adapted.add("custom tools")
        if has_grammar(conversation):
            written.lost.add("enforcement of a tool's grammar")
        conversation = with_functions_alone(conversation)
    conversation, written.renamed = fitted(conversation, _NAMES)
    if written.renamed:
        written.adapted.add("names of tools")
    put_messages(in_order(conversation.messages, at_most(_LONGEST_ID), written.adapted), written)
    if not body["messages"]:
        raise refused("messages", "Anthropic's models need at least one message with something in it.")
    body["max_tokens"] = conversation.max_output_tokens or min(
        called.max_output_tokens or DEFAULT_CAP, LARGEST_DEFAULT_CAP
    )
    _put_tools(conversation, written)
    _put_sampling(conversation, written)
    _put_output(conversation, called, written)
    _put_reasoning(conversation, called, written)
    if conversation.user is not None:
        body["metadata"] = {"user_id": conversation.user}
    if conversation.logprobs is not None:
        written.lost.add("logprobs")
    if conversation.metadata:
        written.lost.add("metadata")
    for name, value in conversation.extras.items():
        if name == "service_tier" and value in _SERVICE_TIERS:
            body[name] = value
        else:
            written.lost.add(name)
    if conversation.stream:
        body["stream"] = True
    return written


def _put_tools(conversation: Conversation, written: Written) -> None:
    choice, tools = conversation.tool_choice, conversation.tools
    if choice is not None and choice.names and not _is_one(choice):
        written.adapted.add("tool choice")
        tools = tuple(tool for tool in tools if tool.name in choice.names)
    if not tools and (names := _called_tools(written.body)):
        # Anthropic refuses calls of tools that it has not been told of.
        written.adapted.add("tools of earlier turns")
        tools, choice = tuple(map(Tool, names)), ToolChoice(ToolUse.NONE)
    if not tools:
        return
    written.body["tools"] = [_tool(tool, written) for tool in tools]
    if choice is None and conversation.parallel_tools is not False:
        return
    told: Json = {"type": "auto" if choice is None else _USES[choice.use]}
    if choice is not None and _is_one(choice):
        told = {"type": "tool", "name": choice.names[0]}
    if conversation.parallel_tools is not None and told["type"] != "none":
        told["disable_parallel_tool_use"] = not conversation.parallel_tools
    written.body["tool_choice"] = told


def _called_tools(body: Json) -> list[str]:
    """The names of the tools that were called in the conversation."""
    blocks = (block for turn in objects_at(body, "messages") for block in objects_at(turn, "content"))
    return list(dict.fromkeys(text_at(block, "name") for block in blocks if block.get("type") == "tool_use"))


def _is_one(choice: ToolChoice) -> bool:
    return choice.use is ToolUse.REQUIRED and len(choice.names) == 1


def _tool(tool: Tool, written: Written) -> Json:
    told: Json = {"name": tool.name}
    if tool.description is not None:
        told["description"] = tool.description
    told["input_schema"], loses = (_OBJECT, False) if tool.schema is None else parameters_of(tool.schema)
    if loses:
        written.lost.add(ALTERNATIVES)
    if tool.strict:
        written.lost.add("strict schemas of tools")
    if tool.cache is not None:
        told["cache_control"] = cache_json(tool.cache)
    return told


def _put_sampling(conversation: Conversation, written: Written) -> None:
    sampling, body = conversation.sampling, written.body
    if sampling.temperature is not None:
        body["temperature"] = min(sampling.temperature, 1.0)
        if sampling.temperature > 1:
            written.adapted.add("temperature")
    if sampling.top_p is not None and sampling.temperature is None:
        body["top_p"] = sampling.top_p
    elif sampling.top_p not in (None, 1, 1.0):
        written.lost.add("top_p beside temperature")
    if sampling.top_k is not None:
        body["top_k"] = sampling.top_k
    if stops := [text for text in sampling.stop if text.strip()]:
        body["stop_sequences"] = stops
    if len(stops) != len(sampling.stop):
        written.lost.add("stop sequences of white space")
    for name in ("seed", "presence_penalty", "frequency_penalty"):
        if getattr(sampling, name) is not None:
            written.lost.add(name)


def _put_output(conversation: Conversation, called: CalledModel, written: Written) -> None:
    output = conversation.output
    if output.kind is OutputKind.TEXT:
        return
    if output.kind is OutputKind.SCHEMA and takes_schemas(called.name):
        schema, is_bounded = enforceable(output.schema)
        if is_bounded:
            written.lost.add("bounds of the answer's schema, which are told in words")
        told = {"type": "json_schema", "schema": schema}
        written.body["output_config"] = {"format": told}
        return
    if _put_answer_tool(conversation, called, written):
        return
    written.adapted.add(STRUCTURED_OUTPUT)
    said = "Answer with one JSON object and nothing else."
    if output.kind is OutputKind.SCHEMA:
        written.lost.add("enforcement of the answer's schema")
        said = f"{said} It must match this JSON schema: {dumps(output.schema).decode()}"
    system = written.body.get("system")
    before: list[Json] = [{"type": "text", "text": system}] if isinstance(system, str) else []
    blocks = list(objects_at(written.body, "system")) if isinstance(system, list) else before
    written.body["system"] = [*blocks, {"type": "text", "text": said}]


def _put_answer_tool(conversation: Conversation, called: CalledModel, written: Written) -> bool:
    """Have the answer given as the input of a tool, where that is the only one and the model shall not think: Anthropic
    forces no tool on a model that does."""
    schema = conversation.output.schema
    thinks = called.reasons is not False and budget_of(conversation.reasoning) is not None
    if schema is None or thinks or "tools" in written.body or not follows_tools(called.name):
        return False
    parameters, loses = parameters_of(schema)
    if loses:
        return False
    written.body["tools"] = [answer_tool(parameters)]
    written.body["tool_choice"] = {"type": "tool", "name": ANSWER_TOOL, "disable_parallel_tool_use": True}
    written.adapted.add(BY_TOOL)
    return True


def _put_reasoning(conversation: Conversation, called: CalledModel, written: Written) -> None:
    budget, body = budget_of(conversation.reasoning), written.body
    if budget is None:
        return
    if called.reasons is False or not _may_think(conversation, written):
        written.lost.add("how much to think")
        return
    if thinks_by_effort(called.name):
        body["thinking"] = {"type": "adaptive"}
        config = body.get("output_config")
        effort = effort_of(conversation.reasoning, budget)
        body["output_config"] = {**(config if isinstance(config, dict) else {}), "effort": effort}
    else:
        cap = _cap_with(budget, conversation, called)
        if cap <= MIN_BUDGET:
            written.lost.add("how much to think")
            return
        body["max_tokens"] = cap
        body["thinking"] = {"type": "enabled", "budget_tokens": min(budget, cap - 1)}
        written.adapted.add("reasoning effort")
    for name in ("temperature", "top_k", "top_p"):
        if body.pop(name, None) not in (None, 1, 1.0):
            written.lost.add(f"{name} beside thinking")


def _cap_with(budget: int, conversation: Conversation, called: CalledModel) -> int:
    """The cap on thoughts and answer together; the budget is to be smaller."""
    if conversation.max_output_tokens is not None:
        cap = conversation.max_output_tokens
    else:
        cap = max(budget + ROOM_TO_ANSWER, min(called.max_output_tokens or DEFAULT_CAP, LARGEST_DEFAULT_CAP))
        cap = cap if called.max_output_tokens is None else min(cap, called.max_output_tokens)
    return cap if called.output_cap is None else min(cap, called.output_cap)


def _may_think(conversation: Conversation, written: Written) -> bool:
    """Anthropic takes no thinking with a tool that must be called, nor in the middle of a turn that began without."""
    choice = conversation.tool_choice
    if choice is not None and choice.use is ToolUse.REQUIRED:
        return False
    for turn in reversed(list(objects_at(written.body, "messages"))):
        blocks = list(objects_at(turn, "content"))
        if turn.get("role") == "assistant":
            kinds = [block.get("type") for block in blocks]
            return "tool_use" not in kinds or kinds[0] in ("thinking", "redacted_thinking")
        if not any(block.get("type") == "tool_result" for block in blocks):
            return True
    return True
