"""Wishes that OpenAI's dialects word alike: how much to think, how strictly a schema holds, and who the user is."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from localrouter.dialects.tools.schemas import ALTERNATIVES, parameters_of
from localrouter.domain.conversation.conversation import OutputFormat

_LONGEST_USER = 64  # characters


def is_strict(output: OutputFormat) -> bool:
    """Whether the schema is to be enforced. OpenAI enforces those alone that leave nothing open."""
    return output.strict if output.strict is not None else is_closed(output.schema)


def is_closed(schema: object) -> bool:
    if isinstance(schema, list):
        return all(map(is_closed, schema))
    if not isinstance(schema, Mapping):
        return True
    properties = schema.get("properties")
    if schema.get("type") == "object" or isinstance(properties, Mapping):
        required, names = schema.get("required"), properties if isinstance(properties, Mapping) else {}
        named = set(required) if isinstance(required, list) else set()
        if schema.get("additionalProperties") is not False or not named >= set(names):
            return False
    return all(map(is_closed, schema.values()))


def fitted_parameters(schema: Mapping[str, object], lost: set[str]) -> dict[str, object]:
    """The parameters of a function as OpenAI takes them: one object, with properties, be they none."""
    told, loses = parameters_of(schema)
    if loses:
        lost.add(ALTERNATIVES)
    return {"properties": {}, **told}


def fitted_user(user: str, adapted: set[str]) -> str:
    """Who the program's user is: a name that is too long, as Claude Code's, as its digest."""
    if len(user) <= _LONGEST_USER:
        return user
    adapted.add("user")
    return sha256(user.encode("utf-8", "surrogatepass")).hexdigest()
