"""Checks, before anything in a home is touched, whether a newer release wrote its document."""

from __future__ import annotations

from pathlib import Path

from localrouter.domain.configuration.document import reading
from localrouter.domain.errors import Invalid, WrittenByNewer
from localrouter.private_files import read_file


def newer_document(home: Path) -> str | None:
    """Why this release must leave the home alone, or None. The backup counts if it would be used."""
    for path in (home / "config.json", home / "config.json.bak"):
        try:
            reading(read_file(path))
        except WrittenByNewer as error:
            return f"{path}: {error.message}"
        except (OSError, Invalid):
            continue
        return None
    return None
