"""Secrets in the system's keychain, through the optional `keyring` package, imported only when it is wanted."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Protocol, cast

import orjson

from localrouter.domain.errors import Refusal, Unavailable

_INDEX = "localrouter: names"  # keychains cannot list their entries, so one entry holds the names


class _Keyring(Protocol):
    """What is used of the `keyring` package."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...

    def get_keyring(self) -> object: ...


class Keychain:
    """The entries of one home in the keychain: two homes never see each other's."""

    def __init__(self, keyring: _Keyring, home: Path) -> None:
        self._keyring = keyring
        self._service = f"localrouter {home.absolute()}"

    def __repr__(self) -> str:
        return "the keychain"

    def is_real(self) -> bool:
        """Whether the system has a keychain: the package's stand-ins, which fail or forget, have no priority."""
        try:
            return float(getattr(self._keyring.get_keyring(), "priority", 0)) > 0
        except Exception as error:  # every back end raises its own
            raise _silent(error) from None

    def get(self, name: str) -> str | None:
        try:
            return self._keyring.get_password(self._service, name)
        except Exception as error:
            raise _silent(error) from None

    def put(self, name: str, value: str) -> None:
        if name == _INDEX:
            raise Refusal("This name is taken by LocalRouter itself. Choose another one.")
        self._write_index({*self.names(), name})
        self._write(name, value)

    def remove(self, name: str) -> bool:
        if name == _INDEX or self.get(name) is None:
            return False
        try:
            self._keyring.delete_password(self._service, name)
        except Exception as error:
            raise _silent(error) from None
        self._write_index(set(self.names()) - {name})
        return True

    def names(self) -> tuple[str, ...]:
        index = self.get(_INDEX)
        try:
            return tuple(orjson.loads(index)) if index else ()
        except orjson.JSONDecodeError:
            return ()

    def _write_index(self, names: set[str]) -> None:
        self._write(_INDEX, orjson.dumps(sorted(names)).decode())

    def _write(self, name: str, value: str) -> None:
        try:
            self._keyring.set_password(self._service, name, value)
        except Exception as error:
            raise _silent(error) from None


def open_keychain(home: Path, *, demanded: bool) -> Keychain | None:
    """The keychain, None where none works; `Unavailable` where it was demanded and none works."""
    found = _keychain_or_cause(home)
    if isinstance(found, Keychain):
        return found
    if demanded:
        raise Unavailable(f"The keychain cannot be used: {found}, or set LOCALROUTER_SECRETS=file.")
    return None


def _keychain_or_cause(home: Path) -> Keychain | str:
    try:
        keychain = Keychain(cast(_Keyring, importlib.import_module("keyring")), home)
        if not keychain.is_real():
            return "this system has none that works. Install one"
        keychain.names()
    except ImportError:
        return "it needs the package keyring. Install localrouter[desktop]"
    except Unavailable:
        return "it did not answer. Unlock it"
    return keychain


def _silent(error: Exception) -> Unavailable:
    """The kind of error only: its text may hold what was to be stored."""
    return Unavailable(f"The keychain did not answer ({type(error).__name__}). Unlock it, then try again.")
