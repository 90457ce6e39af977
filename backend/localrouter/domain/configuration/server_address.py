"""The address of a server as its callers know it, and how it proves there that it is the one they mean.

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
    """What answers a challenge: only a holder of the token can make it, and it is good at no other address.

    `host` is the literal IP address of the connection's server side. Whoever relays a challenge to the real server
    gets a proof for that server's address, not for the one that the caller dialled.
    """
    return _mac(token, (_ROLE, nonce.hex().encode(), plain_address(host).encode(), b"%d" % port))


def prove_age(token: str, nonce: bytes, host: str, port: int, milliseconds: int) -> str:
    """The same of how long the server has listened there. Whoever accepted a caller before that was somebody else, who
    may since have given the port up to the real server, only to pass the caller's challenge on."""
    address = plain_address(host).encode()
    return _mac(token, (_AGE_ROLE, nonce.hex().encode(), address, b"%d" % port, b"%d" % milliseconds))


def _mac(token: str, said: Sequence[bytes]) -> str:
    return hmac.new(token.encode(), b"\n".join(said), hashlib.sha256).hexdigest()


def plain_address(host: str) -> str:
    """An IP address in one spelling: without its zone, and IPv4 as IPv4 also where it came as IPv6."""
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def reachable(url: str) -> str:
    """Where this computer reaches a server whose address is that of the socket: one that listens everywhere, too."""
    parts = urlsplit(url)
    return reachable_at(parts.hostname or "", parts.port or 80)


def reachable_at(host: str, port: int) -> str:
    """`reachable`, for where a socket listens."""
    return url_at(_EVERYWHERE.get(host, host), port)


def url_at(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def pages_address(url: str, code: str | None = None) -> str:
    """The pages of a server; with a code in the fragment, which browsers send to nobody."""
    return f"{reachable(url)}/ui/" + (f"#code={code}" if code is not None else "")
