"""Decides a request's next step: try a model, wait, or give up.

`decide` is pure. It takes the plan of a request, its attempts so far and the present conditions; the gateway does what
it says and asks again. A named model is a plan with one candidate, so named models and `localrouter/auto` share this
code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from localrouter.domain.configuration.config import RetryPolicy
from localrouter.domain.limits.check_result import Impossible, LimitExceeded
from localrouter.domain.limits.demand import Demand
from localrouter.domain.models.pricing import Price
from localrouter.domain.routing.attempts import Attempt
from localrouter.domain.routing.failures import (
    MOST_LEFT_OUT,
    RULES,
    Cools,
    Failure,
    FailureKind,
    FailurePhase,
    Retry,
    cools,
)

RETRY_BY_DEFAULT = RetryPolicy()


class SkipReason(StrEnum):
    PROVIDER = "provider"
    NOT_ALLOWED = "not_allowed"
    COOLING = "cooling"
    CONTEXT = "context"
    CAPABILITY = "capability"
    LIMIT = "limit"
    UNPRICED = "unpriced"


def _no_demand() -> Demand:
    return Demand(0, None, "")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that could serve the request. `barred` says why it never can, `lacks` in words what it is barred for
    where the reason alone does not tell. `only_responses`: it answers in no other dialect. `demand` is what the request
    asks of the limits there; its upper bound is computed when a strict limit first needs it."""

    provider: str
    model: str
    barred: SkipReason | None = None
    context_window: int | None = None
    price: Price | None = None
    local: bool = False
    reasons: bool = False
    only_responses: bool = False
    lacks: str | None = field(default=None, compare=False)
    demand: Demand = field(default_factory=_no_demand, compare=False, repr=False)

    @property
    def name(self) -> str:
        return f"{self.provider}/{self.model}"


@dataclass(frozen=True, slots=True)
class Plan:
    """The candidates of one request in order, and the rules for moving on."""

    candidates: tuple[Candidate, ...]
    fallback_on: frozenset[FailureKind] = frozenset()
    retry: RetryPolicy = RETRY_BY_DEFAULT
    first_token_timeout: float | None = None
    named: bool = True
    hold_streams: bool = False  # read to their end before the client gets any of them
    warnings: tuple[str, ...] = ()


class Conditions(Protocol):
    """What holds while one decision is made."""

    @property
    def now(self) -> float: ...

    @property
    def jitter(self) -> float:
        """Seconds to wait before a jittered retry. Drawn once per request."""
        ...

    @property
    def may_wait(self) -> bool:
        """Whether the request may still wait for others to settle."""
        ...

    def cooling_until(self, candidate: Candidate) -> float | None: ...

    def exceeded(self, candidate: Candidate) -> LimitExceeded | None: ...


@dataclass(frozen=True, slots=True)
class Skip:
    candidate: Candidate
    reason: SkipReason
    until: float | None = None
    exceeded: LimitExceeded | None = None


@dataclass(frozen=True, slots=True)
class Try:
    """Call this model now. `is_last`: nothing could be tried after it."""

    candidate: Candidate
    skipped: tuple[Skip, ...]
    is_last: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Decide again at `until`, when the same model is due for its retry."""

    candidate: Candidate
    until: float


@dataclass(frozen=True, slots=True)
class WaitForCapacity:
    """Only requests in flight stand in the way: decide again when one of them settles."""

    candidate: Candidate
    skipped: tuple[Skip, ...]


class NothingTried(StrEnum):
    """Why no model was called at all."""

    LIMIT = "limit"
    UNPRICED = "unpriced"
    CONTEXT = "context"
    CAPABILITY = "capability"
    NO_CANDIDATE = "no_candidate"


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Answer with `status`. The last failure decides; where nothing was tried, `reason` does.

    `retry_at` is the earliest instant (clock seconds) at which a candidate could serve, where that is known.
    """

    status: int
    reason: NothingTried | None
    failure: Failure | None
    skipped: tuple[Skip, ...]
    retry_at: float | None


Decision = Try | Wait | WaitForCapacity | GiveUp


