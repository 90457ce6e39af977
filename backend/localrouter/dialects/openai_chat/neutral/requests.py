"""Reads what a program asks in OpenAI's chat, in neutral terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from localrouter.dialects.json_bodies.misread import (
    Shape,
    an_object,
    flag,
    misread,
    number,
    objects,
    text,
    text_or_texts,
    whole,
)
from localrouter.dialects.json_bodies.reading import refused
from localrouter.dialects.json_bodies.values import flag_at, number_at, object_at, text_at, whole_at
from localrouter.dialects.openai_chat.fields import CAP_FIELDS, COUNTS
from localrouter.dialects.openai_chat.neutral.contents import parts_in, tool_calls_in
from localrouter.dialects.openai_chat.neutral.reasoning import reasoning_in
from localrouter.domain.conversation.conversation import (
    SHOWN,
    Conversation,
    Effort,
    Logprobs,
    Message,
    OutputFormat,
    OutputKind,
    ReasoningWish,
    Role,
    Sampling,
    Tool,
    ToolChoice,
    ToolUse,
)
from localrouter.domain.conversation.parts import (
    CacheMark,
    FilePart,
    ImagePart,
    Part,
    RefusalPart,
    TextPart,
    ToolKind,
    ToolResultPart,
)
from localrouter.domain.conversation.request import Endpoint, ModelRequest

Json = Mapping[str, object]

_ROLES = {"system": Role.SYSTEM, "developer": Role.DEVELOPER, "user": Role.USER, "assistant": Role.ASSISTANT}
_USES = {"auto": ToolUse.AUTO, "none": ToolUse.NONE, "required": ToolUse.REQUIRED}
# Without these, the answer would be another one.
_INDISPENSABLE = ("web_search_options", "search_parameters", "audio", "plugins", "data_sources", "models", "grammar")
_READ = frozenset(
    {
        "model", "messages", "stream", "stream_options", "tools", "functions", "tool_choice", "function_call",
        "parallel_tool_calls", "temperature", "top_p", "top_k", "stop", "seed", "presence_penalty",
        "frequency_penalty", "response_format", "reasoning_effort", "reasoning", "thinking", "logprobs", "top_logprobs",
        "user", "metadata", *CAP_FIELDS, *COUNTS,
    }
)  # fmt: skip
_TOOLS = frozenset({"tools", "functions"})
_SHAPES: Mapping[str, Shape] = {
    **dict.fromkeys(("temperature", "top_p", "presence_penalty", "frequency_penalty"), number),
    **dict.fromkeys(("top_k", "seed", "top_logprobs"), whole),
    **dict.fromkeys(("logprobs", "parallel_tool_calls"), flag),
    **dict.fromkeys(_TOOLS, objects),
    "stop": text_or_texts,
    "user": text,
    "metadata": an_object,
}
_AS_IF_ABSENT: Mapping[str, tuple[object, ...]] = {
    "store": (False,),
    "service_tier": ("auto", "default"),
    "modalities": (["text"],),
    "logit_bias": ({},),
}


def conversation_of(request: ModelRequest) -> Conversation:
    """The request in neutral terms. Raises `Invalid` for what no other dialect has."""
    body = request.body
    if request.endpoint is not Endpoint.CHAT_COMPLETIONS:
        said = f"This model's provider does not serve {request.endpoint.value}. Name a model of another provider."
        raise refused("model", said)
    for name in _INDISPENSABLE:
        if body.get(name):
            raise refused(name, f"{name} cannot be sent to this model's provider. Leave it out, or name another model.")
    if request.answers is None:
        raise refused("n", "How many answers are wanted cannot be told this model's provider. Leave n out.")
    return Conversation(
        messages=tuple(_messages(body.get("messages"))),
        tools=tuple(_tools(body)),
        tool_choice=_tool_choice(body),
        parallel_tools=flag_at(body, "parallel_tool_calls"),
        sampling=sampling_in(body),
        output=_output(body.get("response_format")),
        reasoning=_reasoning(body),
        max_output_tokens=request.max_output_tokens,
        answers=request.answers,
        logprobs=Logprobs(whole_at(body, "top_logprobs") or 0) if body.get("logprobs") is True else None,
        user=(text_at(body, "user") or None),
        metadata=object_at(body, "metadata"),
        stream=request.stream,
        extras={name: value for name, value in body.items() if _is_extra(name, value)},
        warnings=misread(body, _SHAPES, _TOOLS),
    )


def _is_extra(name: str, value: object) -> bool:
    return not (name in _READ or value is None or value in _AS_IF_ABSENT.get(name, ()))


def _messages(messages: object) -> Iterator[Message]:
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        yield _message(message, f"messages[{index}]")


def _message(message: Json, path: str) -> Message:
    role = message.get("role")
    if role in ("tool", "function"):
        return Message(Role.USER, (_tool_result(message, path),))
    if not isinstance(role, str) or role not in _ROLES:
        raise refused(f"{path}.role", f"{path}.role must be system, developer, user, assistant or tool.")
    parts: list[Part] = []
    if role == "assistant":
        parts += reasoning_in(message)
    parts += parts_in(message.get("content"), f"{path}.content", cache_in(message))
    if role == "assistant":
        if message.get("audio"):
            raise refused(f"{path}.audio", f"{path}.audio is known only to the provider that made it.")
        if refusal := (text_at(message, "refusal") or None):
            parts.append(RefusalPart(refusal))
        parts += tool_calls_in(message, path)
    return Message(_ROLES[role], tuple(parts), (text_at(message, "name") or None))


def _tool_result(message: Json, path: str) -> ToolResultPart:
    call_id = (text_at(message, "tool_call_id") or None) or (text_at(message, "name") or None) or ""
    parts = parts_in(message.get("content"), f"{path}.content", None)
    shown = tuple(part for part in parts if isinstance(part, TextPart | ImagePart | FilePart))
    if len(shown) != len(parts):
        raise refused(f"{path}.content", f"{path}.content of a tool must be text, pictures and files.")
    return ToolResultPart(call_id, shown, cache=cache_in(message))


def cache_in(carrier: Json) -> CacheMark | None:
    control = carrier.get("cache_control")
    return CacheMark(text_at(control, "ttl") or None) if isinstance(control, dict) else None


def _tools(body: Json) -> Iterator[Tool]:
    tools, functions = body.get("tools"), body.get("functions")
    for index, tool in enumerate(tools if isinstance(tools, list) else ()):
        path = f"tools[{index}]"
        kind = tool.get("type", "function") if isinstance(tool, dict) else None
        if kind not in ("function", "custom"):
            raise refused(
                path, f"{path} is a tool that only its own provider runs. Leave it out, or name a model of it."
            )
        yield _tool(object_at(tool, kind) or tool, path, ToolKind(kind), cache_in(tool))
    for index, function in enumerate(functions if isinstance(functions, list) else ()):
        yield _tool(function if isinstance(function, dict) else {}, f"functions[{index}]", ToolKind.FUNCTION, None)


def _tool(tool: Json, path: str, kind: ToolKind, cache: CacheMark | None) -> Tool:
    name = text_at(tool, "name") or None
    if not name:
        raise refused(f"{path}.name", f"{path} needs a name.")
    return Tool(
        name,
        (text_at(tool, "description") or None),
        object_at(tool, "parameters"),
        flag_at(tool, "strict"),
        cache,
        kind,
        object_at(tool, "format") if kind is ToolKind.CUSTOM else None,
    )


def _tool_choice(body: Json) -> ToolChoice | None:
    choice = body.get("tool_choice")
    if choice is None:
        choice = body.get("function_call")
        if isinstance(choice, dict):
            choice = {"type": "function", "function": choice}
    match choice:
        case None:
            return None
        case str() if choice in _USES:
            return ToolChoice(_USES[choice])
        case {"type": "allowed_tools", "allowed_tools": {"tools": list(tools), **rest}}:
            names = (_named(tool) for tool in tools if isinstance(tool, dict))
            return ToolChoice(_USES.get(str(rest.get("mode")), ToolUse.AUTO), tuple(filter(None, names)))
        case dict() if name := _named(choice):
            return ToolChoice(ToolUse.REQUIRED, (name,))
    raise refused("tool_choice", "tool_choice must be auto, none, required, or name a function.")


def _named(choice: Json) -> str | None:
    for kind in ("function", "custom"):
        if (inner := object_at(choice, kind)) is not None:
            return text_at(inner, "name") or None
    return text_at(choice, "name") or None


def sampling_in(body: Json) -> Sampling:
    stop = body.get("stop")
    stops = [stop] if isinstance(stop, str) else stop if isinstance(stop, list) else []
    return Sampling(
        temperature=number_at(body, "temperature"),
        top_p=number_at(body, "top_p"),
        top_k=whole_at(body, "top_k"),
        stop=tuple(text for text in stops if isinstance(text, str)),
        seed=whole_at(body, "seed"),
        presence_penalty=number_at(body, "presence_penalty") or None,
        frequency_penalty=number_at(body, "frequency_penalty") or None,
    )


def _output(wanted: object) -> OutputFormat:
    match wanted:
        case {"type": "json_object"}:
            return OutputFormat(OutputKind.JSON)
        case {"type": "json_schema", "json_schema": {"schema": dict(schema), **rest}}:
            name, description = (text_at(rest, "name") or None), (text_at(rest, "description") or None)
            return OutputFormat(OutputKind.SCHEMA, schema, name, description, flag_at(rest, "strict"))
        case None | {"type": "text"}:
            return OutputFormat()
    raise refused("response_format", "response_format must be text, json_object, or json_schema with its schema.")


def _reasoning(body: Json) -> ReasoningWish:
    """OpenAI's `reasoning_effort`, or what others made of it."""
    given, thinking = object_at(body, "reasoning") or {}, object_at(body, "thinking") or {}
    effort = body.get("reasoning_effort") or given.get("effort")
    budget = whole_at(given, "max_tokens") or whole_at(thinking, "budget_tokens")
    enabled = flag_at(given, "enabled")
    if thinking:
        enabled = thinking.get("type") != "disabled"
    if effort is not None and (not isinstance(effort, str) or effort not in set(Effort)):
        raise refused("reasoning_effort", f"reasoning_effort must be one of {', '.join(Effort)}.")
    wish = ReasoningWish(enabled, None if effort is None else Effort(effort), budget)
    is_hidden = flag_at(given, "exclude") or flag_at(body, "include_reasoning") is False
    if is_hidden or not wish.is_given or wish.is_off:
        return wish
    return ReasoningWish(wish.enabled, wish.effort, wish.budget, SHOWN)
