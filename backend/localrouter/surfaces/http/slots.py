"""Decides which connections a listening socket may hold at once, and which of them give way.

Every connection costs a descriptor, and each running request another one for its provider. A process without
descriptors can neither let its owner in nor write its configuration, so connections are capped well below the limit.
Beyond the cap, the connection that has been silent the longest gives way to a new one; one with a running request is
never cut. If all have one, a few more are accepted in case they are the owner's, since only a request's head tells.
"""

from __future__ import annotations

import logging
import sys
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable

LOG = logging.getLogger(__name__)

SLOTS_KEY = "slots"
MAX_DESCRIPTORS = 16_384  # more than all slots need; a table of millions slows down whatever scans it
DESCRIPTORS_WHERE_LESS = 10_240  # the most that macOS allows a process, whatever it claims
MAX_CONNECTIONS = 4_096
CONNECTIONS_AT_LEAST = 8
OWNERS_SPARE = 32
OWNERS_SOCKET = 32
FOR_FILES = 96  # databases, journals, logs, listening sockets, and short-lived files
TELL_EVERY = 60.0  # seconds


class Rank(Enum):
    """Whose request a head announces, which decides how far into the spare slots it may go."""

    OWNER = "owner"
    VISITOR = "visitor"  # pages and documents need no credentials
    CLIENT = "client"


RankOf = Callable[[bytes, Sequence[tuple[bytes, bytes]]], Rank]
"""Whose request is it, by its target and headers?"""


@runtime_checkable
class RanksRequests(Protocol):
    """An application that can tell whose a request is before running it."""

    @property
    def rank_of(self) -> RankOf: ...


class HeldConnection(Protocol):
    def give_way(self) -> None:
        """Close at once."""


@dataclass(frozen=True, slots=True)
class Room:
    """Room for `most` connections, and `spare` ones for the owner."""

    most: int
    spare: int = 0


class Slots:
    """The connections of one listening socket. A connection is `quiet` while it has no running request."""

    def __init__(self, room: Room, clock: Callable[[], float], rank_of: RankOf) -> None:
        self._room = room
        self._rank_of = rank_of
        self._clock = clock
        self._quiet: OrderedDict[HeldConnection, None] = OrderedDict()  # longest silent first
        self._working: set[HeldConnection] = set()
        self._told_at: float | None = None

    @property
    def count(self) -> int:
        return len(self._quiet) + len(self._working)

    def opened(self, connection: HeldConnection) -> bool:
        """Note a new connection. Returns whether it can stay."""
        room = self._room
        # Even when all slots are busy, a few new connections may wait: they have yet to say whose they are.
        most = min(max(room.most, len(self._working) + room.spare), room.most + room.spare)
        while self.count >= most and self._quiet:
            self._longest_silent_gives_way()
        if self.count >= room.most + room.spare:
            self._tell("refused, because all of them are busy")
            return False
        self._quiet[connection] = None
        return True

    def works(self, connection: HeldConnection) -> None:
        """Note that the connection has a running request from now on."""
        if connection in self._quiet:
            del self._quiet[connection]
            self._working.add(connection)

    def quiet(self, connection: HeldConnection) -> None:
        """Note that the connection waits for its peer, who owes a request or does not read an answer."""
        if connection in self._working:
            self._working.discard(connection)
            self._quiet[connection] = None

    def closed(self, connection: HeldConnection) -> None:
        self._quiet.pop(connection, None)
        self._working.discard(connection)

    def is_full(self) -> bool:
        """Whether there is room for the owner's requests only."""
        return len(self._working) >= self._room.most

    def has_room(self, target: bytes, headers: Sequence[tuple[bytes, bytes]]) -> bool:
        """Whether the request with this head can run although there is no room for everybody's."""
        rank = self._rank_of(target, headers)
        spare = {Rank.OWNER: self._room.spare, Rank.VISITOR: self._room.spare // 2, Rank.CLIENT: 0}[rank]
        return len(self._working) < self._room.most + spare

    def _longest_silent_gives_way(self) -> None:
        connection, _ = self._quiet.popitem(last=False)
        connection.give_way()
        self._tell("made room for by closing those that have been silent the longest")

    def _tell(self, what: str) -> None:
        now = self._clock()
        if self._told_at is None or now - self._told_at >= TELL_EVERY:
            self._told_at = now
            LOG.warning(
                "%d connections are open, as many as this process may hold. Further ones are %s. "
                "A higher limit of open files (ulimit -n) allows up to %d.",
                self._room.most,
                what,
                MAX_CONNECTIONS,
            )


def room_within(descriptors: int) -> Room:
    """How many connections a descriptor limit allows: each may need a second one for its provider."""
    most = (descriptors - FOR_FILES - OWNERS_SPARE - OWNERS_SOCKET) // 2
    return Room(max(CONNECTIONS_AT_LEAST, min(most, MAX_CONNECTIONS)), OWNERS_SPARE)


def raise_descriptor_limit() -> int:
    """Raise the descriptor limit as far as the system allows and is useful. Returns the limit."""
    if sys.platform == "win32":
        return MAX_DESCRIPTORS  # sockets are not files there, and nothing counts them
    import resource  # noqa: PLC0415 - not on every system

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    for wanted in (MAX_DESCRIPTORS, DESCRIPTORS_WHERE_LESS):
        granted = wanted if hard == unlimited else min(wanted, hard)
        if soft == unlimited or soft >= granted:
            break
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (granted, hard))
        except (OSError, ValueError):
            continue
        soft = granted
        break
    return MAX_DESCRIPTORS if soft == unlimited else soft
