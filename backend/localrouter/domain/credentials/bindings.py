"""What a credential is bound to: where it may be sent, and through what. Addresses are compared for that here alone.

A stored key is bound when it is set, a variable by the environment that holds it. The configuration can point a
credential elsewhere (a command, an import, a restored revision, an edit by hand), but it cannot bind one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, quote, urlsplit

from localrouter.domain.configuration.config import Provider

ENVIRONMENT, STORE = "env:", "store:"
SECRET_FIELD, PROXY_FIELD, HEADER_FIELDS = "secret", "proxy", "headers."
KEY_VARIABLES = "LOCALROUTER_KEY_"
FOR_SUFFIX = "_FOR"
PROXY_VARIABLES = frozenset(
    name for upper in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY") for name in (upper, upper.lower())
)
CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")

_DEFAULT_PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_READ_DIFFERENTLY = frozenset("ßς\u200c\u200d")  # the two standards for such names lead to two different hosts
_LONGEST_NAME = 253
_IN_A_PATH = "/%:@!$&'()*+,;=~"


@dataclass(frozen=True, slots=True)
class Destination:
    """Scheme, host and port as `origin_of` writes them, and what a call passes through on its way there.

    `proxy` is the proxy's origin, or the reference that names it.
    """

    origin: str
    proxy: str | None = None
    ca_file: str | None = None


def uses(provider: Provider) -> Iterator[tuple[str, str]]:
    """Each field of a provider that refers to a credential, with the reference."""
    fields = {SECRET_FIELD: provider.secret, PROXY_FIELD: provider.proxy}
    fields |= {f"{HEADER_FIELDS}{name}": value for name, value in provider.headers.items()}
    for field, value in fields.items():
        if value is not None and value.startswith((ENVIRONMENT, STORE)):
            yield field, value


def origin_of(address: str, *, may_hold_user: bool = False) -> str | None:
    """Scheme, host and port of an http(s) address in one normal form.

    None where two readers could understand the address differently, so that no credential is sent there.
    """
    if not address.isprintable() or " " in address or "\\" in address:
        return None
    try:
        url = urlsplit(address)
        port = url.port
    except ValueError:
        return None
    if url.scheme not in _DEFAULT_PORTS or port == 0 or url.netloc.count("@") > may_hold_user:
        return None
    host = _host(url)
    if host is None:
        return None
    return f"{url.scheme}://{host}" if port in (None, _DEFAULT_PORTS[url.scheme]) else f"{url.scheme}://{host}:{port}"


def is_literal_loopback(origin: str) -> bool:
    """Whether an origin is this computer by its number: no name that somebody could answer for."""
    try:
        return ip_address(urlsplit(origin).hostname or "").is_loopback
    except ValueError:
        return False


def with_origin(address: str, origin: str) -> str:
    """The address with its scheme, host and port written as they were judged: what is judged is what is called. In its
    path stands nothing that no request line can carry."""
    return origin + quote(urlsplit(address).path, safe=_IN_A_PATH)


def origins_for(
    variable: str, environment: Mapping[str, str], presets: Mapping[str, frozenset[str]]
) -> tuple[str, ...]:
    """Where the environment lets a variable be sent; `presets` are the origins of the presets whose variable it is."""
    if variable in presets or variable.startswith(KEY_VARIABLES):
        named = environment.get(variable + FOR_SUFFIX, "").replace(",", " ").split()
        if named:
            return tuple(origin for address in named if (origin := origin_of(address)) is not None)
    return tuple(sorted(presets.get(variable, ())))


def may_stay_here(variable: str, environment: Mapping[str, str], here: Destination) -> bool:
    """Whether a variable made for the router, for no address in particular, would not leave this computer."""
    is_ours = variable.startswith(KEY_VARIABLES) and not environment.get(variable + FOR_SUFFIX)
    return is_ours and here.proxy is None and is_literal_loopback(here.origin)


def ways_of(environment: Mapping[str, str]) -> tuple[frozenset[str], frozenset[str]]:
    """The proxies and the CA files that the environment itself names, for what it holds."""
    named = [(name, environment[name]) for name in PROXY_VARIABLES if environment.get(name)]
    origins = [origin_of(value, may_hold_user=True) for _, value in named]
    proxies = {f"{ENVIRONMENT}{name}" for name, _ in named} | {origin for origin in origins if origin is not None}
    return frozenset(proxies), frozenset(value for name in CA_VARIABLES if (value := environment.get(name)))


def what_is(field: str) -> str:
    """How a field is called in a sentence."""
    if field.startswith(HEADER_FIELDS):
        return f'header "{field.removeprefix(HEADER_FIELDS)}"'
    return {SECRET_FIELD: "key"}.get(field, field)


def setting_again(field: str) -> str:
    """Where a credential is set, and so bound to where its provider points then."""
    return "on its page or with set_provider_key" if field == SECRET_FIELD else f"with set_provider_key, field={field}"


def moved(bound: tuple[Destination, ...], here: Destination) -> str:
    """What differs between where a credential was set for and where it would go now, as the rest of a sentence."""
    if not bound:
        return f"was not set for {here.origin}"
    near = next((each for each in bound if each.origin == here.origin), bound[0])
    if near.origin != here.origin:
        return f"was set for {near.origin}, and the address is now {here.origin}"
    if near.proxy != here.proxy:
        return f"was set to be sent {_through(near.proxy)}, and would now be sent {_through(here.proxy)}"
    return f"was set for {_trusting(near.ca_file)}, and the provider now has {_trusting(here.ca_file)}"


def _through(proxy: str | None) -> str:
    return "without a proxy" if proxy is None else f"through the proxy {proxy}"


def _trusting(ca_file: str | None) -> str:
    return "no `ca_file`" if ca_file is None else f"the `ca_file` {ca_file}"


def _host(url: SplitResult) -> str | None:
    name = url.hostname or ""
    if "[" in url.netloc or ":" in name:
        return _ipv6(name)
    if not name.isascii():
        if not _READ_DIFFERENTLY.isdisjoint(name):
            return None
        try:
            name = name.encode("idna").decode().lower()
        except UnicodeError:
            return None
    name = name.removesuffix(".")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return _ipv4(name)
    return name if _NAME.fullmatch(name) and len(name) <= _LONGEST_NAME else None


def _ipv4(name: str) -> str | None:
    """Only the usual form: 127.1, 0x7f000001 and 2130706433 are addresses to some readers and names to others."""
    try:
        return str(IPv4Address(name))
    except ValueError:
        return None


def _ipv6(name: str) -> str | None:
    try:
        address = IPv6Address(name)
    except ValueError:
        return None
    if address.scope_id is not None:
        return None
    return f"[{address.compressed}]" if address.ipv4_mapped is None else str(address.ipv4_mapped)
