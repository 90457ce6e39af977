"""What a request has tried: finished calls, the call in progress, and the time spent waiting for others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile

from localrouter.domain.routing.attempt_ends import NOTHING_RECEIVED, AnswerSoFar
from localrouter.domain.routing.attempts import Attempt
from localrouter.domain.routing.decide import Candidate
from localrouter.domain.routing.failures import Failure


def nothing_left_out(_failure: Failure) -> None:
    """No other call would be of use."""


@dataclass(slots=True)
class ProviderCall:
    """The call in progress to one candidate. Times are clock seconds; `came` returns what has arrived of its answer so
    far, whoever has seen it."""

    candidate: Candidate
    started: float
    dispatched: bool = False
    first_token: float | None = None
    status: int | None = None
    came: Callable[[], AnswerSoFar] = lambda: NOTHING_RECEIVED
    left_out: Callable[[Failure], str | None] = nothing_left_out  # the field to leave out after a refusal
    renamed: Mapping[str, str] = field(default_factory=dict)  # names of tools as they were sent, to the program's own


@dataclass(slots=True)
class AttemptLog:
    """`external_wait`: seconds spent waiting for providers, retries and other requests."""

    attempts: list[Attempt] = field(default_factory=list)
    call: ProviderCall | None = None
    external_wait: float = 0.0

    def begin_call(self, candidate: Candidate, now: float) -> ProviderCall:
        self.call = ProviderCall(candidate, started=now)
        return self.call

    def end_call(self, now: float) -> ProviderCall | None:
        call, self.call = self.call, None
        if call is not None:
            self.external_wait += now - call.started
        return call

    @property
    def served_by(self) -> Attempt | None:
        """The attempt that answered."""
        return self.attempts[-1] if self.attempts and self.attempts[-1].kind is None else None

    def cost(self) -> int:
        """In picodollars."""
        return sum(attempt.cost for attempt in self.attempts)

    def left_out(self, candidate: Candidate) -> frozenset[str]:
        """The fields that the candidate has refused so far, without which it is called again."""
        refused = (attempt.failure for attempt in self.attempts if attempt.name == candidate.name)
        return frozenset(
            failure.left_out for failure in refused if failure is not None and failure.left_out is not None
        )

    def calls_in_a_row(self) -> int:
        """How many times in a row the last attempt's model was called."""
        name = self.attempts[-1].name
        return len(list(takewhile(lambda attempt: attempt.name == name, reversed(self.attempts))))

    def overhead(self, started: float, now: float) -> float:
        """Seconds that a request has spent in the router itself so far."""
        calling = 0.0 if self.call is None else now - self.call.started
        return max(0.0, now - started - self.external_wait - calling)
