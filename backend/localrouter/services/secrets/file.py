"""Secrets in `secrets.json`, a file in the home that only its owner can read: one object of names and values."""

from __future__ import annotations

from pathlib import Path

import orjson

from localrouter.domain.errors import Unavailable
from localrouter.private_files import close_to_others, in_words, read_file, write_private


class SecretFile:
    """Read once, on first use. An unreadable file is never overwritten."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._secrets: dict[str, str] | None = None

    def __repr__(self) -> str:
        return self._path.name

    def get(self, name: str) -> str | None:
        return self._loaded().get(name)

    def put(self, name: str, value: str) -> None:
        self._save({**self._loaded(), name: value})

    def remove(self, name: str) -> bool:
        secrets = self._loaded()
        if name not in secrets:
            return False
        self._save({other: value for other, value in secrets.items() if other != name})
        return True

    def names(self) -> tuple[str, ...]:
        return tuple(self._loaded())

    def _loaded(self) -> dict[str, str]:
        if self._secrets is None:
            self._secrets = _read(self._path)
        return self._secrets

    def _save(self, secrets: dict[str, str]) -> None:
        try:
            write_private(self._path, orjson.dumps(secrets, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be written: {in_words(error)}.") from None
        self._secrets = secrets


def _read(path: Path) -> dict[str, str]:
    try:
        document = orjson.loads(read_file(path))
        close_to_others(path)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {in_words(error)}.") from None
    except orjson.JSONDecodeError:
        raise _unusable(path) from None
    if not isinstance(document, dict) or not all(isinstance(value, str) for value in document.values()):
        raise _unusable(path)
    return document


def _unusable(path: Path) -> Unavailable:
    return Unavailable(
        f"{path} is not a JSON object of names and strings. Repair it, or remove it and set the keys again."
    )
