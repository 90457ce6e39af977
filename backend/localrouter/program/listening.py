"""Where the program listens, at start and after a restart.

Its port is never free while the program runs. So if another program ever answers there, ours has ended, and its
sessions are worthless.
"""

from __future__ import annotations

import logging
import socket
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from localrouter.domain.configuration.config import Config, Server
from localrouter.domain.configuration.edits.providers import update_section
from localrouter.domain.configuration.server_address import reachable, url_at
from localrouter.domain.errors import Refusal, Unavailable
from localrouter.services.configuration.store import ConfigStore
from localrouter.services.instance.home import Home
from localrouter.services.instance.local_addresses import network_hosts
from localrouter.surfaces.http.listener import listen, listen_on_free
from localrouter.surfaces.http.unix_socket import HAS_UNIX_SOCKETS, listen_unix

LOG = logging.getLogger(__name__)

PORTS_TO_TRY = 100
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened on

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """Where to listen, if not where the configuration says. `may_move`: if the port is taken, use the next free one."""

    host: str | None = None
    port: int | None = None
    may_move: bool = False


@dataclass(frozen=True, slots=True)
class Sockets:
    """What the program listens on: an address, and the socket in its home if that is possible."""

    public: socket.socket
    owner: socket.socket | None

    def again(self) -> Self:
        """Duplicates of the sockets. While either copy is open, nobody else can take the address, and callers wait."""
        return type(self)(self.public.dup(), None if self.owner is None else self.owner.dup())

    def close(self) -> None:
        self.public.close()
        if self.owner is not None:
            self.owner.close()

    def moved(self, to: Address) -> Self:
        return type(self)(_moved(self.public, to), self.owner)


def first_sockets(store: ConfigStore, place: ListenAddress, owner: Path) -> Sockets:
    """`owner` is the path of the socket in the home."""
    public = first_socket(store, place)
    _tell_network(public, store.config.server.allowed_hosts)
    if not HAS_UNIX_SOCKETS:
        return Sockets(public, None)
    try:
        return Sockets(public, listen_unix(owner))
    except OSError as error:
        LOG.warning("%s cannot be made (%s). Commands reach this LocalRouter at its port instead.", owner, error)
        return Sockets(public, None)


def first_socket(store: ConfigStore, place: ListenAddress) -> socket.socket:
    """The listening socket. A taken port is replaced only before the first key exists, when nobody can know it yet."""
    server = store.config.server
    host, port = place.host or server.host, server.port if place.port is None else place.port
    if place.port is not None or (store.config.clients and not place.may_move):
        return listen(host, port)
    sock = listen_on_free(host, port, PORTS_TO_TRY)
    taken = sock.getsockname()[1]
    if taken != server.port:
        how_long = _keep_port(store, taken)
        if not place.may_move:
            store.report(
                f"Port {server.port} is in use by another program. LocalRouter listens on port {taken} {how_long}. "
                f"Tell your programs this base URL: {reachable(url_of(sock))}/v1"
            )
    return sock


def _keep_port(store: ConfigStore, port: int) -> str:
    """Writes the port to the document, if that is writable. Says for how long the port will hold."""
    try:
        store.commit(lambda config: _with_port(config, port), by_itself=True)
    except Unavailable as refusal:
        return f"until it is restarted, because this cannot be saved ({refusal.message.rstrip('.')})"
    return "from now on, and keeps it (server.port)"


def _tell_network(sock: socket.socket, allowed_hosts: tuple[str, ...]) -> None:
    """Logs where others on the network reach it, and what keeps them from doing so."""
    host, port = address_of(sock)
    for address in network_hosts(host):
        url = f"{url_at(address, port)}/v1"
        if address in allowed_hosts:
            LOG.info("Other computers reach this LocalRouter at %s", url)
        else:
            said = "Other computers would reach this LocalRouter at %s, and are refused until %s is in %s (Settings)."
            LOG.warning(said, url, address, "server.allowed_hosts")


def address_of(sock: socket.socket) -> Address:
    host, port = sock.getsockname()[:2]
    return host, port


def url_of(sock: socket.socket) -> str:
    return url_at(*address_of(sock))


def open_command(home: Home, host: str) -> str:
    """What the pages tell a visitor to type. If other computers may read them, the command names no folder."""
    return home.shell_command("open") if ip_address(host).is_loopback else "localrouter open"


def address_after(now: Server, before: Server, sock: socket.socket) -> Address:
    """Where to listen after a restart: at the configured address if that was changed, else at the present one."""
    return address_of(sock) if (now.host, now.port) == (before.host, before.port) else (now.host, now.port)


def is_covered(before: Address, after: Address) -> bool:
    """Whether every address that `before` covered is still ours after a move to `after`. Listening everywhere covers
    the addresses of its own family only: whether IPv6 includes IPv4 is up to the system."""
    is_wider = after[0] in _EVERYWHERE and (":" in before[0]) == (":" in after[0])
    return before == after or (before[1] == after[1] and is_wider)


def _moved(kept: socket.socket, to: Address) -> socket.socket:
    """Listen at the new address, or at the former one if somebody took the new one in the meantime."""
    before = address_of(kept)
    if to == before:
        return kept
    kept.close()
    try:
        return listen(*to)
    except Refusal as refusal:
        LOG.error("%s LocalRouter stays at %s:%d.", refusal.message, *before)
        return listen(*before)


def _with_port(config: Config, port: int) -> Config:
    return update_section(config, "server", {"port": port})
