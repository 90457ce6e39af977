"""A request as it arrived. It never changes while it is served."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from localrouter.domain.configuration.config import Client, Strategy
from localrouter.domain.conversation.request import ModelRequest
from localrouter.services.memory import HeldMemory, unlimited

OpenEarly = Callable[[Sequence[tuple[bytes, bytes]]], Awaitable[None]]  # takes the headers that are known by then


@dataclass(frozen=True, slots=True)
class IncomingRequest:
    """`strategy` is the one at its arrival, which chose its candidates. `started` is in clock seconds, `started_wall`
    the same instant in Unix time; `jitter` is how many seconds it waits before a jittered retry. `memory` is the
    account of the memory that it takes; `open_early` sends its client the head of the stream before anything is said,
    where that is wanted."""

    request_id: str
    client: Client
    strategy: Strategy
    asked: ModelRequest
    started: float
    started_wall: float
    jitter: float = 0.0
    memory: HeldMemory = field(default_factory=unlimited)
    open_early: OpenEarly | None = None

    @property
    def stamped(self) -> ModelRequest:
        """The request for whoever writes its answer, which bears an id and a time."""
        return replace(self.asked, id=self.request_id.removeprefix("req_"), arrived_at=int(self.started_wall))
