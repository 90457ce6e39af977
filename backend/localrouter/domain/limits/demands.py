"""What a request asks of the limits, and what it holds of them while it runs.

There are two reckonings. Soft limits take what the request will probably use (`estimates`), strict ones the most that
it can use (`bounds`); a running request holds both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from localrouter.domain.limits.bounds import Bound, Reach, Unbounded, no_bound, reach_of
from localrouter.domain.limits.windows import NOTHING, ONE_REQUEST, Amounts
from localrouter.domain.models.pricing import Price


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
    bound: Callable[[], Bound | Unbounded] = no_bound
    max_output_tokens: int | None = None
    prompt_overhead: int = 0
    _reach: Reach | Unbounded | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def is_free(self) -> bool:
        return self.price is not None and self.price.is_free

    def reach(self) -> Reach | Unbounded:
        """How much it can use, as strict limits reckon."""
        if self._reach is None:
            bound = self.bound()
            self._reach = (
                bound
                if isinstance(bound, Unbounded)
                else reach_of(bound, self.price, self.max_output_tokens, self.prompt_overhead)
            )
        return self._reach


class ReservedAmounts(NamedTuple):
    """What a request holds: `expected` of soft limits, `at_most` of strict ones.

    `output_cap` is how many tokens one answer may have at most, so that the strict limits hold; None where no strict
    limit judged the request, and `at_most` then says no more than `expected`.
    """

    expected: Amounts
    at_most: Amounts
    output_cap: int | None = None


NOTHING_RESERVED = ReservedAmounts(NOTHING, NOTHING)
ADMITTED = ReservedAmounts(
    ONE_REQUEST, ONE_REQUEST
)  # between two attempts and after the last: the request itself counts
