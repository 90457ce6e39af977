"""Reads values out of parsed JSON whose shape nobody has checked: what is something else counts as absent."""

from __future__ import annotations

from collections.abc import Iterator

from localrouter.dialects.json_bodies.number_lists import dumps


def text_at(value: object, name: str) -> str:
    """ "" where there is no text."""
    text = value.get(name) if isinstance(value, dict) else None
    return text if isinstance(text, str) else ""


def flag_at(value: object, name: str) -> bool | None:
    flag = value.get(name) if isinstance(value, dict) else None
    return flag if isinstance(flag, bool) else None


def whole_at(value: object, name: str) -> int | None:
    number = value.get(name) if isinstance(value, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def number_at(value: object, name: str) -> float | None:
    number = value.get(name) if isinstance(value, dict) else None
    return number if isinstance(number, int | float) and not isinstance(number, bool) else None


def object_at(value: object, name: str) -> dict[str, object] | None:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else None


def objects_at(value: object, name: str) -> Iterator[dict[str, object]]:
    """The objects of a list; what else stands there is passed over."""
    found = value.get(name) if isinstance(value, dict) else None
    for item in found if isinstance(found, list) else ():
        if isinstance(item, dict):
            yield item


def arguments_at(call: object, name: str = "arguments") -> str:
    """The arguments of a call as a text, also where they are the object itself."""
    given = call.get(name) if isinstance(call, dict) else None
    if isinstance(given, dict | list):
        return dumps(given).decode()
    return given if isinstance(given, str) else ""
