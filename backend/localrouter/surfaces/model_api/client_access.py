"""Finds the client that a model request belongs to.

Each SDK sends its key under a header of its own, on every path, and programs send stray keys of other services beside
it. So what counts is the one that is a client's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import parse_qs

from localrouter.domain.configuration.access import authenticate
from localrouter.domain.configuration.config import Client
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.surfaces.http.guard import Admits, Header, bearer_token

ACTING_AS = b"x-localrouter-client"
KEY_HEADERS = frozenset({b"x-api-key", b"api-key", b"x-goog-api-key"})
MAX_KEYS = 8  # per request; each costs a digest


def keys_in(headers: Iterable[Header], query: bytes = b"") -> list[str]:
    """The keys that a request carries, wherever its SDK puts them; empty if there are more than `MAX_KEYS`."""
    keys = parse_qs(query.decode("latin-1")).get("key", []) if b"key=" in query else []
    for name, value in headers:
        if name == b"authorization":
            key = bearer_token(value)
        elif name in KEY_HEADERS:
            key = value.strip().decode("latin-1")
        else:
            continue
        if key and key not in keys:
            keys.append(key)
    return keys if len(keys) <= MAX_KEYS else []


@dataclass(frozen=True, slots=True)
class ClientAccess:
    snapshot: Callable[[], Snapshot]
    admits: Admits

    def of(self, headers: Iterable[Header], query: bytes = b"") -> Client | None:
        """The client whose key the request carries; None if the key is missing, unknown or disabled, or if it carries
        keys of two clients.

        The admin token, or a session's, together with `x-localrouter-client: <client id>` acts as that client.
        """
        keys = keys_in(headers, query)
        if not keys:
            return None
        snapshot = self.snapshot()
        acting_as = [value for name, value in headers if name == ACTING_AS]
        if not acting_as:
            return authenticate(snapshot, *keys)
        if len(acting_as) != 1 or not any(map(self.admits, keys)):
            return None
        client = snapshot.client(acting_as[0].decode("latin-1"))
        return client if client is not None and client.enabled else None
