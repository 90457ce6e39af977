"""The world that the tests of commands share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "home")
