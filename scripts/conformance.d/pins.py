"""Prints the pins of a suite's `suite.toml` as requirements, for `scripts/lock`."""

import sys
import tomllib
from pathlib import Path

if __name__ == "__main__":
    suite = tomllib.loads(Path(sys.argv[1]).read_text())
    pins = suite["packages"] | suite.get("needs", {})
    print("\n".join(f"{name}=={version}" for name, version in pins.items()))
