"""A request as it arrived. It never changes while it is served."""

from __future__ import annotations

from dataclasses import dataclass, field

from localrouter.domain.configuration.config import Client, Strategy
from localrouter.domain.conversation.request import ModelRequest
from localrouter.services.memory import HeldMemory, unlimited


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """`strategy` is the one at its arrival, which chose its candidates. `started` is in clock seconds, `started_wall`
    the same instant in Unix time; `jitter` is how many seconds it waits before a jittered retry. `memory` is the
    account of the memory that it takes."""

    request_id: str
    client: Client
    strategy: Strategy
    asked: ModelRequest
    started: float
    started_wall: float
    jitter: float = 0.0
    memory: HeldMemory = field(default_factory=unlimited)
