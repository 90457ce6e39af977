"""Secrets in the system's keychain, through the optional `keyring` package, which is imported only when needed.

A keychain may block while it waits for its user, so it is asked on a thread of its own.
"""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import orjson

from localrouter.domain.errors import Refusal, Unavailable

CHOICE_VARIABLE = "LOCALROUTER_SECRETS"
_INDEX = "localrouter: names"  # keychains cannot list their entries, so one entry holds the names
_T = TypeVar("_T")


class Trouble(StrEnum):
    """Why a keychain cannot be asked."""

    LOCKED = "locked"
    NO_PACKAGE = "no_package"
    NONE_WORKS = "none_works"
    RULED_OUT = "ruled_out"


WHY = {
    Trouble.LOCKED: "which did not answer: it is locked, or waits to be unlocked",
    Trouble.NO_PACKAGE: "and the package keyring, which reads it, is not installed here",
    Trouble.NONE_WORKS: "and no keychain can be reached from here",
    Trouble.RULED_OUT: f"which {CHOICE_VARIABLE}=file rules out",
}
REMEDY = {
    Trouble.LOCKED: "Unlock the keychain; the next request asks it again.",
    Trouble.NO_PACKAGE: "Install localrouter[desktop] and start LocalRouter again.",
    Trouble.NONE_WORKS: (
        f"Start LocalRouter in your desktop session, or with {CHOICE_VARIABLE}=file, and set the keys again."
    ),
    Trouble.RULED_OUT: f"Start LocalRouter without {CHOICE_VARIABLE}, or set the key again.",
}


class KeychainTrouble(Unavailable):
    """The keychain cannot be asked now. The back end's own message is withheld: it may hold the value to store."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(f"Keys are kept in the keychain, {WHY[trouble]}. {REMEDY[trouble]}")
        self.trouble = trouble


class _Keyring(Protocol):
    """The part of the `keyring` package that is used."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...

    def get_keyring(self) -> object: ...


class Keychain:
    """One home's entries in the keychain; homes never see each other's. Every method may block."""

    def __init__(self, keyring: _Keyring, home: Path) -> None:
        self._keyring = keyring
        self._service = f"localrouter {home.absolute()}"

    def get(self, name: str) -> str | None:
        return self._asked(lambda: self._keyring.get_password(self._service, name))

    def put(self, name: str, value: str) -> None:
        if name == _INDEX:
            raise Refusal("This name is taken by LocalRouter itself. Choose another one.")
        self._write_index({*self.names(), name})
        self._write(name, value)

    def remove(self, name: str) -> bool:
        if name == _INDEX or self.get(name) is None:
            return False
        self._asked(lambda: self._keyring.delete_password(self._service, name))
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
        self._asked(lambda: self._keyring.set_password(self._service, name, value))

    def _asked(self, question: Callable[[], _T]) -> _T:
        try:
            return question()
        except Exception:  # every back end raises its own
            raise KeychainTrouble(Trouble.LOCKED) from None


class KeychainAccess:
    """Access to a home's keychain. It is looked for each time, since a missing one may be there the next time."""

    def __init__(self, home: Path, choice: str) -> None:
        if choice not in ("", "keyring", "file"):
            raise Refusal(f'{CHOICE_VARIABLE} must be "keyring" or "file".')
        self._home = home
        self._keychain: Keychain | None = None
        self._aside = _Aside()
        self.is_demanded = choice == "keyring"
        self.is_ruled_out = choice == "file"

    def refuse_without(self, patience: float) -> None:
        """Raises `Unavailable` if no keychain can appear while this process runs."""
        try:
            self._aside.start(self._found).result(patience)
        except TimeoutError:
            return
        except KeychainTrouble as error:
            if error.trouble is Trouble.NO_PACKAGE:
                said = "it needs the package keyring. Install localrouter[desktop]"
            elif error.trouble is Trouble.NONE_WORKS:
                said = "this system has none that works. Install one"
            else:
                return
            raise Unavailable(f"The keychain cannot be used: {said}, or set {CHOICE_VARIABLE}=file.") from None

    async def run(self, work: Callable[[Keychain], _T], patience: float | None = None) -> _T:
        """The keychain's answer. Raises `KeychainTrouble` if there is none within `patience` seconds."""
        if self.is_ruled_out:
            raise KeychainTrouble(Trouble.RULED_OUT)
        asked = self._aside.start(lambda: work(self._found()))
        try:
            async with asyncio.timeout(patience):
                return await asyncio.wrap_future(asked)
        except TimeoutError:
            raise KeychainTrouble(Trouble.LOCKED) from None

    def _found(self) -> Keychain:
        if self._keychain is None:
            self._keychain = _look_for(self._home)
        return self._keychain


class _Aside:
    """A thread for blocking work, one piece after another. It does not delay the end of the process."""

    def __init__(self) -> None:
        self._work: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._lock = threading.Lock()
        self._is_running = False

    def start(self, work: Callable[[], _T]) -> Future[_T]:
        """Queue work. If it is cancelled before its turn, it is skipped."""
        future: Future[_T] = Future()
        with self._lock:
            self._work.append((future, work))
            if not self._is_running:
                self._is_running = True
                threading.Thread(target=self._run, name="keychain", daemon=True).start()
        return future

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._work:
                    self._is_running = False
                    return
                future, work = self._work.popleft()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)


def _look_for(home: Path) -> Keychain:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        raise KeychainTrouble(Trouble.NO_PACKAGE) from None
    except Exception:  # the package may be installed but broken
        raise KeychainTrouble(Trouble.NONE_WORKS) from None
    if not _works(keyring):
        _forget_back_ends(keyring)
        if not _works(keyring):
            raise KeychainTrouble(Trouble.NONE_WORKS)
    return Keychain(cast(_Keyring, keyring), home)


def _works(keyring: Any) -> bool:
    """Whether the system has a keychain. The package's stand-ins, which fail or forget, have no priority."""
    try:
        return float(getattr(keyring.get_keyring(), "priority", 0)) > 0
    except Exception:
        raise KeychainTrouble(Trouble.LOCKED) from None


def _forget_back_ends(keyring: Any) -> None:
    """Makes the package look for back ends again: the session's bus may have come up since."""
    with suppress(Exception):
        keyring.backend.get_all_keyring.reset()
        keyring.core.init_backend()
