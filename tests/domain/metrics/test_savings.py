"""What was saved, at given prices."""

from __future__ import annotations

from localrouter.domain.metrics.breakdown import CellSums
from localrouter.domain.metrics.savings import saved_by_cache, saved_by_free_models
from localrouter.domain.models.pricing import FREE, Price


def test_cached_input_saved_the_difference_to_input_that_is_not_cached() -> None:
    sums = CellSums(cached_tokens=1_000, input_tokens=5_000)
    assert saved_by_cache(sums, Price(input=20, output=80, cached=5)) == 15_000
    assert saved_by_cache(sums, Price(input=20, output=80)) == 0
    assert saved_by_cache(sums, FREE) == 0
    assert saved_by_cache(sums, Price(input=20, output=80, cached=30)) == 0, "a dear cache saves nothing"


def test_free_calls_saved_what_another_model_would_have_cost() -> None:
    sums = CellSums(free_calls=2, free_input=100, free_output=10, input_tokens=900, output_tokens=90)
    assert saved_by_free_models(sums, Price(input=20, output=80, request=7)) == 2_000 + 800 + 14
