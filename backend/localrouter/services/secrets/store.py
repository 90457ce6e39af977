"""Holds the values of secrets, as nothing else does: in the system's keychain or, without one, in a private file.

No representation, error or report of this module ever contains a value. The secret that was set last wins: a vault that
was out of reach then holds an old value, which is removed once the vault is back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from localrouter.domain.credentials.bindings import ENVIRONMENT, STORE, Destination
from localrouter.domain.errors import Refusal, Unavailable
from localrouter.services.secrets.file import SecretFile
from localrouter.services.secrets.keychain import (
    CHOICE_VARIABLE,
    REMEDY,
    WHY,
    Keychain,
    KeychainAccess,
    KeychainTrouble,
    Trouble,
)
from localrouter.services.secrets.records import Record, Records, SecretPlace

PATIENCE = 3.0  # seconds that a request waits for the keychain
PATIENCE_OF_A_COMMAND = 15.0  # seconds; time for a user who is there to unlock it


class Presence(StrEnum):
    PRESENT = "present"
    ABSENT = "absent"
    OUT_OF_REACH = "out_of_reach"


@dataclass(frozen=True, slots=True)
class Former:
    """A stored secret as it was before a change."""

    name: str
    record: Record | None
    value: str | None


class SecretStore:
    """Resolves references from memory, because every model request asks. `fetch` loads what a keychain holds.

    `generation` grows with every change of what is known.
    """

    def __init__(self, file: SecretFile, records: Records, keychain: KeychainAccess, env: Mapping[str, str]) -> None:
        self._file = file
        self._keychain = keychain
        self._environment = env
        self._known: dict[str, str | None] = {}  # the keychain's answers; None: it has no such entry
        self._wanted: set[str] = set()
        self._asking: asyncio.Task[None] | None = None
        self._asked_at = 0.0
        self._trouble: Trouble | None = None
        self._spoilt: str | None = None
        self._changing = asyncio.Lock()  # a late removal must not hit a value that was set meanwhile
        self.records = records
        self.generation = 0
        self.referring = asyncio.Lock()  # held while a secret and its references change together

    @classmethod
    def open(cls, home: Path, environment: Mapping[str, str]) -> SecretStore:
        """A home's store: the keychain if one works or is demanded, else (or in addition) `secrets.json`."""
        keychain = KeychainAccess(home, environment.get(CHOICE_VARIABLE, ""))
        if keychain.is_demanded:
            keychain.refuse_without(PATIENCE)
        return cls(SecretFile(home / "secrets.json"), Records(home / "credentials.json"), keychain, environment)

    def __repr__(self) -> str:
        return f"<SecretStore in {'' if self._keychain.is_ruled_out else 'the keychain and '}{self._file!r}>"

    @property
    def environment(self) -> Mapping[str, str]:
        return self._environment

    @property
    def problem(self) -> str | None:
        """Why secrets cannot be looked up, as far as is known."""
        try:
            stored = self.records.all()
        except Unavailable as error:
            return error.message
        if self._spoilt is not None:
            return self._spoilt
        if self._keychain.is_ruled_out:
            away = any(record.place is SecretPlace.KEYCHAIN and not record.is_deleted for record in stored.values())
            return KeychainTrouble(Trouble.RULED_OUT).message if away else None
        away = any(self.presence(f"{STORE}{name}") is Presence.OUT_OF_REACH for name in self._wanted)
        return KeychainTrouble(self._trouble).message if away and self._trouble is not None else None

    def resolve(self, reference: str) -> str | None:
        """The secret that a reference names; None if it is missing or out of reach (`presence` tells which)."""
        if reference.startswith(ENVIRONMENT):
            return self._environment.get(reference.removeprefix(ENVIRONMENT)) or None
        if not reference.startswith(STORE):
            return None
        name = reference.removeprefix(STORE)
        try:
            record = self.records.of(name)
        except Unavailable:
            return None
        if record is not None and record.is_deleted:
            return None
        if self._known.get(name) is not None:
            return self._known[name]
        return None if record is not None and record.place is SecretPlace.KEYCHAIN else self._in_file(name)

    def presence(self, reference: str) -> Presence:
        if self.resolve(reference) is not None:
            return Presence.PRESENT
        if not reference.startswith(STORE):
            return Presence.ABSENT
        name = reference.removeprefix(STORE)
        try:
            record = self.records.of(name)
        except Unavailable:
            return Presence.OUT_OF_REACH
        if record is not None and record.is_deleted:
            return Presence.ABSENT
        if record is not None and record.place is SecretPlace.KEYCHAIN:
            return Presence.ABSENT if name in self._known else Presence.OUT_OF_REACH
        if self._spoilt is not None:
            return Presence.OUT_OF_REACH
        may_be_there = record is None or record.place is None
        is_locked = self._trouble is Trouble.LOCKED and name in self._wanted
        return Presence.OUT_OF_REACH if may_be_there and is_locked else Presence.ABSENT

    def why_out_of_reach(self) -> str:
        """Where an unreachable secret is kept, and what to do: the rest of a sentence that begins "It is"."""
        try:
            self.records.all()
        except Unavailable as error:
            return f"out of reach. {error.message}"
        if self._spoilt is not None:
            return f"out of reach. {self._spoilt}"
        trouble = Trouble.RULED_OUT if self._keychain.is_ruled_out else self._trouble or Trouble.LOCKED
        return f"kept in the keychain, {WHY[trouble]}. {REMEDY[trouble]}"

    async def fetch(self, references: Iterable[str], *, again: bool = True) -> None:
        """Load these references from the keychain into memory, waiting no longer than a request can.

        With `again`, a keychain that could not be asked before is asked once more, which may repeat its prompt.
        """
        names = {name for reference in references if (name := self._in_question(reference)) is not None}
        if not again and self._trouble is not None:
            names -= self._wanted
        if not names:
            return
        self._wanted |= names
        loop = asyncio.get_running_loop()
        if self._asking is None or self._asking.done():
            self._asking = loop.create_task(self._ask())
            self._asked_at = loop.time()
        left = self._asked_at + PATIENCE - loop.time()
        if left > 0:
            await asyncio.wait({self._asking}, timeout=left)
        if not self._asking.done():
            self._trouble = Trouble.LOCKED

    async def set(self, name: str, value: str, bound: tuple[Destination, ...] = ()) -> None:
        """Store a secret, bound to where it may be sent. While the keychain is out of reach, the file takes it."""
        _refuse_unusable(name, value)
        async with self._changing:
            sequence = self.records.next_sequence()
            place, left_in = await self._put(name, value)
            self.records.put(name, Record(sequence, place, left_in=left_in, bound=bound))
            self._learn(name, value if place is SecretPlace.KEYCHAIN else None)
            await self._tidy()

    async def delete(self, name: str) -> bool:
        """Delete a secret wherever it is kept; False if there was none. It does not come back from a vault that is out
        of reach now."""
        async with self._changing:
            was_there = self.presence(f"{STORE}{name}") is not Presence.ABSENT
            removed = self._file.remove(name)
            left_in: frozenset[SecretPlace] = frozenset()
            try:
                removed |= await self._keychain.run(lambda keychain: keychain.remove(name), PATIENCE)
            except KeychainTrouble:
                left_in = frozenset({SecretPlace.KEYCHAIN})
            if was_there or removed or self.records.of(name) is not None:
                self.records.put(name, Record(self.records.next_sequence(), None, is_deleted=True, left_in=left_in))
            self._learn(name, None)
            return was_there or removed

    async def former(self, name: str) -> Former:
        """What is stored under a name, for `go_back`."""
        await self.fetch((f"{STORE}{name}",))
        return Former(name, self.records.of(name), self.resolve(f"{STORE}{name}"))

    async def go_back(self, former: Former) -> None:
        """Restore a secret after a change that failed."""
        record = former.record
        if former.value is not None:
            await self.set(former.name, former.value, () if record is None else record.bound)
        elif record is None or record.is_deleted:
            await self.delete(former.name)
        else:
            self._file.remove(former.name)
            self.records.put(former.name, record)
            self._learn(former.name, None)

    async def tidy(self) -> None:
        """Remove old values, set or deleted while the keychain was out of reach, from a keychain that is back."""
        async with self._changing:
            await self._tidy()

    def names(self) -> tuple[str, ...]:
        """The names of all secrets known to be stored."""
        stored = self.records.all()
        unrecorded = {name for name in self._file.names() if name not in stored}
        recorded = {
            name
            for name, record in stored.items()
            if not record.is_deleted
            and not (self._keychain.is_ruled_out and record.place is SecretPlace.KEYCHAIN)
            and self.presence(f"{STORE}{name}") is not Presence.ABSENT
        }
        return tuple(sorted(recorded | unrecorded))

    def _in_file(self, name: str) -> str | None:
        try:
            value = self._file.get(name)
        except Unavailable as error:
            self._spoilt = error.message
            return None
        self._spoilt = None
        return value

    def _in_question(self, reference: str) -> str | None:
        """The referenced secret's name, if only the keychain can say whether it exists."""
        if not reference.startswith(STORE) or self._keychain.is_ruled_out or self.resolve(reference) is not None:
            return None
        name = reference.removeprefix(STORE)
        try:
            record = self.records.of(name)
        except Unavailable:
            return None
        if name in self._known or (record is not None and (record.is_deleted or record.place is SecretPlace.FILE)):
            return None
        return name

    async def _ask(self) -> None:
        names = tuple(name for name in self._wanted if name not in self._known)
        before = {name: self.records.of(name) for name in names}
        try:
            found = await self._keychain.run(lambda keychain: {name: keychain.get(name) for name in names})
        except KeychainTrouble as error:
            self._trouble = error.trouble
            self.generation += 1
            return
        self._trouble = None
        for name, value in found.items():
            record = before[name]
            if self.records.of(name) != record:
                continue  # it was set or deleted meanwhile
            self._learn(name, value)
            if value is not None and (record is None or record.place is None):
                with suppress(Unavailable):
                    self.records.put(name, replace(record or Record(0, None), place=SecretPlace.KEYCHAIN))
        await self.tidy()

    async def _put(self, name: str, value: str) -> tuple[SecretPlace, frozenset[SecretPlace]]:
        """Store a value. Returns where it went, and where an old one may be left."""
        try:
            await self._keychain.run(lambda keychain: keychain.put(name, value), PATIENCE_OF_A_COMMAND)
        except KeychainTrouble as error:
            if self._keychain.is_demanded:
                raise
            self._trouble = error.trouble
            self._file.put(name, value)
            return SecretPlace.FILE, frozenset({SecretPlace.KEYCHAIN})
        self._trouble = None
        try:
            self._file.remove(name)
        except Unavailable:
            return SecretPlace.KEYCHAIN, frozenset({SecretPlace.FILE})
        return SecretPlace.KEYCHAIN, frozenset()

    async def _tidy(self) -> None:
        """Remove old values of secrets that were set or deleted while a vault was out of reach."""
        left = {name: record for name, record in self.records.all().items() if record.left_in}
        if not left or self._keychain.is_ruled_out or self._trouble is not None:
            return
        with suppress(Unavailable):
            await self._keychain.run(lambda keychain: _remove_all(keychain, left), PATIENCE)
            for name, record in left.items():
                if SecretPlace.FILE in record.left_in:
                    self._file.remove(name)
                if self.records.of(name) == record:
                    self.records.put(name, replace(record, left_in=frozenset()))

    def _learn(self, name: str, value: str | None) -> None:
        """Note what the keychain holds now; None if it has no such entry."""
        self._known[name] = value
        self._wanted.discard(name)
        self.generation += 1


def _remove_all(keychain: Keychain, left: Mapping[str, Record]) -> None:
    for name, record in left.items():
        if SecretPlace.KEYCHAIN in record.left_in:
            keychain.remove(name)


def _refuse_unusable(name: str, value: str) -> None:
    if not name.strip() or not name.isprintable():
        raise Refusal("The name of a secret must not be empty or contain line breaks.")
    if not value.strip():
        raise Refusal("The secret is empty.")
    if not value.isprintable():
        raise Refusal("The secret contains line breaks or other characters that no key has. Copy it again.")
