"""Efforts and budgets: each is told as the other where a server takes no other."""

from __future__ import annotations

import pytest

from localrouter.dialects.adapters.reasoning_effort import budget_of, effort_of
from localrouter.domain.conversation.conversation import Effort, ReasoningWish

BUDGETS = {Effort.LOW: 2_000, Effort.MEDIUM: 8_000, Effort.HIGH: 16_000}


@pytest.mark.parametrize(
    ("budget", "effort"),
    [
        (None, None),
        (1, Effort.LOW),
        (2_048, Effort.LOW),
        (2_049, Effort.MEDIUM),
        (8_192, Effort.MEDIUM),
        (8_193, Effort.HIGH),
    ],
)
def test_a_budget_is_the_effort_that_spends_about_so_much(budget: int | None, effort: Effort | None) -> None:
    assert effort_of(budget) is effort


@pytest.mark.parametrize(
    ("wish", "budget"),
    [
        (ReasoningWish(), None),
        (ReasoningWish(enabled=False, effort=Effort.HIGH), None),
        (ReasoningWish(effort=Effort.NONE), None),
        (ReasoningWish(enabled=True), 8_000),
        (ReasoningWish(effort=Effort.HIGH), 16_000),
        (ReasoningWish(budget=5_000), 5_000),
        (ReasoningWish(budget=10), 1_024),
    ],
)
def test_an_effort_is_the_budget_that_its_vendor_spends(wish: ReasoningWish, budget: int | None) -> None:
    assert budget_of(wish, BUDGETS, 1_024) == budget
