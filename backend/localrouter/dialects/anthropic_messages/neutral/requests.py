"""Reads what a program asks in Anthropic's messages, in neutral terms."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

import orjson

from localrouter.dialects.anthropic_messages.fields import THREAD
from localrouter.dialects.anthropic_messages.neutral.signatures import reasoning_in
from localrouter.dialects.anthropic_messages.request import continues_thread
from localrouter.dialects.json_bodies import as_written
from localrouter.dialects.json_bodies.misread import Shape, an_object, misread, number, objects, texts, unknown, whole
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.reading import refused
from localrouter.dialects.json_bodies.values import flag_at, number_at, object_at, objects_at, text_at, whole_at
from localrouter.domain.conversation.conversation import (
    SHOWN,
    Conversation,
    Effort,
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
    Inline,
    Part,
    PlainText,
    Remote,
    ResultPart,
    Source,
    Stored,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from localrouter.domain.conversation.request import ModelRequest

Json = dict[str, object]

_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT, "system": Role.SYSTEM}
_USES = {"auto": ToolUse.AUTO, "none": ToolUse.NONE, "any": ToolUse.REQUIRED}
_EFFORTS = {effort.value: effort for effort in Effort}
_BILLING, _BILLING_LINE = "x-anthropic-billing-header:", "Claude Code's line for billing"
_INDISPENSABLE = ("container", "mcp_servers")  # without these, the answer would be another one
_READ = frozenset(
    {
        "model", "messages", "system", "max_tokens", "metadata", "stop_sequences", "stream", "temperature", "top_k",
        "top_p", "tools", "tool_choice", "thinking", "output_config", "output_format",
    }
)  # fmt: skip
_TOOLS = frozenset({"tools", "tool_choice"})
_SHAPES: Mapping[str, Shape] = {
    **dict.fromkeys(("temperature", "top_p"), number),
    **dict.fromkeys(("metadata", "output_config", "output_format", "thinking", "tool_choice"), an_object),
    "top_k": whole,
    "stop_sequences": texts,
    "tools": objects,
}
_KEYS = {
    "metadata": frozenset({"user_id"}),
    "output_config": frozenset({"effort", "format"}),
    "thinking": frozenset({"type", "budget_tokens", "display"}),
}


def conversation_of(request: ModelRequest) -> Conversation:
    """The request in neutral terms. Raises `Invalid` for what no other dialect has."""
    body = request.body
    for name in _INDISPENSABLE:
        if body.get(name):
            raise refused(name, f"{name} cannot be sent to this model's provider. Leave it out, or name another model.")
    if continues_thread(body):
        said = "This model's provider holds no earlier turns. Send the whole conversation."
        raise refused(THREAD, said)
    lost, adapted = set[str](), set[str]()
    choice = object_at(body, "tool_choice")
    is_single = flag_at(choice, "disable_parallel_tool_use")
    return Conversation(
        messages=tuple(_messages(body, lost, adapted)),
        tools=tuple(_tools(body)),
        tool_choice=None if choice is None else _tool_choice(choice),
        parallel_tools=None if is_single is None else not is_single,
        sampling=Sampling(
            temperature=number_at(body, "temperature"),
            top_p=number_at(body, "top_p"),
            top_k=whole_at(body, "top_k"),
            stop=tuple(_texts(body.get("stop_sequences"))),
        ),
        output=_output(body),
        reasoning=_reasoning(body),
        max_output_tokens=request.max_output_tokens,
        user=text_at(body.get("metadata"), "user_id") or None,
        stream=request.stream,
        extras={name: value for name, value in body.items() if _is_extra(name, value)},
        warnings=(*_left_out(lost), *misread(body, _SHAPES, _TOOLS), *unknown(body, _KEYS)),
        adapted=tuple(adapted),
    )


def _left_out(lost: set[str]) -> tuple[str, ...]:
    return (f"left out, as only Anthropic has it: {', '.join(sorted(lost))}",) if lost else ()


def _is_extra(name: str, value: object) -> bool:
    return not (name in _READ or value is None or (name == "service_tier" and value == "auto"))


def _messages(body: Json, lost: set[str], adapted: set[str]) -> Iterator[Message]:
    """The whole conversation. `lost` gets what the provider ran itself, which nobody else can be told of: what it found
    is in the model's words behind it."""
    if system := tuple(_parts(_without_billing(body.get("system"), adapted), "system")):
        yield Message(Role.SYSTEM, system)
    for index, message in enumerate(objects_at(body, "messages")):
        role = text_at(message, "role")
        if role not in _ROLES:
            raise refused(f"messages[{index}].role", f"messages[{index}].role must be user or assistant.")
        content = message.get("content")
        ran = [block for block in objects_at(message, "content") if _is_run_elsewhere(block)]
        if ran and isinstance(content, list):
            lost.update(f"blocks of the type {block['type']}" for block in ran)
            content = [block for block in content if block not in ran]
        if content or not ran:
            yield Message(_ROLES[role], tuple(_parts(content, f"messages[{index}].content")))


