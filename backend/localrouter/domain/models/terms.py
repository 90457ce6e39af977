"""The only place that says on which terms a provider answers: whether its calls are free, and how far the prices that
its own list names can be believed.

A list by itself makes nothing free. What the owner said of the provider (`Provider.free`) comes first; a local server
that is known by its preset and reached at a literal loopback address is free unless he says otherwise; anything else
is not known to be free.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from localrouter.domain.configuration.config import Provider


class PriceSource(StrEnum):
    """Where a price comes from: the user's override, the provider's list or the packaged table. `free` is a provider
    declared free, `local` a local server on this computer; both cost 0."""

    OVERRIDE = "override"
    LIST = "list"
    TABLE = "table"
    FREE = "free"  # the owner says that the provider costs nothing
    LOCAL = "local"  # a local server on this computer


class ListPrices(StrEnum):
    """How far the prices in a preset's model list can be believed."""

    NONE = "none"  # nobody knows what its figures mean, if it gives any
    ABOVE_ZERO = "above_zero"  # its prices hold, but it writes 0 for what it does not say, too
    ALL = "all"  # its prices hold, and 0 means that a model is free


@dataclass(frozen=True, slots=True)
class Terms:
    """`free` is why the provider's calls cost nothing, None where they may cost something. Models of a `local` preset
    have no row in the packaged table."""

    preset: str
    local: bool = False
    free: PriceSource | None = None
    list_prices: ListPrices = ListPrices.NONE


def terms_of(provider: Provider, address: str, *, local: bool, list_prices: ListPrices) -> Terms:
    """`address` is where the provider's requests go; `local` and `list_prices` are its preset's."""
    return Terms(provider.preset, local, _why_free(provider, address, local=local), list_prices)


def is_open(provider: Provider, address: str, *, local: bool) -> bool:
    """Whether only the owner can tell if the provider costs anything: a local preset or a private address about which
    he has not said so."""
    if provider.free is not None or _why_free(provider, address, local=local) is not None:
        return False
    return local or _is_private(_host(address))


def _why_free(provider: Provider, address: str, *, local: bool) -> PriceSource | None:
    if provider.free is not None:
        return PriceSource.FREE if provider.free else None
    return PriceSource.LOCAL if local and _is_loopback(_host(address)) else None


def _is_loopback(host: str) -> bool:
    """A literal loopback address. A name, `localhost` too, leads wherever this computer's resolver says."""
    address = _ip(host)
    return address is not None and address.is_loopback


def _is_private(host: str) -> bool:
    address = _ip(host)
    if address is None:
        return host == "localhost" or "." not in host or host.endswith((".localhost", ".local", ".lan", ".internal"))
    return address.is_private or address.is_loopback or address.is_link_local


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").rstrip(".")
    except ValueError:
        return ""
