"""Web origins as the configuration names them: exactly, or by a pattern where a program has another one each time.

Desktop programs show pages of their own: `tauri://localhost`, `vscode-webview://` and a name made up anew,
`http://localhost:` and whatever port was free. `null` is never one: every sandboxed frame and local file has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_EXACT = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s?#*@]+|file://")
_ANY_PORT = re.compile(r"(https?://(?:[^/\s?#*@:\[\]]+|\[[0-9a-f:.]+\])):\*")
_ANY_HOST = re.compile(r"((?!https?:|file:)[a-z][a-z0-9+.-]*://)\*")


def is_origin(text: str) -> bool:
    """Whether an entry can be used: an exact origin, `http://HOST:*`, or `SCHEME://*` of a scheme that is no web's."""
    return _EXACT.fullmatch(text) is not None or is_pattern(text)


def is_pattern(text: str) -> bool:
    return (_ANY_PORT.fullmatch(text) or _ANY_HOST.fullmatch(text)) is not None


def exact_origins(entries: Iterable[str]) -> frozenset[bytes]:
    tidied = map(_tidied, entries)
    return frozenset(entry.encode() for entry in tidied if entry != "null" and not is_pattern(entry))


def origin_patterns(entries: Iterable[str]) -> re.Pattern[bytes] | None:
    """What matches the origins that the patterns among the entries mean, in lower case; None where there are none."""
    forms = [form for form in map(_form_of, map(_tidied, entries)) if form is not None]
    return re.compile(b"|".join(forms)) if forms else None


def _form_of(entry: str) -> bytes | None:
    if (found := _ANY_PORT.fullmatch(entry)) is not None:
        return re.escape(found[1].encode()) + rb"(?::[0-9]{1,5})?"
    if (found := _ANY_HOST.fullmatch(entry)) is not None:
        return re.escape(found[1].encode()) + rb"[^/\s?#*@,]+"
    return None


def _tidied(entry: str) -> str:
    entry = entry.strip().lower()
    return entry if entry.endswith("://") else entry.rstrip("/")
