"""What the services announce. Events carry names, not data: whoever listens reads again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConfigChanged:
    """A commit. `changed` names what it touched: `strategies`, `clients`, `providers`, `server`, …"""

    revision: int
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MetricsChanged:
    """New samples were written."""


@dataclass(frozen=True, slots=True)
class RequestFinished:
    request_id: str


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """Something that `get_server_status` tells has changed."""


@dataclass(frozen=True, slots=True)
class Resync:
    """The listener was too slow; its queue collapsed into this one notice."""


Event = ConfigChanged | MetricsChanged | RequestFinished | ServerStatus | Resync
