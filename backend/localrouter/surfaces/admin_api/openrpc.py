"""The OpenRPC document: every command with its parameters, result and errors, for programs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode
from pydantic_core import core_schema

from localrouter import __version__
from localrouter.commands.registration.registry import Command, Mutation, Registry
from localrouter.domain.events import CHANGES
from localrouter.surfaces.admin_api.events import NAMES
from localrouter.surfaces.admin_api.rpc_errors import MEANINGS

OPENRPC_VERSION = "1.3.2"
TITLE = "LocalRouter"
_REFERENCE = "#/components/schemas/{model}"

Json = dict[str, Any]


def document(registry: Registry) -> Json:
    """The description of all commands, which `rpc.discover` and `/openrpc.json` return.

    A command's `x-reads` names what its result is made from. `x-events` names what each event of `/events` says has
    changed (null means everything; `config.changed` also names the sections). From both, a caller that keeps a result
    knows when to fetch it again.
    """
    schemas, definitions = _schemas(registry)
    return {
        "openrpc": OPENRPC_VERSION,
        "info": {
            "title": TITLE,
            "version": __version__,
            "description": "The commands of LocalRouter: POST /rpc with the admin token as Authorization: Bearer.",
        },
        "methods": [_method(command, schemas, definitions) for command in registry],
        "x-events": {NAMES[event]: changed for event, changed in CHANGES.items()},
        "components": {
            "schemas": {name: definitions[name] for name in sorted(_used(definitions, registry))},
            "errors": {_error_name(code): {"code": code, "message": said} for code, said in MEANINGS.items()},
        },
    }


class _Schema(GenerateJsonSchema):
    """A result always holds all of its fields, including those with defaults."""

    def field_is_required(
        self,
        field: core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField,
        total: bool,
    ) -> bool:
        return self.mode == "serialization" or super().field_is_required(field, total)

    def field_title_should_be_set(self, schema: object) -> bool:
        """Never: a field's title would only repeat its name."""
        return False


def _schemas(registry: Registry) -> tuple[Mapping[tuple[str, JsonSchemaMode], Json], dict[str, Json]]:
    inputs: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = []
    for command in registry:
        inputs.append((command.name, "validation", TypeAdapter(command.params)))
        inputs.append((command.name, "serialization", command.result_type))
    schemas, rest = TypeAdapter.json_schemas(inputs, ref_template=_REFERENCE, schema_generator=_Schema)
    return schemas, rest.get("$defs", {})


def _method(
    command: Command, schemas: Mapping[tuple[str, JsonSchemaMode], Json], definitions: Mapping[str, Json]
) -> Json:
    params = definitions[_referred(schemas[command.name, "validation"])]
    return {
        "name": command.name,
        "summary": command.summary,
        "description": command.description,
        "tags": [{"name": command.group}],
        "paramStructure": "by-name",
        "params": _params(params.get("properties", {}), params.get("required", ())),
        "result": {"name": "result", "schema": schemas[command.name, "serialization"]},
        "errors": [{"$ref": f"#/components/errors/{_error_name(code)}"} for code in MEANINGS],
        "x-mutation": command.is_mutation,
        "x-reads": list(command.reads),
        "x-needs-running": command.needs_running,
    }


def _params(properties: Mapping[str, Json], required: Collection[str]) -> list[Json]:
    """The parameters: required ones first, and those that all changes share last."""
    names = sorted(properties, key=lambda name: (name in Mutation.model_fields, name not in required))
    return [_content(name, properties[name], required=name in required) for name in names]


def _content(name: str, schema: Json, *, required: bool) -> Json:
    """One parameter. A default of null is left out, since a missing parameter changes nothing while null resets it."""
    described = {"description": schema["description"]} if "description" in schema else {}
    told = {key: value for key, value in schema.items() if (key, value) != ("default", None)}
    return {"name": name, "required": required, **described, "schema": told}


def _referred(schema: Json) -> str:
    reference: str = schema["$ref"]
    return reference.rpartition("/")[2]


def _used(definitions: Mapping[str, Json], registry: Registry) -> set[str]:
    """The definitions without those of whole parameter lists, which are part of their methods."""
    listed = {command.params.__name__ for command in registry}
    return {name for name in definitions if name not in listed}


def _error_name(code: int) -> str:
    return f"E{abs(code)}"
