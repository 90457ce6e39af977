"""Fields of a request whose value is of another type than theirs: what nobody can read is told, or refused where the
answer would be another one without it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from localrouter.dialects.json_bodies.reading import refused

Shape = Callable[[object], bool]


def number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def flag(value: object) -> bool:
    return isinstance(value, bool)


def text(value: object) -> bool:
    return isinstance(value, str)


def texts(value: object) -> bool:
    return isinstance(value, list) and all(map(text, value))


def text_or_texts(value: object) -> bool:
    return text(value) or texts(value)


def an_object(value: object) -> bool:
    return isinstance(value, dict)


def objects(value: object) -> bool:
    return isinstance(value, list) and all(map(an_object, value))


def unknown(body: Mapping[str, object], keys: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """A warning that names what stands in these fields beside their known keys."""
    inside = ((name, body.get(name)) for name in keys)
    found = [f"{name}.{key}" for name, value in inside if isinstance(value, dict) for key in value.keys() - keys[name]]
    return (f"left out, as it is not known here: {', '.join(sorted(found))[:400]}",) if found else ()


def misread(body: Mapping[str, object], shapes: Mapping[str, Shape], indispensable: frozenset[str]) -> tuple[str, ...]:
    """A warning that names the fields whose value is none of theirs. Raises `Invalid` for `indispensable` ones."""
    wrong = [name for name, fits in shapes.items() if body.get(name) is not None and not fits(body[name])]
    for name in wrong:
        if name in indispensable:
            what = "a list of objects" if shapes[name] is objects else "an object"
            raise refused(name, f"{name} must be {what}.")
    return (f"left out, as the value could not be read: {', '.join(wrong)}",) if wrong else ()
