"""Writes a conversation for a provider that speaks OpenAI's responses: for models that answer in nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from localrouter.dialects.adapters.adapting import Written
from localrouter.dialects.adapters.prompt_caching import settle_marks
from localrouter.dialects.adapters.reasoning_effort import effort_of
from localrouter.dialects.contract import CalledModel
from localrouter.dialects.custom_tools import flat
from localrouter.dialects.json_bodies.reading import refused
from localrouter.dialects.openai_responses.neutral.requests import ENCRYPTED, LOGPROBS
from localrouter.dialects.openai_responses.neutral.turns import LONGEST_ID, items_of
from localrouter.dialects.openai_shapes.wishes import fitted_parameters, fitted_user, is_strict
from localrouter.dialects.tool_names import ANY_LETTERS, NameRule, fitted
from localrouter.dialects.tools.turns import at_most, in_order
from localrouter.domain.conversation.conversation import (
    Conversation,
    Effort,
    OutputKind,
    Tool,
    ToolChoice,
    ToolUse,
)
from localrouter.domain.conversation.parts import ToolKind

Json = dict[str, object]

CAP = "max_output_tokens"
_EXTRAS = frozenset({"service_tier", "store"})  # others go to servers that are known to take them
_NAMES = NameRule(64)


def body_of(conversation: Conversation, called: CalledModel) -> Written:
    if conversation.answers != 1:
        raise refused("n", "This model gives one answer at a time. Leave n out, or name another model.")
    written = Written("responses have")
    body, takes = written.body, called.preset.takes
    conversation, written.renamed = fitted(conversation, _NAMES)
    if written.renamed:
        written.adapted.add("names of tools")
    body["input"] = items_of(
        in_order(conversation.messages, at_most(LONGEST_ID, ANY_LETTERS), written.adapted),
        written.lost,
        written.adapted,
    )
    body["store"] = False  # unless it is asked for: nothing is kept in other dialects
    _put_tools(conversation, written)
    _put_sampling(conversation, written)
    _put_output(conversation, written)
    _put_reasoning(conversation, called, written)
    if called.lowers(conversation.max_output_tokens):
        written.adapted.add("cap on the answer")
        body[CAP] = called.max_output_tokens
    elif conversation.max_output_tokens is not None:
        body[CAP] = conversation.max_output_tokens
    if conversation.user is not None:
        body["user"] = fitted_user(conversation.user, written.adapted)
    if conversation.metadata:
        body["metadata"] = conversation.metadata
    for name, value in conversation.extras.items():
        if name == "verbosity" and name in takes:
            body["text"] = {**_text(body), "verbosity": value}
        elif name in _EXTRAS or name in takes:
            body[name] = value
        else:
            written.lost.add(name)
    if conversation.stream:
        body["stream"] = True
    settle_marks(written.lost, written.adapted, takes)
    return written


def _text(body: Json) -> Json:
    text = body.get("text")
    return text if isinstance(text, dict) else {}


def _put_tools(conversation: Conversation, written: Written) -> None:
    if not conversation.tools:
        return
    written.body["tools"] = [_tool(tool, written) for tool in conversation.tools]
    if conversation.tool_choice is not None:
        written.body["tool_choice"] = _choice(conversation.tool_choice, conversation.tools)
    if conversation.parallel_tools is not None:
        written.body["parallel_tool_calls"] = conversation.parallel_tools


def _tool(tool: Tool, written: Written) -> Json:
    if tool.cache is not None:
        written.lost.add("cache_control")
    told: Json = {"type": tool.kind.value, "name": tool.name}
    if tool.description is not None:
        told["description"] = tool.description
    if tool.kind is ToolKind.CUSTOM:
        return told if tool.grammar is None else told | {"format": flat(tool.grammar)}
    # Without a word on it a schema would be enforced here, which elsewhere it is not.
    return told | {"parameters": fitted_parameters(tool.schema or {}, written.lost), "strict": bool(tool.strict)}


def _choice(choice: ToolChoice, tools: Iterable[Tool]) -> object:
    if not choice.names:
        return choice.use.value
    kinds = {tool.name: tool.kind.value for tool in tools}
    named: list[Json] = [{"type": kinds.get(name, "function"), "name": name} for name in choice.names]
    if choice.use is ToolUse.REQUIRED and len(named) == 1:
        return named[0]
    return choice.use.value if choice.use is ToolUse.NONE else _allowed(choice, named)


def _allowed(choice: ToolChoice, named: list[Json]) -> Json:
    return {"type": "allowed_tools", "mode": choice.use.value, "tools": named}


def _put_sampling(conversation: Conversation, written: Written) -> None:
    sampling, body = conversation.sampling, written.body
    for name in ("temperature", "top_p"):
        if (value := getattr(sampling, name)) is not None:
            body[name] = value
    for name in ("top_k", "seed", "presence_penalty", "frequency_penalty"):
        if getattr(sampling, name) not in (None, 0, 0.0):
            written.lost.add(name)
    if sampling.stop:
        written.lost.add("stop sequences")
    if conversation.logprobs is not None:
        body["include"] = [LOGPROBS]
        body["top_logprobs"] = conversation.logprobs.top


def _put_output(conversation: Conversation, written: Written) -> None:
    output = conversation.output
    if output.kind is OutputKind.JSON:
        written.body["text"] = {"format": {"type": "json_object"}}
    elif output.kind is OutputKind.SCHEMA:
        if output.schema is None:
            raise refused("response_format", "The answer's format needs a schema.")
        told: Json = {"type": "json_schema", "name": output.name or "answer", "schema": output.schema}
        told["strict"] = is_strict(output)
        if output.description is not None:
            told["description"] = output.description
        written.body["text"] = {"format": told}


def _put_reasoning(conversation: Conversation, called: CalledModel, written: Written) -> None:
    """Only a model that is known to think is told how much. Its thoughts are asked for in the form in which they can be
    sent back."""
    wish, body = conversation.reasoning, written.body
    effort = wish.effort if wish.effort is not None else effort_of(wish.budget)
    is_wanted = wish.enabled is not False and effort not in (None, Effort.NONE)
    if not called.reasons:
        if is_wanted:
            written.lost.add("how much to think")
        return
    include = body.get("include")
    body["include"] = [*(include if isinstance(include, list) else ()), ENCRYPTED]
    told: Json = {}
    if is_wanted and effort is not None:
        told["effort"] = effort.value
        if wish.effort is None:
            written.adapted.add("reasoning effort")
    if wish.summary is not None:
        told["summary"] = wish.summary
    if told:
        body["reasoning"] = told
