"""Whose dialect an address is in: for what is said before, or without, reading a request."""

from __future__ import annotations

import re
from collections.abc import Iterable

from localrouter.dialects.contract import ClientDialect
from localrouter.dialects.registry import DEFAULT_CLIENT, DIALECTS

_MODEL = "{model}"
_PART = re.compile(r"[^/\x00-\x1f]+")
_CLIENTS = tuple(DIALECTS.clients.values())
# What only one dialect has: a version, the beginning of a path, what is to be done with a model.
_VERSIONS = {
    version.strip("/"): client
    for client in _CLIENTS
    for version in client.versions
    if version not in DEFAULT_CLIENT.versions
}
_ROOTS = {path.split("/")[0]: client for client in _CLIENTS for path in client.paths if _MODEL not in path}
_ACTIONS = {path.partition(_MODEL)[2]: client for client in _CLIENTS for path in client.paths if _MODEL in path}


def spoken_at(path: str, headers: Iterable[tuple[bytes, bytes]] = ()) -> ClientDialect:
    """The dialect of a path, served or not; where it tells none, that of the program's headers."""
    parts = _PART.findall(path)
    if parts and (found := _VERSIONS.get(parts[0])) is not None:
        return found
    while parts and f"/{parts[0]}" in DEFAULT_CLIENT.versions:
        del parts[0]
    if not parts:
        return spoken_by(headers)
    _, colon, action = parts[-1].rpartition(":")
    return _ROOTS.get(parts[0]) or _ACTIONS.get(f"{colon}{action}") or spoken_by(headers)


def spoken_by(headers: Iterable[tuple[bytes, bytes]]) -> ClientDialect:
    """The dialect of a program, as far as its headers tell: all of them call the same paths for lists."""
    names = {name.decode("latin-1") for name, _ in headers}
    return next((each for each in _CLIENTS if names.intersection(each.headers)), DEFAULT_CLIENT)
