"""The form of keys, session tokens and one-time codes, and the client that a key belongs to."""

from __future__ import annotations

import base64
import hashlib
import re

from localrouter.domain.configuration.config import Client
from localrouter.domain.configuration.snapshot import Snapshot

KEY_PREFIX = "lr-"
KEY_BYTES = 32
HINT_LENGTH = 4
SESSION_PREFIX = "lrs-"
CODE_PREFIX = "lrc-"
SECRET_BYTES = 32
_OURS = re.compile(r"(?i)lr[sc]?-[a-z0-9_-]{20,}")


def digest(key: str) -> str:
    """What is stored of a key: enough to check it, not to guess it."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def new_key(random_bytes: bytes) -> str:
    """A key of `KEY_BYTES` random bytes."""
    if len(random_bytes) != KEY_BYTES:
        raise ValueError(f"a key is made of {KEY_BYTES} random bytes")
    return new_secret(KEY_PREFIX, random_bytes)


def new_secret(prefix: str, random_bytes: bytes) -> str:
    return prefix + base64.urlsafe_b64encode(random_bytes).rstrip(b"=").decode()


def without_keys(text: str) -> str:
    """The text with `[key]` in place of anything in the form of our keys, sessions or codes. The form must suffice,
    since only their digests are kept."""
    return _OURS.sub("[key]", text) if KEY_PREFIX[:2] in text.lower() else text


def hint(key: str) -> str:
    """The end of a key, by which its owner recognises it."""
    return key[-HINT_LENGTH:]


def authenticate(snapshot: Snapshot, *keys: str) -> Client | None:
    """The client that one of the keys belongs to, unless it is disabled or another key is another client's. Keys that
    are nobody's do not matter."""
    owners = {client.id: client for key in keys if (client := snapshot.client_by_digest(digest(key))) is not None}
    if len(owners) != 1:
        return None
    (client,) = owners.values()
    return client if client.enabled else None
