"""The only place that knows a secret's value: kept in the system's keychain, or in a private file where there is none.

No representation, error or report of this module ever holds a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from localrouter.domain.errors import Refusal, Unavailable
from localrouter.services.secret_store_file import SecretFile
from localrouter.services.secret_store_keychain import Keychain, open_keychain

CHOICE_VARIABLE = "LOCALROUTER_SECRETS"
_ENVIRONMENT = "env:"
_STORE = "store:"


class Vault(Protocol):
    """Where named secrets are kept. Every method may raise `Unavailable`."""

    def get(self, name: str) -> str | None: ...

    def put(self, name: str, value: str) -> None: ...

    def remove(self, name: str) -> bool: ...

    def names(self) -> tuple[str, ...]: ...


class SecretStore:
    """Resolves references. What was read once is kept in memory, since every model request asks."""

    def __init__(self, vaults: tuple[Vault, ...], environment: Mapping[str, str]) -> None:
        """New secrets go to the first of the vaults; all of them are read."""
        self._vaults = vaults
        self._environment = environment
        self._known: dict[str, str | None] = {}
        self.problem: str | None = None  # why a secret could not be looked up the last time

    @classmethod
    def open(cls, home: Path, environment: Mapping[str, str]) -> SecretStore:
        """The store of a home: the keychain where one works or is demanded, else (or besides) `secrets.json`."""
        file = SecretFile(home / "secrets.json")
        keychain = _chosen_keychain(home, environment.get(CHOICE_VARIABLE, ""))
        return cls((keychain, file) if keychain else (file,), environment)

    def __repr__(self) -> str:
        return f"<SecretStore in {' and '.join(repr(vault) for vault in self._vaults)}>"

    def resolve(self, reference: str) -> str | None:
        """The secret that a reference names; None where there is none, or nobody can tell, as `problem` then says."""
        if reference.startswith(_ENVIRONMENT):
            return self._environment.get(reference.removeprefix(_ENVIRONMENT)) or None
        if not reference.startswith(_STORE):
            return None
        name = reference.removeprefix(_STORE)
        return self._known[name] if name in self._known else self._look_up(name)

    def set(self, name: str, value: str) -> None:
        _refuse_unusable(name, value)
        self._known.pop(name, None)
        self._vaults[0].put(name, value)
        for vault in self._vaults[1:]:
            vault.remove(name)

    def delete(self, name: str) -> bool:
        """Forgets a secret wherever it is kept; False where there was none."""
        self._known.pop(name, None)
        removed = [vault.remove(name) for vault in self._vaults]
        return any(removed)

    def names(self) -> tuple[str, ...]:
        return tuple(sorted({name for vault in self._vaults for name in vault.names()}))

    def _look_up(self, name: str) -> str | None:
        try:
            values = (vault.get(name) for vault in self._vaults)
            value = next((value for value in values if value is not None), None)
        except Unavailable as error:
            self.problem = error.message
            return None
        self.problem = None
        self._known[name] = value
        return value


def _chosen_keychain(home: Path, choice: str) -> Keychain | None:
    match choice:
        case "file":
            return None
        case "keyring" | "":
            return open_keychain(home, demanded=bool(choice))
        case _:
            raise Refusal(f'{CHOICE_VARIABLE} must be "keyring" or "file".')


def _refuse_unusable(name: str, value: str) -> None:
    if not name.strip() or not name.isprintable():
        raise Refusal("The name of a secret must not be empty or hold line breaks.")
    if not value.strip():
        raise Refusal("The secret is empty.")
    if not value.isprintable():
        raise Refusal("The secret holds line breaks or other characters that a key never has. Copy it again.")
