"""What would happen to a request now: the same plan, decision and trace, but no call."""

from __future__ import annotations

from localrouter.domain.configuration.config import Strategy
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.configuration.validation.unpriced import served_unpriced
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.conversation.request import ModelRequest
from localrouter.domain.routing.decide import Candidate, GiveUp, Plan, Try, Wait, decide
from localrouter.domain.routing.failures import Failure
from localrouter.domain.routing.trace import Decided, Json, iso, trace
from localrouter.gateway.loop import Gateway
from localrouter.gateway.messages.errors import ExplainedRequest, gave_up, rejected
from localrouter.gateway.messages.limits import capped
from localrouter.gateway.plan import PlanRejection, make_plan
from localrouter.gateway.turn import Turn


def explain(gateway: Gateway, strategy: Strategy, request: ModelRequest) -> Json:
    """The trace that a request under this strategy would get now, and the decision about it.

    `decision` is `try` (`model` would be called first), `wait` (for a running request to settle) or `refuse` (`status`,
    `code` and `message` are what the client would get; `retry_at` is present where waiting helps).
    """
    snapshot, context = gateway.snapshot(), gateway.context
    plan = make_plan(snapshot, strategy, request, gateway.sources)
    if isinstance(plan, PlanRejection):
        refused = rejected(ExplainedRequest(context, strategy), plan)
        return _refusal(refused) | trace(Decided(Plan(()), (), (), (), ()), 0.0)
    may_wait = plan.retry.max_wait > 0
    turn = Turn(
        ledger=context.ledger,
        health=context.health,
        snapshot=snapshot,
        strategy=strategy,
        endpoint=request.endpoint,
        now=context.clock(),
        may_wait=may_wait,
    )
    step = decide(plan, (), turn)
    chosen = step.candidate if isinstance(step, Try) else None
    skipped = () if isinstance(step, Wait) else step.skipped
    limits = turn.limits(chosen or plan.candidates[0])
    would_be_capped = () if chosen is None else _capped(gateway, request, chosen, turn)
    uncounted = (served_unpriced(chosen.name),) if chosen is not None and chosen.price is None else ()
    warnings = (*plan.warnings, *uncounted, *would_be_capped, *_cannot_be_called(gateway, snapshot, plan))
    if chosen is not None:
        warnings += _cannot_be_told(gateway, request, chosen)
    told = trace(Decided(plan, skipped, (), limits, warnings, first=chosen), context.wall_offset())
    if isinstance(step, GiveUp):
        reply = gave_up(ExplainedRequest(context, strategy, skipped=skipped, limits=limits), step)
        retry_at = None if step.retry_at is None else iso(step.retry_at + context.wall_offset())
        return _refusal(reply) | {"retry_at": retry_at} | told
    return (
        {"decision": "wait", "model": None} | told
        if chosen is None
        else {"decision": "try", "model": chosen.name} | told
    )


def _capped(gateway: Gateway, request: ModelRequest, chosen: Candidate, turn: Turn) -> tuple[str, ...]:
    """The warning about a strict limit that would shorten the answer."""
    provider, found = gateway.snapshot().provider(chosen.provider), turn.check(chosen)
    cap = found.reserved.output_cap
    if provider is None or found.exceeded is not None or cap is None:
        return ()
    left_out = gateway.context.health.left_out(chosen.provider, chosen.model)
    speech = gateway.speeches.to(chosen, provider, request, left_out)
    encoded = gateway.speeches.encode(speech, request, chosen, provider, cap)
    if isinstance(encoded, Failure) or encoded.capped is None:
        return ()
    return (capped(chosen.name, encoded.capped, cap),)


def _cannot_be_told(gateway: Gateway, request: ModelRequest, chosen: Candidate) -> tuple[str, ...]:
    """Why the first model would be refused the request before it is called, and the next one tried."""
    provider = gateway.snapshot().provider(chosen.provider)
    if provider is None:
        return ()
    left_out = gateway.context.health.left_out(chosen.provider, chosen.model)
    speech = gateway.speeches.to(chosen, provider, request, left_out)
    encoded = gateway.speeches.encode(speech, request, chosen, provider, None)
    return (f"{chosen.name}: {encoded.message}",) if isinstance(encoded, Failure) else ()


def _cannot_be_called(gateway: Gateway, snapshot: Snapshot, plan: Plan) -> tuple[str, ...]:
    """Why a call would fail before it is made, for example because of a missing key."""
    providers = {candidate.provider for candidate in plan.candidates if candidate.barred is None}
    targets = [gateway.targets.of(provider) for name in sorted(providers) if (provider := snapshot.provider(name))]
    return tuple(target.message for target in targets if isinstance(target, Failure))


def _refusal(reply: ErrorReply) -> Json:
    return {
        "decision": "refuse",
        "model": None,
        "status": reply.status,
        "code": reply.code,
        "message": reply.message,
        "retry_at": None,
    }
