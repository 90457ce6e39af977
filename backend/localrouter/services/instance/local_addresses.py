"""This computer's addresses: where others on the network can reach it, and which calls would reach ourselves."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import struct
import sys
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from localrouter.domain.configuration.server_address import plain_address

_ROUTED = (
    "192.0.2.1",
    "2001:db8::1",
)  # belong to no computer; only used to ask which local address would be the source, nothing is sent
_GET_ADDRESS = 0x8915  # SIOCGIFADDR
_IPV6_OF_LINUX = Path("/proc/net/if_inet6")
RESOLVED_WITHIN = 1.0  # seconds


def network_addresses() -> tuple[str, ...]:
    """The addresses at which others on the network can reach this computer, IPv4 first."""
    found = {address for text in (*_routed(), *_ipv4_of_linux(), *_ipv6_of_linux()) if (address := _usable(text))}
    return tuple(str(address) for address in sorted(found, key=lambda address: (address.version, int(address))))


def network_hosts(listens_at: str) -> tuple[str, ...]:
    """The hosts by which others on the network reach a listening address; none if it is loopback."""
    with suppress(ValueError):
        address = ipaddress.ip_address(plain_address(listens_at))
        if address.is_unspecified:
            return network_addresses()
        return () if address.is_loopback else (str(address),)
    return ()


def is_own(address: str) -> bool:
    """Whether an IP address is one of this computer's."""
    plain = ipaddress.ip_address(plain_address(address))
    if plain.is_loopback or plain.is_unspecified:
        return True
    family = socket.AF_INET if plain.version == 4 else socket.AF_INET6
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.bind((str(plain), 0))
        return True
    return False


async def resolved(host: str) -> tuple[str, ...]:
    """The IP addresses of a host; none if it does not resolve within `RESOLVED_WITHIN`."""
    with suppress(ValueError):
        return (plain_address(host),)
    loop = asyncio.get_running_loop()
    with suppress(OSError, TimeoutError, UnicodeError):
        async with asyncio.timeout(RESOLVED_WITHIN):
            found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            return tuple({plain_address(str(address[0])) for *_, address in found})
    return ()


def _usable(text: str) -> IPv4Address | IPv6Address | None:
    with suppress(ValueError):
        address = ipaddress.ip_address(text)
        if not (address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast):
            return address
    return None


def _routed() -> list[str]:
    """The source address of each family's default route."""
    found = []
    for target in _ROUTED:
        family = socket.AF_INET6 if ":" in target else socket.AF_INET
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect((target, 9))
            found.append(str(sock.getsockname()[0]))
    return found


def _ipv4_of_linux() -> list[str]:
    if sys.platform != "linux":
        return []
    import fcntl  # noqa: PLC0415 - Windows has none

    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for _, name in socket.if_nameindex():
            with suppress(OSError):
                answer = fcntl.ioctl(sock, _GET_ADDRESS, struct.pack("256s", name.encode()[:15]))
                found.append(socket.inet_ntoa(answer[20:24]))
    return found


def _ipv6_of_linux() -> list[str]:
    try:
        lines = _IPV6_OF_LINUX.read_text("ascii").splitlines()
    except OSError:
        return []
    return [str(IPv6Address(bytes.fromhex(line.split()[0]))) for line in lines if line]
