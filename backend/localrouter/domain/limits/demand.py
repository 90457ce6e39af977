"""What a request asks of the limits on one candidate, and what it reserves of them while it runs.

Soft limits count what it will probably use (`averages`), strict ones the most that it can use. The prompt is bounded by
its size, which the client's dialect knows, the answer by a cap that is sent to the provider.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from localrouter.domain.limits.windows import COST, NOTHING, ONE_REQUEST, OUTPUT, TOTAL, Amounts
from localrouter.domain.models.pricing import Price, cost_at_most, output_within

DEFAULT_OUTPUT_CAP = 4_096  # tokens of one answer where the request has no cap of its own
MIN_OUTPUT_TOKENS = 16  # a shorter answer is of no use, unless the request itself asks for one


class MaxUsage(NamedTuple):
    """At most `prompt_tokens` go in, for all answers together, and `answers` (none: 0) come out of `output_cap` tokens
    each; None where the request has no cap of its own."""

    prompt_tokens: int
    answers: int
    output_cap: int | None = None

    def on(self, max_output_tokens: int | None, prompt_overhead: int) -> MaxUsage:
        """The same on one model: `max_output_tokens` is the most that it answers, `prompt_overhead` what its provider
        adds to a prompt."""
        prompt = self.prompt_tokens + prompt_overhead * max(1, self.answers)
        cap = DEFAULT_OUTPUT_CAP if self.output_cap is None else self.output_cap
        if max_output_tokens is not None and max_output_tokens < cap:
            cap = max_output_tokens
        return MaxUsage(prompt, self.answers, cap if self.answers else 0)


@dataclass(frozen=True, slots=True)
class Unbounded:
    """`part` is what makes the request's size unknowable, in words for the user."""

    part: str


def no_bound() -> Unbounded:
    return Unbounded("a request whose size nobody has worked out")


class ReservedAmounts(NamedTuple):
    """What a request reserves: `expected` of soft limits, `at_most` of strict ones.

    `output_cap` is how many tokens one answer may have at most, so that the strict limits hold; None where no strict
    limit applied to the request, and `at_most` then says no more than `expected`.
    """

    expected: Amounts
    at_most: Amounts
    output_cap: int | None = None


NOTHING_RESERVED = ReservedAmounts(NOTHING, NOTHING)
ADMITTED = ReservedAmounts(
    ONE_REQUEST, ONE_REQUEST
)  # between two attempts and after the last: the request itself counts


@dataclass(slots=True)
class Demand:
    """What a request asks of the limits if it is tried on one candidate.

    `price` None: unpriced. `model` is `provider/name`, under which the strategy's own average cost is kept. `bound` is
    asked only where a limit is strict. `max_output_tokens` is the most that the model can answer, where that is known,
    `prompt_overhead` what its provider adds to each prompt in tokens.
    """

    input_tokens_at_least: int
    price: Price | None
    model: str
    bound: Callable[[], MaxUsage | Unbounded] = no_bound
    max_output_tokens: int | None = None
    prompt_overhead: int = 0
    _max_usage: MaxUsage | Unbounded | None = field(default=None, init=False, repr=False, compare=False)
    _least: tuple[int, Amounts] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def is_free(self) -> bool:
        return self.price is not None and self.price.is_free

    def max_usage(self) -> MaxUsage | Unbounded:
        """The most that it can use on this candidate."""
        known = self._max_usage
        if known is None:
            known = self.bound()
            if isinstance(known, MaxUsage):
                known = known.on(self.max_output_tokens, self.prompt_overhead)
            self._max_usage = known
        return known

    def least(self, expected: Amounts) -> ReservedAmounts:
        """What strict limits must at least have room for: the prompt, and the shortest answers that are of use."""
        if self._least is None:
            most = self.max_usage()
            if isinstance(most, Unbounded):
                return ReservedAmounts(expected, expected)
            shortest = min(MIN_OUTPUT_TOKENS, most.output_cap or 0)
            self._least = shortest, self.used_at_most(most, shortest)
        shortest, amounts = self._least
        return ReservedAmounts(expected, amounts, shortest)

    def most_within(self, expected: Amounts, remaining: Sequence[int]) -> ReservedAmounts:
        """What it reserves with the longest answers for which there is room. The least that it needs has to fit."""
        most = self.max_usage()
        if isinstance(most, Unbounded):
            raise ArithmeticError("a request that nobody can bound has no longest answer")
        longest = most.output_cap or 0
        if most.answers:
            # A limit that is overdrawn has room for what costs nothing of it.
            output = min(
                longest * most.answers, max(0, remaining[OUTPUT]), max(0, remaining[TOTAL] - most.prompt_tokens)
            )
            if self.price is not None:
                output = output_within(max(0, remaining[COST]), most.prompt_tokens, self.price, output)
            longest = output // most.answers
        return ReservedAmounts(expected, self.used_at_most(most, longest), longest)

    def used_at_most(self, most: MaxUsage, output_cap: int) -> Amounts:
        """The most that is used when each answer is capped; an unknown price counts as nothing."""
        tokens_in, tokens_out = most.prompt_tokens, most.answers * output_cap
        money = 0 if self.price is None else cost_at_most(tokens_in, tokens_out, self.price)
        return (1, tokens_in, tokens_out, tokens_in + tokens_out, money, 0)


NO_DEMAND = Demand(0, None, "")
