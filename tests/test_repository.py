"""What must hold of the checkout as a whole: the locks, and words that no file may carry."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import cast

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
CHAIN = ("runtime", "demo", "dev")  # each contains the one before it
LOCKS = (*CHAIN, "desktop")
MOST_RUNTIME_PACKAGES = 36
NOT_OURS = {"node_modules", "__pycache__", "dist", "build"}
OURS_THOUGH_HIDDEN = {".ci", ".gitignore"}

# Written in pieces, so that this file does not find itself.
FORBIDDEN = [
    re.compile("".join(pieces))
    for pieces in (
        ("py", r"pi\.org"),
        ("python", r"hosted\.org"),
        ("npm", r"js\.(org|com)"),
        ("deb", r"\.debian\.org"),
        ("find", r"[-_]links"),
        ("extra[-_]", "index"),
        (r"(?<![\w.])/wo", "rk/"),
        (r"(?<![\w.])/ro", "ot/"),
        (r"/opt/", "(wheels|pypi)"),
    )
]


def wanted(lock: str) -> list[Requirement]:
    """What pyproject.toml asks of a lock."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = list(document["project"]["dependencies"])
    if lock in ("demo", "dev"):
        asked += document["project"]["optional-dependencies"]["demo"]
    if lock == "desktop":
        asked += document["project"]["optional-dependencies"]["desktop"]
    if lock == "dev":
        asked += document["dependency-groups"]["dev"] + document["build-system"]["requires"]
    return [Requirement(line) for line in asked]


def locked(lock: str) -> dict[str, tuple[Requirement, frozenset[str]]]:
    """The packages of a lock by name, each with its hashes."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "requirements" / f"{lock}.txt").read_text(), flags=re.MULTILINE)
    entries = [entry.split("--hash=") for entry in text.replace("\\\n", " ").splitlines()]
    packages = [(Requirement(entry[0].strip()), frozenset(part.strip() for part in entry[1:])) for entry in entries]
    return {package.name: (package, hashes) for package, hashes in packages}


def our_files() -> Iterator[Path]:
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if is_ours(name)]
        yield from (Path(folder, name) for name in files if is_ours(name))


def is_ours(name: str) -> bool:
    return name in OURS_THOUGH_HIDDEN or not (name.startswith(".") or name in NOT_OURS)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_everything_that_the_project_asks_for(lock: str) -> None:
    packages = locked(lock)
    for requirement in wanted(lock):
        assert requirement.name in packages, f"{requirement} is missing in requirements/{lock}.txt: run scripts/lock"
        version = next(iter(packages[requirement.name][0].specifier)).version
        assert requirement.specifier.contains(version), f"{requirement} is locked at {version}: run scripts/lock"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_one_version_and_hashes(lock: str) -> None:
    for package, hashes in locked(lock).values():
        assert re.fullmatch(r"==[^,*]+", str(package.specifier))
        assert hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_nothing_but_packages_and_how_to_renew_it(lock: str) -> None:
    lines = (ROOT / "requirements" / f"{lock}.txt").read_text().splitlines()
    assert lines[1] == "#    scripts/lock"
    assert [line for line in lines if not re.match(r"\s*#|    --hash=sha256:|[a-z0-9._-]+==", line)] == []


def test_each_lock_contains_the_one_that_it_builds_on() -> None:
    runtime, demo, dev, desktop = (locked(lock) for lock in LOCKS)
    for smaller, larger in ((runtime, demo), (demo, dev), (runtime, desktop)):
        for name, (package, hashes) in smaller.items():
            assert (larger[name][0].specifier, larger[name][1]) == (package.specifier, hashes)


def test_what_only_a_window_needs_stays_out_of_the_other_locks() -> None:
    for lock in CHAIN:
        assert not {"pyside6", "shiboken6", "keyring"} & locked(lock).keys()


def test_the_runtime_stays_small_on_linux() -> None:
    linux: dict[str, str | AbstractSet[str]] = {
        **cast(dict[str, str], default_environment()),
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
    }
    packages = [package for package, _ in locked("runtime").values()]
    needed = [package.name for package in packages if not package.marker or package.marker.evaluate(linux)]
    assert len(needed) <= MOST_RUNTIME_PACKAGES, needed


def test_no_file_names_a_registry_or_a_path_of_the_machine_that_it_was_written_on() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in our_files()
        for pattern in FORBIDDEN
        if (match := pattern.search(path.read_text(errors="ignore")))
    ]
    assert found == []


@pytest.mark.parametrize(
    "text", ["https://files.python" + "hosted.org/x", "/wo" + "rk/main/x", "'/ro" + "ot/.venv'", "--find-" + "links"]
)
def test_the_forbidden_words_are_recognised(text: str) -> None:
    assert any(pattern.search(text) for pattern in FORBIDDEN)


@pytest.mark.parametrize("text", ["/home/me/wo" + "rk/", "framewo" + "rk/x", "/v1/models", "localrouter.org"])
def test_ordinary_words_are_not_forbidden(text: str) -> None:
    assert not any(pattern.search(text) for pattern in FORBIDDEN)
