"""A request that is being served, as far as it can be told of before its record."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RequestPhase(StrEnum):
    """What a running request is doing now."""

    WAITING = "waiting"  # for running requests of its strategy to make room
    PAUSING = "pausing"  # before the same model is called once more
    CALLING = "calling"  # a model was called and has not answered yet
    STREAMING = "streaming"  # the answer is being passed on


@dataclass(frozen=True, slots=True)
class RunningRequest:
    """A request that is being served. `started_at` is in Unix seconds. `model` is the `provider/name` being called,
    after `attempts` attempts; `trace` explains the route so far, in the same shape as in `get_request`."""

    request_id: str
    started_at: float
    duration_ms: float
    client_id: str
    strategy_id: str
    endpoint: str
    model_asked: str
    streamed: bool
    doing: RequestPhase
    model: str | None
    attempts: int
    trace: dict[str, object]
