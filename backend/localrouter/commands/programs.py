"""Commands about the programs that use the router: how each is pointed at it."""

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
    """`address` is where the programs find the router, with `/v1` at its end."""

    address: Annotated[str, Field(min_length=1, max_length=2_000)]
    model: Annotated[str, Field(min_length=1, max_length=1_000)]


class VariableView(View):
    name: str
    value: str


class ProgramView(View):
    """`launch` is the shell command that starts the program with a client of its own. `environment` and `words`, a
    command line, do the same by hand, with `YOUR_KEY` for the key; there are none where files are needed, too."""

    name: str
    title: str
    install: str
    launch: str
    environment: tuple[VariableView, ...]
    words: tuple[str, ...]
    note: str | None


@command("list_programs", reads=())
async def list_programs(services: Services, params: ListPrograms) -> tuple[ProgramView, ...]:
    """List the programs that can be started on this router, and what each of them is started with."""
    base = params.address.rstrip("/").removesuffix("/v1")
    target = Target(base, KEY_PLACEHOLDER, params.model)
    return tuple(_view(services, program, target) for program in programs_for(DIALECTS.clients))


def _view(services: Services, program: Program, target: Target) -> ProgramView:
    by_hand = not program.files
    environment = program.environment if by_hand else {}
    return ProgramView(
        name=program.name,
        title=program.title,
        install=program.install,
        launch=f"{services.home.command_line} launch --model {shlex.quote(target.model)} {program.name}",
        environment=tuple(VariableView(name=name, value=target.fill(value)) for name, value in environment.items()),
        words=tuple(program.words(target, ())) if by_hand else (),
        note=program.note,
    )