def decide(plan: Plan, attempts: Sequence[Attempt], conditions: Conditions) -> Decision:
    """The next step of a request.

    Never tries a model more often than once plus its retries and those without a refused field, never goes on after a
    kind that does not fall back, and ends: each answer other than a wait uses up an attempt.
    """
    if attempts:
        candidate = _last_called(plan, attempts)
        # A retry comes before the next candidate, unless a limit leaves no room for it any more.
        due = _retry_due(plan, attempts, conditions)
        if due is not None and conditions.exceeded(candidate) is None:
            if conditions.now < due:
                return Wait(candidate, due)
            return Try(candidate, (), is_last=_is_last(plan, attempts, candidate, conditions))
        if attempts[-1].kind not in plan.fallback_on:
            return _give_up(plan, attempts, (), conditions)
    return _next_candidate(plan, attempts, conditions)


def _last_called(plan: Plan, attempts: Sequence[Attempt]) -> Candidate:
    return next(candidate for candidate in plan.candidates if candidate.name == attempts[-1].name)


def _failure_of(attempt: Attempt) -> Failure:
    if attempt.failure is None:
        raise ValueError("a request that was answered has no next step")
    return attempt.failure


def _next_candidate(plan: Plan, attempts: Sequence[Attempt], conditions: Conditions) -> Decision:
    skipped: list[Skip] = []
    for candidate in _untried(plan, attempts):
        skip = _skip(plan, candidate, attempts, conditions)
        if skip is None:
            return Try(candidate, tuple(skipped), is_last=_is_last(plan, attempts, candidate, conditions))
        skipped.append(skip)
    if attempts:
        return _give_up(plan, attempts, tuple(skipped), conditions)
    # Nothing was tried yet. Cooling may be passed over, limits may not: find out what limits say of cooling models too.
    skipped = [_or_by_limit(skip, conditions) for skip in skipped]
    waiting = next((skip for skip in skipped if skip.exceeded and skip.exceeded.blocked_by_in_flight), None)
    if waiting is not None and conditions.may_wait:
        return WaitForCapacity(waiting.candidate, tuple(skipped))
    return _soonest_cooled(plan, skipped, conditions) or _give_up(plan, attempts, tuple(skipped), conditions)


def _untried(plan: Plan, attempts: Sequence[Attempt]) -> list[Candidate]:
    if not attempts:
        return list(plan.candidates)
    tried = {attempt.name for attempt in attempts}
    return [candidate for candidate in plan.candidates if candidate.name not in tried]


def _skip(plan: Plan, candidate: Candidate, attempts: Sequence[Attempt], conditions: Conditions) -> Skip | None:
    if candidate.barred is not None:
        return Skip(candidate, candidate.barred)
    if _is_known_to_be_smaller(plan, candidate, attempts):
        return Skip(candidate, SkipReason.CONTEXT)
    if not plan.named and (until := conditions.cooling_until(candidate)) is not None:
        return Skip(candidate, SkipReason.COOLING, until)
    if (exceeded := conditions.exceeded(candidate)) is not None:
        return _short(candidate, exceeded)
    return None


def _short(candidate: Candidate, exceeded: LimitExceeded) -> Skip:
    reason = SkipReason.UNPRICED if exceeded.impossible is Impossible.UNPRICED else SkipReason.LIMIT
    return Skip(candidate, reason, exceeded.until, exceeded)


def _is_known_to_be_smaller(plan: Plan, candidate: Candidate, attempts: Sequence[Attempt]) -> bool:
    """After a prompt was too long for one model, one with a smaller window need not be asked."""
    if candidate.context_window is None or not attempts:
        return False
    too_small = {attempt.name for attempt in attempts if attempt.kind is FailureKind.CONTEXT_LENGTH_EXCEEDED}
    windows = (other.context_window or 0 for other in plan.candidates if other.name in too_small)
    return candidate.context_window < max(windows, default=0)


def _soonest_cooled(plan: Plan, skipped: Sequence[Skip], conditions: Conditions) -> Try | None:
    """With only cooling models left, try the one that is ready first: it may well answer."""
    cooling = [skip for skip in skipped if skip.reason is SkipReason.COOLING]
    if not cooling:
        return None
    first = min(cooling, key=lambda skip: skip.until or 0.0)
    others = tuple(other for other in skipped if other is not first)
    return Try(first.candidate, others, is_last=_is_last(plan, (), first.candidate, conditions))


def _or_by_limit(skip: Skip, conditions: Conditions) -> Skip:
    """A cooling model that also exceeds a limit counts as limited."""
    if skip.reason is not SkipReason.COOLING or (exceeded := conditions.exceeded(skip.candidate)) is None:
        return skip
    return _short(skip.candidate, exceeded)


