"""What a request will probably use, from what the strategy's earlier ones did: averages, and so no bound.

An average counts only calls that were billed. Over the last ten minutes, else over the last day, else `ABSENT_AVERAGE`:
one that is absent is never zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from localrouter.domain.chat import Usage
from localrouter.domain.pricing import Price, cost
from localrouter.domain.windows import COST, INPUT, OUTPUT, SETTLED, Amounts

RECENT = (600.0, 30.0)  # length and bucket of the shorter window
ABSENT_AVERAGE = (700, 300)  # input and output tokens of a request nothing is known about
CHANGES_EVERY = 30.0  # seconds; where an average loses a bucket, it is at a multiple of this


def average_of(sums: Sequence[int]) -> tuple[int, int] | None:
    """Input and output tokens of one billed call, rounded up; None where there was none."""
    count = sums[SETTLED]
    return (-(-sums[INPUT] // count), -(-sums[OUTPUT] // count)) if count else None


def expected(
    average: tuple[int, int], tokens_at_least: int, price: Price | None, same_model: Sequence[int] | None
) -> Amounts:
    """The average, never below what the prompt must take. `same_model` are the sums of what this model cost."""
    tokens_in, tokens_out = max(average[0], tokens_at_least), average[1]
    money = cost(Usage(tokens_in, tokens_out), price)
    if same_model is not None and same_model[SETTLED]:
        money = max(money, -(-same_model[COST] // same_model[SETTLED]))
    return (1, tokens_in, tokens_out, tokens_in + tokens_out, money, 0)


def instants(at: float, seconds: float) -> tuple[float, ...]:
    """The times from `at` on, as far as `seconds`, at which an estimate may differ from the one before."""
    first = math.floor(at / CHANGES_EVERY) + 1
    changes = (step * CHANGES_EVERY for step in range(first, first + math.ceil(seconds / CHANGES_EVERY)))
    return (at, *changes)