def _is_run_elsewhere(block: Json) -> bool:
    kind = text_at(block, "type")
    return kind in ("server_tool_use", "mcp_tool_use") or (kind.endswith("_tool_result") and kind != "tool_result")


def _without_billing(system: object, adapted: set[str]) -> object:
    """The system prompt without the line by which Claude Code tells Anthropic what to bill. It is another one in every
    request, so that no prompt cache would ever find the same prompt again."""
    if isinstance(system, str) and system.startswith(_BILLING):
        adapted.add(_BILLING_LINE)
        return system.partition("\n")[2].lstrip("\n")
    if not isinstance(system, list) or not any(text_at(block, "text").startswith(_BILLING) for block in system):
        return system
    adapted.add(_BILLING_LINE)
    return [block for block in system if not text_at(block, "text").startswith(_BILLING)]


def _texts(value: object) -> Iterator[str]:
    yield from (text for text in (value if isinstance(value, list) else ()) if isinstance(text, str))


def _parts(content: object, path: str) -> Iterator[Part]:
    if content is None or content == "":
        return
    if isinstance(content, str):
        yield TextPart(content)
    elif isinstance(content, list):
        for index, block in enumerate(content):
            yield _part(block, f"{path}[{index}]")
    else:
        raise refused(path, f"{path} must be a string or a list of blocks.")


def _part(block: object, path: str) -> Part:
    if not isinstance(block, dict):
        raise refused(path, f"{path} must be an object.")
    match block.get("type"):
        case "thinking" | "redacted_thinking":
            return reasoning_in(block)
        case "tool_use":
            arguments = dumps(block.get("input") or {}).decode()
            return ToolCallPart(text_at(block, "id"), text_at(block, "name"), arguments, cache=cache_in(block))
        case "tool_result":
            parts = tuple(_result_part(part, f"{path}.content") for part in _parts(block.get("content"), path))
            is_error = flag_at(block, "is_error")
            return ToolResultPart(text_at(block, "tool_use_id"), parts, is_error, cache=cache_in(block))
    return _shown(block, path)


def _result_part(part: Part, path: str) -> ResultPart:
    if isinstance(part, TextPart | ImagePart | FilePart):
        return part
    raise refused(path, f"{path} of a tool must be text, images and documents.")


