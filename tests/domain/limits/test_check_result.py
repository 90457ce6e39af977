"""How full limits are, told as they were when a request was checked."""

from __future__ import annotations

from localrouter.domain.configuration.config import LimitMode, LimitType, RateLimitTimeWindow, StrategyRateLimit
from localrouter.domain.conversation.request import Usage
from localrouter.domain.limits.account import Account, settled
from localrouter.domain.limits.check_result import Impossible, LimitExceeded, Overrun, overruns
from localrouter.domain.limits.demand import ADMITTED, Demand, MaxUsage, ReservedAmounts
from localrouter.domain.limits.rules import compile_rules
from localrouter.domain.limits.windows import COST
from localrouter.domain.models.pricing import FREE, Price
from tests.limits import outcome

PRICE = Price(input=1_000, output=2_000)
CALL = Demand(0, PRICE, "one/a", lambda: MaxUsage(200, 1, 50))


def limit(kind: LimitType, mode: LimitMode, value: float = 1e6) -> StrategyRateLimit:
    return StrategyRateLimit(limit_type=kind, value=value, time_window=RateLimitTimeWindow.HOUR, mode=mode)


RULES = compile_rules(
    [
        limit(LimitType.REQUESTS, LimitMode.SOFT),
        limit(LimitType.TOTAL_TOKENS, LimitMode.SOFT),
        limit(LimitType.OUTPUT_TOKENS, LimitMode.STRICT),
        limit(LimitType.COST, LimitMode.STRICT, 1.0),
    ]
)


def take(account: Account, demand: Demand = CALL) -> ReservedAmounts:
    hold = outcome(account.check(RULES, demand))
    assert isinstance(hold, ReservedAmounts)
    account.admit(0.0)
    account.reserve(ReservedAmounts((0,) * 6, (0,) * 6), hold)
    return hold


def test_soft_limits_tell_what_is_expected_and_strict_ones_the_most() -> None:
    account = Account()
    account.advance(0.0)
    account.add(0.0, settled(Usage(10, 5), 20_000), "one/a")
    running = take(account)
    assert running == ReservedAmounts((1, 10, 5, 15, 20_000, 0), (1, 200, 50, 250, 300_000, 0), 50)
    states = account.check(RULES, CALL).states()
    assert [s.remaining for s in states] == [s.value - s.used - s.reserved for s in states]
    told = [(s.used, s.reserved, s.estimate) for s in states]
    assert told == [(1, 0, 1), (15, 15, 15), (5, 50, 50), (20_000, 300_000, 300_000)]


def test_a_check_stays_as_it_was() -> None:
    account = Account()
    account.advance(0.0)
    check = account.check(RULES, CALL)
    before = check.states()
    for _ in range(3):
        account.reserve(take(account), ADMITTED)
        account.add(0.5, settled(Usage(100, 100), 1_000_000), "one/a")
    account.advance(7_200.0)
    assert check.states() == before


def test_a_request_is_not_in_its_own_way() -> None:
    account = Account()
    account.advance(0.0)
    hold = take(account)
    told = [(s.reserved, s.estimate) for s in account.check(RULES, CALL, hold).states()]
    assert told == [(0, 0), (0, 1_000), (0, 50), (0, 300_000)]


def test_a_free_model_is_told_to_cost_nothing() -> None:
    account = Account()
    account.advance(0.0)
    rules = compile_rules([limit(LimitType.COST, LimitMode.SOFT, 1.0)])
    check = account.check(rules, Demand(0, FREE, "home/a"))
    assert check.exceeded is None
    [state] = check.states()
    assert state.estimate == 0


def test_a_model_without_a_price_is_told_what_others_used_and_hold_of_the_limit() -> None:
    account = Account()
    account.advance(0.0)
    rules = compile_rules([limit(LimitType.COST, LimitMode.SOFT, 1.0)])
    account.add(0.0, settled(Usage(50, 0), 7_000), None)
    hold = outcome(account.check(rules, CALL))
    assert isinstance(hold, ReservedAmounts)
    account.reserve(ReservedAmounts((0,) * 6, (0,) * 6), hold)
    short = outcome(account.check(rules, Demand(0, None, "one/unpriced")))
    assert isinstance(short, LimitExceeded)
    assert short.impossible is Impossible.UNPRICED
    assert (short.state.used, short.state.reserved, short.state.estimate) == (7_000, hold.expected[COST], 0)


def test_remaining_is_never_below_nothing() -> None:
    account = Account()
    account.advance(0.0)
    rules = compile_rules([limit(LimitType.TOTAL_TOKENS, LimitMode.SOFT, 10)])
    account.add(0.0, settled(Usage(50, 0), 0), None)
    assert account.states(rules)[0].remaining == 0


def test_a_limit_that_becomes_strict_knows_of_running_requests_what_is_expected() -> None:
    account = Account()
    account.advance(0.0)
    soft = compile_rules([limit(LimitType.TOTAL_TOKENS, LimitMode.SOFT, 2_000)])
    hold = outcome(account.check(soft, CALL))
    assert isinstance(hold, ReservedAmounts)
    account.reserve(ReservedAmounts((0,) * 6, (0,) * 6), hold)
    strict = compile_rules([limit(LimitType.TOTAL_TOKENS, LimitMode.STRICT, 2_000)])
    [state] = account.states(strict)
    assert state.reserved == 1_000
    full = compile_rules([limit(LimitType.TOTAL_TOKENS, LimitMode.STRICT, 1_200)])
    short = outcome(account.check(full, CALL))
    assert isinstance(short, LimitExceeded)
    assert short.blocked_by_in_flight


def test_an_overrun_is_named_for_each_measure_that_a_strict_limit_judges() -> None:
    at_most = (1, 200, 50, 250, 300_000, 0)
    assert overruns(RULES, at_most, (0, 200, 50, 250, 300_000, 1)) == ()
    assert overruns(RULES, at_most, (0, 900, 50, 950, 300_000, 1)) == (), "no strict limit is of these"
    assert overruns(RULES, at_most, (0, 10, 51, 61, 300_000, 1)) == (Overrun(LimitType.OUTPUT_TOKENS, 50, 51),)
    assert [each.limit_type for each in overruns(RULES, at_most, (0, 10, 60, 70, 300_001, 1))] == [
        LimitType.OUTPUT_TOKENS,
        LimitType.COST,
    ]
