"""Makes a home's first records: binds its credentials, once, to where its version 1 document points them.

This happens before the document is migrated on disk, so that a crash in between costs no key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import orjson

from localrouter.domain.configuration.config import VERSION, Config, Provider
from localrouter.domain.configuration.document import read
from localrouter.domain.credentials.bindings import ENVIRONMENT, STORE, Destination, uses
from localrouter.domain.errors import Invalid
from localrouter.private_files import read_file
from localrouter.services.secrets.gate import Gate
from localrouter.services.secrets.records import Records
from localrouter.services.secrets.store import SecretStore

_FIRST_WITH_BINDINGS = 2
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_Bound = dict[str, tuple[Destination, ...]]


def open_gate(
    home: Path, secrets: SecretStore, variables: Iterable[tuple[str, str]], address_of: Callable[[Provider], str]
) -> Gate:
    """A home's gate. Makes the records if there are none. `variables` pairs each preset's variable with its address."""
    gate = Gate(secrets, variables)
    begin_records(home, secrets.records, gate, address_of)
    return gate


def begin_records(home: Path, records: Records, gate: Gate, address_of: Callable[[Provider], str]) -> None:
    """Does nothing if the home has records, or an unreadable document: once repaired, that may be of version 1."""
    if records.exist:
        return
    texts = [text for name in ("config.json", "config.json.bak") if (text := _text(home / name)) is not None]
    if not texts:
        records.begin({}, {})
        return
    for text in texts:
        version = _version(text)
        if version is not None and version > VERSION:
            return
        try:
            config = read(text)
        except Invalid:
            continue
        bound = _bindings(config, gate, address_of) if version is None or version < _FIRST_WITH_BINDINGS else ({}, {})
        records.begin(*bound)
        return


def _bindings(config: Config, gate: Gate, address_of: Callable[[Provider], str]) -> tuple[_Bound, _Bound]:
    stored: _Bound = {}
    variables: _Bound = {}
    for provider in config.providers:
        here = gate.destination(provider, address_of(provider)) if provider.preset else None
        if here is None:
            continue
        for _, reference in uses(provider):
            kind = stored if reference.startswith(STORE) else variables
            name = reference.removeprefix(STORE if kind is stored else ENVIRONMENT)
            if here not in kind.get(name, ()):
                kind[name] = (*kind.get(name, ()), here)
    return stored, variables


def _text(path: Path) -> bytes | None:
    try:
        return read_file(path)
    except OSError:
        return None


def _version(text: bytes) -> int | None:
    """The version that a document names; None if it names none."""
    try:
        document = orjson.loads(text.removeprefix(_BYTE_ORDER_MARK))
    except orjson.JSONDecodeError:
        return None
    version = document.get("version") if isinstance(document, dict) else None
    return version if isinstance(version, int) else None
