"""What prompt caches and free models saved, at the prices of now.

Sums of tokens do not tell how long each prompt was, so dearer prices for long prompts are left out: nothing here is
more than what was saved.
"""

from __future__ import annotations

from localrouter.domain.metrics.breakdown import CellSums
from localrouter.domain.models.pricing import Price


def saved_by_cache(sums: CellSums, price: Price) -> int:
    """Picodollars: what the cached input of a model would have cost beyond what it did cost."""
    cached = price.input if price.cached is None else price.cached
    return sums.cached_tokens * max(0, price.input - cached)


def saved_by_free_models(sums: CellSums, instead: Price) -> int:
    """Picodollars: what the tokens of free calls would have cost at another model's price, none of them cached."""
    return sums.free_input * instead.input + sums.free_output * instead.output + sums.free_calls * instead.request
