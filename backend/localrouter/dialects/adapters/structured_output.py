"""Structured output: a schema that a server cannot enforce is told to the model in words.

With JSON mode, where the server has that: the answer is then JSON at least. Without it, the answer is taken out of the
code fence that models put around JSON.

Answers that are a list, a number or a word: servers enforce schemas of objects alone, so the value is asked for in one,
and taken out of it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from localrouter.dialects.adapters.adapting import Adapting
from localrouter.dialects.adapters.answers.wrapping import VALUE
from localrouter.dialects.contract import Preset
from localrouter.dialects.features import Feature
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.domain.conversation.conversation import OutputFormat, OutputKind

STRUCTURED_OUTPUT = "structured output"
ONE_VALUE = "an answer that is no object"
ONE_OBJECT = "Answer with one JSON object and nothing else."
_DEFINITIONS = ("$defs", "definitions")


def in_words(schema: object) -> str:
    return f"{ONE_OBJECT} It must match this JSON schema: {dumps(schema).decode()}"


def adapt(adapting: Adapting, preset: Preset) -> None:
    if Feature.JSON_SCHEMA not in preset.lacks:
        return
    match adapting.body.get("response_format"):
        case {"type": "json_schema", "json_schema": {"schema": dict(schema)}}:
            adapting.instruct(in_words(schema))
        case {"type": "json_schema"}:
            return  # without a schema it is wrong anywhere
        case _:
            return
    adapting.adapted.add(STRUCTURED_OUTPUT)
    adapting.lost.add("enforcement of the answer's schema")
    if Feature.JSON_MODE in preset.lacks:
        del adapting.body["response_format"]
        adapting.wraps_json = True
    else:
        adapting.body["response_format"] = {"type": "json_object"}


def in_object(output: OutputFormat) -> OutputFormat | None:
    """The same format for an object that holds the value; None where it is one already, or no schema says."""
    schema = output.schema
    if output.kind is not OutputKind.SCHEMA or schema is None or _is_object(schema):
        return None
    definitions = {name: schema[name] for name in _DEFINITIONS if name in schema}
    inner = {name: each for name, each in schema.items() if name not in definitions}
    told = {"type": "object", "properties": {VALUE: inner}, "required": [VALUE], "additionalProperties": False}
    return replace(output, schema={**told, **definitions}, is_word=False)


def _is_object(schema: Mapping[str, object]) -> bool:
    """Whether it describes an object, or what only its definitions tell."""
    return schema.get("type", "object") == "object" and not {"anyOf", "oneOf", "enum", "const"} & schema.keys()
