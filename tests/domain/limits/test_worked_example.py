"""The worked example of backend/docs/limits.md, figure by figure."""

from __future__ import annotations

from localrouter.domain.configuration.config import LimitType, RateLimitTimeWindow
from localrouter.domain.conversation.request import Usage
from localrouter.domain.limits.account import Account, settled
from localrouter.domain.limits.check_result import LimitExceeded
from localrouter.domain.limits.demand import ADMITTED, NOTHING_RESERVED, Demand, MaxUsage, ReservedAmounts
from localrouter.domain.limits.rules import compile_rules
from localrouter.domain.limits.windows import COST, TOTAL
from localrouter.domain.models.pricing import Price, cost, from_usd, picodollars_per_token
from tests.limits import limit, outcome

PRICE = Price(picodollars_per_token(10), picodollars_per_token(40))
RULES = compile_rules(
    [
        limit(LimitType.TOTAL_TOKENS, 2_200),
        limit(LimitType.COST, 0.04, RateLimitTimeWindow.HOUR, mode="strict"),
    ]
)
CALL = Demand(100, PRICE, "one/a", lambda: MaxUsage(472, 1, 500))


def test_two_requests_run_a_third_waits_for_a_settlement_and_a_fourth_is_told_when_to_come_again() -> None:
    account = Account()

    def reserve(at: float) -> ReservedAmounts:
        account.advance(at)
        found = outcome(account.check(RULES, CALL))
        assert isinstance(found, ReservedAmounts)
        account.admit(at)
        account.reserve(NOTHING_RESERVED, found)
        return found

    def settle(at: float, reserved: ReservedAmounts, usage: Usage) -> None:
        account.reserve(reserved, ADMITTED)
        account.add(at, settled(usage, cost(usage, PRICE)), "one/a")

    def exceeded(at: float) -> LimitExceeded:
        account.advance(at)
        found = outcome(account.check(RULES, CALL))
        assert isinstance(found, LimitExceeded)
        return found

    first, second = reserve(0.0), reserve(0.0)
    assert (first.expected[TOTAL], first.at_most[COST], first.output_cap) == (1_000, from_usd(0.02472), 500)
    assert (second.expected[TOTAL], second.at_most[COST], second.output_cap) == (1_000, from_usd(0.01528), 264)

    third = exceeded(1.0)
    assert third.blocked_by_in_flight
    assert (third.state.used, third.state.reserved, third.state.estimate) == (0, 2_000, 1_000)

    settle(5.0, first, Usage(450, 150))
    again = reserve(5.0)
    assert (again.expected[TOTAL], again.at_most[COST], again.output_cap) == (600, from_usd(0.0142), 237)

    settle(10.0, second, Usage(450, 100))
    settle(15.0, again, Usage(450, 100))
    fourth = exceeded(20.0)
    assert fourth.state.limit.limit_type is LimitType.TOTAL_TOKENS
    assert (fourth.state.used, fourth.state.reserved, fourth.state.estimate) == (1_700, 0, 567)
    assert fourth.until == 66.0, "what the first used leaves the window with its second: come again after 46 s"
    assert reserve(66.0).output_cap == 194
