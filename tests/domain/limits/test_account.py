"""Limits judged, story by story; `test_limit_properties` holds them against a model that keeps every event."""

from __future__ import annotations

import pytest

from localrouter.domain.configuration.config import LimitMode, LimitType, RateLimitTimeWindow, StrategyRateLimit
from localrouter.domain.conversation.request import Usage
from localrouter.domain.limits.account import Account, settled
from localrouter.domain.limits.check_result import Impossible, LimitExceeded
from localrouter.domain.limits.demand import ADMITTED, NOTHING_RESERVED, Demand, MaxUsage, ReservedAmounts, Unbounded
from localrouter.domain.limits.next_admission import input_class
from localrouter.domain.limits.rules import NO_RULES, LimitRules, compile_rules
from localrouter.domain.limits.windows import COST, TOTAL, Amounts
from localrouter.domain.models.pricing import FREE, Price
from tests.limits import limit, outcome

PRICE = Price(input=1_000, output=2_000)


def demand(at_least: int = 0, price: Price | None = PRICE) -> Demand:
    return Demand(input_tokens_at_least=at_least, price=price, model="openai/a")


def shortage(
    account: Account, rules: LimitRules, demand: Demand, held: ReservedAmounts = NOTHING_RESERVED
) -> LimitExceeded | None:
    found = outcome(account.check(rules, demand, held))
    return found if isinstance(found, LimitExceeded) else None


def estimate(account: Account, asked: Demand) -> Amounts:
    hold = outcome(account.check(NO_RULES, asked))
    assert isinstance(hold, ReservedAmounts)
    return hold.expected


def expecting(amounts: Amounts) -> ReservedAmounts:
    return ReservedAmounts(amounts, amounts)


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
    account.advance(1_060.9)
    assert shortage(account, rules, demand()) is not None
    account.advance(1_061.0)
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
    assert not short.blocked_by_in_flight
    assert short.until == 61.0


def test_an_admitted_request_counts_once_while_it_runs() -> None:
    account, rules = Account(), compile_rules([limit(LimitType.REQUESTS, 2)])
    account.admit(0.0)
    account.reserve(NOTHING_RESERVED, expecting(estimate(account, demand())))
    assert shortage(account, rules, demand()) is None


def test_what_running_requests_hold_counts_and_settling_them_helps() -> None:
    account, rules = Account(), compile_rules([limit(LimitType.TOTAL_TOKENS, 1_500)])
    account.reserved_expected = (0, 0, 0, 1_000, 0, 0)
    short = shortage(account, rules, demand())
    assert short is not None
    assert short.blocked_by_in_flight
    assert short.until is None
    own = shortage(account, rules, demand(), expecting((1, 700, 300, 1_000, 0, 0)))
    assert own is None, "a request is not in its own way"


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


def test_a_large_call_makes_the_next_ones_wait_no_longer_than_it_moves_the_average() -> None:
    account, rules = Account(), compile_rules([limit(LimitType.TOTAL_TOKENS, 10_000, RateLimitTimeWindow.MONTH)])
    for second in range(20):
        account.add(float(second), settled(Usage(5, 5), 0), None)
    account.add(660.0, settled(Usage(5_000, 4_000), 0), None)
    account.advance(661.0)
    short = shortage(account, rules, demand())
    assert short is not None
    assert short.state.estimate == 9_000
    assert short.until == 1_290.0, "when the last ten minutes hold it no more; not when the month does"
    account.advance(short.until)
    assert shortage(account, rules, demand()) is None


def test_cost_is_judged_in_picodollars() -> None:
    [rule] = compile_rules([limit(LimitType.COST, 0.1)]).every
    assert (rule.value, rule.measure) == (100_000_000_000, COST)


USED: dict[LimitType, float] = {
    LimitType.REQUESTS: 1,
    LimitType.INPUT_TOKENS: 30,
    LimitType.OUTPUT_TOKENS: 12,
    LimitType.TOTAL_TOKENS: 42,
    LimitType.COST: 0.000_000_5,
}


