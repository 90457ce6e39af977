"""Why a request ends before its answer does.

The reason travels as the argument of the cancellation: `task.cancel(SHUT_DOWN)`. Whoever catches it asks `reason_of`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from localrouter.domain.metrics.samples import Outcome


@dataclass(frozen=True, slots=True)
class AbortReason:
    """What the record says of the end: its words, its outcome and its status."""

    message: str
    outcome: Outcome
    status: int


CLIENT_LEFT = AbortReason("The client closed the connection.", Outcome.CANCELLED, 499)
READER_STOPPED = AbortReason("The client stopped reading its answer, and was cut off.", Outcome.CANCELLED, 499)
CLIENT_REFUSED = AbortReason("The client sent something that is no HTTP, and was cut off.", Outcome.CANCELLED, 499)
SHUT_DOWN = AbortReason("LocalRouter was shutting down.", Outcome.FAILED, 503)
BROKE_DOWN = AbortReason("LocalRouter failed; the log has the details under the request's id.", Outcome.FAILED, 500)


def reason_of(cancelled: asyncio.CancelledError) -> AbortReason:
    """A cancellation without a reason comes from the connection: its client left."""
    return next((reason for reason in cancelled.args if isinstance(reason, AbortReason)), CLIENT_LEFT)
