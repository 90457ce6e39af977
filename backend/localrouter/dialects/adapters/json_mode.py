"""JSON mode: a server without it takes a schema that any object matches, or the model is asked in words."""

from __future__ import annotations

from localrouter.dialects.adapters.adapting import Adapting
from localrouter.dialects.adapters.structured_output import ONE_OBJECT
from localrouter.dialects.contract import Preset
from localrouter.dialects.features import Feature

_ANY_OBJECT = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}


def adapt(adapting: Adapting, preset: Preset) -> None:
    if Feature.JSON_MODE not in preset.lacks:
        return
    match adapting.body.get("response_format"):
        case {"type": "json_object"}:
            adapting.adapted.add("JSON mode")
        case _:
            return
    if Feature.JSON_SCHEMA not in preset.lacks:
        adapting.body["response_format"] = _ANY_OBJECT
        return
    del adapting.body["response_format"]
    adapting.instruct(ONE_OBJECT)
    adapting.lost.add("enforcement of JSON")
    adapting.wraps_json = True
