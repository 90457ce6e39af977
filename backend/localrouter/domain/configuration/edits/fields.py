"""Changes single fields of a value; defines what a missing parameter and what null means in every command."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from typing import TypeVar

from localrouter.domain.configuration.config import Value
from localrouter.domain.errors import Refusal

Changes = Mapping[str, object]
_V = TypeVar("_V", bound=Value)


def with_changes(value: _V, changes: Changes, changeable: Set[str]) -> _V:
    """The value with the named fields changed. None resets a field to its default; fields not named stay."""
    for field in changes:
        if field not in changeable:
            raise Refusal(f'"{field}" cannot be changed here.')
    if not changes:
        return value
    return value.model_copy(update={field: _new(value, field, new) for field, new in changes.items()})


def replaced(values: Iterable[_V], new: _V, is_it: Callable[[_V], bool]) -> tuple[_V, ...]:
    """The values in order, with `new` in place of the one that `is_it` matches."""
    return tuple(new if is_it(value) else value for value in values)


def _new(value: Value, field: str, new: object) -> object:
    if new is not None:
        return new
    info = type(value).model_fields[field]
    if info.is_required():
        raise Refusal(f'"{field}" cannot be cleared.')
    default: object = info.get_default(call_default_factory=True)
    return default
