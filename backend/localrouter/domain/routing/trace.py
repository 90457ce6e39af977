"""The explanation of a routing decision, in the one shape that records, errors and pages show.

    {"candidates": [{"provider", "model", "state": "tried" | "calling" | "skipped" | "first" | "not_needed",
                     "reason"?, "until"?, "limit"?, "never"?: "too_large" | "unbounded" | "unpriced", "part"?,
                     "advice"?, "attempts"?: [{"kind", "status", "message", "ms", …}]}],
     "limits": [{"limit_type", "time_window", "mode", "value", "used", "reserved", "estimate", "remaining"}],
     "warnings": [sentence],
     "overruns"?: [{"provider", "model", "limit_type", "at_most", "used"}],
     "recovered"?: true}

`never` says why a limit will not have room however long one waits, `part` names what of the request cannot be
bounded, `advice` what can be done where a price is missing. A candidate that is being called has the `ms` since then,
and its `first_token_ms` once that came. An overrun names an attempt that used more than strict limits had let it
have. An attempt whose tokens its provider did not tell is `estimated`; `counted` are the `input_tokens`,
`output_tokens`, `total_tokens` and `cost_usd` that limits count of it, where they count more than its usage. Money is
in USD, tokens and requests are counts, `ms` milliseconds, `until` a time of day in UTC (ISO 8601). The router decides
by a clock that never jumps, and `wall_offset` is what turns its seconds into Unix time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from localrouter.domain import counts
from localrouter.domain.configuration.config import LimitType
from localrouter.domain.configuration.validation.unpriced import remedies
from localrouter.domain.limits.check_result import Impossible, LimitStatus, Overrun
from localrouter.domain.models.pricing import to_usd
from localrouter.domain.routing.attempt_ends import CountedUsage
from localrouter.domain.routing.attempts import Attempt
from localrouter.domain.routing.decide import Candidate, Plan, Skip

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Decided:
    """What the router did for a request, as far as it explains itself. `first` is set only where nothing was done
    yet: the candidate that would be tried."""

    plan: Plan
    skipped: Sequence[Skip]
    attempts: Sequence[Attempt]
    limits: Sequence[LimitStatus]
    warnings: Sequence[str]
    first: Candidate | None = None
    calling: CallInProgress | None = None
    overruns: Sequence[tuple[Candidate, Overrun]] = ()


@dataclass(frozen=True, slots=True)
class CallInProgress:
    """The call in progress: for how long it has run, and after how long its first token came, in seconds."""

    candidate: Candidate
    duration: float
    first_token: float | None


def trace_json(decided: Decided, wall_offset: float) -> str:
    return orjson.dumps(trace(decided, wall_offset)).decode()


def trace(decided: Decided, wall_offset: float) -> Json:
    skips = {skip.candidate.name: skip_json(skip, wall_offset) for skip in decided.skipped}
    return {
        "candidates": [
            _candidate(candidate, skips.get(candidate.name), decided) for candidate in decided.plan.candidates
        ],
        "limits": [limit_json(state) for state in decided.limits],
        "warnings": list(decided.warnings),
    } | ({"overruns": [_overrun(*each) for each in decided.overruns]} if decided.overruns else {})


def recovered_trace(attempts: Sequence[Attempt], *, is_cut: bool) -> str:
    """What is still known of a request whose record was recovered: the models that were called, and how that ended."""
    models = dict.fromkeys((attempt.provider, attempt.model) for attempt in attempts)
    said = "LocalRouter was killed before it had written this record. It is from the journal, which knows the calls"
    warnings = [f"{said}, but not what was skipped, what providers said, or how full limits were."]
    if is_cut:
        warnings.append("The request was still running then: nobody knows what its last call used.")
    shown: Json = {
        "candidates": [
            {"provider": provider, "model": model, "state": "tried", "attempts": _tried(provider, model, attempts)}
            for provider, model in models
        ],
        "limits": [],
        "warnings": warnings,
        "recovered": True,
    }
    return orjson.dumps(shown).decode()


def attempt_json(attempt: Attempt) -> Json:
    """An attempt as errors list it: `kind` null where it answered."""
    return {
        "provider": attempt.provider,
        "model": attempt.model,
        "kind": attempt.kind,
        "status": attempt.status,
        "message": attempt.message,
        "ms": _ms(attempt.duration),
    }


def iso(unix: float) -> str:
    """A time of day as ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(unix, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def skip_json(skip: Skip, wall_offset: float) -> Json:
    shown: Json = {"provider": skip.candidate.provider, "model": skip.candidate.model, "reason": skip.reason}
    if skip.candidate.lacks is not None:
        shown["lacks"] = skip.candidate.lacks
    if skip.until is not None:
        shown["until"] = iso(skip.until + wall_offset)
    if (short := skip.exceeded) is not None:
        shown["limit"] = limit_json(short.state)
        if short.impossible is not None:
            shown["never"] = short.impossible
        if short.impossible is Impossible.UNPRICED:
            shown["advice"] = remedies((skip.candidate.provider,))
        if short.part is not None:
            shown["part"] = short.part
    return shown


def limit_json(state: LimitStatus) -> Json:
    limit = state.limit
    unit = to_usd if limit.limit_type is LimitType.COST else counts.held
    return {
        "limit_type": limit.limit_type,
        "time_window": limit.time_window,
        "mode": limit.mode,
        "value": limit.value,
        "used": unit(state.used),
        "reserved": unit(state.reserved),
        "estimate": unit(state.estimate),
        "remaining": unit(state.remaining),
    }


def counted_json(amounts: CountedUsage) -> Json:
    return {
        "input_tokens": counts.held(amounts.input_tokens),
        "output_tokens": counts.held(amounts.output_tokens),
        "total_tokens": counts.held(amounts.total_tokens),
        "cost_usd": to_usd(amounts.cost),
    }


def _overrun(candidate: Candidate, overrun: Overrun) -> Json:
    unit = to_usd if overrun.limit_type is LimitType.COST else counts.held
    return {
        "provider": candidate.provider,
        "model": candidate.model,
        "limit_type": overrun.limit_type,
        "at_most": unit(overrun.at_most),
        "used": unit(overrun.used),
    }


def _tried(provider: str, model: str, attempts: Sequence[Attempt]) -> list[Json]:
    return [
        attempt_json(attempt)
        | {
            "first_token_ms": None if attempt.first_token is None else _ms(attempt.first_token),
            "input_tokens": attempt.usage.input_tokens,
            "output_tokens": attempt.usage.output_tokens,
            "cost_usd": to_usd(attempt.cost),
        }
        | ({"estimated": True} if attempt.usage.estimated else {})
        | ({} if attempt.counted is None else {"counted": counted_json(attempt.counted)})
        for attempt in attempts
        if attempt.provider == provider and attempt.model == model
    ]


def _candidate(candidate: Candidate, skip: Json | None, decided: Decided) -> Json:
    tried = _tried(candidate.provider, candidate.model, decided.attempts)
    if (calling := decided.calling) is not None and calling.candidate is candidate:
        return {
            "provider": candidate.provider,
            "model": candidate.model,
            "state": "calling",
            "ms": _ms(calling.duration),
            "first_token_ms": None if calling.first_token is None else _ms(calling.first_token),
            "attempts": tried,
        }
    if tried:
        return {"provider": candidate.provider, "model": candidate.model, "state": "tried", "attempts": tried}
    if skip is not None:
        return {"state": "skipped"} | skip
    state = "first" if candidate is decided.first else "not_needed"
    return {"provider": candidate.provider, "model": candidate.model, "state": state}


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
