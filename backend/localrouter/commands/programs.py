"""Commands about programs that use the router: how to point each of them at it."""

from __future__ import annotations

import shlex
from typing import Annotated

from pydantic import Field

from localrouter.commands.registration.registry import Params, View, command
from localrouter.commands.registration.services import Services
from localrouter.dialects.registry import DIALECTS
from localrouter.domain.programs import Program, Target, programs_for

KEY_PLACEHOLDER = "YOUR_KEY"


class ListPrograms(Params):
    """`address` is the router's base URL for programs, ending in `/v1`."""

    address: Annotated[str, Field(min_length=1, max_length=2_000)]
    model: Annotated[str, Field(min_length=1, max_length=1_000)]


class VariableView(View):
    """An environment variable."""

    name: str
    value: str


class ProgramView(View):
    """A program that can use the router. `launch` is the shell command that starts it with its own client.
    `environment` and `words` (a command line) do the same by hand, with `YOUR_KEY` in place of the key; they are empty
    if the program also needs files."""

    name: str
    title: str
    install: str
    launch: str
    environment: tuple[VariableView, ...]
    words: tuple[str, ...]
    note: str | None


@command("list_programs", reads=())
async def list_programs(services: Services, params: ListPrograms) -> tuple[ProgramView, ...]:
    """List the programs that `localrouter launch` can start, and how each is pointed at the router."""
    base = params.address.rstrip("/").removesuffix("/v1")
    target = Target(base, KEY_PLACEHOLDER, params.model)
    return tuple(_view(services, program, target) for program in programs_for(DIALECTS.clients))


def _view(services: Services, program: Program, target: Target) -> ProgramView:
    by_hand = not program.files
    environment = program.variables(target) if by_hand else {}
    return ProgramView(
        name=program.name,
        title=program.title,
        install=program.install,
        launch=f"{services.home.command_line} launch --model {shlex.quote(target.model)} {program.name}",
        environment=tuple(VariableView(name=name, value=value) for name, value in environment.items()),
        words=tuple(program.words(target, ())) if by_hand else (),
        note=program.note,
    )
