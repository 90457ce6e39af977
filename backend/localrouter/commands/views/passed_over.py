"""Why a request was not simply answered by its first model: the models that were passed over, as the record's
explanation tells it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson

from localrouter.commands.registration.registry import View
from localrouter.domain.configuration.config import LimitMode, LimitType, RateLimitTimeWindow
from localrouter.domain.limits.check_result import Impossible
from localrouter.domain.metrics.samples import Sample
from localrouter.domain.routing.decide import SkipReason
from localrouter.domain.routing.failures import FailureKind

MAX_LISTED = 4  # a row names one or two; the request's own explanation has them all


class PassedLimit(View):
    """The limit that had no room."""

    limit_type: LimitType
    time_window: RateLimitTimeWindow
    mode: LimitMode
    value: float


class PassedOver(View):
    """A model that did not serve the request. `kind` says how its last call failed; without a call, `reason` says why
    it was skipped, `until` (Unix seconds) until when that holds, and `limit` which limit had no room. `never` is set
    where no wait would help."""

    provider: str
    model: str
    kind: FailureKind | None
    reason: SkipReason | None
    until: float | None
    limit: PassedLimit | None
    never: Impossible | None


def passed_over(sample: Sample) -> tuple[PassedOver, ...]:
    """The first models that did not serve it, in the order of its route. Those that limits skipped come into the list
    even where many others were skipped before them. A model that answered after it had failed is among them."""
    found = list(_of_trace(orjson.loads(sample.trace)) if sample.trace else _of_attempts(sample))
    if len(found) <= MAX_LISTED:
        return tuple(found)
    telling = [each for each in found if each.kind is not None or each.reason is SkipReason.LIMIT]
    kept = {id(each) for each in (telling + [each for each in found if each not in telling])[:MAX_LISTED]}
    return tuple(each for each in found if id(each) in kept)


def _of_trace(trace: dict[str, Any]) -> Iterator[PassedOver]:
    for candidate in trace.get("candidates", ()):
        kinds = [attempt["kind"] for attempt in candidate.get("attempts", ()) if attempt["kind"] is not None]
        if kinds:
            yield _failed(candidate["provider"], candidate["model"], kinds[-1])
        elif candidate.get("reason") in set(SkipReason):
            yield _skipped(candidate)


def _of_attempts(sample: Sample) -> Iterator[PassedOver]:
    last = {(attempt.provider, attempt.model): attempt.kind for attempt in sample.attempts if attempt.kind is not None}
    for (provider, model), kind in last.items():
        yield _failed(provider, model, kind)


def _failed(provider: str, model: str, kind: str) -> PassedOver:
    return PassedOver(
        provider=provider, model=model, kind=FailureKind(kind), reason=None, until=None, limit=None, never=None
    )


def _skipped(candidate: dict[str, Any]) -> PassedOver:
    until, limit = candidate.get("until"), candidate.get("limit")
    return PassedOver(
        provider=candidate["provider"],
        model=candidate["model"],
        kind=None,
        reason=SkipReason(candidate["reason"]),
        until=None if until is None else datetime.fromisoformat(until).timestamp(),
        limit=None if limit is None else _limit(limit),
        never=None if candidate.get("never") is None else Impossible(candidate["never"]),
    )


def _limit(limit: dict[str, Any]) -> PassedLimit:
    return PassedLimit(
        limit_type=LimitType(limit["limit_type"]),
        time_window=RateLimitTimeWindow(limit["time_window"]),
        mode=LimitMode(limit["mode"]),
        value=limit["value"],
    )
