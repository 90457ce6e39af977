"""Writes the commands and their types as TypeScript, for the pages. `generate_contracts` says where to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Json = dict[str, Any]

_HEAD = """\
// The commands of LocalRouter and their types. Made by scripts/generate; do not edit.
// A parameter that is left out stays as it is, null clears it.
"""
_RPC_HEAD = """\
/** What carries a command to the router and its result back. */
export type Call = (method: string, params: object) => Promise<unknown>;

/** Every command as a typed function. */
export function createRpc(call: Call) {
  return {
"""
_RPC_TAIL = """\
  };
}

export type Rpc = ReturnType<typeof createRpc>;
"""
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_WIDTH = 120


def typescript(described: Json) -> Iterator[str]:
    """The text of the client, in pieces."""
    yield _HEAD
    for name, schema in described["components"]["schemas"].items():
        yield from _definition(_type_name(name), schema)
    for method in described["methods"]:
        yield from _params(method)
    yield from _table(described["methods"])
    yield from _freshness(described["methods"], described["x-events"])
    yield "\n" + _RPC_HEAD
    for method in described["methods"]:
        yield from _function(method)
    yield _RPC_TAIL


def _definition(name: str, schema: Json) -> Iterator[str]:
    yield "\n" + _comment(schema.get("description"), "")
    if schema.get("type") == "object" and "properties" in schema:
        required = schema.get("required", ())
        yield from _interface(name, [(key, key in required, each) for key, each in schema["properties"].items()])
    else:
        yield from _alias(name, schema)


def _alias(name: str, schema: Json) -> Iterator[str]:
    line = f"export type {name} = {_type(schema)};\n"
    if len(line) <= _WIDTH or "enum" not in schema:
        yield line
        return
    yield f"export type {name} =\n"
    values = [json.dumps(value) for value in schema["enum"]]
    yield "".join(f"  | {value}\n" for value in values[:-1]) + f"  | {values[-1]};\n"


def _params(method: Json) -> Iterator[str]:
    if not method["params"]:
        return
    yield "\n"
    fields = [(param["name"], param["required"], param["schema"]) for param in method["params"]]
    yield from _interface(_params_name(method), fields)


def _interface(name: str, fields: Iterable[tuple[str, bool, Json]]) -> Iterator[str]:
    yield f"export interface {name} {{\n"
    for key, required, schema in fields:
        yield _comment(schema.get("description"), "  ")
        yield f"  {key}{'' if required else '?'}: {_type(schema)};\n"
    yield "}\n"


def _table(methods: Iterable[Json]) -> Iterator[str]:
    """The types of a command by its name, for what handles any of them."""
    yield "\nexport interface Methods {\n"
    for method in methods:
        params = _params_name(method) if method["params"] else "Record<string, never>"
        yield f"  {method['name']}: {{ params: {params}; result: {_type(method['result']['schema'])} }};\n"
    yield "}\n"


def _freshness(methods: Iterable[Json], events: Json) -> Iterator[str]:
    """What each command reads and what each event says has changed: by these two the pages know what to read again."""
    yield "\n/** What the result of a command is made of; commands that nothing outdates are left out. */\n"
    yield "export const READS: { readonly [M in keyof Methods]?: readonly string[] } = {\n"
    yield from (f"  {each['name']}: {json.dumps(each['x-reads'])},\n" for each in methods if each["x-reads"])
    yield "};\n\n/** What an event says has changed, beside the sections that it names; null for everything. */\n"
    yield "export const CHANGES: { readonly [event: string]: readonly string[] | null } = {\n"
    yield from (f"  {json.dumps(event)}: {json.dumps(changed)},\n" for event, changed in events.items())
    yield "};\n"


def _function(method: Json) -> Iterator[str]:
    name, result = method["name"], _type(method["result"]["schema"])
    yield _comment(method["description"], "    ")
    given = f"(params: {_params_name(method)})" if method["params"] else "()"
    passed = "params" if method["params"] else "{}"
    yield f'    {_camel(name)}: {given} => call("{name}", {passed}) as Promise<{result}>,\n'


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return _type_name(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(_type(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    match schema.get("type"):
        case "array":
            return _list_type(schema)
        case "object":
            values = schema.get("additionalProperties")
            return f"Record<string, {_type(values) if isinstance(values, dict) else 'unknown'}>"
        case kind:
            return _PLAIN.get(str(kind), "unknown")


def _list_type(schema: Mapping[str, Any]) -> str:
    if "prefixItems" in schema:
        return f"[{', '.join(_type(each) for each in schema['prefixItems'])}]"
    entry = _type(schema.get("items", {}))
    return f"({entry})[]" if " | " in entry else f"{entry}[]"


def _comment(text: str | None, indent: str) -> str:
    if not text:
        return ""
    lines = text.split("\n")
    if len(lines) == 1:
        return f"{indent}/** {text} */\n"
    body = "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines)
    return f"{indent}/**\n{body}{indent} */\n"


def _type_name(schema_name: str) -> str:
    """What is read bears the plain name; what is sent says so where the two differ."""
    plain = schema_name.removesuffix("-Output").removesuffix("-Input")
    return plain + "Input" if schema_name.endswith("-Input") else plain


def _params_name(method: Json) -> str:
    camel = _camel(method["name"])
    return f"{camel[0].upper()}{camel[1:]}Params"


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match.group(1).upper(), name)
