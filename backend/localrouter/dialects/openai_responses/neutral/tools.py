"""The tools that a program offers, under the names by which other dialects know them.

Others have functions alone: a namespace becomes a prefix, a shell a function. `OfferedTool` leads back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from localrouter.dialects.json_bodies.reading import refused
from localrouter.dialects.json_bodies.values import flag_at, object_at, objects_at, text_at
from localrouter.dialects.openai_responses.own_tools import is_left_out, offered_in
from localrouter.domain.conversation.conversation import Tool, ToolChoice, ToolUse
from localrouter.domain.conversation.parts import ToolKind

LOCAL_SHELL = "local_shell"
_USES = {"auto": ToolUse.AUTO, "none": ToolUse.NONE, "required": ToolUse.REQUIRED}
_SHELL_SCHEMA: Mapping[str, object] = MappingProxyType(
    {
        "type": "object",
        "properties": {
            "command": {"type": "array", "items": {"type": "string"}, "description": "The command and its arguments."},
            "working_directory": {"type": "string"},
            "timeout_ms": {"type": "integer"},
            "env": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "required": ["command"],
    }
)
_SHELL = Tool(LOCAL_SHELL, "Runs a command on the user's computer and returns its output.", dict(_SHELL_SCHEMA))


@dataclass(frozen=True, slots=True)
class OfferedTool:
    """A tool as its program knows it. `kind` is the type under which it was offered."""

    name: str
    kind: str
    namespace: str | None = None


def full_name(namespace: str, name: str) -> str:
    """The name of a function of a namespace, where namespaces are not known."""
    return f"{namespace}{'' if not namespace or namespace.endswith('__') else '__'}{name}"


def offered_tools(body: Mapping[str, object]) -> dict[str, OfferedTool]:
    """Every tool by its full name."""
    return {tool.name: offered for each in offered_in(body) for tool, offered in _tools_of(each) if tool}


def called_tool(offered: Mapping[str, OfferedTool], name: str) -> OfferedTool | None:
    """The tool that a model means. Some leave a namespace out."""
    if (found := offered.get(name)) is not None:
        return found
    alike = [tool for tool in offered.values() if tool.name == name]
    return alike[0] if len(alike) == 1 else None


def tools_in(body: Mapping[str, object], lost: set[str]) -> Iterator[Tool]:
    """What other dialects are told. Raises `Invalid` for what only OpenAI runs; `lost` gets what can be left out."""
    names: set[str] = set()
    for index, tool in enumerate(offered_in(body)):
        if is_left_out(tool):
            lost.add(text_at(tool, "type"))
        for told, _ in _tools_of(tool):
            if told is None:
                raise refused(f"tools[{index}]", _only_openai(f"tools[{index}]", text_at(tool, "type")))
            if not told.name:
                raise refused(f"tools[{index}].name", f"tools[{index}] needs a name.")
            if told.name not in names:
                names.add(told.name)
                yield told


def _tools_of(tool: Mapping[str, object]) -> Iterator[tuple[Tool | None, OfferedTool]]:
    """What others are told of a tool, and what it is to its program; None for what only OpenAI runs."""
    kind = text_at(tool, "type") or "function"
    if kind in ("function", "custom"):
        yield _tool(object_at(tool, kind) or tool, kind, "", "")
    elif kind == LOCAL_SHELL:
        yield _SHELL, OfferedTool(LOCAL_SHELL, LOCAL_SHELL)
    elif kind == "namespace":
        about = text_at(tool, "description")
        for inner in objects_at(tool, "tools"):
            yield _tool(inner, text_at(inner, "type") or "function", text_at(tool, "name"), about)
            about = ""
    elif not is_left_out(dict(tool)):
        yield None, OfferedTool("", kind)


def _tool(tool: Mapping[str, object], kind: str, namespace: str, about: str) -> tuple[Tool, OfferedTool]:
    """`about` is what is said of the whole namespace: its first tool says it."""
    name = text_at(tool, "name")
    told = Tool(
        full_name(namespace, name) if name else "",
        "\n\n".join(filter(None, (about, text_at(tool, "description")))) or None,
        object_at(tool, "parameters"),
        flag_at(tool, "strict"),
        kind=ToolKind.CUSTOM if kind == "custom" else ToolKind.FUNCTION,
        grammar=object_at(tool, "format") if kind == "custom" else None,
    )
    return told, OfferedTool(name, kind, namespace or None)


def tool_choice_in(body: Mapping[str, object]) -> ToolChoice | None:
    choice = body.get("tool_choice")
    match choice:
        case None:
            return None
        case str() if choice in _USES:
            return ToolChoice(_USES[choice])
        case {"type": "allowed_tools", "tools": list(tools), **rest}:
            return ToolChoice(_USES.get(text_at(rest, "mode"), ToolUse.AUTO), tuple(map(_named, tools)))
        case {"type": "function" | "custom" | "local_shell"}:
            return ToolChoice(ToolUse.REQUIRED, (_named(choice),))
        case {"type": str(kind)}:
            raise refused("tool_choice", _only_openai("tool_choice", kind))
    raise refused("tool_choice", "tool_choice must be auto, none, required, or name a function.")


def _named(choice: object) -> str:
    kind = text_at(choice, "type")
    if kind == LOCAL_SHELL:
        return LOCAL_SHELL
    name = text_at(choice, "name") or text_at(object_at(choice, kind), "name")
    if kind not in ("function", "custom", "") or not name:
        raise refused("tool_choice", _only_openai("tool_choice", kind or "unknown"))
    return full_name(text_at(choice, "namespace"), name)


def _only_openai(path: str, kind: str) -> str:
    said = f"{path} ({kind[:40]}) is a tool that some providers of responses run, and this model's does not."
    remedy = "Leave it out, or offer a function of your own."
    if kind.startswith("web_search"):
        remedy += ' In Codex: web_search = "disabled" in its configuration.'
    return f"{said} {remedy}"
