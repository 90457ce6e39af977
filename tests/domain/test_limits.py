"""The ledger's arithmetic against a naive model that keeps every event."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from localrouter.domain.chat import Usage
from localrouter.domain.config import LimitMode, LimitType, RateLimitTimeWindow, StrategyRateLimit
from localrouter.domain.demands import NO_HOLD, Demand, Hold
from localrouter.domain.estimates import ABSENT_AVERAGE
from localrouter.domain.limits import Account, settled
from localrouter.domain.pricing import FREE, Price
from localrouter.domain.rules import Rules, compile_rules
from localrouter.domain.shortages import Shortage
from localrouter.domain.windows import COST, REQUESTS, SHAPES, TOTAL, Window

PRICE = Price(input=1_000, output=2_000)


def limit(
    limit_type: LimitType, value: float, window: RateLimitTimeWindow = RateLimitTimeWindow.MINUTE
) -> StrategyRateLimit:
    return StrategyRateLimit(limit_type=limit_type, value=value, time_window=window, mode=LimitMode.SOFT)


def demand(at_least: int = 0, price: Price | None = PRICE) -> Demand:
    return Demand(input_tokens_at_least=at_least, price=price, model="openai/a")


def shortage(account: Account, rules: Rules, demand: Demand, held: Hold = NO_HOLD) -> Shortage | None:
    found = account.judge(rules, demand, held)
    return found if isinstance(found, Shortage) else None


def expecting(amounts: tuple[int, int, int, int, int, int]) -> Hold:
    return Hold(amounts, amounts)


steps = st.lists(st.tuples(st.floats(0, 4_000), st.integers(1, 50)), min_size=1, max_size=60)


@given(steps, st.sampled_from(SHAPES))
@settings(deadline=None)
def test_a_window_never_forgets_early_and_at_most_one_bucket_late(
    events: list[tuple[float, int]], shape: tuple[float, float]
) -> None:
    length, grain = shape
    window = Window(length, grain)
    now, history = 0.0, []
    for step, amount in events:
        now += step
        window.forget(now)
        window.add(now, (amount, 0, 0, 0, 0, 0))
        history.append((now, amount))
        inside = sum(amount for at, amount in history if at > now - length)
        late = sum(amount for at, amount in history if at > now - length - grain)
        assert inside <= window.sums[REQUESTS] <= late


@given(steps, st.sampled_from(SHAPES), st.integers(1, 500))
@settings(deadline=None)
def test_drained_at_is_when_the_sum_has_fallen(
    events: list[tuple[float, int]], shape: tuple[float, float], excess: int
) -> None:
    window = Window(*shape)
    now = 0.0
    for step, amount in events:
        now += step
        window.forget(now)
        window.add(now, (amount, 0, 0, 0, 0, 0))
    before = window.sums[REQUESTS]
    at = window.drained_at(REQUESTS, excess)
    if at is None:
        assert before < excess
        return
    window.forget(math.nextafter(at, -math.inf) - 1e-6)
    assert before - window.sums[REQUESTS] < excess
    window.forget(at)
    assert before - window.sums[REQUESTS] >= excess


def test_a_hundred_a_minute_admits_a_hundred_and_says_when_the_next_one_fits() -> None:
    account, rules = Account(), compile_rules([limit(LimitType.REQUESTS, 100)])
    for i in range(100):
        at = 1_000.0 + i * 0.1
        assert shortage(account, rules, demand()) is None
        account.admit(at)
    short = shortage(account, rules, demand())
    assert short is not None
    assert short.state.used == 100
    assert short.until == 1_061.0
    account.forget(1_060.9)
    assert shortage(account, rules, demand()) is not None
    account.forget(1_061.0)
    assert shortage(account, rules, demand()) is None


def test_an_idle_strategy_always_admits_one_however_small_its_limit() -> None:
    account = Account()
    rules = compile_rules([limit(LimitType.TOTAL_TOKENS, 10), limit(LimitType.COST, 0.000_001)])
    assert shortage(account, rules, demand(5_000)) is None


def test_tokens_overflow_once_and_then_the_limit_holds() -> None:
    account, rules = Account(), compile_rules([limit(LimitType.TOTAL_TOKENS, 1_000)])
    account.admit(0.0)
    account.add(0.0, settled(Usage(900, 400), 0), "openai/a")
    short = shortage(account, rules, demand())
    assert short is not None
    assert short.state.used == 1_300
    assert not short.settling_helps
    assert short.until == 61.0


def test_an_admitted_request_counts_once_while_it_runs() -> None:
    account, rules = Account(), compile_rules([limit(LimitType.REQUESTS, 2)])
    account.admit(0.0)
    account.hold(NO_HOLD, expecting(account.estimate(demand())))
    assert shortage(account, rules, demand()) is None


def test_what_running_requests_hold_counts_and_settling_them_helps() -> None:
    account, rules = Account(), compile_rules([limit(LimitType.TOTAL_TOKENS, 1_500)])
    account.reserved[TOTAL] = 1_000
    short = shortage(account, rules, demand())
    assert short is not None
    assert short.settling_helps
    assert short.until is None
    own = shortage(account, rules, demand(), expecting((1, 700, 300, 1_000, 0, 0)))
    assert own is None, "a request is not in its own way"


def test_an_absent_average_is_never_zero_and_a_known_one_is_used() -> None:
    account = Account()
    assert account.estimate(demand())[1:3] == ABSENT_AVERAGE
    account.add(0.0, settled(Usage(10, 5), 40_000), "openai/a")
    assert account.estimate(demand())[1:5] == (10, 5, 15, 40_000), "the average cost where it is higher"
    assert account.estimate(demand(at_least=50))[1:4] == (50, 5, 55), "never below the prompt's own lower bound"


def test_the_average_falls_back_to_the_last_day() -> None:
    account = Account()
    account.add(0.0, settled(Usage(10, 5), 0), None)
    account.forget(3_600.0)
    assert account.estimate(demand())[1:3] == (10, 5)
    account.forget(2 * 86_400.0)
    assert account.estimate(demand())[1:3] == ABSENT_AVERAGE


def test_a_free_model_fits_a_spent_budget() -> None:
    account, rules = Account(), compile_rules([limit(LimitType.COST, 2.0, RateLimitTimeWindow.DAY)])
    account.add(0.0, settled(Usage(10, 5), 3_000_000_000_000), "openai/a")
    free = demand(price=FREE)
    assert shortage(account, rules, free) is None
    assert shortage(account, rules, demand()) is not None


def test_a_limit_set_later_judges_what_was_used_before() -> None:
    account = Account()
    for _ in range(5):
        account.admit(0.0)
    rules = compile_rules([limit(LimitType.REQUESTS, 5, RateLimitTimeWindow.MONTH)])
    assert shortage(account, rules, demand()) is not None


def test_of_several_full_limits_the_one_that_drains_last_is_named() -> None:
    account = Account()
    rules = compile_rules(
        [limit(LimitType.REQUESTS, 1), limit(LimitType.REQUESTS, 1, RateLimitTimeWindow.DAY)],
    )
    account.admit(0.0)
    short = shortage(account, rules, demand())
    assert short is not None
    assert short.state.limit.time_window is RateLimitTimeWindow.DAY
    assert short.until == 900.0 + 86_400.0


def test_a_limit_with_plenty_of_room_makes_nobody_wait_for_it() -> None:
    account = Account()
    rules = compile_rules(
        [
            limit(LimitType.REQUESTS, 1),
            limit(LimitType.REQUESTS, 1_000, RateLimitTimeWindow.MONTH),
            limit(LimitType.TOTAL_TOKENS, 1_000_000, RateLimitTimeWindow.DAY),
        ]
    )
    account.admit(0.0)
    account.add(0.0, settled(Usage(10, 5), 0), None)
    short = shortage(account, rules, demand())
    assert short is not None
    assert short.until == 61.0


def test_cost_is_judged_in_picodollars() -> None:
    [rule] = compile_rules([limit(LimitType.COST, 0.1)])
    assert (rule.value, rule.measure) == (100_000_000_000, COST)
