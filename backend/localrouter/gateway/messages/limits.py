"""Messages about limits: why one has no room and until when, what one changes, and that one was overrun."""

from __future__ import annotations

import math
from collections.abc import Sequence

from localrouter.domain.configuration.config import LimitMode, LimitType
from localrouter.domain.configuration.names import counted
from localrouter.domain.configuration.validation.unpriced import enumerated, remedies
from localrouter.domain.conversation.request import Usage
from localrouter.domain.limits.check_result import Impossible, LimitExceeded, LimitStatus, Overrun
from localrouter.domain.models.pricing import dollars
from localrouter.domain.routing.attempt_ends import AttemptEnd

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def no_room(short: LimitExceeded, strategy: str, now: float) -> str:
    """Why a request was refused that may be admitted later."""
    state = short.state
    per = state.limit.time_window.value
    if short.usage_was_lost:
        return (
            f"Earlier usage of the strategy “{strategy}” could not be read, so its limit of "
            f"{_amount(state, state.value)} per {per} refuses requests until a whole {per} has passed. "
            f"{_when(short, now)} To continue at once: acknowledge_usage_loss."
        )
    is_bound = state.limit.mode is LimitMode.STRICT and state.limit.limit_type is not LimitType.REQUESTS
    strictly, at_least = ("strictly ", "at least ") if is_bound else ("", "")
    return (
        f"The strategy “{strategy}” is {strictly}limited to {_amount(state, state.value)} per {per}: "
        f"{_amount(state, state.used)} used, {_amount(state, state.reserved)} held by running requests, "
        f"{at_least}{_amount(state, state.estimate)} needed. {_when(short, now)}"
    )


def not_taken(model: str, field: str) -> str:
    """The warning about a field of the request that was left out, or renamed, because the model refuses it."""
    return f"{model} does not take {field}, which was left out or renamed"


def never_any_room(short: LimitExceeded, strategy: str) -> str:
    """Why a strict limit refuses a request to a model whose price is known, however long it waits."""
    state = short.state
    limit = f"the strict limit of {_amount(state, state.value)} per {state.limit.time_window.value}"
    whose = f"of the strategy “{strategy}”"
    match short.impossible:
        case Impossible.UNBOUNDED:
            return (
                f"The request has {short.part}, whose tokens cannot be bounded, so {limit} {whose} cannot be kept. "
                "Leave it out, or make the limit soft."
            )
        case _:
            return (
                f"The request can use {_amount(state, state.estimate)}, more than {limit} {whose} ever allows. "
                "Shorten the prompt, or raise the limit."
            )


def unpriced(short: LimitExceeded, strategy: str, models: Sequence[tuple[str, str]]) -> str:
    """Why a cost limit, strict or not, admits none of these models: providers and names."""
    state = short.state
    strict = "strict " if state.limit.mode is LimitMode.STRICT else ""
    limit = f"the {strict}limit of {_amount(state, state.value)} per {state.limit.time_window.value}"
    names = enumerated(f"{provider}/{model}" for provider, model in models)
    has, them = ("has", "it") if len(models) == 1 else ("have", "them")
    return (
        f"{names} {has} no known price, so {limit} of the strategy “{strategy}” cannot be applied to {them}. "
        f"{remedies((provider for provider, _ in models), len(models))}"
    )


def capped(model: str, field: str, cap: int) -> str:
    """What a client is told when its answer may be shorter than it asked for."""
    return f"{model} is sent {field} {cap}, so that strict limits hold"


def counted_of(model: str, ending: AttemptEnd, *, is_strict: bool) -> str:
    """Why limits count more than the record shows as used."""
    match ending:
        case AttemptEnd.BROKEN:
            said = f"the answer of {model} ended before its usage was reported"
        case AttemptEnd.LOST:
            said = f"the answer of {model} was lost, and its usage is unknown"
        case _:
            said = f"{model} reported no plausible usage"
    what = "strict limits count the most it can have used" if is_strict else "limits count at least its reservation"
    return f"{said}: {what}"


def not_believed(model: str, usage: Usage) -> str:
    """What is said about usage that cannot be true."""
    told = f"{usage.input_tokens:,} input and {usage.output_tokens:,} output tokens"
    return f"{model} reported {told}, which cannot be true: usage is estimated instead"


def tier_not_priced(model: str, tier: str) -> str:
    return f"{model} answered in the service tier {tier[:40]}, whose price is unknown: its standard price is counted"


def overrun_of(model: str, overrun: Overrun) -> str:
    what = overrun.limit_type.value.replace("_", " ")
    if overrun.limit_type is LimitType.COST:
        used, most = f"${dollars(overrun.used)}", f"the reserved maximum of ${dollars(overrun.at_most)}"
    else:
        used, most = f"{overrun.used:,} {what}", f"the reserved maximum of {overrun.at_most:,}"
    return f"{model} used {used}, more than {most}: a strict limit was overrun"


def _amount(state: LimitStatus, amount: int) -> str:
    limit_type = state.limit.limit_type
    if limit_type is LimitType.COST:
        return f"${dollars(amount)}"
    return counted(amount, limit_type.value.replace("_", " ").removesuffix("s"))


def _when(short: LimitExceeded, now: float) -> str:
    if short.until is None:
        return "There will be room when running requests have ended."
    return f"There will be room in {_wait(max(1, math.ceil(short.until - now)))}."


def _wait(seconds: int) -> str:
    """Rounded up, never shorter than it is: 90 s, 61 minutes, 24 h 14 min, 29 days."""
    if seconds <= 2 * MINUTE:
        return f"{seconds} s"
    if seconds <= 2 * HOUR:
        return counted(-(-seconds // MINUTE), "minute")
    if seconds <= 2 * DAY:
        hours, minutes = divmod(-(-seconds // MINUTE), 60)
        return f"{hours} h {minutes} min"
    return counted(-(-seconds // DAY), "day")
