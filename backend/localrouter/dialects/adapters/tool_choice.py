"""Tool choice: whom a server cannot force is shown fewer tools, and asked.

One tool of several becomes that tool alone. Where a server forces none at all, the model is asked in words, which it
may pass over: that is a warning. Where it cannot be kept from its tools either, it is shown none.
"""

from __future__ import annotations

from localrouter.dialects.adapters.adapting import Adapting, Json
from localrouter.dialects.contract import Preset
from localrouter.dialects.features import Feature

_FEATURES = frozenset({Feature.FORCED_TOOLS, Feature.NAMED_TOOL, Feature.NO_TOOLS})
_ANY = "Answer by calling one of your tools."


def adapt(adapting: Adapting, preset: Preset) -> None:
    choice = adapting.body.get("tool_choice")
    if choice is not None and not preset.lacks.isdisjoint(_FEATURES):
        _choose(adapting, preset.lacks, choice)
    if Feature.STRICT_TOOLS in preset.lacks and isinstance(adapting.body.get("tools"), list):
        _loosen(adapting)


def _choose(adapting: Adapting, lacks: frozenset[Feature], choice: object) -> None:
    match choice:
        case "none" if Feature.NO_TOOLS in lacks:
            for field in ("tools", "tool_choice", "parallel_tool_calls"):
                adapting.body.pop(field, None)
            adapting.adapted.add("tool choice")
        case "required" if Feature.FORCED_TOOLS in lacks:
            _ask(adapting, _ANY)
        case {"type": "function", "function": {"name": str(name)}} if Feature.NAMED_TOOL in lacks:
            adapting.body["tools"] = [tool for tool in _tools(adapting) if _name_of(tool) == name]
            if Feature.FORCED_TOOLS in lacks:
                _ask(adapting, f"Answer by calling the tool {name}.")
            else:
                adapting.body["tool_choice"] = "required"
                adapting.adapted.add("tool choice")
        case {"type": "allowed_tools", "allowed_tools": {"tools": list(allowed), **rest}} if (
            Feature.NAMED_TOOL in lacks
        ):
            names = {_name_of(tool) for tool in allowed}
            adapting.body["tools"] = [tool for tool in _tools(adapting) if _name_of(tool) in names]
            adapting.adapted.add("tool choice")
            adapting.body["tool_choice"] = mode = rest.get("mode", "auto")
            _choose(adapting, lacks, mode)


def _ask(adapting: Adapting, said: str) -> None:
    adapting.body["tool_choice"] = "auto"
    adapting.instruct(said)
    adapting.adapted.add("tool choice")
    adapting.lost.add("enforcement of the tool choice")


def _tools(adapting: Adapting) -> list[object]:
    tools = adapting.body.get("tools")
    return tools if isinstance(tools, list) else []


def _name_of(tool: object) -> object:
    function = tool.get("function") if isinstance(tool, dict) else None
    return function.get("name") if isinstance(function, dict) else None


def _loosen(adapting: Adapting) -> None:
    tools = _tools(adapting)
    loose = [_without_strict(tool) if isinstance(tool, dict) else tool for tool in tools]
    if loose != tools:
        adapting.body["tools"] = loose
        adapting.lost.add("strict schemas of tools")


def _without_strict(tool: Json) -> Json:
    function = tool.get("function")
    if not isinstance(function, dict) or not function.get("strict"):
        return tool
    return {**tool, "function": {name: value for name, value in function.items() if name != "strict"}}
