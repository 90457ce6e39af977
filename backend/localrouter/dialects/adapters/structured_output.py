"""Structured output: a schema that a server cannot enforce is told to the model in words.

With JSON mode, where the server has that: the answer is then JSON at least. Without it, the answer is taken out of the
code fence that models put around JSON.
"""

from __future__ import annotations

from localrouter.dialects.adapters.adapting import Adapting
from localrouter.dialects.contract import Preset
from localrouter.dialects.features import Feature
from localrouter.dialects.json_bodies.number_lists import dumps

STRUCTURED_OUTPUT = "structured output"
ONE_OBJECT = "Answer with one JSON object and nothing else."


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
