"""What the services announce. Events carry names, not data: whoever listens reads again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


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


class Source(StrEnum):
    """What a command may read and an event may say has changed: `CONFIG` is the document as a whole, which every commit
    changes, and what follows it are the document's sections. `USAGE` is what was recorded or is running; `STATUS` is
    everything else that the program knows only while it runs: health, model lists, problems, sessions."""

    CONFIG = "config"
    SERVER = "server"
    NOTICES = "notices"
    DESKTOP = "desktop"
    LOGGING = "logging"
    METRICS = "metrics"
    PROVIDERS = "providers"
    CLIENTS = "clients"
    STRATEGIES = "strategies"
    PRICING_OVERRIDES = "pricing_overrides"
    USAGE = "usage"
    STATUS = "status"


# What each event says has changed, beside the sections that a commit names; None where it may be anything.
CHANGES: Mapping[type[Event], tuple[Source, ...] | None] = {
    ConfigChanged: (Source.CONFIG,),
    MetricsChanged: (Source.USAGE,),
    RequestFinished: (Source.USAGE,),
    ServerStatus: (Source.STATUS,),
    Resync: None,
}
