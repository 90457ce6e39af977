"""Observes whether a client reads what it is sent, as far as the system can tell.

Written bytes wait in the transport, then in the kernel, until the peer's kernel has room for them. Linux says how much
the peer has taken. Elsewhere, and on Unix sockets, the bytes left in the transport are all there is to go by.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys

_INFO_BYTES = 148
_UNACKED, _ACKED, _NOT_SENT = 24, 120, 144  # offsets in the kernel's `struct tcp_info`
MAX_UNSENT_BYTES = 128 * 1024  # bytes that the kernel buffers beyond what is in transit, on systems with such an option


class Reader:
    """The peer of one connection, checked now and then."""

    __slots__ = ("_mark", "_since", "_socket", "_transport", "is_owed")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        sock = transport.get_extra_info("socket")
        has_info = sys.platform == "linux" and sock is not None and sock.family != socket.AF_UNIX
        self._socket = sock if has_info else None
        self._mark: object = None
        self._since: float | None = None
        self.is_owed = False  # whether bytes waited for it at the last check

    def silent_for(self, now: float, resumed: int) -> float:
        """Seconds since the last check that found it had taken something; 0 if nothing waits. `resumed` counts how
        often the transport has asked for more."""
        left = self._transport.get_write_buffer_size()
        under_way, taken = self._in_kernel()
        self.is_owed = left > 0 or under_way
        mark = (left, taken, resumed) if taken is None else taken
        if not self.is_owed:
            self._since = None
        elif self._since is None or mark != self._mark:
            self._since, self._mark = now, mark
        return 0.0 if self._since is None else now - self._since

    def _in_kernel(self) -> tuple[bool, int | None]:
        """Whether bytes wait in the kernel, and how many the peer has taken in all, if known."""
        if self._socket is None:
            return False, None
        try:
            info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_BYTES)
        except OSError:
            return False, None
        if len(info) < _INFO_BYTES:
            return False, None
        unacked, not_sent = _number("I", info, _UNACKED), _number("I", info, _NOT_SENT)
        return unacked + not_sent > 0, _number("Q", info, _ACKED)


def bound_unsent(sock: socket.socket) -> None:
    """Let the kernel buffer little for slow readers. Connections inherit this from the listening socket."""
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, MAX_UNSENT_BYTES)


def _number(kind: str, info: bytes, at: int) -> int:
    return int(struct.unpack_from(f"={kind}", info, at)[0])
