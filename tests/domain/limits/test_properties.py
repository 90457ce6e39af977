"""What limits must hold, whatever happens in whatever order, against a model that keeps every event for ever."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from hypothesis import example, given
from hypothesis import strategies as st

from localrouter.domain.configuration.config import LimitMode, LimitType, RateLimitTimeWindow, StrategyRateLimit
from localrouter.domain.conversation.request import Usage
from localrouter.domain.limits.account import Account, settled
from localrouter.domain.limits.averages import ABSENT_AVERAGE
from localrouter.domain.limits.check_result import Impossible, LimitExceeded
from localrouter.domain.limits.demand import ADMITTED, NOTHING_RESERVED, Demand, MaxUsage, ReservedAmounts, Unbounded
from localrouter.domain.limits.next_admission import OPEN_FOR
from localrouter.domain.limits.rules import NO_RULES, LimitRule, LimitRules, compile_rules
from localrouter.domain.limits.windows import (
    COST,
    INPUT,
    NOTHING,
    ONE_REQUEST,
    OUTPUT,
    REQUESTS,
    SHAPES,
    TOTAL,
    Amounts,
)
from localrouter.domain.models.pricing import FREE, Price, PriceTier, cost, cost_at_most
from tests.limits import outcome

CHEAP, DEAR = Price(input=1_000_000, output=2_000_000), Price(input=40_000_000, output=90_000_000, request=5_000)
BY_OUTPUT, BY_LENGTH = (
    Price(input=0, output=4_000_000),
    Price(0, 0, tiers=(PriceTier(500, Price(9_000_000, 9_000_000)),)),
)
PRICES: dict[str, Price | None] = {
    "one/cheap": CHEAP,
    "one/dear": DEAR,
    "home/free": FREE,
    "one/unpriced": None,
    "one/by_output": BY_OUTPUT,
    "one/by_length": BY_LENGTH,
}


Limits = dict[tuple[LimitType, RateLimitTimeWindow], float]


@dataclass
class Running:
    """A request as the model sees it: what it holds now, and whether an attempt is under way."""

    demand: Demand
    held: ReservedAmounts = NOTHING_RESERVED
    is_calling: bool = False


@dataclass
class Billed:
    """One settled attempt, with what was held for it."""

    at: float
    amounts: Amounts
    held: Amounts


@dataclass
class World:
    """An account, used as the ledger uses it, beside every event that ever was."""

    now: float
    limits: dict[tuple[LimitType, RateLimitTimeWindow], float]
    strict: bool = False
    account: Account = field(default_factory=Account)
    rules: LimitRules = NO_RULES
    admissions: list[float] = field(default_factory=list)
    billed: list[Billed] = field(default_factory=list)
    running: list[Running] = field(default_factory=list)
    usage: Callable[[ReservedAmounts, Usage], Usage] = lambda _, usage: usage
    check: Callable[[World, Demand, LimitExceeded | None, Running], None] = lambda *_: None

    def __post_init__(self) -> None:
        self.set_limits({})

    def set_limits(self, changes: dict[tuple[LimitType, RateLimitTimeWindow], float | None]) -> None:
        self.limits = {key: value for key, value in {**self.limits, **changes}.items() if value is not None}
        self.rules = compile_rules(
            [
                StrategyRateLimit(
                    limit_type=kind, time_window=w, value=v, mode=LimitMode.STRICT if self.strict else LimitMode.SOFT
                )
                for (kind, w), v in self.limits.items()
            ]
        )

    def advance(self, seconds: float) -> None:
        self.now += seconds
        self.account.advance(self.now)

    def ask(self, request: Running, demand: Demand) -> LimitExceeded | None:
        """The request asks for room on a candidate and takes it where there is some."""
        self.account.advance(self.now)
        found = outcome(self.account.check(self.rules, demand, request.held))
        short = found if isinstance(found, LimitExceeded) else None
        if is_unpriced_here(self, demand):
            assert short is not None, "no limit of cost admits what nobody can count, whatever was used and is held"
            assert (short.impossible, short.state.limit.limit_type) == (Impossible.UNPRICED, LimitType.COST)
        else:
            assert short is None or short.impossible is not Impossible.UNPRICED
        self.check(self, demand, short, request)
        if isinstance(found, LimitExceeded):
            return found
        if request.held == NOTHING_RESERVED:
            self.account.admit(self.now)
            self.admissions.append(self.now)
            self.running.append(request)
        self.account.reserve(request.held, found)
        request.demand, request.held, request.is_calling = demand, found, True
        return None

    def settle(self, request: Running, usage: Usage) -> None:
        """An attempt ended, billed or not."""
        usage = self.usage(request.held, usage)
        money = cost(usage, request.demand.price)
        amounts = settled(usage, money)
        self.account.advance(self.now)
        if usage.total_tokens or money:
            self.account.add(self.now, amounts, request.demand.model)
            self.billed.append(Billed(self.now, amounts, request.held.expected))
        self.account.reserve(request.held, ADMITTED)
        request.held, request.is_calling = ADMITTED, False

    def end(self, request: Running) -> None:
        if request.is_calling:
            self.settle(request, Usage())
        self.running.remove(request)

    def used(self, rule: LimitRule) -> int:
        """What was used in the exact trailing window."""
        after = self.now - SHAPES[rule.window][0]
        if rule.measure == REQUESTS:
            return sum(1 for at in self.admissions if at > after)
        return sum(each.amounts[rule.measure] for each in self.billed if each.at > after)

    def held_by_others(self, rule: LimitRule, request: Running) -> int:
        if rule.measure == REQUESTS:
            return 0
        others = [each.held for each in self.running if each is not request]
        return sum((hold.at_most if rule.is_strict else hold.expected)[rule.measure] for hold in others)


def estimate(account: Account, demand: Demand) -> Amounts:
    hold = outcome(account.check(NO_RULES, demand))
    assert isinstance(hold, ReservedAmounts)
    return hold.expected


def shortage(
    account: Account,
    rules: LimitRules,
    demand: Demand,
    held: ReservedAmounts = NOTHING_RESERVED,
    ahead: ReservedAmounts = NOTHING_RESERVED,
) -> LimitExceeded | None:
    found = outcome(account.check(rules, demand, held, ahead))
    return found if isinstance(found, LimitExceeded) else None


seconds = st.one_of(
    st.sampled_from([0.0, 0.5, 1.0, 30.0, 59.0, 60.0, 61.0, 600.0, 3_600.0, 86_400.0, 2_592_000.0]),
    st.floats(0, 3),
    st.floats(0, 100),
    st.floats(0, 4_000),
    st.floats(0, 90_000),
    st.floats(0, 2_600_000),
)
bounds = st.one_of(
    st.builds(MaxUsage, st.integers(1, 300), st.integers(0, 2), st.one_of(st.none(), st.integers(1, 300))),
    st.builds(MaxUsage, st.integers(1, 9_000), st.integers(0, 3), st.one_of(st.none(), st.integers(1, 9_000))),
    st.just(Unbounded("a picture")),
)
demands = st.builds(
    lambda model, at_least, bound, longest: Demand(at_least, PRICES[model], model, lambda: bound, longest),
    st.sampled_from(sorted(PRICES)),
    st.one_of(st.just(0), st.just(0), st.integers(0, 3_000)),
    bounds,
    st.one_of(st.none(), st.none(), st.integers(1, 2_000)),
)
usages = st.one_of(
    st.just(Usage()),
    st.builds(Usage, st.integers(0, 60), st.integers(0, 40)),
    st.builds(Usage, st.integers(0, 3_000), st.integers(0, 3_000)),
)
values: dict[LimitType, st.SearchStrategy[float]] = dict.fromkeys(
    LimitType, st.one_of(st.floats(0.1, 5), st.floats(10, 400), st.floats(400, 8_000))
)
values[LimitType.REQUESTS] = st.one_of(st.integers(1, 6).map(float), st.floats(1, 6))
values[LimitType.COST] = st.one_of(st.floats(1e-14, 1e-9), st.floats(1e-4, 1e-2), st.floats(0.01, 0.3))
limit = st.sampled_from(LimitType).flatmap(
    lambda kind: st.tuples(st.tuples(st.just(kind), st.sampled_from(RateLimitTimeWindow)), values[kind])
)
limits = st.lists(limit, min_size=1, max_size=4).map(dict)
change = st.one_of(limit, st.tuples(limit.map(lambda each: each[0]), st.none()))

start = st.tuples(st.just("start"), demands)
hop = st.tuples(st.just("hop"), st.integers(0, 9), demands)
settle = st.tuples(st.just("settle"), st.integers(0, 9), usages)
end = st.tuples(st.just("end"), st.integers(0, 9), st.just(0))
advance = st.tuples(st.just("advance"), seconds)
whole = st.tuples(st.just("whole"), demands, usages)
steps = st.lists(st.one_of(start, start, whole, whole, hop, settle, settle, end, advance, advance), max_size=50)
with_changes = st.lists(
    st.one_of(start, whole, hop, settle, end, advance, st.tuples(st.just("limit"), change)), max_size=50
)
begins = st.one_of(st.just(0.0), st.floats(0, 100), st.floats(0, 2e9))


def play(world: World, script: list[tuple[Any, ...]]) -> None:
    for step in script:
        match step:
            case ("start", demand):
                world.ask(Running(demand), demand)
            case ("whole", demand, usage):
                request = Running(demand)
                if world.ask(request, demand) is None:
                    world.settle(request, usage)
                    world.end(request)
            case ("hop", number, demand) if world.running:
                world.ask(world.running[number % len(world.running)], demand)
            case ("settle", number, usage) if world.running:
                request = world.running[number % len(world.running)]
                if request.is_calling:
                    world.settle(request, usage)
            case ("end", number, _) if world.running:
                world.end(world.running[number % len(world.running)])
            case ("advance", amount):
                world.advance(amount)
            case ("limit", (key, value)):
                world.set_limits({key: value})


def expecting(world: World, demand: Demand) -> ReservedAmounts:
    expected = estimate(world.account, demand)
    return ReservedAmounts(expected, expected)


def is_unpriced_here(world: World, demand: Demand) -> bool:
    return demand.price is None and any(rule.measure == COST for rule in world.rules.every)


def applying(world: World, demand: Demand) -> list[LimitRule]:
    return [rule for rule in world.rules.every if rule.measure != COST or not demand.is_free]


def need(rule: LimitRule, hold: ReservedAmounts, request: Running) -> int:
    estimate = hold.expected
    if rule.is_strict:
        return hold.at_most[rule.measure]
    if rule.measure == REQUESTS:
        return 0 if request.held.expected[REQUESTS] else 1
    return min(max(1, estimate[rule.measure]), rule.value)


@given(begins, limits, with_changes, st.booleans())
def test_at_each_admission_used_and_reserved_and_estimate_fit_every_limit(
    begin: float, given_limits: Limits, script: list[tuple[Any, ...]], strict: bool
) -> None:
    def fits(world: World, demand: Demand, short: LimitExceeded | None, request: Running) -> None:
        if short is not None:
            return
        hold = outcome(world.account.check(world.rules, demand, request.held))
        assert isinstance(hold, ReservedAmounts)
        for rule in applying(world, demand):
            needed = need(rule, hold, request)
            assert needed == 0 or world.used(rule) + world.held_by_others(rule, request) + needed <= rule.value

    play(World(begin, given_limits, strict, check=fits), script)


@given(begins, limits, steps)
def test_no_trailing_window_holds_more_requests_than_its_limit(
    begin: float, given_limits: Limits, script: list[tuple[Any, ...]]
) -> None:
    world = World(begin, given_limits)
    play(world, script)
    for rule in world.rules.every:
        if rule.measure != REQUESTS:
            continue
        length = SHAPES[rule.window][0]
        for last in world.admissions:
            assert (
                sum(1 for at in world.admissions if last - length < at <= last)
                <= world.limits[rule.limit.limit_type, rule.limit.time_window]
            )


@given(begins, limits, steps)
def test_a_limit_is_exceeded_by_no_more_than_what_attempts_used_beyond_their_reservations(
    begin: float, given_limits: Limits, script: list[tuple[Any, ...]]
) -> None:
    world = World(begin, given_limits)
    play(world, script)
    for rule in world.rules.every:
        measure, length = rule.measure, SHAPES[rule.window][0]
        if measure == REQUESTS:
            continue
        for last in world.billed:
            inside = [each for each in world.billed if last.at - length < each.at <= last.at]
            beyond = (max(0, each.amounts[measure] - min(each.held[measure], rule.value)) for each in inside)
            assert sum(each.amounts[measure] for each in inside) <= rule.value + sum(beyond)


def bounded_usage(held: ReservedAmounts, usage: Usage) -> Usage:
    """What a provider bills that keeps to its cap."""
    return Usage(min(usage.input_tokens, held.at_most[INPUT]), min(usage.output_tokens, held.at_most[OUTPUT]))


@given(begins, limits, steps)
def test_a_strict_limit_is_never_exceeded_as_long_as_providers_keep_to_their_caps(
    begin: float, given_limits: Limits, script: list[tuple[Any, ...]]
) -> None:
    world = World(begin, given_limits, strict=True)
    world.usage = bounded_usage
    play(world, script)
    for rule in world.rules.every:
        measure, length = rule.measure, SHAPES[rule.window][0]
        for last in world.billed if measure != REQUESTS else ():
            inside = [each for each in world.billed if last.at - length < each.at <= last.at]
            assert sum(each.amounts[measure] for each in inside) <= rule.value


@given(begins, limits, st.one_of(demands, demands.map(lambda demand: Demand(0, CHEAP, "one/cheap", demand.bound))))
def test_an_idle_strict_strategy_admits_what_fits_its_limits_and_says_never_to_the_rest(
    begin: float, given_limits: Limits, demand: Demand
) -> None:
    world = World(begin, given_limits, strict=True)
    short = world.ask(Running(demand), demand)
    bound, strict = demand.bound(), [rule for rule in applying(world, demand) if rule.is_strict]
    if is_unpriced_here(world, demand):
        assert short is not None
        assert short.impossible is Impossible.UNPRICED
    elif not strict:
        assert short is None
    elif isinstance(bound, Unbounded):
        assert short is not None
        assert short.impossible is Impossible.UNBOUNDED
    else:
        cap = min(16, *(each for each in (bound.output_cap, demand.max_output_tokens, 16) if each is not None))
        out = bound.answers * cap
        money = cost_at_most(bound.prompt_tokens, out, demand.price or FREE)
        least = (1, bound.prompt_tokens, out, bound.prompt_tokens + out, money)
        fits = all(least[rule.measure] <= rule.value for rule in strict)
        assert (short is None) == fits
        assert short is None or short.impossible is Impossible.TOO_LARGE


@given(begins, limits, with_changes)
def test_a_refused_request_uses_and_holds_nothing(
    begin: float, given_limits: Limits, script: list[tuple[Any, ...]]
) -> None:
    def changes_nothing(world: World, demand: Demand, short: LimitExceeded | None, request: Running) -> None:
        before = world.account.states(world.rules)
        if short is None:
            return
        assert isinstance(outcome(world.account.check(world.rules, demand, request.held)), LimitExceeded)
        assert world.account.states(world.rules) == before
        for rule, state in zip(world.rules.every, before, strict=True):
            assert state.reserved == world.held_by_others(rule, Running(demand))

    play(World(begin, given_limits, check=changes_nothing), script)


@given(begins, limits, with_changes, st.booleans())
def test_an_idle_account_holds_nothing_whatever_ran_before(
    begin: float, given_limits: Limits, script: list[tuple[Any, ...]], strict: bool
) -> None:
    world = World(begin, given_limits, strict)
    play(world, script)
    while world.running:
        world.end(world.running[-1])
    assert (world.account.reserved_expected, world.account.reserved_at_most) == (NOTHING, NOTHING)


def keeps_its_word(late: float) -> Callable[[World, Demand, LimitExceeded | None, Running], None]:
    def check(world: World, demand: Demand, short: LimitExceeded | None, request: Running) -> None:
        if short is None:
            return
        alone = copy.deepcopy(world.account)
        alone.reserved_expected = alone.reserved_at_most = NOTHING
        if short.impossible is not None:
            assert short.until is None
            assert not short.blocked_by_in_flight
            never = outcome(Account().check(world.rules, demand))
            assert isinstance(never, LimitExceeded)
            assert never.impossible is not None, "nor if nothing had ever been used"
            return
        if short.blocked_by_in_flight:
            assert short.until is None
            assert isinstance(outcome(alone.check(world.rules, demand, request.held)), ReservedAmounts)
            return
        assert short.until is not None
        assert short.until > world.now
        longest = max(sum(SHAPES[rule.window]) for rule in world.rules.every)
        assert short.until <= world.now + longest + 1, "nobody waits for longer than until all is forgotten"
        retry_after = max(1, math.ceil(short.until - world.now))
        alone.advance(world.now + retry_after + late)
        assert isinstance(outcome(alone.check(world.rules, demand, request.held)), ReservedAmounts)

    return check


@given(begins, limits, with_changes, st.floats(0, OPEN_FOR - 1), st.booleans())
def test_alone_a_request_that_comes_again_after_retry_after_is_admitted(
    begin: float, given_limits: Limits, script: list[tuple[Any, ...]], late: float, strict: bool
) -> None:
    play(World(begin, given_limits, strict, check=keeps_its_word(late)), script)


@given(begins, limits, with_changes)
def test_where_nothing_is_estimated_by_averages_nobody_waits_longer_than_needed(
    begin: float, given_limits: Limits, script: list[tuple[Any, ...]]
) -> None:
    def is_not_longer_than_needed(world: World, demand: Demand, short: LimitExceeded | None, request: Running) -> None:
        if short is None or short.until is None:
            return
        alone = copy.deepcopy(world.account)
        alone.reserved_expected = alone.reserved_at_most = NOTHING
        alone.advance(max(world.now, short.until - 0.001 - 1e-9 * short.until))
        assert isinstance(outcome(alone.check(world.rules, demand, request.held)), LimitExceeded)

    play(World(begin, given_limits, strict=True, check=is_not_longer_than_needed), script)


HOUR = RateLimitTimeWindow.HOUR
CALL = Demand(0, CHEAP, "one/cheap")
BURST = st.tuples(st.integers(1, 12), st.sampled_from([1, 10, 1_000]), st.sampled_from([0.0, 1.0, 20.0, 61.0, 400.0]))
PAUSE = st.sampled_from([30.0, 610.0, 3_000.0, 3_700.0, 40_000.0, 87_000.0])


@given(
    st.sampled_from([LimitType.TOTAL_TOKENS, LimitType.COST]),
    st.sampled_from(list(RateLimitTimeWindow)),
    st.sampled_from([60.0, 300.0, 1_500.0]),
    st.lists(st.tuples(BURST, PAUSE), min_size=1, max_size=6),
    st.floats(0, OPEN_FOR - 1),
)
@example(LimitType.TOTAL_TOKENS, HOUR, 60.0, [((1, 1_000, 0.0), 3_700.0), ((12, 10, 20.0), 30.0)], 0.0)
@example(LimitType.TOTAL_TOKENS, HOUR, 300.0, [((1, 1_000, 0.0), 3_700.0), ((30, 10, 61.0), 30.0)], 0.0)
@example(LimitType.COST, RateLimitTimeWindow.DAY, 60.0, [((8, 10, 61.0), 87_000.0), ((8, 10, 61.0), 30.0)], 0.0)
@example(LimitType.TOTAL_TOKENS, HOUR, 70.0, [((1, 1_000, 0.0), 3_700.0), ((7, 10, 505.0), 30.0)], 40.0)
def test_retry_after_is_true_although_averages_grow_while_one_waits(
    kind: LimitType, window: RateLimitTimeWindow, value: float, bursts: list[Any], late: float
) -> None:
    limit_value = value * 1e-6 if kind is LimitType.COST else value
    world = World(0.0, {(kind, window): limit_value}, check=keeps_its_word(late))
    for (count, tokens, between), pause in bursts:
        for _ in range(count):
            request = Running(CALL)
            if world.ask(request, CALL) is None:
                world.settle(request, Usage(tokens, 0))
                world.end(request)
            world.check(world, CALL, shortage(world.account, world.rules, CALL), Running(CALL))
            world.advance(between)
        world.advance(pause)


@given(begins, st.lists(st.floats(0, 40), max_size=30), st.integers(1, 6), st.sampled_from(RateLimitTimeWindow))
def test_a_limit_of_requests_is_open_again_at_the_end_of_the_bucket_and_not_later(
    begin: float, pauses: list[float], value: int, window: RateLimitTimeWindow
) -> None:
    def is_not_longer_than_needed(world: World, demand: Demand, short: LimitExceeded | None, request: Running) -> None:
        if short is None:
            return
        [rule] = world.rules.every
        length, grain = SHAPES[rule.window]
        oldest = sorted(world.admissions)[-rule.value]
        assert short.until is not None
        assert oldest + length <= short.until <= oldest + length + grain + 1e-6 * max(1.0, oldest)

    world = World(begin, {(LimitType.REQUESTS, window): float(value)}, check=is_not_longer_than_needed)
    demand = Demand(0, CHEAP, "one/cheap")
    for pause in pauses:
        world.advance(pause)
        world.ask(Running(demand), demand)


@given(begins, limits, with_changes)
def test_a_new_account_told_of_every_event_judges_the_same(
    begin: float, given_limits: Limits, script: list[tuple[Any, ...]]
) -> None:
    world = World(begin, given_limits)
    play(world, script)
    world.advance(0.0)
    rebuilt = Account()
    events = [(at, ONE_REQUEST) for at in world.admissions] + [(each.at, each.amounts) for each in world.billed]
    for at, amounts in sorted(events, key=lambda event: event[0]):
        rebuilt.add(at, amounts)
    rebuilt.advance(world.now)
    every = compile_rules(
        [StrategyRateLimit(limit_type=kind, time_window=w, value=1) for kind in LimitType for w in RateLimitTimeWindow]
    )
    before = [state.used for state in world.account.states(every)]
    assert [state.used for state in rebuilt.states(every)] == before
    unpriced = Demand(0, None, "one/never")
    assert estimate(rebuilt, unpriced) == estimate(world.account, unpriced)


def test_what_is_settled_while_one_waits_makes_the_wait_longer() -> None:
    world = World(0.0, {(LimitType.TOTAL_TOKENS, RateLimitTimeWindow.MINUTE): 100.0}, check=keeps_its_word(0.0))
    first, second, third = Running(CALL), Running(CALL), Running(CALL)
    world.ask(first, CALL)
    world.settle(first, Usage(10, 0))
    world.ask(second, CALL)
    world.ask(third, CALL)
    world.advance(1.0)
    world.settle(third, Usage(80, 0))
    short = world.ask(Running(CALL), CALL)
    assert short is not None
    assert short.until == 62.0
    world.advance(4.0)
    world.settle(second, Usage(60, 0))
    short = world.ask(Running(CALL), CALL)
    assert short is not None
    assert short.until == 66.0


def test_what_is_admitted_while_one_waits_makes_the_wait_longer() -> None:
    world = World(0.0, {(LimitType.REQUESTS, RateLimitTimeWindow.MINUTE): 1.0}, check=keeps_its_word(0.0))
    world.ask(Running(CALL), CALL)
    world.ask(Running(CALL), CALL)
    world.set_limits({(LimitType.REQUESTS, RateLimitTimeWindow.MINUTE): 2.0})
    rules = world.rules
    world.advance(5.0)
    world.ask(Running(CALL), CALL)
    assert world.ask(Running(CALL), CALL) is not None
    world.set_limits({(LimitType.REQUESTS, RateLimitTimeWindow.MINUTE): 3.0})
    world.ask(Running(CALL), CALL)
    world.rules = rules
    short = world.ask(Running(CALL), CALL)
    assert short is not None
    assert short.until == 66.0


def average_of_billed(world: World) -> tuple[int, int]:
    metered = [each for each in world.billed if each.amounts[TOTAL]]
    for length, grain in ((600.0, 30.0), SHAPES[2]):
        inside = [each for each in metered if each.at // grain + 1 > (world.now - length) / grain]
        if inside:
            tokens_in, tokens_out = (sum(each.amounts[measure] for each in inside) for measure in (1, 2))
            return -(-tokens_in // len(inside)), -(-tokens_out // len(inside))
    return ABSENT_AVERAGE


@given(begins, with_changes)
def test_an_estimate_is_the_average_of_billed_attempts_and_never_zero_for_want_of_one(
    begin: float, script: list[tuple[Any, ...]]
) -> None:
    def is_exact(world: World, demand: Demand, short: LimitExceeded | None, request: Running) -> None:
        average_in, average_out = average_of_billed(world)
        expected = estimate(world.account, demand)
        tokens_in = max(average_in, demand.input_tokens_at_least)
        assert expected[:4] == (1, tokens_in, average_out, tokens_in + average_out)
        assert expected[COST] >= cost(Usage(tokens_in, average_out), demand.price)

    play(World(begin, {}, check=is_exact), script)


@given(begins, steps, demands)
def test_an_attempt_without_usage_changes_no_estimate(
    begin: float, script: list[tuple[Any, ...]], demand: Demand
) -> None:
    world = World(begin, {})
    play(world, script)
    before = estimate(world.account, demand)
    request = Running(demand)
    world.ask(request, demand)
    world.settle(request, Usage())
    world.end(request)
    assert estimate(world.account, demand) == before


@given(begins, st.floats(1e-14, 1e-2), with_changes)
def test_a_free_model_is_never_kept_out_by_a_limit_of_cost(
    begin: float, value: float, script: list[tuple[Any, ...]]
) -> None:
    def is_admitted(world: World, demand: Demand, short: LimitExceeded | None, request: Running) -> None:
        assert short is None or not demand.is_free

    only_cost = [step for step in script if step[0] != "limit"]
    play(World(begin, {(LimitType.COST, w): value for w in RateLimitTimeWindow}, check=is_admitted), only_cost)


@given(begins, limits)
def test_an_idle_strategy_always_admits_one(begin: float, given_limits: Limits) -> None:
    for model, price in PRICES.items():
        world = World(begin, given_limits)
        demand = Demand(10_000_000, price, model)
        assert (world.ask(Running(demand), demand) is None) is not is_unpriced_here(world, demand)


@given(begins, limits, st.lists(demands, min_size=1, max_size=20))
def test_what_earlier_requests_wait_for_is_not_given_to_later_ones(
    begin: float, given_limits: Limits, waiting: list[Demand]
) -> None:
    world = World(begin, given_limits)
    play(world, [("start", demand) for demand in waiting])
    ahead = [0] * 6
    for demand in waiting:
        before = cast(Amounts, tuple(ahead))
        short = shortage(world.account, world.rules, demand, NOTHING_RESERVED, ReservedAmounts(before, before))
        for rule in applying(world, demand):
            taken = world.used(rule) + world.held_by_others(rule, Running(demand)) + ahead[rule.measure]
            assert short is not None or taken + need(rule, expecting(world, demand), Running(demand)) <= rule.value
        ahead = [one + other for one, other in zip(ahead, estimate(world.account, demand), strict=True)]