def _shown(block: Json, path: str) -> ResultPart:
    cache = cache_in(block)
    match block:
        case {"type": "text", "text": str(text)}:
            return TextPart(text, cache=cache)
        case {"type": "image", "source": dict(source)}:
            return ImagePart(_source(source, path), cache=cache)
        case {"type": "document", "source": dict(source)}:
            cites = flag_at(block.get("citations"), "enabled")
            name, context = text_at(block, "title") or None, text_at(block, "context") or None
            return FilePart(_source(source, path), name, context, cites, cache)
        case {"type": "search_result", "content": list(content)}:
            text = "\n\n".join(text_at(part, "text") for part in content)
            cites = flag_at(block.get("citations"), "enabled")
            return FilePart(PlainText(text), text_at(block, "title") or None, text_at(block, "source"), cites, cache)
        case {"type": "tool_reference", "tool_name": str(name)}:
            return TextPart(f"The tool {name} can be called now.")  # all tools are told from the beginning
    kind = str(block.get("type"))[:40]
    raise refused(f"{path}.type", f"{path} is of the type {kind}, which this model's provider does not take.")


def _source(source: Json, path: str) -> Source:
    match source:
        case {"type": "base64", "data": str(data)}:
            return Inline(data, text_at(source, "media_type") or None)
        case {"type": "url", "url": str(url)}:
            return Remote(url)
        case {"type": "file", "file_id": str(file_id)}:
            return Stored(file_id)
        case {"type": "text", "data": str(text)}:
            return PlainText(text)
        case {"type": "content", "content": str() | list() as content}:
            texts = [content] if isinstance(content, str) else [text_at(part, "text") for part in content]
            return PlainText("\n\n".join(texts))
    raise refused(f"{path}.source", f"{path}.source must have the type base64, url, file or text.")


def cache_in(carrier: Json) -> CacheMark | None:
    control = object_at(carrier, "cache_control")
    return None if control is None else CacheMark(text_at(control, "ttl") or None)


def _tools(body: Json) -> Iterator[Tool]:
    for index, tool in enumerate(objects_at(body, "tools")):
        path, name = f"tools[{index}]", text_at(tool, "name")
        if tool.get("type") not in (None, "custom"):
            kind = str(tool["type"])[:40]
            said = f"{path} ({kind}) is a tool that only Anthropic has. Leave it out, or name a model of Anthropic's."
            raise refused(path, said)
        if not name:
            raise refused(f"{path}.name", f"{path} needs a name.")
        description, schema = text_at(tool, "description") or None, object_at(tool, "input_schema")
        yield Tool(name, description, schema, flag_at(tool, "strict"), cache_in(tool))


def _tool_choice(choice: Json) -> ToolChoice:
    kind = choice.get("type")
    if kind == "tool" and (name := text_at(choice, "name")):
        return ToolChoice(ToolUse.REQUIRED, (name,))
    if not isinstance(kind, str) or kind not in _USES:
        raise refused("tool_choice", "tool_choice must be of the type auto, any, none, or name a tool.")
    return ToolChoice(_USES[kind])


def _output(body: Json) -> OutputFormat:
    wanted = object_at(body.get("output_config"), "format") or object_at(body, "output_format")
    if wanted is None:
        return OutputFormat()
    schema = object_at(wanted, "schema")
    if wanted.get("type") != "json_schema" or schema is None:
        raise refused("output_config.format", "output_config.format must be of the type json_schema, with its schema.")
    return OutputFormat(OutputKind.SCHEMA, schema, text_at(wanted, "name") or None)


def _reasoning(body: Json) -> ReasoningWish:
    thinking, effort = object_at(body, "thinking"), text_at(body.get("output_config"), "effort")
    enabled = None if thinking is None else thinking.get("type") != "disabled"
    summary = SHOWN if enabled and text_at(thinking, "display") != "omitted" else None
    return ReasoningWish(enabled, _EFFORTS.get(effort), whole_at(thinking, "budget_tokens"), summary)


def arguments_in(text: str) -> Json | None:
    """The arguments of a call as an object, its numbers with all their digits; None where the model wrote none."""
    try:
        value = _read(text.encode() or b"{}")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _read(raw: bytes) -> object:
    if not as_written.may_be_rounded(raw):
        with contextlib.suppress(orjson.JSONDecodeError):
            return orjson.loads(raw)
    return as_written.loads(raw)
