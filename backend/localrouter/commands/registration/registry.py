"""Defines a command: a marked function with its parameters, its result, and what it may use.

Everything that offers commands (JSON-RPC, the command line, the OpenRPC document, generated clients) reads the
`Registry`, so nothing about a command is written twice.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, PydanticSchemaGenerationError, TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema

from localrouter.commands.registration.services import Services
from localrouter.domain.events import Source

Function = Callable[..., Awaitable[object]]
_F = TypeVar("_F", bound=Function)
_MARK = "__command__"
_UNTOLD = "a type in its parameters or its result cannot be described by a schema"


class Params(BaseModel):
    """A command's parameters, given by name. Unknown names and wrong types are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True, defer_build=True)


class NoParams(Params):
    """A command without parameters."""


class Mutation(Params):
    """Parameters shared by all commands that change something."""

    expect_revision: int | None = Field(
        default=None,
        ge=0,
        description="Refuse the call, naming what changed since, unless the configuration is at this revision.",
    )
    idempotency_key: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Repeating a call with the same key and parameters changes nothing and returns the first result.",
    )


class View(BaseModel):
    """What a command returns: a type of its own, so that no internal value leaks out."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


@dataclass(frozen=True, slots=True)
class Mark:
    name: str
    reads: tuple[Source, ...] | None
    needs_running: bool


def command(name: str, *, reads: tuple[Source, ...] | None = None, needs_running: bool = False) -> Callable[[_F], _F]:
    """Marks a function as a command. With `needs_running`, it is refused on a home that no process serves.

    `reads` names what its result is made from, and so which events make an earlier result outdated. Every command has
    it except those that change the configuration; `()` means that no event does, as for a command that acts.
    """

    def mark(function: _F) -> _F:
        setattr(function, _MARK, Mark(name, reads, needs_running))
        return function

    return mark


class UnfitCommand(Exception):
    """A marked function cannot be a command. Raised when the registry is built, so users never see it."""


@dataclass(frozen=True)
class Command:
    """One command. `summary` is the first paragraph of its docstring, `description` all of it. `reads` names what its
    result is made from; it is empty for a mutation, whose result is never fetched again."""

    name: str
    function: Function
    description: str
    params: type[Params]
    result: Any
    reads: tuple[Source, ...]
    needs_running: bool

    @property
    def is_mutation(self) -> bool:
        return issubclass(self.params, Mutation)

    @property
    def group(self) -> str:
        """What the command is about: the name of its module."""
        return self.function.__module__.rpartition(".")[2]

    @property
    def summary(self) -> str:
        return self.description.partition("\n\n")[0].replace("\n", " ")

    def run(self, services: Services, params: Params) -> Awaitable[object]:
        return self.function(services) if self.params is NoParams else self.function(services, params)

    @cached_property
    def result_type(self) -> TypeAdapter[object]:
        return TypeAdapter(self.result)


@dataclass(frozen=True, slots=True)
class Registry:
    """All commands by name, in alphabetical order."""

    commands: Mapping[str, Command]

    def find(self, name: str) -> Command | None:
        return self.commands.get(name)

    def __iter__(self) -> Iterator[Command]:
        return iter(self.commands.values())

    def check_schemas(self) -> None:
        """Raise `UnfitCommand` for types that cannot be described to callers. Building all schemas takes longer than
        most commands do, so this runs where documents are generated and tested, not at each start."""
        for command in self:
            for type_ in (command.params, command.result):
                if not _has_schema(type_):
                    raise UnfitCommand(f"{command.name}: {_UNTOLD}")


def collect(*modules: ModuleType) -> Registry:
    """The commands in the given modules. Raises `UnfitCommand` for duplicate names and for functions that lack what a
    command needs."""
    found: dict[str, Command] = {}
    for module in modules:
        for function in vars(module).values():
            mark = getattr(function, _MARK, None)
            if not isinstance(mark, Mark) or function.__module__ != module.__name__:
                continue
            if mark.name in found:
                raise UnfitCommand(f"{module.__name__}: there are two commands named {mark.name}")
            found[mark.name] = _command(mark, function)
    return Registry(dict(sorted(found.items())))


def _command(mark: Mark, function: Function) -> Command:
    where = f"{function.__module__}.{function.__qualname__}"
    description = inspect.getdoc(function)
    if not description:
        raise UnfitCommand(f"{where} has no docstring, which is the text that users read")
    if not inspect.iscoroutinefunction(function):
        raise UnfitCommand(f"{where} is not an async function")
    hints = get_type_hints(function)
    result = hints.pop("return", None)
    services, *rest = hints.values() or [None]
    if services is not Services or len(rest) > 1:
        raise UnfitCommand(f"{where} must take services: Services, and its parameters where it has any")
    params = rest[0] if rest else NoParams
    if not (inspect.isclass(params) and issubclass(params, Params)):
        raise UnfitCommand(f"{where}: its parameters must be a Params model")
    if (mark.reads is None) != issubclass(params, Mutation):
        raise UnfitCommand(f"{where}: a command must say what it reads, unless it is a mutation")
    if result in (None, object, Any):
        raise UnfitCommand(f"{where}: {_UNTOLD}")
    return Command(
        name=mark.name,
        function=function,
        description=description,
        params=params,
        result=result,
        reads=mark.reads or (),
        needs_running=mark.needs_running,
    )


def _has_schema(type_: Any) -> bool:
    try:
        TypeAdapter(type_).json_schema()
    except (PydanticSchemaGenerationError, PydanticInvalidForJsonSchema):
        return False
    return True
