"""The names of fields as Gemini's own programs write them, whichever of Google's two spellings came.

What a program's own functions are given and return, and the names in its schemas, stay as they are.
"""

from __future__ import annotations

import re

from localrouter.dialects.json_bodies.reading import refused

Json = dict[str, object]

_WORD = re.compile(r"_([a-z0-9])")
# Whatever stands below these is the program's.
_BELOW = frozenset(
    {
        "args", "response", "responseJsonSchema", "parametersJsonSchema", "responseFormat", "labels",
        "default", "example", "partMetadata",
    }
)  # fmt: skip
_NAMES_OF_PROGRAMS = frozenset({"properties", "defs"})  # names stand for fields of the program's there


def spelled(body: Json, path: str = "") -> Json:
    """The body with every name in one spelling. A field that stands in both is refused: Google does not say which of
    them counts."""
    return _object(body, path) if _has_other(body) else body


def _has_other(value: object) -> bool:
    """Whether a name has an underscore in it, other than those that belong to the program."""
    if isinstance(value, list):
        return any(map(_has_other, value))
    if not isinstance(value, dict):
        return False
    return any(
        "_" in name or (isinstance(each, dict | list) and name not in _BELOW and _has_other(each))
        for name, each in value.items()
    )


def _object(value: Json, path: str) -> Json:
    told: Json = {}
    for name, each in value.items():
        known = _WORD.sub(_capital, name) if "_" in name[1:] else name
        if known in told or (known != name and known in value):
            raise refused(f"{path}{known}", f"{path}{known} stands twice, in both of its spellings. Leave one out.")
        told[known] = each if known in _BELOW else _value(known, each, f"{path}{known}")
    return told


def _value(name: str, value: object, path: str) -> object:
    if isinstance(value, list):
        return [_value(name, each, f"{path}[{index}]") for index, each in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if name in _NAMES_OF_PROGRAMS:
        return {each: _value("", inner, f"{path}.{each}") for each, inner in value.items()}
    return _object(value, f"{path}.")


def _capital(found: re.Match[str]) -> str:
    return found[1].upper()
