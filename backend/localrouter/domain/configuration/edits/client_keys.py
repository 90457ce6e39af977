"""What happens to client keys when another document replaces this one: old keys do not come back.

A key that was rotated, or whose client was deleted, never works again, however an earlier document returns: as a
restored revision, an import, or a file put there by hand. To enforce this, the document keeps the digest of such a key
as *retired*. No key matches a digest from `_no_key`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from localrouter.domain.configuration.config import Client, Config

KEPT_RETIRED = 10_000
_NO_KEY = "0" * 32

ClientRule = Callable[[Client, Client | None], tuple[Client, str | None]]


def has_key(client: Client) -> bool:
    """Whether any key can match the client's digest."""
    return not client.key_digest.startswith(_NO_KEY)


def restored(present: Config, earlier: Config) -> tuple[Config, tuple[str, ...]]:
    """An earlier document with today's keys, and what to tell the user about them. A client that was deleted since has
    no key any more."""

    def rule(client: Client, known: Client | None) -> tuple[Client, str | None]:
        return _without_key(client) if known is None else _with_key_of(known, client, "of that revision")

    return _applied(present, earlier, rule)


def imported(present: Config, document: Config) -> tuple[Config, tuple[str, ...]]:
    """A document from anywhere, and what to tell the user about its keys. Clients known here keep their keys; others
    bring their own, unless it was retired here."""

    def rule(client: Client, known: Client | None) -> tuple[Client, str | None]:
        if known is not None:
            return _with_key_of(known, client, "of the document")
        return _without_key(client) if client.key_digest in present.retired_keys else (client, None)

    return _applied(present, document, rule)


def edited(present: Config, document: Config) -> tuple[Config, tuple[str, ...]]:
    """A document that was edited by hand, and what to tell the user about its keys. Only retired keys are refused."""

    def rule(client: Client, known: Client | None) -> tuple[Client, str | None]:
        if client.key_digest not in present.retired_keys:
            return client, None
        return _without_key(client) if known is None else _with_key_of(known, client, "in the file")

    return _applied(present, document, rule)


def with_retired(before: Config, after: Config) -> Config:
    """The next configuration, with the keys that are no longer used retired."""
    used = {client.key_digest for client in after.clients}
    left = (client.key_digest for client in before.clients if has_key(client) and client.key_digest not in used)
    return retire(retire(after, before.retired_keys), left)


def retire(config: Config, digests: Iterable[str]) -> Config:
    retired = tuple(dict.fromkeys((*config.retired_keys, *digests)))
    if len(retired) == len(config.retired_keys):
        return config
    return config.model_copy(update={"retired_keys": retired[-KEPT_RETIRED:]})


def _applied(present: Config, document: Config, rule: ClientRule) -> tuple[Config, tuple[str, ...]]:
    known = {client.id: client for client in present.clients}
    ruled = [rule(client, known.get(client.id)) for client in document.clients]
    clients = tuple(client for client, _ in ruled)
    if clients != document.clients:
        document = document.model_copy(update={"clients": clients})
    return retire(document, present.retired_keys), tuple(said for _, said in ruled if said is not None)


def _with_key_of(known: Client, client: Client, whose: str) -> tuple[Client, str | None]:
    if client.key_digest == known.key_digest:
        return client, None
    kept = client.model_copy(update={"key_digest": known.key_digest, "key_hint": known.key_hint})
    if not has_key(known):
        return kept, f'The client "{client.name}" stays without a key: give it a new one.'
    return kept, f'The client "{client.name}" keeps the key that it has now; the one {whose} is not accepted.'


def _without_key(client: Client) -> tuple[Client, str]:
    unknown = _NO_KEY + hashlib.sha256(client.id.encode("utf-8", "surrogatepass")).hexdigest()[len(_NO_KEY) :]
    kept = client.model_copy(update={"key_digest": unknown, "key_hint": "", "enabled": False})
    return kept, (
        f'The client "{client.name}" was deleted, and its former key is no longer accepted. '
        "It is back disabled and without a key: give it a new key, then enable it."
    )
