"""Where a module's tests are: in the file of its name in the same folder, or in the one that tests/README.md names."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "backend" / "localrouter"
ROW = re.compile(r"^\| `([\w/]+\.py)` \| `(tests/[\w/]+\.py)` \|", re.M)


def modules() -> set[str]:
    found = (path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")
    return {path.as_posix() for path in found}


def has_twin(module: str) -> bool:
    path = Path(module)
    return (TESTS / path.parent / f"test_{path.name}").exists()


def named() -> dict[str, str]:
    return dict(ROW.findall((TESTS / "README.md").read_text()))


def test_each_module_has_its_tests_beside_it_or_named() -> None:
    assert named().keys() == {module for module in modules() if not has_twin(module)}


def test_each_named_test_is_there() -> None:
    assert [test for test in named().values() if not (TESTS.parent / test).exists()] == []
