"""Paths that differ from a served one by slashes, or by a `/v1` that the program's base URL had already."""

from __future__ import annotations

import re
from collections.abc import Collection

_MODELS = re.compile(r"/+(?:(?P<version>v1(?:beta|alpha)?)/+)*models(?:/+(?P<id>.*))?", re.DOTALL)
_BEHIND_ACTION = re.compile(r"(:[a-zA-Z]+)/+\Z")
_VERSION = "v1"


def forgiven(path: str, served: Collection[str]) -> str | None:
    """The path of `served`, or below `/v1/models`, that is meant; None where none is. A model's own name keeps its
    slashes, doubled ones too."""
    if (found := _MODELS.fullmatch(path)) is not None:
        version = found["version"] or _VERSION
        name = _BEHIND_ACTION.sub(r"\1", found["id"] or "")
        meant = f"/{version}/models/{name}" if name else f"/{version}/models"
    else:
        parts = [part for part in path.split("/") if part]
        while parts[:2] == [_VERSION, _VERSION]:
            del parts[0]
        meant = "/" + "/".join(parts)
        if meant not in served:
            return None
    return meant if meant != path else None
