"""Where a call goes, as the network needs it: the origin, and the first lines of the request."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

import idna

from localrouter.services.upstream.errors import NotSendable

_PORTS = {"http": 80, "https": 443}
_AS_WRITTEN = "".join(map(chr, range(0x21, 0x7F)))  # an address's own escapes stay as they are
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True)
class Origin:
    """`host` is what is looked up and, with TLS, what the certificate must be for."""

    is_tls: bool
    host: str
    port: int
    authority: str  # the value of `Host`


@dataclass(frozen=True, slots=True)
class Address:
    """A base URL or a proxy's. `credentials` is the value of `Proxy-Authorization` where the URL holds a user."""

    origin: Origin
    path: str
    credentials: str | None = field(default=None, repr=False)


@lru_cache(maxsize=1_024)
def read_address(url: str) -> Address:
    """Raises `NotSendable` for one that HTTP cannot carry."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
        if host is None or scheme not in _PORTS or not url.isprintable() or " " in url:
            raise NotSendable(url)
        host = host if host.isascii() else idna.encode(host, uts46=True).decode()
    except (ValueError, idna.IDNAError):
        raise NotSendable(url) from None
    port = port or _PORTS[scheme]
    authority = f"[{host}]" if ":" in host else host
    if port != _PORTS[scheme]:
        authority = f"{authority}:{port}"
    credentials = None
    if parts.username is not None:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        credentials = f"Basic {base64.b64encode(user.encode()).decode()}"
    return Address(Origin(scheme == "https", host, port, authority), escaped(parts.path.rstrip("/")), credentials)


def escaped(path: str) -> str:
    """What stands in an address after its origin, as bytes that a request line may have."""
    return path if path.isascii() and path.isprintable() and " " not in path else quote(path, safe=_AS_WRITTEN)


def head_of(method: str, target: str, headers: Mapping[str, str], length: int | None) -> bytes:
    """A request's head. Raises `NotSendable` for a header that HTTP cannot carry.

    `length`: bytes of the body; None for a request without one.
    """
    lines = [f"{method} {target} HTTP/1.1"]
    for name, value in headers.items():
        if not _is_token(name) or "\r" in value or "\n" in value or "\0" in value:
            raise NotSendable(name)
        lines.append(f"{name}: {value}")
    if length is not None:
        lines.append(f"content-length: {length}")
    lines.append("\r\n")
    try:
        return "\r\n".join(lines).encode()
    except UnicodeEncodeError:
        raise NotSendable(target) from None


@lru_cache(maxsize=1_024)
def _is_token(name: str) -> bool:
    return _TOKEN.fullmatch(name) is not None
