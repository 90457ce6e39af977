"""Writes the files that are made from the commands; `tests/test_contracts.py` says when they are out of date."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.generate_typescript import typescript

from localrouter.commands import all_commands
from localrouter.surfaces.admin_api.openrpc import document

ROOT = Path(__file__).parent.parent
OPENRPC = ROOT / "tests" / "golden" / "openrpc.json"
STUBS = ROOT / "backend" / "localrouter" / "client_methods.pyi"
PAGES = ROOT / "ui" / "src" / "api" / "generated.ts"

Json = dict[str, Any]

_STUBS_HEAD = '''\
# ruff: noqa: E501
# fmt: off
"""The commands as methods, for editors and type checkers. Made by scripts/generate; do not edit.

A parameter that is left out stays as it is, None clears it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

class ClientMethods:
'''
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def contracts() -> dict[Path, str]:
    """The content of every generated file."""
    commands = all_commands()
    commands.check_schemas()
    described = document(commands)
    golden = json.dumps(described, indent=2, ensure_ascii=False) + "\n"
    return {OPENRPC: golden, STUBS: "".join(stubs(described)), PAGES: "".join(typescript(described))}


def stubs(described: Json) -> Iterator[str]:
    yield _STUBS_HEAD
    schemas = described["components"]["schemas"]
    for number, method in enumerate(described["methods"]):
        yield "\n" if number else ""
        yield from _method(method, schemas)


def _method(method: Json, schemas: Json) -> Iterator[str]:
    params = method["params"]
    yield f"    def {method['name']}(\n        self,\n" if params else f"    def {method['name']}(self) -> Any:\n"
    if params:
        yield "        *,\n"
        yield from (f"        {_parameter(param, schemas)},\n" for param in params)
        yield "    ) -> Any:\n"
    text = f'"""{method["description"]}"""' if "\n" not in method["description"] else f'"""{method["description"]}\n"""'
    yield textwrap.indent(text, "        ") + "\n"


def _parameter(param: Json, schemas: Json) -> str:
    kind = _type(param["schema"], schemas)
    return f"{param['name']}: {kind}" if param["required"] else f"{param['name']}: {kind} = ..."


def _type(schema: Json, schemas: Json) -> str:
    if "$ref" in schema:
        return _type(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "anyOf" in schema:
        return " | ".join(_type(each, schemas) for each in schema["anyOf"])
    if "enum" in schema:
        return f"Literal[{', '.join(json.dumps(value) for value in schema['enum'])}]"
    match schema.get("type"):
        case "array":
            return f"Sequence[{_type(schema.get('items', {}), schemas)}]"
        case "object":
            return "Mapping[str, Any]"
        case kind:
            return _PLAIN.get(str(kind), "Any")


def main() -> None:
    for path, content in contracts().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.read_text() == content:
            continue
        path.write_text(content)
        print(f"written: {path.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    main()
