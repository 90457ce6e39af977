"""Why a request ends before its answer does.

The reason travels as the argument of the cancellation: `task.cancel(SHUT_DOWN)`. Whoever catches it calls `reason_of`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from localrouter.domain.metrics.samples import Outcome


@dataclass(frozen=True, slots=True)
class AbortReason:
    """What the record says about the end: its message, its outcome and its status."""

    message: str
    outcome: Outcome
    status: int


CLIENT_LEFT = AbortReason("The client closed the connection.", Outcome.CANCELLED, 499)
READER_STOPPED = AbortReason("The client stopped reading its answer and was disconnected.", Outcome.CANCELLED, 499)
CLIENT_REFUSED = AbortReason("The client sent something that is not HTTP and was disconnected.", Outcome.CANCELLED, 499)
SHUT_DOWN = AbortReason("LocalRouter was shutting down.", Outcome.FAILED, 503)
BROKE_DOWN = AbortReason("LocalRouter failed; the log has the details under the request's id.", Outcome.FAILED, 500)


def reason_of(cancelled: asyncio.CancelledError) -> AbortReason:
    """The reason for a cancellation. Without one it comes from the connection: the client left."""
    return next((reason for reason in cancelled.args if isinstance(reason, AbortReason)), CLIENT_LEFT)
