"""The most that a request can use on one candidate: the arithmetic of strict limits.

The prompt is bounded by its size (the dialect knows how), the answer by a cap that is sent to the provider. Of what
is left of the limits an answer gets as much as it may want; one that would get fewer than `LEAST_OUTPUT` tokens is
not asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from localrouter.domain.limits.windows import COST, INPUT, OUTPUT, Amounts
from localrouter.domain.models.pricing import Price, cost_at_most, output_within

CAP_BY_DEFAULT = 4_096  # tokens of one answer where the request has no cap of its own
LEAST_OUTPUT = 16  # tokens; a shorter answer is of no use, unless the request itself asks for one


@dataclass(frozen=True, slots=True)
class Bound:
    """At most `prompt_tokens` go in, for all answers together, and `answers` (none: 0) come out, each up to its cap.

    `output_cap` is how many tokens the request itself allows one answer; None where it does not say.
    """

    prompt_tokens: int
    answers: int
    output_cap: int | None = None


@dataclass(frozen=True, slots=True)
class Unbounded:
    """`part` is what makes the request's size unknowable, in words for the user."""

    part: str


def no_bound() -> Unbounded:
    return Unbounded("a request whose size nobody has worked out")


class Reach(NamedTuple):
    """How much a request can use on one candidate: `prompt` tokens at most, and `answers` times the cap of one answer,
    of which `longest` and `shortest` are worth asking for. `price` None: unpriced."""

    prompt: int
    answers: int
    price: Price | None
    longest: int
    shortest: int


def reach_of(bound: Bound, price: Price | None, max_output_tokens: int | None, prompt_overhead: int) -> Reach:
    """`max_output_tokens` is the most that the model answers, `prompt_overhead` what its provider adds to a prompt."""
    answers = bound.answers
    prompt = bound.prompt_tokens + prompt_overhead * max(1, answers)
    if not answers:
        return Reach(prompt, 0, price, 0, 0)
    longest = CAP_BY_DEFAULT if bound.output_cap is None else bound.output_cap
    if max_output_tokens is not None and max_output_tokens < longest:
        longest = max_output_tokens
    return Reach(prompt, answers, price, longest, min(LEAST_OUTPUT, longest))


def used_at_most(reach: Reach, output_cap: int) -> Amounts:
    """The most that is used when each answer is capped; an unknown price counts as nothing."""
    tokens_in, tokens_out = reach.prompt, reach.answers * output_cap
    price = reach.price
    money = 0 if price is None else cost_at_most(tokens_in, tokens_out, price)
    return (1, tokens_in, tokens_out, tokens_in + tokens_out, money, 0)


def longest_within(reach: Reach, measures: Sequence[int], left: Sequence[int]) -> int | None:
    """The cap of one answer with which the request fits what is `left` of these measures; None where none is."""
    answers, longest = reach.answers, reach.longest
    for measure in measures:
        room = _output_room(reach, measure, left[measure])
        if room < 0:
            return None
        if answers and room < longest * answers:
            longest = room // answers
    return longest if longest >= reach.shortest else None


def _output_room(reach: Reach, measure: int, left: int) -> int:
    """How many output tokens fit what is left of one measure; negative where not even the prompt fits."""
    prompt, wanted = reach.prompt, reach.answers * reach.longest
    if measure == OUTPUT:
        return left if wanted else 0
    if measure == COST:
        return -1 if reach.price is None else output_within(left, prompt, reach.price, wanted)
    rest = left - prompt
    return wanted if measure == INPUT and rest >= 0 else rest