def _retry_due(plan: Plan, attempts: Sequence[Attempt], conditions: Conditions) -> float | None:
    """When the model that just failed may be called once more; None where it may not."""
    last, failure = attempts[-1], _failure_of(attempts[-1])
    called = [attempt for attempt in attempts if attempt.name == last.name]
    adapted = sum(1 for attempt in called if _failure_of(attempt).left_out is not None)
    if failure.left_out is not None:  # another request, whatever was said of repeating this one
        return last.ended if adapted <= MOST_LEFT_OUT else None
    if len(called) - adapted > plan.retry.attempts or failure.final:
        return None
    match RULES[failure.kind].retry:
        case Retry.AFTER_HEADER:
            wait = failure.retry_after
            return None if wait is None or wait > plan.retry.max_wait else last.ended + wait
        case Retry.AT_ONCE:  # only a lost connection: after silence the same would happen again
            return last.ended if failure.phase is FailurePhase.CONNECT else None
        case Retry.JITTERED:
            return last.ended + conditions.jitter
        case Retry.NEVER | Retry.WITHOUT_A_FIELD:
            return None


def _is_last(plan: Plan, attempts: Sequence[Attempt], candidate: Candidate, conditions: Conditions) -> bool:
    """Whether nothing could be tried after this one. The last model gets more patience."""
    return not any(
        other.name != candidate.name and _skip(plan, other, attempts, conditions) is None
        for other in _untried(plan, attempts)
    )


def _give_up(plan: Plan, attempts: Sequence[Attempt], skipped: tuple[Skip, ...], conditions: Conditions) -> GiveUp:
    retry_at = _retry_at(plan, attempts, conditions)
    if attempts:
        failure = _failure_of(attempts[-1])
        return GiveUp(status_of(failure), None, failure, skipped, retry_at)
    status, reason = _nothing_tried({skip.reason for skip in skipped})
    return GiveUp(status, reason, None, skipped, retry_at)


def _nothing_tried(reasons: set[SkipReason]) -> tuple[int, NothingTried]:
    """Of several reasons, name first what passes by itself, then what the owner can mend, then what is wrong with the
    request."""
    if reasons & {SkipReason.LIMIT, SkipReason.COOLING}:
        return 429, NothingTried.LIMIT
    if SkipReason.UNPRICED in reasons:
        return 403, NothingTried.UNPRICED
    if SkipReason.CONTEXT in reasons:
        return 400, NothingTried.CONTEXT
    if SkipReason.CAPABILITY in reasons:
        return 400, NothingTried.CAPABILITY
    return 404, NothingTried.NO_CANDIDATE


def status_of(failure: Failure) -> int:
    """The HTTP status that a client gets for a failure that decided: an error's, whatever number its provider chose."""
    if failure.kind is FailureKind.UNREACHABLE and failure.phase in (
        FailurePhase.DEADLINE,
        FailurePhase.CONNECT_DEADLINE,
    ):
        return 504
    own = failure.status if failure.status is not None and 400 <= failure.status < 600 else 400
    return RULES[failure.kind].status or own


def _retry_at(plan: Plan, attempts: Sequence[Attempt], conditions: Conditions) -> float | None:
    """The earliest instant at which a candidate could serve. Unknown where none will by waiting alone."""
    failures = {attempt.name: attempt for attempt in attempts}
    times = [
        ready
        for candidate in plan.candidates
        if candidate.barred is None
        and (ready := _ready_at(candidate, failures.get(candidate.name), conditions)) is not None
    ]
    return min(times, default=None)


def _ready_at(candidate: Candidate, attempt: Attempt | None, conditions: Conditions) -> float | None:
    waits: list[float] = []
    exceeded = conditions.exceeded(candidate)
    if exceeded is not None and exceeded.impossible is not None:
        return None
    if attempt is not None:
        failure = _failure_of(attempt)
        if failure.retry_after is not None:
            waits.append(attempt.ended + failure.retry_after)
        if cools(failure) is Cools.NOTHING:
            return None  # the request itself was at fault: it would fail again at any time
    if (until := conditions.cooling_until(candidate)) is not None:
        waits.append(until)
    if exceeded is not None:
        waits.append(exceeded.until if exceeded.until is not None else conditions.now + 1.0)
    return max(waits, default=None)
