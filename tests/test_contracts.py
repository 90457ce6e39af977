"""What is made from the commands is current; scripts/generate renews it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from scripts.generate_contracts import ROOT, STUBS, contracts

from localrouter.commands import all_commands

CONTRACTS = contracts()


@pytest.mark.parametrize("path", list(CONTRACTS), ids=lambda path: path.name)
def test_a_generated_file_is_current(path: Path) -> None:
    assert path.exists(), f"{path.relative_to(ROOT)} is missing: run scripts/generate"
    assert path.read_text() == CONTRACTS[path], f"{path.relative_to(ROOT)} is out of date: run scripts/generate"


def test_the_stubs_hold_a_method_for_every_command() -> None:
    (methods,) = [node for node in ast.parse(CONTRACTS[STUBS]).body if isinstance(node, ast.ClassDef)]
    names = [node.name for node in methods.body if isinstance(node, ast.FunctionDef)]
    assert names == [command.name for command in all_commands()]
