"""What an attempt leaves behind: the usage that is recorded of it, and what limits count for it.

`recorded` is what is known and billed: records, charts and the view show it. `counted` is what limits judge, their
meters show and windows are rebuilt from: where nobody can say what an attempt used, it is no less than what was held
for it, so that whoever leaves early empties no limit. Only usage that a provider told of a whole answer, and that can
be true, is part of an average (`SETTLED`).

| ended | recorded | counted | in averages |
|---|---|---|---|
| whole, usage told and possible | as told | the same | yes |
| whole, usage missing or impossible | estimated, marked | soft: the same; strict: the reserved maximum | no |
| broken | the larger of told and received, marked | soft: at least the reservation; strict: the maximum | no |
| lost | none, marked | soft: the reservation; strict: the maximum | no |
| refused | none | none | no |
| undispatched | none | none, and its request is not one by it | no |

Impossible is: no input at all; no output where something was written; what the dialect itself had to guess
(`Usage.estimated`), as where more is cached than went in. Figures that are negative, fractions, no numbers or larger
than any context window the dialects do not even read. Few tokens for a long prompt are believed: servers cut prompts
that are too long for them.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from localrouter.domain.conversation.request import BYTES_PER_TOKEN, Endpoint, ModelRequest, Usage
from localrouter.domain.limits.account import settled
from localrouter.domain.limits.demand import ReservedAmounts
from localrouter.domain.limits.windows import COST, INPUT, NOTHING, OUTPUT, SETTLED, TOTAL, Amounts
from localrouter.domain.routing.failures import Failure, FailureKind, FailurePhase

TIME_WAS_UP = (408, 499, 504, 524, 598, 599)  # statuses behind which a provider may have worked to the end
SAYS_NOTHING_OF_WORK = {FailureKind.SERVER_ERROR, FailureKind.UNREACHABLE, FailureKind.POLICY_VIOLATION}


class AttemptEnd(StrEnum):
    """How an attempt ended, as far as it tells what was used."""

    WHOLE = "whole"  # its answer is complete
    BROKEN = "broken"  # its answer was under way: the client left, a deadline passed, the stream or body broke off
    LOST = "lost"  # sent, and nothing came back that says whether the provider worked
    REFUSED = "refused"  # nothing was done for it: no connection was made, or the provider said no
    UNDISPATCHED = "undispatched"  # nothing was sent: its client left before, or this process could not call


UNUSED = (AttemptEnd.REFUSED, AttemptEnd.UNDISPATCHED)  # ends by which nothing was used


class AnswerSoFar(NamedTuple):
    """What came of an answer, whoever has seen it. `is_whole`: the usage is of all that was said."""

    usage: Usage | None = None
    is_whole: bool = False
    output_bytes: int = 0
    has_content: bool = False


NOTHING_RECEIVED = AnswerSoFar()


class CountedUsage(NamedTuple):
    """What limits count of an attempt or a request; `cost` in picodollars. The total is judged by itself, and may be
    less than input and output together, each of which is at least what was held of it."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    cost: int


def ending_of(failure: Failure, told: AnswerSoFar, *, was_sent: bool, status: int | None) -> AttemptEnd:
    """How a failed attempt ended. `status` is that of the answer, None where none came."""
    if not was_sent:
        return AttemptEnd.UNDISPATCHED
    if failure.unbilled:
        return AttemptEnd.REFUSED
    if status is not None and not 200 <= status < 300:  # whatever became of the words that go with it
        return AttemptEnd.LOST if status in TIME_WAS_UP else AttemptEnd.REFUSED
    if told.has_content or failure.kind is FailureKind.CANCELLED or failure.phase is FailurePhase.DEADLINE:
        return AttemptEnd.BROKEN
    if status is None:
        return AttemptEnd.LOST
    if failure.ours:
        return AttemptEnd.BROKEN
    # An error in the place of an answer says no, as an error status does, unless it says that something went wrong.
    says_no = failure.kind not in SAYS_NOTHING_OF_WORK and told.usage is None
    return AttemptEnd.REFUSED if says_no else AttemptEnd.BROKEN


def recorded(ending: AttemptEnd, told: AnswerSoFar, request: ModelRequest) -> Usage:
    """The usage of an attempt, as it is recorded and billed."""
    if ending in UNUSED or request.endpoint is Endpoint.COUNT_TOKENS:  # no provider bills counting
        return Usage()
    if ending is AttemptEnd.LOST:
        return Usage(estimated=True)
    if told.usage is not None and told.is_whole and is_possible(told):
        return told.usage
    usage = told.usage or Usage()
    tokens_out = max(-(-told.output_bytes // BYTES_PER_TOKEN), int(told.has_content))
    return replace(
        usage,
        input_tokens=max(usage.input_tokens, request.prompt_tokens_at_least, 1),
        output_tokens=max(usage.output_tokens, tokens_out),
        estimated=True,
    )


def is_possible(told: AnswerSoFar) -> bool:
    """Whether the usage of a whole answer can be true, by what was seen of the answer."""
    usage = told.usage
    if usage is None or usage.estimated or usage.input_tokens == 0:
        return False
    return usage.output_tokens > 0 or not (told.output_bytes or told.has_content)


def counted(ending: AttemptEnd, usage: Usage, cost: int, held: ReservedAmounts) -> Amounts:
    """What limits count of an attempt that held so much: `usage` is what is recorded of it."""
    if ending in UNUSED:
        return NOTHING
    if not usage.estimated:
        return settled(usage, cost)
    known = (0, usage.input_tokens, usage.output_tokens, usage.total_tokens, cost, 0)
    if held.output_cap is not None:
        return _larger(known, held.at_most)
    return known if ending is AttemptEnd.WHOLE else _larger(known, held.expected)


def beyond_usage(amounts: Amounts, usage: Usage, cost: int) -> CountedUsage | None:
    """What was counted, where it is not simply the usage."""
    if amounts[SETTLED]:
        return None  # as nearly always, and told by its provider
    found = CountedUsage(amounts[INPUT], amounts[OUTPUT], amounts[TOTAL], amounts[COST])
    return None if found == as_counted(usage, cost) else found


def as_counted(usage: Usage, cost: int) -> CountedUsage:
    return CountedUsage(usage.input_tokens, usage.output_tokens, usage.total_tokens, cost)


def _larger(known: Amounts, held: Amounts) -> Amounts:
    return (
        0,
        max(known[INPUT], held[INPUT]),
        max(known[OUTPUT], held[OUTPUT]),
        max(known[TOTAL], held[TOTAL]),
        max(known[COST], held[COST]),
        0,
    )
