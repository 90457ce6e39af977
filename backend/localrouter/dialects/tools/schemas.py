"""JSON schemas as providers take them: an object at the top, and only what can be enforced."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import cast

ALTERNATIVES = "alternatives at the top of a tool's schema"

Json = dict[str, object]
Schema = Mapping[str, object]

_ALTERNATIVES = ("anyOf", "oneOf")
_NOT_AT_THE_TOP = frozenset({*_ALTERNATIVES, "allOf", "enum", "not", "if", "then", "else"})
_MAPS = frozenset({"properties", "$defs", "definitions", "patternProperties", "dependentSchemas"})
_SCHEMAS = frozenset({"items", "additionalProperties", "not", "anyOf", "oneOf", "allOf", "prefixItems", "contains"})
# What Anthropic refuses in a format. It is said in the description instead.
_NOT_ENFORCED = frozenset(
    {
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
        "maxItems", "uniqueItems", "minProperties", "maxProperties",
    }
)  # fmt: skip
_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"})


def parameters_of(schema: Schema) -> tuple[Json, bool]:
    """The parameters of a tool as one object, which OpenAI and Anthropic insist on; and whether that leaves
    alternatives out."""
    told = {name: value for name, value in schema.items() if name not in _NOT_AT_THE_TOP}
    folded = len(told) < len(schema)
    if folded:
        properties, required = dict(_at(schema, "properties")), set(_required(schema))
        for branch in _branches(schema, schema, "allOf"):
            properties = {**_at(branch, "properties"), **properties}
            required |= set(_required(branch))
        for kind in _ALTERNATIVES:
            branches = list(_branches(schema, schema, kind))
            for branch in branches:
                properties = {**_at(branch, "properties"), **properties}
            if branches:
                required |= set.intersection(*(set(_required(branch)) for branch in branches))
        told["properties"] = properties
        if required:
            told["required"] = sorted(name for name in required if name in properties)
    told["type"] = "object"
    return told, folded and any(schema.get(kind) for kind in _NOT_AT_THE_TOP - {"allOf"})


def _branches(schema: Schema, root: Schema, kind: str) -> Iterator[Schema]:
    """The objects of a combination, folded themselves."""
    found = schema.get(kind)
    for branch in found if isinstance(found, list) else ():
        read = _named(branch, root)
        if isinstance(read, Mapping):
            yield parameters_of({**{name: root[name] for name in ("$defs", "definitions") if name in root}, **read})[0]


def _named(branch: object, root: Schema) -> object:
    """A branch, or the definition that it names."""
    path = branch.get("$ref") if isinstance(branch, Mapping) else None
    if not isinstance(path, str) or not path.startswith(("#/$defs/", "#/definitions/")):
        return branch
    _, place, name = path.split("/", 2)
    found = _at(root, place).get(name)
    return None if isinstance(found, Mapping) and "$ref" in found else found


def _at(schema: Schema, name: str) -> Schema:
    found = schema.get(name)
    return found if isinstance(found, Mapping) else {}


def _required(schema: Schema) -> list[str]:
    found = schema.get("required")
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []


def enforceable(schema: object) -> tuple[object, bool]:
    """A format as Anthropic enforces it: objects take no other properties, and bounds are told in words. Also whether
    there were any."""
    bounds: list[object] = []
    return _each(schema, lambda each: _enforceable(each, bounds)), bool(bounds)


def _enforceable(schema: Schema, bounds: list[object]) -> Json:
    refused = {name: value for name, value in schema.items() if _is_refused(name, value)}
    told = {name: value for name, value in schema.items() if name not in refused}
    if refused:
        bounds.append(refused)
        said = ", ".join(f"{name}: {value}" for name, value in refused.items())
        about = told.get("description")
        told["description"] = f"{about} ({said})" if isinstance(about, str) and about else said
    if "oneOf" in told:
        told.setdefault("anyOf", told.pop("oneOf"))
    if (told.get("type") == "object" or "properties" in told) and not isinstance(
        told.get("additionalProperties"), dict
    ):
        told["additionalProperties"] = False
    return told


def _is_refused(name: str, value: object) -> bool:
    if name == "minItems":
        return value not in (0, 1)
    if name == "format":
        return value not in _FORMATS
    return name in _NOT_ENFORCED


def _each(schema: object, change: Callable[[Schema], Json]) -> object:
    """The schema with a change to it and to all that are in it; names of properties and values are none."""
    if isinstance(schema, list):
        return [_each(each, change) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    told: Json = {}
    for name, value in schema.items():
        if name in _MAPS and isinstance(value, Mapping):
            told[name] = {each: _each(inner, change) for each, inner in cast("Schema", value).items()}
        else:
            told[name] = _each(value, change) if name in _SCHEMAS else value
    return change(told)
