"""What a start finds: usage that nobody knows any more, and the records of requests that only the journal tells of.

The journal goes on telling of those requests until their records are written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from localrouter.domain.conversation.request import Usage
from localrouter.domain.limits.recovery import (
    CUT_KIND,
    CUT_STATUS,
    KILLED,
    Database,
    JournalTold,
    RequestStart,
    UsageLoss,
    loss_words,
    usage_loss,
)
from localrouter.domain.limits.windows import MONTH
from localrouter.domain.metrics.samples import Outcome, Sample, total_usage
from localrouter.domain.routing.attempt_ends import CountedUsage
from localrouter.domain.routing.attempts import Attempt
from localrouter.domain.routing.trace import recovered_trace
from localrouter.services.ledger.records import End, OpenCall
from localrouter.services.ledger.replay import JournaledRequest, Line, Replay, end_line, whole_line


@dataclass(frozen=True, slots=True)
class Loss:
    """What was used before `at` (steady seconds) is not known; `cause` is None where an earlier release noted it."""

    at: float
    cause: UsageLoss | None = None

    def holds_back(self, now: float) -> bool:
        """Whether some limit may still refuse because of it."""
        return now < self.at + MONTH

    def words(self, now: float, wall: float) -> str:
        return loss_words(self.cause, self.at + wall - now)

    def line(self) -> Line:
        return ["l", self.at, self.cause]


def find_loss(replay: Replay, found: Database | None, *, is_unreadable: bool, now: float, wall: float) -> Loss | None:
    """What was lost until now, else what was lost before and nobody has acknowledged."""
    if is_unreadable:
        return Loss(now, UsageLoss.UNREADABLE)
    if found is not None:
        told = JournalTold(replay.marked, replay.is_there, bool(replay.requests or replay.past))
        cause = usage_loss(found, told, wall)
        if cause is not None:
            return Loss(now, cause)
    if replay.lost_at is None:
        return None
    cause = next((cause for cause in UsageLoss if cause == replay.cause), None)
    return Loss(min(replay.lost_at, now), cause)


def recovered_samples(missed: Mapping[str, JournaledRequest], *, seen_at: float, cut_at: float) -> list[Sample]:
    """The records that are missing, the oldest first. Earlier releases kept too little for one.

    The process is known to have lived at `seen_at`; a call that was not settled may have used what it had reserved
    until `cut_at` (steady seconds).
    """
    samples = [
        _recovered(name, told, told.start, seen_at=seen_at, cut_at=cut_at)
        for name, told in missed.items()
        if told.start is not None
    ]
    return sorted(samples, key=lambda sample: sample.started_at)


def recovered_lines(missed: Mapping[str, JournaledRequest], samples: Iterable[Sample], now: float) -> Iterator[Line]:
    for sample in samples:
        told = missed[sample.request_id]
        told.settle(now)
        if told.is_admitted:
            yield whole_line(sample.request_id, told)
        if told.start is not None:
            yield end_line(sample, told.start, told.admitted_at)


def _recovered(name: str, told: JournaledRequest, start: RequestStart, *, seen_at: float, cut_at: float) -> Sample:
    """The record of a request that has none."""
    attempts, end = list(told.attempts), told.end
    if end is None and told.calling is None and attempts and attempts[-1].kind is None:
        end = _answered(start, attempts[-1])
    if end is None:
        lived, counted_until = (max(0.0, at - told.admitted_at) for at in (seen_at, cut_at))
        settled_at = start.arrived_at + start.waited + counted_until
        end = End(Outcome.FAILED, CUT_KIND, CUT_STATUS, start.waited + lived, None, start.overhead, settled_at)
        if told.calling is not None:
            attempts.append(_cut_attempt(told, start, told.calling, seen_at))
    served = attempts[-1] if attempts and attempts[-1].kind is None else None
    return Sample(
        request_id=name,
        started_at=start.arrived_at,
        client_id=start.client_id,
        strategy_id=told.strategy_id,
        endpoint=start.endpoint,
        model_asked=start.model_asked,
        provider_served=None if served is None else served.provider,
        model_served=None if served is None else served.model,
        outcome=end.outcome,
        kind=end.kind,
        status=end.status,
        streamed=start.streamed,
        duration=end.duration,
        first_token=end.first_token,
        overhead=end.overhead,
        usage=total_usage(attempts),
        cost=sum(attempt.cost for attempt in attempts),
        unpriced=any(attempt.unpriced for attempt in attempts),
        attempts=tuple(attempts),
        trace=recovered_trace(attempts, is_cut=end.settled_at is not None),
        recovered=True,
        cut_settled_at=end.settled_at,
        error=end.error,
    )


def _answered(start: RequestStart, attempt: Attempt) -> End:
    before = max(0.0, attempt.started_at - start.arrived_at)
    first = None if attempt.first_token is None else before + attempt.first_token
    return End(Outcome.SUCCESS, None, 200, before + attempt.duration, first, start.overhead)


def _cut_attempt(told: JournaledRequest, start: RequestStart, calling: OpenCall, seen_at: float) -> Attempt:
    """The call that was under way: what it had reserved counts, and nobody told its usage."""
    provider, _, model = calling.model.partition("/")
    _, *four, _ = calling.reserved
    return Attempt(
        provider=provider,
        model=model,
        kind=CUT_KIND,
        status=None,
        started_at=start.arrived_at + start.waited + calling.since - told.admitted_at,
        duration=max(0.0, seen_at - calling.since),
        first_token=None,
        usage=Usage(estimated=True),
        cost=0,
        unpriced=False,
        message=KILLED,
        counted=CountedUsage(*four) if any(four) else None,
    )
