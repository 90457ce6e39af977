"""Why a request was refused or failed, in the product's terms. The client dialect renders it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from localrouter.domain.configuration.config import Strategy
from localrouter.domain.configuration.names import shortened
from localrouter.domain.configuration.validation.unpriced import enumerated
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.descriptors import NONE_LEFT, NONE_LEFT_CODE, NONE_LEFT_RETRY_AFTER
from localrouter.domain.limits.check_result import LimitStatus
from localrouter.domain.routing.attempts import Attempt
from localrouter.domain.routing.decide import GiveUp, NothingTried, Skip, SkipReason
from localrouter.domain.routing.failures import RULES, Failure, FailureKind
from localrouter.domain.routing.trace import Json, attempt_json, iso, limit_json, skip_json
from localrouter.gateway.in_flight.context import GatewayContext
from localrouter.gateway.messages.limits import never_any_room, no_room, unpriced
from localrouter.gateway.plan import PlanRejection

LONGEST_WAIT = 366 * 86_400  # seconds; no provider means a longer wait
TOO_SMALL, UNPRICED = "limit_too_small", "model_unpriced"
FINAL = (TOO_SMALL, UNPRICED)
MOST_NAMED = 6  # failed models that a message names in addition to the last one
LONGEST_NAME = 80
_OF_THE_REQUEST = (FailureKind.INVALID_REQUEST, FailureKind.UNSUPPORTED)  # reported with the provider's own code


@dataclass(frozen=True, slots=True)
class ExplainedRequest:
    """A request as an error describes it, whether or not it was sent."""

    context: GatewayContext
    strategy: Strategy
    request_id: str = ""
    attempts: Sequence[Attempt] = ()
    skipped: tuple[Skip, ...] = ()
    limits: tuple[LimitStatus, ...] = ()


def rejected(request: ExplainedRequest, rejection: PlanRejection) -> ErrorReply:
    return ErrorReply(
        status=rejection.status,
        code=rejection.code,
        message=rejection.message,
        param=rejection.param,
        localrouter=_explained(request, (), None),
    )


def without_descriptors(request: ExplainedRequest) -> ErrorReply:
    """No call could be made: this process has no file descriptor left for it."""
    return ErrorReply(
        status=503,
        code=NONE_LEFT_CODE,
        message=NONE_LEFT,
        localrouter=_explained(request, (), None),
        retry_after=NONE_LEFT_RETRY_AFTER,
    )


def gave_up(request: ExplainedRequest, decision: GiveUp) -> ErrorReply:
    """Reports the last failure or, if nothing was tried, the reason why."""
    now = request.context.clock()
    retry_at, retry_after = decision.retry_at, None
    if retry_at is not None and retry_at - now > LONGEST_WAIT:
        retry_at = None
    if retry_at is not None and decision.status in (429, 502, 503, 504):
        retry_after = max(1, math.ceil(retry_at - now))
    explained = _explained(request, decision.skipped, retry_at)
    if decision.failure is not None:
        return _failed(request, decision.failure, decision.status, (explained, retry_after))
    code, message = _nothing_tried(request, decision)
    return ErrorReply(decision.status, code, message, None, explained, retry_after, code in FINAL)


def broke_off(request: ExplainedRequest, failure: Failure, status: int) -> ErrorReply:
    """The error for a stream that broke off after its first content."""
    return _failed(request, failure, status, (_explained(request, (), None), None))


def _failed(request: ExplainedRequest, failure: Failure, status: int, explained: tuple[Json, int | None]) -> ErrorReply:
    last = request.attempts[-1]
    where = f"{last.provider}/{last.model}"
    tried = {attempt.name for attempt in request.attempts}
    lead = where if len(tried) == 1 else f"None of {len(tried)} models answered. The last, {where}"
    own = failure.kind in _OF_THE_REQUEST
    return ErrorReply(
        status=status,
        code=(failure.code or RULES[failure.kind].code) if own else RULES[failure.kind].code,
        message=f"{lead}: {failure.message}{_before(request.attempts)}",
        param=failure.param if own else None,
        localrouter=explained[0],
        retry_after=explained[1],
    )


def _before(attempts: Sequence[Attempt]) -> str:
    """The models that failed before the last one, briefly: many SDKs show their users only the message."""
    last = attempts[-1].name
    kinds = {attempt.name: attempt.kind for attempt in attempts if attempt.kind is not None}
    words = [f"{shortened(name, LONGEST_NAME)}: {RULES[kind].words}" for name, kind in kinds.items() if name != last]
    if not words:
        return ""
    if len(words) > MOST_NAMED:
        words = [*words[:MOST_NAMED], f"{len(words) - MOST_NAMED} more"]
    return f" Before it: {'; '.join(words)}."


def _nothing_tried(request: ExplainedRequest, decision: GiveUp) -> tuple[str, str]:
    strategy = request.strategy.name
    match decision.reason:
        case NothingTried.LIMIT:
            code, message = _limit_reached(request, decision)
            return code, " ".join(filter(None, (message, _passed_over(decision))))
        case NothingTried.UNPRICED:
            return UNPRICED, _unpriced(request, decision)
        case NothingTried.CONTEXT:
            message = f"The prompt is larger than the context window of every model that “{strategy}” could use."
            return "context_length_exceeded", message
        case NothingTried.CAPABILITY:
            message = f"No model that “{strategy}” could use supports what the request asks for."
            message = " ".join((message, *_lacking(decision.skipped)))
            return "unsupported_capability", message
        case _:
            return "model_not_found", f"No model can be used: {_skips_in_words(decision.skipped)}."


def _lacking(skipped: tuple[Skip, ...]) -> list[str]:
    """What is wrong with the models, where the request's own words do not tell."""
    told = [f"{skip.candidate.name}: {skip.candidate.lacks}." for skip in skipped if skip.candidate.lacks is not None]
    return told[:MOST_NAMED]


