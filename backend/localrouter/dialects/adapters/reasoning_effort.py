"""Reasoning: an effort for a server that takes no budget, and a budget for one that takes no effort; an effort of its
own for a server that takes no object of wishes.

What a vendor's models spend at each effort differs, so each dialect has its own budgets; where a budget stands among
the efforts is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping

from localrouter.dialects.adapters.adapting import Adapting
from localrouter.dialects.contract import Preset
from localrouter.dialects.features import Feature
from localrouter.dialects.json_bodies.values import text_at, whole_at
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


def adapt(adapting: Adapting, preset: Preset) -> None:
    if Feature.REASONING_OBJECT not in preset.lacks or "reasoning" not in adapting.body:
        return
    wishes = adapting.body.pop("reasoning")
    adapting.body = with_effort(adapting.body, wishes)
    if "reasoning_effort" in adapting.body:
        adapting.adapted.add("reasoning effort")
    for name, value in wishes.items() if isinstance(wishes, dict) else ():
        if name not in ("effort", "max_tokens") and value:
            adapting.lost.add(f"reasoning.{name}")


def with_effort(body: Mapping[str, object], wishes: object) -> dict[str, object]:
    """A body of OpenAI's chat with the effort that its `reasoning` wished for, unless it says one itself."""
    effort = text_at(wishes, "effort") or effort_of(whole_at(wishes, "max_tokens"))
    if effort is None or body.get("reasoning_effort") is not None:
        return dict(body)
    return {**body, "reasoning_effort": str(effort)}
