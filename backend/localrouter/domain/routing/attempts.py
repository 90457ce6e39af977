"""One call of one model: what came of it, for the decision that follows, for limits and for the record."""

from __future__ import annotations

from dataclasses import dataclass, field

from localrouter.domain.conversation.request import Usage
from localrouter.domain.routing.attempt_ends import CountedUsage
from localrouter.domain.routing.failures import Failure, FailureKind


@dataclass(frozen=True, slots=True)
class Attempt:
    """One finished call. Times in seconds, `started_at` in Unix time, cost in picodollars; `kind` is None where it
    answered. `counted` is what limits count of it, None where that is its usage. `dispatched`: false where nothing was
    sent, so that a request which has no other attempt counts in no limit.

    `failure` and `ended`, in clock seconds, are for decisions while the request runs. A record keeps neither, and they
    are no part of what an attempt is compared by.
    """

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
    counted: CountedUsage | None = None
    label: str | None = None  # what sums call the model, where that is not its name
    dispatched: bool = True
    failure: Failure | None = field(default=None, compare=False, repr=False)
    ended: float = field(default=0.0, compare=False, repr=False)

    @property
    def name(self) -> str:
        return f"{self.provider}/{self.model}"

    @property
    def counted_as(self) -> str:
        """The name under which the model's sums are kept."""
        return self.model if self.label is None else self.label
