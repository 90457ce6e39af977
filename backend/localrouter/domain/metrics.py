"""What is recorded of a request: one sample, with one row for each attempt that it took."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from localrouter.domain.chat import Usage
from localrouter.domain.failures import FailureKind


class Outcome(StrEnum):
    SUCCESS = "success"
    FAILED = "failed"  # every attempt failed, or the answer broke off
    DENIED = "denied"  # refused by a limit before anything was dispatched
    CANCELLED = "cancelled"  # the client left


@dataclass(frozen=True, slots=True)
class AttemptSample:
    """One call of one model. Times in seconds, cost in picodollars; `kind` is None where it answered."""

    provider: str
    model: str
    kind: FailureKind | None
    status: int | None
    started_at: float
    duration: float
    first_token: float | None
    usage: Usage
    cost: int
    unpriced: bool
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One request, from its arrival to its record.

    `started_at` is Unix time in seconds; `duration`, `first_token` and `overhead` are seconds. `usage` and `cost`
    (picodollars) are the sums over its attempts. `trace` is the routing explanation as JSON text.
    """

    request_id: str
    started_at: float
    client_id: str
    strategy_id: str
    endpoint: str
    model_asked: str
    provider_served: str | None
    model_served: str | None
    outcome: Outcome
    kind: FailureKind | None
    status: int
    streamed: bool
    duration: float
    first_token: float | None
    overhead: float
    usage: Usage
    cost: int
    unpriced: bool
    attempts: tuple[AttemptSample, ...]
    trace: str
