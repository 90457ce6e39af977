"""What a request needs of each limit: the one place that says by which reckoning, and when no room is ever enough.

A soft limit must have room for what is expected of the request, a strict one for the least with which it is worth
asking: its prompt and the shortest answer that is of use.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from localrouter.domain.limits.bounds import Reach, Unbounded, used_at_most
from localrouter.domain.limits.demands import Demand, ReservedAmounts
from localrouter.domain.limits.rules import LimitRule, LimitRules
from localrouter.domain.limits.shortages import Impossible
from localrouter.domain.limits.windows import INPUT, REQUESTS, Amounts


@dataclass(frozen=True, slots=True)
class Needs:
    """A request at the moment when a limit may be short of room for it. `held` is what it holds itself, `ahead` what
    earlier requests wait for; `least` is the least that strict limits must have room for."""

    rules: LimitRules
    demand: Demand
    expected: Amounts
    held: ReservedAmounts
    ahead: ReservedAmounts
    reach: Reach | Unbounded | None = field(init=False)
    least: Amounts = field(init=False)

    def __post_init__(self) -> None:
        reach = self.demand.reach() if self.rules.strictly_judged(self.demand) else None
        least = used_at_most(reach, reach.shortest) if isinstance(reach, Reach) else self.expected
        object.__setattr__(self, "reach", reach)
        object.__setattr__(self, "least", least)

    @property
    def input_at_least(self) -> int:
        """A length of the prompt that stands for all up to twice as long, and never for more than is expected."""
        return min((1 << self.demand.input_tokens_at_least.bit_length()) - 1, self.expected[INPUT])

    @property
    def part(self) -> str | None:
        """What cannot be bounded."""
        return self.reach.part if isinstance(self.reach, Unbounded) else None

    def of(self, rule: LimitRule) -> int:
        """What the limit must still have room for."""
        return self.least[rule.measure] if rule.is_strict else need(rule, self.expected, self.held.expected)

    def never(self, rule: LimitRule) -> Impossible | None:
        """Why the limit would have no room for the request even if it were empty."""
        if not rule.is_strict:
            return None
        if isinstance(self.reach, Unbounded):
            return Impossible.UNBOUNDED
        return Impossible.TOO_LARGE if self.least[rule.measure] > rule.value else None

    @property
    def least_hold(self) -> ReservedAmounts:
        """What it needs at least to be admitted, as far as that is known."""
        cap = self.reach.shortest if isinstance(self.reach, Reach) else None
        return ReservedAmounts(self.expected, self.least, cap)


def need(rule: LimitRule, expected: Amounts, held: Amounts) -> int:
    """What a limit must still have room for, where it reckons with what is expected: never more than it has when it is
    empty, so that an idle strategy admits one. A request that was admitted holds its count already."""
    if rule.measure == REQUESTS:
        return 0 if held[REQUESTS] else 1
    return min(max(expected[rule.measure], 1), rule.value)
