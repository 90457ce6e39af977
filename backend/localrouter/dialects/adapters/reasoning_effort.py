"""Reasoning: an effort for a server that takes no budget, and a budget for one that takes no effort.

What a vendor's models spend at each effort differs, so each dialect has its own budgets; where a budget stands among
the efforts is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping

from localrouter.domain.conversation.conversation import Effort, ReasoningWish

_UP_TO = ((2_048, Effort.LOW), (8_192, Effort.MEDIUM))  # budgets in tokens; a larger one is a high effort


def effort_of(budget: int | None) -> Effort | None:
    """The effort that spends about so many tokens."""
    if budget is None:
        return None
    return next((effort for most, effort in _UP_TO if budget <= most), Effort.HIGH)


def budget_of(wish: ReasoningWish, budgets: Mapping[Effort, int], least: int) -> int | None:
    """The tokens of thought that are wished for, no fewer than `least`; None where the model shall not think."""
    if wish.enabled is False or wish.effort is Effort.NONE or not wish.is_given:
        return None
    if wish.budget is not None:
        return max(least, wish.budget)
    return budgets[wish.effort or Effort.MEDIUM]
