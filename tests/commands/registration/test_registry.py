"""What is refused as a command, and what the registry tells of one."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from localrouter.commands import all_commands
from localrouter.commands.registration.registry import Mutation, NoParams, Params, UnfitCommand, View, collect, command
from localrouter.commands.registration.services import Services
from localrouter.domain.events import Source


class Wish(Params):
    name: str


class Change(Mutation):
    name: str


class Answer(View):
    text: str


class Opaque:
    pass


def module_of(*functions: Callable[..., Any], name: str = "wishes") -> ModuleType:
    module = ModuleType(name)
    for number, function in enumerate(functions):
        function.__module__ = name
        setattr(module, f"function_{number}", function)
    return module


async def grant(services: Services, params: Wish) -> Answer:
    """Grant a wish.

    Some wishes take time.
    """
    return Answer(text=params.name)


async def silent(services: Services, params: Wish) -> Answer:
    return Answer(text="")


async def untyped(services: Services, params: Wish):  # type: ignore[no-untyped-def]
    """Return something."""


async def anything(services: Services, params: Wish) -> Any:
    """Return anything."""


async def opaque(services: Services, params: Wish) -> Opaque:
    """Return what no schema can tell."""
    return Opaque()


async def plain(services: Services, params: dict[str, str]) -> Answer:
    """Take what is no model."""
    return Answer(text="")


async def lonely() -> Answer:
    """Take nothing at all."""
    return Answer(text="")


async def greedy(services: Services, params: Wish, more: Wish) -> Answer:
    """Take too much."""
    return Answer(text="")


def blocking(services: Services, params: Wish) -> Answer:
    """Not be async."""
    return Answer(text="")


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (silent, "docstring"),
        (untyped, "schema"),
        (anything, "schema"),
        (plain, "Params model"),
        (lonely, "Services"),
        (greedy, "Services"),
        (blocking, "async"),
    ],
)
def test_a_function_that_lacks_what_a_command_needs_is_refused(function: Callable[..., Any], said: str) -> None:
    with pytest.raises(UnfitCommand, match=said):
        collect(module_of(command("wish", reads=())(function)))


def test_a_query_that_does_not_say_what_it_reads_is_refused() -> None:
    with pytest.raises(UnfitCommand, match="must say what it reads"):
        collect(module_of(command("wish")(grant)))


def test_a_mutation_that_says_what_it_reads_is_refused() -> None:
    async def change(services: Services, params: Change) -> Answer:
        """Change a name."""
        return Answer(text=params.name)

    with pytest.raises(UnfitCommand, match="unless it is a mutation"):
        collect(module_of(command("change", reads=())(change)))


def test_two_commands_of_one_name_are_refused() -> None:
    async def other(services: Services) -> Answer:
        """Do something else."""
        return Answer(text="")

    one, two = (
        module_of(command("wish", reads=())(each), name=name) for each, name in ((grant, "one"), (other, "two"))
    )
    with pytest.raises(UnfitCommand, match="two commands named wish"):
        collect(one, two)


def test_only_marked_functions_of_the_module_itself_are_collected() -> None:
    async def unmarked(services: Services, params: Wish) -> Answer:
        """Help a command."""
        return Answer(text="")

    home = module_of(command("wish", reads=())(grant), name="home")
    importing = module_of(unmarked, name="importing")
    importing.grant = grant  # type: ignore[attr-defined]
    assert [each.name for each in collect(home, importing)] == ["wish"]


def test_a_command_tells_what_it_is() -> None:
    found = collect(module_of(command("wish", reads=(Source.USAGE,), needs_running=True)(grant))).find("wish")
    assert found is not None
    assert found.summary == "Grant a wish."
    assert found.description == "Grant a wish.\n\nSome wishes take time."
    assert (found.params, found.result) == (Wish, Answer)
    assert found.needs_running
    assert found.reads == (Source.USAGE,)
    assert not found.is_mutation
    assert found.group == "wishes"


def test_every_command_that_changes_something_says_so_in_its_parameters_and_its_result() -> None:
    for each in all_commands():
        has_revision = "revision" in getattr(each.result, "model_fields", ())
        changes = each.name.split("_")[0] in {
            "create",
            "update",
            "delete",
            "rename",
            "assign",
            "set",
            "rotate",
            "import",
        }
        if each.name != "rotate_admin_token":  # which stands in no configuration
            assert each.is_mutation == (changes or each.name == "restore_revision"), each.name
        assert has_revision or not each.is_mutation, each.name


def test_commands_are_in_alphabetical_order_and_have_one_sentence_as_summary() -> None:
    commands = list(all_commands())
    assert [each.name for each in commands] == sorted(each.name for each in commands)
    for each in commands:
        assert each.summary.endswith("."), each.name
        assert "\n" not in each.summary


def test_a_command_without_parameters_takes_none() -> None:
    listed = all_commands().find("list_strategies")
    assert listed is not None
    assert listed.params is NoParams


def test_a_type_that_no_schema_describes_is_refused_where_documents_are_made() -> None:
    registry = collect(module_of(command("wish", reads=())(opaque)))
    with pytest.raises(UnfitCommand, match="wish: a type"):
        registry.check_schemas()


def test_every_type_of_every_command_is_described_by_a_schema() -> None:
    all_commands().check_schemas()
