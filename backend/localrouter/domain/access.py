"""The only place that knows what keys, session tokens and one-time codes look like, and whose a key is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
from urllib.parse import urlsplit

from localrouter.domain.config import Client
from localrouter.domain.snapshot import Snapshot

KEY_PREFIX = "lr-"
KEY_BYTES = 32
HINT_LENGTH = 4
SESSION_PREFIX = "lrs-"
CODE_PREFIX = "lrc-"
SECRET_BYTES = 32
NONCE_BYTES = 32
_ROLE = b"localrouter admin server"
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to reach one that listens everywhere


def digest(key: str) -> str:
    """What is stored of a key: it can be checked by it, and not be guessed from it."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def new_key(random_bytes: bytes) -> str:
    """A key of `KEY_BYTES` random bytes."""
    if len(random_bytes) != KEY_BYTES:
        raise ValueError(f"a key is made of {KEY_BYTES} random bytes")
    return new_secret(KEY_PREFIX, random_bytes)


def new_secret(prefix: str, random_bytes: bytes) -> str:
    return prefix + base64.urlsafe_b64encode(random_bytes).rstrip(b"=").decode()


def hint(key: str) -> str:
    """The end of a key, by which its owner recognises it."""
    return key[-HINT_LENGTH:]


def authenticate(snapshot: Snapshot, key: str) -> Client | None:
    """The client that a key belongs to, unless it is disabled."""
    client = snapshot.client_by_digest(digest(key))
    return client if client is not None and client.enabled else None


def prove(token: str, nonce: bytes, host: str, port: int) -> str:
    """What answers a challenge: only a holder of the token can make it, and it is good at no other address.

    `host` is the literal IP address of the connection's server side. Whoever relays a challenge to the real server
    gets a proof for that server's address, not for the one that the caller dialled.
    """
    said = b"\n".join((_ROLE, nonce.hex().encode(), plain_address(host).encode(), b"%d" % port))
    return hmac.new(token.encode(), said, hashlib.sha256).hexdigest()


def plain_address(host: str) -> str:
    """An IP address in one spelling: without its zone, and IPv4 as IPv4 also where it came as IPv6."""
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def reachable(url: str) -> str:
    """Where this computer reaches a server whose address is that of the socket: one that listens everywhere, too."""
    parts = urlsplit(url)
    host = _EVERYWHERE.get(parts.hostname or "", parts.hostname or "")
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{parts.port}"


def pages_address(url: str, code: str | None = None) -> str:
    """The pages of a server; with a code in the fragment, which browsers send to nobody."""
    return f"{reachable(url)}/ui/" + (f"#code={code}" if code is not None else "")
