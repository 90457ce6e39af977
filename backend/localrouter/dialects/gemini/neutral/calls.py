"""Writes a conversation for a provider that speaks Gemini."""

from __future__ import annotations

from localrouter.dialects.adapters.adapting import Written
from localrouter.dialects.adapters.prompt_caching import settle_marks
from localrouter.dialects.contract import CalledModel
from localrouter.dialects.custom_tools import has_custom_tools, has_grammar, with_functions_alone
from localrouter.dialects.gemini.neutral.adapters import (
    can_think,
    is_of_levels,
    known_schema,
    thinking_of,
)
from localrouter.dialects.gemini.neutral.contents import put_contents
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.reading import refused
from localrouter.dialects.tool_names import NameRule, fitted
from localrouter.dialects.tools.turns import in_order
from localrouter.domain.conversation.conversation import Conversation, OutputKind, Tool, ToolChoice, ToolUse

Json = dict[str, object]

_JSON = "application/json"
_NAMES = NameRule(64, begins=True)
_MODES = {ToolUse.AUTO: "AUTO", ToolUse.NONE: "NONE", ToolUse.REQUIRED: "ANY"}


def body_of(conversation: Conversation, called: CalledModel) -> Written:
    if conversation.answers != 1:
        raise refused("n", "Gemini's answers are told one at a time. Leave n out, or name another model.")
    written = Written("Gemini has")
    if has_custom_tools(conversation):
        written.adapted.add("custom tools")
        if has_grammar(conversation):
            written.lost.add("enforcement of a tool's grammar")
        conversation = with_functions_alone(conversation)
    conversation, written.renamed = fitted(conversation, _NAMES)
    if written.renamed:
        written.adapted.add("names of tools")
    messages = in_order(conversation.messages, str, written.adapted)
    put_contents(messages, written, wants_signatures=is_of_levels(called.name))
    if not written.body["contents"]:
        raise refused("messages", "Gemini needs at least one message with something in it.")
    _put_tools(conversation, written)
    config: Json = {}
    _put_sampling(conversation, config)
    _put_output(conversation, called, written, config)
    _put_reasoning(conversation, called, written, config)
    cap = conversation.max_output_tokens
    if called.lowers(cap):
        written.adapted.add("cap on the answer")
        cap = called.max_output_tokens
    if cap is not None:
        config["maxOutputTokens"] = cap
    if config:
        written.body["generationConfig"] = config
    for name, is_given in (
        ("user", conversation.user is not None),
        ("metadata", bool(conversation.metadata)),
        ("parallel_tool_calls", conversation.parallel_tools is False and bool(conversation.tools)),
    ):
        if is_given:
            written.lost.add(name)
    written.lost.update(conversation.extras)
    settle_marks(written.lost, written.adapted, called.preset.takes)
    return written


def _put_tools(conversation: Conversation, written: Written) -> None:
    choice, tools = conversation.tool_choice, conversation.tools
    if choice is not None and choice.names and choice.use is not ToolUse.REQUIRED:
        written.adapted.add("tool choice")
        tools, choice = tuple(tool for tool in tools if tool.name in choice.names), ToolChoice(choice.use)
    if not tools:
        return
    written.body["tools"] = [{"functionDeclarations": [_tool(tool, written) for tool in tools]}]
    if choice is not None:
        told: Json = {"mode": _MODES[choice.use]}
        if choice.names:
            told["allowedFunctionNames"] = list(choice.names)
        written.body["toolConfig"] = {"functionCallingConfig": told}


def _tool(tool: Tool, written: Written) -> Json:
    told: Json = {"name": tool.name}
    if tool.description is not None:
        told["description"] = tool.description
    if tool.schema:
        told["parametersJsonSchema"] = _schema(tool.schema, written)
    if tool.strict:
        written.lost.add("strict schemas of tools")
    if tool.cache is not None:
        written.lost.add("cache_control")
    return told


def _schema(schema: object, written: Written) -> object:
    known = known_schema(schema)
    if known != schema:
        written.adapted.add("words of a schema")
    return known


def _put_sampling(conversation: Conversation, config: Json) -> None:
    sampling = conversation.sampling
    given: Json = {
        "temperature": sampling.temperature,
        "topP": sampling.top_p,
        "topK": sampling.top_k,
        "seed": sampling.seed,
        "presencePenalty": sampling.presence_penalty,
        "frequencyPenalty": sampling.frequency_penalty,
        "stopSequences": list(sampling.stop) or None,
    }
    if conversation.logprobs is not None:
        given["responseLogprobs"] = True
        given["logprobs"] = conversation.logprobs.top or None
    config.update((name, value) for name, value in given.items() if value is not None)


def _put_output(conversation: Conversation, called: CalledModel, written: Written, config: Json) -> None:
    """Models before Gemini 3 take no format beside tools."""
    output = conversation.output
    if output.kind is OutputKind.TEXT:
        return
    if output.kind is OutputKind.SCHEMA and output.schema is None:
        raise refused("response_format", "The answer's format needs a schema.")
    if "tools" not in written.body or is_of_levels(called.name):
        config["responseMimeType"] = _JSON
        if output.kind is OutputKind.SCHEMA:
            config["responseJsonSchema"] = _schema(output.schema, written)
        return
    written.adapted.add("structured output")
    said = "Answer with one JSON object and nothing else, unless you call a tool."
    if output.kind is OutputKind.SCHEMA:
        written.lost.add("enforcement of the answer's schema beside tools")
        said = f"{said} It must match this JSON schema: {dumps(output.schema).decode()}"
    system = written.body.get("systemInstruction")
    before = system["parts"] if isinstance(system, dict) else []
    written.body["systemInstruction"] = {"parts": [*before, {"text": said}]}


def _put_reasoning(conversation: Conversation, called: CalledModel, written: Written, config: Json) -> None:
    wish = conversation.reasoning
    told = thinking_of(wish, called.name)
    if told is None:
        return
    if not can_think(called.name, reasons=called.reasons):
        if wish.enabled is not False:
            written.lost.add("how much to think")
        return
    if wish.effort is not None or is_of_levels(called.name):
        written.adapted.add("reasoning effort")
    config["thinkingConfig"] = told
