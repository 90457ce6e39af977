"""What Anthropic's models have to be told in another way: effort as a budget, formats, sampling."""

from __future__ import annotations

import re

from localrouter.dialects.adapters import reasoning_effort
from localrouter.domain.conversation.conversation import Effort, ReasoningWish

Json = dict[str, object]

MIN_BUDGET = 1_024  # tokens of thought; Anthropic takes no fewer
ROOM_TO_ANSWER = 4_096  # tokens beside the thoughts, where the request has no cap
_BUDGETS = {
    Effort.MINIMAL: 1_024, Effort.LOW: 2_048, Effort.MEDIUM: 8_192, Effort.HIGH: 16_384, Effort.XHIGH: 32_768,
    Effort.MAX: 32_768,
}  # fmt: skip
_ADAPTIVE_EFFORTS = {
    Effort.MINIMAL: "low", Effort.LOW: "low", Effort.MEDIUM: "medium", Effort.HIGH: "high", Effort.XHIGH: "high",
    Effort.MAX: "max",
}  # fmt: skip
_VERSION = re.compile(r"claude-(?:[a-z]+)-(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)")
_HAS_TOOLS = re.compile(r"claude-(?!2|instant|v\d)")
_ADAPTIVE_FROM, _FORMATS_FROM = (4, 6), (4, 5)  # versions


def version_of(model: str) -> tuple[int, int] | None:
    """The version of a Claude model, as far as its name tells; None for others, and those of before 4."""
    found = _VERSION.search(model)
    return None if found is None else (int(found[1]), int(found[2] or 0))


def thinks_by_effort(model: str) -> bool:
    """Whether a model takes an effort rather than a budget."""
    return (version_of(model) or (0, 0)) >= _ADAPTIVE_FROM


def takes_schemas(model: str) -> bool:
    """Whether the format of a model's answers can be enforced."""
    version = version_of(model) or (0, 0)
    return version >= _FORMATS_FROM or (version == (4, 1) and "opus" in model)


def follows_tools(model: str) -> bool:
    """Whether a model can be made to call a tool, so that its answer matches the tool's schema."""
    return _HAS_TOOLS.search(model.lower()) is not None


def budget_of(wish: ReasoningWish) -> int | None:
    """The tokens of thought that are wished for; None where the model shall not think."""
    return reasoning_effort.budget_of(wish, _BUDGETS, MIN_BUDGET)


def effort_of(wish: ReasoningWish, budget: int) -> str:
    return _ADAPTIVE_EFFORTS[wish.effort or reasoning_effort.effort_of(budget) or Effort.HIGH]
