"""The OpenRPC document: complete, resolvable, and free of what would mislead its readers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from localrouter.commands import all_commands
from localrouter.surfaces.admin_api.openrpc import document
from tests.commands.world import World

DOCUMENT = document(all_commands())
METHODS = {method["name"]: method for method in DOCUMENT["methods"]}


def everything(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from everything(child)


def test_every_command_is_described() -> None:
    assert set(METHODS) == {command.name for command in all_commands()}
    for method in METHODS.values():
        assert method["summary"]
        assert method["paramStructure"] == "by-name"


def test_every_reference_leads_somewhere() -> None:
    references = [part["$ref"] for part in everything(DOCUMENT) if "$ref" in part]
    assert references
    for reference in references:
        _, components, kind, name = reference.split("/")
        assert name in DOCUMENT[components][kind], reference


def test_required_parameters_come_first_and_those_of_all_changes_last() -> None:
    for method in METHODS.values():
        required = [param["required"] for param in method["params"]]
        assert required == sorted(required, reverse=True)
        if method["x-mutation"]:
            assert [param["name"] for param in method["params"]][-2:] == ["expect_revision", "idempotency_key"]


def test_no_default_of_null_makes_a_missing_parameter_look_like_a_cleared_one() -> None:
    for method in METHODS.values():
        assert not any(param["schema"].get("default", "") is None for param in method["params"])


def test_every_schema_is_a_json_schema() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_results_hold_what_their_schemas_say(tmp_path: Any) -> None:
    world = World(tmp_path / "home")
    world.call("create_provider", name="ollama", preset="ollama")
    world.client()
    for name in (
        "list_strategies",
        "list_clients",
        "list_providers",
        "list_provider_presets",
        "get_server_status",
        "get_config",
    ):
        schema = {**METHODS[name]["result"]["schema"], "components": DOCUMENT["components"]}
        Draft202012Validator(schema).validate(world.call(name))


def test_what_is_shown_has_no_place_for_a_secret() -> None:
    suspicious = re.compile(r"key_digest|password|token$", re.IGNORECASE)
    shown = {name: schema for name, schema in DOCUMENT["components"]["schemas"].items() if name.endswith("View")}
    assert shown
    for name, schema in shown.items():
        assert not [field for field in schema.get("properties", {}) if suspicious.search(field)], name


def test_the_keys_that_are_shown_once_are_shown_by_two_commands_only() -> None:
    schemas = DOCUMENT["components"]["schemas"].items()
    assert {name for name, schema in schemas if "key" in schema.get("properties", {})} == {
        "CreatedClient",
        "RotatedKey",
    }
