"""A server's address as its callers know it, and the proof that the server there is the one they mean.

Standard library only, since scripts use it too.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

NONCE_BYTES = 32
_ROLE = b"localrouter admin server"
_AGE_ROLE = b"localrouter admin server, listening for milliseconds"
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to reach one that listens everywhere


def prove(token: str, nonce: bytes, host: str, port: int) -> str:
    """The answer to a challenge. Only a holder of the token can make it, and it is valid at no other address.

    `host` is the literal IP address of the connection's server side. Somebody who relays a challenge to the real
    server gets a proof for that server's address, not for the one that the caller dialled.
    """
    return _mac(token, (_ROLE, nonce.hex().encode(), plain_address(host).encode(), b"%d" % port))


def prove_age(token: str, nonce: bytes, host: str, port: int, milliseconds: int) -> str:
    """The same for how long the server has listened there. A caller whose connection is older was accepted by another
    program, which may have left the port to the real server just to relay the challenge."""
    address = plain_address(host).encode()
    return _mac(token, (_AGE_ROLE, nonce.hex().encode(), address, b"%d" % port, b"%d" % milliseconds))


def _mac(token: str, said: Sequence[bytes]) -> str:
    return hmac.new(token.encode(), b"\n".join(said), hashlib.sha256).hexdigest()


def plain_address(host: str) -> str:
    """An IP address in its plain spelling: without a zone, and an IPv4 address mapped to IPv6 as IPv4."""
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def reachable(url: str) -> str:
    """The URL by which this computer reaches a server, given its socket's address, even one that listens everywhere."""
    parts = urlsplit(url)
    return reachable_at(parts.hostname or "", parts.port or 80)


def reachable_at(host: str, port: int) -> str:
    """Like `reachable`, for a socket's host and port."""
    return url_at(_EVERYWHERE.get(host, host), port)


def url_at(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def pages_address(url: str, code: str | None = None) -> str:
    """The URL of a server's pages. A code goes into the fragment, which browsers do not send."""
    return f"{reachable(url)}/ui/" + (f"#code={code}" if code is not None else "")