@pytest.mark.parametrize("at", [0.0, 7.0], ids=("within the second", "later"))
@pytest.mark.parametrize("mode", LimitMode)
@pytest.mark.parametrize("window", RateLimitTimeWindow)
@pytest.mark.parametrize("kind", LimitType)
def test_what_was_used_counts_at_once_in_its_own_measure_and_window(
    kind: LimitType, window: RateLimitTimeWindow, mode: LimitMode, at: float
) -> None:
    asked = Demand(0, PRICE, "openai/a", lambda: MaxUsage(1, 1, 1))
    only = StrategyRateLimit(limit_type=kind, value=USED[kind], time_window=window, mode=mode)
    account, rules = Account(), compile_rules([only])
    account.admit(0.0)
    account.add(0.0, settled(Usage(30, 12), 500_000), None)
    account.advance(at)
    [state] = account.states(rules)
    assert state.used == state.value
    assert state.remaining == 0
    short = shortage(account, rules, asked)
    assert short is not None
    assert short.until is not None
    account.advance(short.until)
    assert shortage(account, rules, asked) is None


def test_what_was_found_is_forgotten_as_soon_as_something_changes() -> None:
    rules = compile_rules([limit(LimitType.TOTAL_TOKENS, 500)])  # less than is expected: it admits one at a time
    account = Account()
    running = outcome(account.check(rules, demand()))
    assert isinstance(running, ReservedAmounts)
    account.reserve(NOTHING_RESERVED, running)
    waiting = shortage(account, rules, demand())
    assert waiting is not None
    assert waiting.blocked_by_in_flight
    account.reserve(running, ADMITTED)
    assert shortage(account, rules, demand()) is None, "room that was given back is there at once"
    account.add(0.0, (0, 600, 0, 600, 0, 0))  # in doubt, so that it changes no average
    short = shortage(account, rules, demand())
    assert short is not None
    assert short.until == 61.0, "and what was used is gone at once"


def test_what_others_wait_for_is_asked_anew_each_time() -> None:
    rules = compile_rules([limit(LimitType.TOTAL_TOKENS, 500)])
    account = Account()
    assert shortage(account, rules, demand()) is None
    others = expecting((1, 100, 0, 100, 0, 0))
    assert isinstance(outcome(account.check(rules, demand(), NOTHING_RESERVED, others)), LimitExceeded)
    assert shortage(account, rules, demand()) is None


@pytest.mark.parametrize("mode", LimitMode)
def test_where_usage_was_lost_whole_windows_must_pass(mode: LimitMode) -> None:
    asked = Demand(0, PRICE, "openai/a", lambda: MaxUsage(1, 1, 1))
    account, rules = Account(lost_at=100.0), compile_rules([limit(LimitType.TOTAL_TOKENS, 9_000, mode=mode)])
    account.advance(130.0)
    short = shortage(account, rules, asked)
    assert short is not None
    assert (short.until, short.usage_was_lost) == (160.0, True)
    account.advance(160.0)
    assert shortage(account, rules, asked) is None


def test_an_account_is_empty_only_when_nothing_is_held_counted_or_kept() -> None:
    account, held = Account(), ReservedAmounts((1, 5, 5, 10, 0, 0), (1, 5, 5, 10, 0, 0))
    account.advance(0.0)
    assert account.is_empty
    account.reserve(NOTHING_RESERVED, held)
    assert not account.is_empty, "something is held"
    account.reserve(held, NOTHING_RESERVED)
    assert account.is_empty
    account.admit(0.0)
    assert not account.is_empty, "something was counted"
    account.advance(5.0)
    assert not account.is_empty, "something is kept"
    account.advance(40 * 86_400.0)
    assert account.is_empty


