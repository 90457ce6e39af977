"""A home's records about its credentials, never a value: which vault holds each, what it is bound to, what was deleted.

`credentials.json` is a file beside the document, so that no import, earlier revision or hand edit can carry a binding.
A counter of its own orders the records, because a clock can be set back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path

import orjson

from localrouter.domain.credentials.bindings import Destination
from localrouter.domain.errors import Unavailable
from localrouter.private_files import close_to_others, in_words, read_file, write_private

_VERSION = 1


class SecretPlace(StrEnum):
    """Where a secret's value is kept."""

    KEYCHAIN = "keychain"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Record:
    """A stored secret. `place` is None for one that is older than these records. Then the file holds the newer value,
    since storing in a reachable keychain has always removed the file's.

    `left_in` names the places that were out of reach when the secret was set or deleted: their values are old.
    """

    sequence: int
    place: SecretPlace | None
    is_deleted: bool = False
    left_in: frozenset[SecretPlace] = frozenset()
    bound: tuple[Destination, ...] = ()


@dataclass(frozen=True, slots=True)
class _Kept:
    sequence: int = 0
    stored: Mapping[str, Record] = field(default_factory=dict)
    variables: Mapping[str, tuple[Destination, ...]] = field(default_factory=dict)


class Records:
    """Read once, on first use. An unreadable file is never overwritten."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: _Kept | None = None

    @property
    def exist(self) -> bool:
        return self._path.exists()

    def of(self, name: str) -> Record | None:
        return self._loaded().stored.get(name)

    def all(self) -> Mapping[str, Record]:
        return self._loaded().stored

    def variable(self, name: str) -> tuple[Destination, ...]:
        """What an environment variable was bound to when the home's document was migrated to version 2."""
        return self._loaded().variables.get(name, ())

    def next_sequence(self) -> int:
        return self._loaded().sequence + 1

    def put(self, name: str, record: Record) -> None:
        kept = self._loaded()
        sequence = max(kept.sequence, record.sequence)
        self._save(replace(kept, sequence=sequence, stored={**kept.stored, name: record}))

    def begin(
        self, stored: Mapping[str, tuple[Destination, ...]], variables: Mapping[str, tuple[Destination, ...]]
    ) -> None:
        """Write a home's first records."""
        records = {name: Record(0, None, bound=bound) for name, bound in stored.items()}
        self._save(_Kept(0, records, dict(variables)))

    def unbind_variable(self, name: str) -> None:
        kept = self._loaded()
        if name in kept.variables:
            others = {other: bound for other, bound in kept.variables.items() if other != name}
            self._save(replace(kept, variables=others))

    def _loaded(self) -> _Kept:
        if self._kept is None:
            self._kept = _read(self._path)
        return self._kept

    def _save(self, kept: _Kept) -> None:
        stored = {name: _written(record) for name, record in kept.stored.items()}
        variables = {name: [asdict(each) for each in bound] for name, bound in kept.variables.items()}
        document = {"version": _VERSION, "sequence": kept.sequence, "stored": stored, "variables": variables}
        try:
            write_private(self._path, orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be written: {in_words(error)}.") from None
        self._kept = kept


def _written(record: Record) -> dict[str, object]:
    return {
        "sequence": record.sequence,
        "place": record.place,
        "deleted": record.is_deleted,
        "left_in": sorted(record.left_in),
        "bound": [asdict(each) for each in record.bound],
    }


def _read(path: Path) -> _Kept:
    try:
        text = read_file(path)
        close_to_others(path)
    except FileNotFoundError:
        return _Kept()
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {in_words(error)}. Until it can, no key is sent.") from None
    try:
        return _parsed(orjson.loads(text))
    except (ValueError, LookupError, TypeError, AttributeError):
        raise Unavailable(
            f"{path} cannot be used: its content is not what LocalRouter writes. "
            "Put it back, or remove it and set the keys again."
        ) from None


def _parsed(document: dict[str, object]) -> _Kept:
    if document["version"] != _VERSION:
        raise ValueError("of another version")
    sequence, stored, variables = document["sequence"], document["stored"], document["variables"]
    if not isinstance(sequence, int) or not isinstance(stored, dict) or not isinstance(variables, dict):
        raise TypeError("not the records of a home")
    return _Kept(
        sequence,
        {name: _record(entry) for name, entry in stored.items()},
        {name: _destinations(bound) for name, bound in variables.items()},
    )


def _record(entry: dict[str, object]) -> Record:
    sequence, place, left_in = entry["sequence"], entry["place"], entry["left_in"]
    if not isinstance(sequence, int) or not isinstance(left_in, list) or not isinstance(entry["deleted"], bool):
        raise TypeError("not a record")
    return Record(
        sequence,
        None if place is None else SecretPlace(str(place)),
        entry["deleted"],
        frozenset(SecretPlace(each) for each in left_in),
        _destinations(entry["bound"]),
    )


def _destinations(bound: object) -> tuple[Destination, ...]:
    if not isinstance(bound, list):
        raise TypeError("not a list of destinations")
    return tuple(_destination(**each) for each in bound)


def _destination(origin: str, proxy: str | None, ca_file: str | None) -> Destination:
    if not isinstance(origin, str) or not all(each is None or isinstance(each, str) for each in (proxy, ca_file)):
        raise TypeError("not a destination")
    return Destination(origin, proxy, ca_file)
