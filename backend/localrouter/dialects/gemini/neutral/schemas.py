"""Google's own schemas as JSON schemas: types in capitals, `nullable`, and whole numbers as texts."""

from __future__ import annotations

from collections.abc import Mapping

Json = dict[str, object]

_NUMBERS = frozenset({"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"})
_OF_GOOGLE = frozenset({"nullable", "propertyOrdering", "example"})
_BY_NAME = frozenset({"properties", "defs"})


def json_schema(schema: object) -> object:
    """The same as a JSON schema; a JSON schema is its own."""
    if isinstance(schema, list):
        return [json_schema(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    told: Json = {}
    for name, value in schema.items():
        if name in _OF_GOOGLE:
            continue
        if name in _BY_NAME and isinstance(value, Mapping):
            told["$defs" if name == "defs" else name] = {each: json_schema(inner) for each, inner in value.items()}
        elif name == "type" and isinstance(value, str):
            if value != "TYPE_UNSPECIFIED":
                told[name] = value.lower()
        elif name in _NUMBERS and isinstance(value, str) and value.isdigit():
            told[name] = int(value)
        elif name in ("enum", "required", "default"):
            told[name] = value
        elif name == "ref":
            told["$ref"] = value
        else:
            told[name] = json_schema(value)
    return _with_null(told) if schema.get("nullable") is True else told


def _with_null(schema: Json) -> Json:
    kind = schema.get("type")
    if isinstance(schema.get("enum"), list) or not isinstance(kind, str):
        return {"anyOf": [schema, {"type": "null"}]}
    return {**schema, "type": [kind, "null"]}