def test_more_room_comes_with_the_bucket_that_frees_what_is_lacking() -> None:
    rules = compile_rules([limit(LimitType.TOTAL_TOKENS, 100)])
    account = Account()
    for second, tokens in ((0.0, 30), (10.0, 30), (20.0, 30)):
        account.add(second, settled(Usage(tokens, 0), 0), None)
    [state] = [state._replace(estimate=45) for state in account.states(rules)]
    assert account.more_room_at(rules, state) == 71.0, "35 are lacking: two buckets must go"
    [idle] = account.states(rules)
    assert account.more_room_at(rules, idle) == 61.0, "nothing is lacking: the first that goes makes more"
    assert Account().more_room_at(rules, idle) is None


BOUNDED = Demand(0, PRICE, "openai/a", lambda: MaxUsage(100, 1, 50))


def test_what_earlier_requests_wait_for_is_not_given_to_a_later_one_by_a_strict_limit_either() -> None:
    rules = compile_rules([limit(LimitType.TOTAL_TOKENS, 300, mode=LimitMode.STRICT)])
    account, nothing = Account(), (1, 0, 0, 0, 0, 0)
    for wanted, cap in ((100, 50), (160, 40), (184, 16)):
        found = outcome(
            account.check(rules, BOUNDED, NOTHING_RESERVED, ReservedAmounts(nothing, (1, 0, 0, wanted, 0, 0), 16))
        )
        assert isinstance(found, ReservedAmounts)
        assert (found.output_cap, found.at_most[TOTAL]) == (cap, 100 + cap)
    assert isinstance(
        outcome(account.check(rules, BOUNDED, NOTHING_RESERVED, ReservedAmounts(nothing, (1, 0, 0, 185, 0, 0), 16))),
        LimitExceeded,
    )


@pytest.mark.parametrize(("mode", "taken"), [(LimitMode.SOFT, 250), (LimitMode.STRICT, 290)])
def test_what_earlier_requests_wait_for_is_told_as_the_limit_reckons_it(mode: LimitMode, taken: int) -> None:
    rules = compile_rules([limit(LimitType.TOTAL_TOKENS, 300, mode=mode)])
    earlier = ReservedAmounts((1, 0, 0, 250, 0, 0), (1, 0, 0, 290, 0, 0), 16)
    found = outcome(Account().check(rules, BOUNDED, NOTHING_RESERVED, earlier))
    assert isinstance(found, LimitExceeded)
    assert found.state.reserved == taken


def test_a_request_that_is_tried_on_another_model_is_not_in_its_own_way_of_a_strict_limit() -> None:
    rules = compile_rules([limit(LimitType.TOTAL_TOKENS, 160, mode=LimitMode.STRICT)])
    account = Account()
    first = outcome(account.check(rules, BOUNDED))
    assert isinstance(first, ReservedAmounts)
    account.reserve(NOTHING_RESERVED, first)
    assert isinstance(outcome(account.check(rules, BOUNDED)), LimitExceeded)
    again = outcome(account.check(rules, BOUNDED, first))
    assert isinstance(again, ReservedAmounts)
    assert again.output_cap == 50


@pytest.mark.parametrize(
    ("bound", "price", "never"),
    [
        (Unbounded("a picture"), PRICE, Impossible.UNBOUNDED),
        (MaxUsage(100, 1, 50), None, Impossible.UNPRICED),
        (MaxUsage(900, 1, 50), PRICE, Impossible.TOO_LARGE),
    ],
)
def test_what_a_strict_limit_can_never_admit_is_not_told_to_wait(
    bound: MaxUsage | Unbounded, price: Price | None, never: Impossible
) -> None:
    account, rules = Account(), compile_rules([limit(LimitType.COST, 0.000_000_5, mode=LimitMode.STRICT)])
    short = shortage(account, rules, Demand(0, price, "openai/a", lambda: bound))
    assert short is not None
    assert (short.impossible, short.until, short.blocked_by_in_flight) == (never, None, False)
    assert (short.part is None) == (never is not Impossible.UNBOUNDED)


