"""Opens listening TCP sockets.

They are made with an explicit TCP protocol number. Only then do event loops set TCP_NODELAY on accepted connections,
and without that every answer waits for the peer's delayed acknowledgement.
"""

from __future__ import annotations

import errno
import socket
import sys

from localrouter.domain.errors import Refusal
from localrouter.surfaces.http.reader import bound_unsent

BACKLOG = 1024
HIGHEST_PORT = 65_535


class CannotListen(Refusal):
    """The address cannot be served, whatever the port."""


class PortTaken(Refusal):
    """Another program holds the port."""


def listen(host: str, port: int) -> socket.socket:
    """Listen on a TCP address; port 0 takes any free one."""
    if not 0 <= port <= HIGHEST_PORT:
        raise CannotListen(f"Port {port} does not exist. Choose one from 1 to {HIGHEST_PORT}.")
    family, address = _resolve(host, port)
    try:
        sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise _refusal(host, port, error) from error
    try:
        _claim(sock, address)
    except OSError as error:
        sock.close()
        raise _refusal(host, port, error) from error
    return sock


def listen_on_free(host: str, port: int, tries: int) -> socket.socket:
    """Listen on `port`, or on the first free one of the `tries - 1` that follow it."""
    last = min(port + tries - 1, HIGHEST_PORT)
    for candidate in range(port, last + 1):
        try:
            return listen(host, candidate)
        except PortTaken:
            continue
    raise PortTaken(
        f"The ports {port} to {last} on {host} are all in use. "
        "Stop a program that holds one of them, or choose another with --port or server.port."
    )


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[object, ...]]:
    """Prefers IPv4, since programs that are told `localhost` expect 127.0.0.1 to answer."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (socket.gaierror, UnicodeError) as error:
        raise CannotListen(f"The host name {host!r} is not known. Correct --host or server.host.") from error
    family, _, _, _, address = min(found, key=lambda entry: entry[0] is not socket.AF_INET)
    return family, address


def _claim(sock: socket.socket, address: tuple[object, ...]) -> None:
    """Bind and listen at once: until then a second process could bind the same port."""
    if sys.platform == "win32":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setblocking(False)
    bound_unsent(sock)
    sock.bind(address)
    sock.listen(BACKLOG)


def _refusal(host: str, port: int, error: OSError) -> Refusal:
    match error.errno:
        case errno.EADDRINUSE:
            return PortTaken(
                f"Port {port} on {host} is already in use. "
                "Stop the program that holds it, or choose another with --port or server.port."
            )
        case errno.EACCES:
            return CannotListen(f"Port {port} needs rights that this user lacks. Choose one from 1024 up.")
        case errno.EAFNOSUPPORT:
            return CannotListen(
                f"This computer has IPv6 switched off, so it has no address {host}. Use an IPv4 address."
            )
        case errno.EADDRNOTAVAIL:
            return CannotListen(f"This computer has no address {host}. Correct --host or server.host.")
        case _:
            return CannotListen(f"Cannot listen on {host} port {port}: {error.strerror}.")