def _limit_reached(request: ExplainedRequest, decision: GiveUp) -> tuple[str, str]:
    """If several models exceed limits, the message reports the one that will have room first."""
    short = [skip.exceeded for skip in decision.skipped if skip.exceeded and skip.reason is SkipReason.LIMIT]
    waits = [exceeded for exceeded in short if exceeded.impossible is None]
    if waits:
        soonest = min(waits, key=lambda exceeded: exceeded.until or 0.0)
        return "rate_limit_exceeded", no_room(soonest, request.strategy.name, request.context.clock())
    if short:
        return TOO_SMALL, never_any_room(short[0], request.strategy.name)
    return "rate_limit_exceeded", f"No limit of “{request.strategy.name}” leaves room."


def _unpriced(request: ExplainedRequest, decision: GiveUp) -> str:
    skips = [skip for skip in decision.skipped if skip.reason is SkipReason.UNPRICED]
    exceeded = next(skip.exceeded for skip in skips if skip.exceeded is not None)
    models = [(skip.candidate.provider, skip.candidate.model) for skip in skips]
    return unpriced(exceeded, request.strategy.name, models)


def _passed_over(decision: GiveUp) -> str | None:
    """The models that no waiting helps, while others may have room again."""
    names = [skip.candidate.name for skip in decision.skipped if skip.reason is SkipReason.UNPRICED]
    if not names:
        return None
    return f"Refused in any case, for lack of a known price: {enumerated(names)}."


def _skips_in_words(skipped: tuple[Skip, ...]) -> str:
    words = {
        SkipReason.PROVIDER: "its provider is missing or disabled",
        SkipReason.NOT_ALLOWED: "it is not among the allowed models",
    }
    return "; ".join(
        f"{skip.candidate.name}: {words.get(skip.reason, skip.reason.value.replace('_', ' '))}" for skip in skipped
    )


def _explained(request: ExplainedRequest, skipped: tuple[Skip, ...], retry_at: float | None) -> Json:
    offset = request.context.wall_offset()
    explained: Json = {
        "request_id": request.request_id,
        "attempts": [attempt_json(attempt) for attempt in request.attempts],
        "skipped": [skip_json(skip, offset) for skip in skipped or request.skipped],
        "limits": [limit_json(state) for state in request.limits],
    }
    if retry_at is not None:
        explained["retry_at"] = iso(retry_at + offset)
    return explained
