"""How a request is recognised that comes back to the router through others: every router adds its id to one header.

An id is random and lives as long as its process, so that it tells whoever sees it nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

HEADER = "x-localrouter-via"
MOST_ROUTERS = 10  # that one request may pass; a longer chain is taken for a loop
ID_BYTES = 8
_HEADER = HEADER.encode()
_ID = re.compile(rf"[0-9a-f]{{{2 * ID_BYTES}}}")

LOOP_CODE = "request_loop"
LOOP_MESSAGE = (
    "This request came back to the LocalRouter that had sent it, so one of its providers leads to LocalRouter itself, "
    "if only through others. Correct the base URL of that provider, or disable it."
)


def routers_passed(headers: Iterable[tuple[bytes, bytes]]) -> tuple[str, ...]:
    """The ids of the routers that a request came through; what is no id is left out. Header names in lower case."""
    values = [value for name, value in headers if name == _HEADER]
    return tuple(_ID.findall(b",".join(values).decode("latin-1"))) if values else ()


def is_loop(passed: tuple[str, ...], own: str) -> bool:
    return own in passed or len(passed) >= MOST_ROUTERS


def header_value(passed: tuple[str, ...], own: str) -> str:
    """What the next one is told."""
    return ", ".join((*passed, own))
