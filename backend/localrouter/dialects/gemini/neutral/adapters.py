"""What Gemini's models have to be told in another way: effort as a level or a budget, and the words of schemas."""

from __future__ import annotations

import re
from collections.abc import Mapping

from localrouter.dialects.adapters.reasoning_effort import effort_of
from localrouter.domain.conversation.conversation import Effort, ReasoningWish

Json = dict[str, object]

_VERSION = re.compile(r"gemini-(\d{1,2})(?:[.-](\d{1,2})(?!\d))?")
_THINKS_FROM, _LEVELS_FROM = (2, 5), (3, 0)  # versions
MIN_BUDGET_OF_PRO = 128  # tokens; its thoughts cannot be switched off
AS_IT_LIKES = -1  # tokens of thought
_BUDGETS = {
    Effort.MINIMAL: 1_024, Effort.LOW: 1_024, Effort.MEDIUM: 8_192, Effort.HIGH: 24_576, Effort.XHIGH: 24_576,
    Effort.MAX: 24_576,
}  # fmt: skip
_LEVELS = {
    Effort.NONE: "minimal", Effort.MINIMAL: "minimal", Effort.LOW: "low", Effort.MEDIUM: "medium", Effort.HIGH: "high",
    Effort.XHIGH: "high", Effort.MAX: "high",
}  # fmt: skip
# What Google's servers do not know of JSON schemas, and nobody misses.
_UNKNOWN = frozenset({"$schema", "$comment", "discriminator", "examples"})
_SCHEMAS_BY_NAME = frozenset({"properties", "$defs", "definitions", "patternProperties"})
_VALUES = frozenset({"const", "default", "enum", "required"})
_TYPES: dict[type, str] = {str: "string", bool: "boolean", int: "integer", float: "number"}


def version_of(model: str) -> tuple[int, int] | None:
    """The version of a Gemini, as far as its name tells."""
    found = _VERSION.search(model.lower())
    return None if found is None else (int(found[1]), int(found[2] or 0))


def is_of_levels(model: str) -> bool:
    """Whether a model takes levels of thinking, and wants the proofs of its thoughts back with its calls."""
    return (version_of(model) or (0, 0)) >= _LEVELS_FROM


def can_think(model: str, *, reasons: bool | None) -> bool:
    version = version_of(model)
    return bool(reasons) if reasons is not None or version is None else version >= _THINKS_FROM


def thinking_of(wish: ReasoningWish, model: str) -> Json | None:
    """What tells a model how much to think; None where nothing was wished for."""
    if not wish.is_given:
        return None
    effort = Effort.NONE if wish.enabled is False else wish.effort
    is_off = effort is Effort.NONE
    if is_of_levels(model):
        if effort is None and wish.budget is not None and wish.budget >= 0:
            effort = effort_of(wish.budget) if wish.budget else Effort.NONE
        level = None if effort is None else _level(effort, model)
        return ({} if level is None else {"thinkingLevel": level}) | ({} if is_off else {"includeThoughts": True})
    is_pro = "pro" in model.lower()
    if is_off:
        return {"thinkingBudget": MIN_BUDGET_OF_PRO if is_pro else 0}
    if wish.budget is not None:
        least = MIN_BUDGET_OF_PRO if is_pro and wish.budget >= 0 else AS_IT_LIKES
        return {"thinkingBudget": max(wish.budget, least), "includeThoughts": True}
    return {"thinkingBudget": AS_IT_LIKES if effort is None else _BUDGETS[effort], "includeThoughts": True}


def _level(effort: Effort, model: str) -> str:
    """The largest models know no minimal level, and the first of them none in the middle."""
    level = _LEVELS[effort]
    if "pro" not in model.lower():
        return level
    if level == "minimal":
        return "low"
    return "high" if level == "medium" and version_of(model) == (3, 0) else level


def known_schema(schema: object) -> object:
    """A JSON schema in the words that Gemini knows: no marks of its dialect, one value as a list of one, an exclusive
    bound of whole numbers as the next one."""
    if isinstance(schema, list):
        return [known_schema(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    told: Json = {}
    for name, value in schema.items():
        if name in _SCHEMAS_BY_NAME and isinstance(value, Mapping):
            told[name] = {each: known_schema(inner) for each, inner in value.items()}
        elif name == "const":
            told["enum"] = [value]
            told.update({} if "type" in schema or type(value) not in _TYPES else {"type": _TYPES[type(value)]})
        elif name in ("exclusiveMinimum", "exclusiveMaximum"):
            told.update(_bound(name, value, is_whole=schema.get("type") == "integer"))
        elif name not in _UNKNOWN:
            told[name] = value if name in _VALUES else known_schema(value)
    return told


def _bound(name: str, value: object, *, is_whole: bool) -> Json:
    if not (is_whole and isinstance(value, int)):
        return {name: value}
    return {"minimum": value + 1} if name == "exclusiveMinimum" else {"maximum": value - 1}