def test_a_strict_limit_is_open_again_when_the_least_that_is_needed_fits() -> None:
    account, rules = Account(), compile_rules([limit(LimitType.TOTAL_TOKENS, 1_000, mode=LimitMode.STRICT)])
    account.add(0.0, settled(Usage(950, 0), 0), None)
    account.add(30.0, settled(Usage(40, 0), 0), None)
    short = shortage(account, rules, BOUNDED)
    assert short is not None
    assert (short.state.estimate, short.until) == (116, 61.0)


def test_a_request_that_fills_a_strict_limit_to_the_last_token_fits_it() -> None:
    for value, fits in ((116, True), (115, False)):
        rules = compile_rules([limit(LimitType.TOTAL_TOKENS, value, mode=LimitMode.STRICT)])
        found = outcome(Account().check(rules, BOUNDED))
        assert isinstance(found, ReservedAmounts) == fits
        assert not fits or found == ReservedAmounts(
            (1, 700, 300, 1_000, 1_300_000, 0), (1, 100, 16, 116, 132_000, 0), 16
        )


def test_where_usage_was_lost_the_longest_window_must_pass() -> None:
    hourly = limit(LimitType.REQUESTS, 5, RateLimitTimeWindow.HOUR)
    account, rules = Account(lost_at=100.0), compile_rules([limit(LimitType.REQUESTS, 5), hourly])
    account.advance(130.0)
    short = shortage(account, rules, demand())
    assert short is not None
    assert (short.until, short.state.limit) == (3_700.0, hourly)


def test_one_answer_serves_requests_of_about_the_same_length() -> None:
    for at_least in (0, 1, 5, 100, 699):
        assert at_least <= input_class(Account().check(NO_RULES, demand(at_least))) <= min(700, 2 * at_least)
    assert input_class(Account().check(NO_RULES, demand(5_000))) == 5_000


STRICT_200 = limit(LimitType.TOTAL_TOKENS, 200, mode=LimitMode.STRICT)


def test_the_tightest_of_several_strict_limits_caps_the_answer_whatever_their_order() -> None:
    tight, lax = STRICT_200, limit(LimitType.TOTAL_TOKENS, 100_000, RateLimitTimeWindow.HOUR, mode=LimitMode.STRICT)
    asked = Demand(0, PRICE, "openai/a", lambda: MaxUsage(100, 1, 500))
    for limits in ([tight, lax], [lax, tight]):
        assert Account().check(compile_rules(limits), asked).reserved.output_cap == 100


def test_an_admission_moves_the_retry_after_of_whoever_is_refused_in_the_same_second() -> None:
    rules = compile_rules([limit(LimitType.REQUESTS, 2), STRICT_200])
    account, small = Account(), Demand(0, PRICE, "openai/a", lambda: MaxUsage(1, 1, 1))
    account.add(0.0, (0, 100, 0, 100, 0, 0))
    account.admit(20.0)
    account.advance(30.0)
    short = shortage(account, rules, BOUNDED)
    assert short is not None
    assert short.until == 61.0
    assert shortage(account, rules, small) is None
    account.admit(30.0)
    short = shortage(account, rules, BOUNDED)
    assert short is not None
    assert short.until == 81.0, "when there is room for a request, too"


def test_a_changed_limit_changes_the_retry_after_at_once() -> None:
    account, hourly = Account(), limit(LimitType.TOTAL_TOKENS, 200, RateLimitTimeWindow.HOUR, mode=LimitMode.STRICT)
    account.add(0.0, (0, 100, 0, 100, 0, 0))
    account.advance(30.0)
    found = [shortage(account, compile_rules([each]), BOUNDED) for each in (STRICT_200, hourly)]
    assert [short.until for short in found if short is not None] == [61.0, 3_660.0]
