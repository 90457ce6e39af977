"""Finds the client that a model request belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from localrouter.domain.configuration.access import authenticate
from localrouter.domain.configuration.config import Client
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.surfaces.http.guard import Admits, Header, bearer

ACTING_AS = b"x-localrouter-client"


@dataclass(frozen=True, slots=True)
class ClientAccess:
    snapshot: Callable[[], Snapshot]
    admits: Admits

    def of(self, headers: Iterable[Header]) -> Client | None:
        """The client whose key the request carries; None if the key is missing, unknown or disabled.

        The admin token, or a session's, together with `x-localrouter-client: <client id>` acts as that client.
        """
        key = bearer(headers)
        if key is None:
            return None
        snapshot = self.snapshot()
        acting_as = [value for name, value in headers if name == ACTING_AS]
        if not acting_as:
            return authenticate(snapshot, key)
        if len(acting_as) != 1 or not self.admits(key):
            return None
        client = snapshot.client(acting_as[0].decode("latin-1"))
        return client if client is not None and client.enabled else None
