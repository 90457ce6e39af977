"""The ledger with a real journal: whatever happens in whatever order, usage is neither lost nor counted twice."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from localrouter.domain.configuration.config import (
    LimitMode,
    LimitType,
    RateLimitTimeWindow,
    Strategy,
    StrategyRateLimit,
)
from localrouter.domain.conversation.request import Usage
from localrouter.domain.limits.account import settled
from localrouter.domain.limits.check_result import Impossible, LimitExceeded
from localrouter.domain.limits.demand import Demand, MaxUsage, ReservedAmounts, Unbounded
from localrouter.domain.limits.recovery import RequestStart
from localrouter.domain.limits.rules import MEASURES, WINDOWS
from localrouter.domain.limits.windows import COST, MONTH, NOTHING, REQUESTS, SETTLED, SHAPES, Amounts, PastUse
from localrouter.domain.metrics.samples import Outcome, Sample
from localrouter.domain.models.pricing import FREE, Price, cost
from localrouter.domain.routing.attempt_ends import UNUSED, AttemptEnd, as_counted
from localrouter.domain.routing.attempts import Attempt
from localrouter.domain.routing.failures import FailureKind
from localrouter.services.ledger.journal import Journal
from localrouter.services.ledger.ledger import Ledger, Reservation, Spent
from tests.limits import limit, outcome
from tests.metric_samples import sample
from tests.services.ledger.world import CALL, THEN, World

PRICES: dict[str, Price | None] = {
    "one/cheap": Price(input=1_000_000, output=2_000_000),
    "home/free": FREE,
    "one/unpriced": None,
}
STRATEGIES = ("first", "second")
PLENTY = 1e15
EVERY_LIMIT, EVERY_STRICT_LIMIT = (
    tuple(
        StrategyRateLimit(
            limit_type=kind, time_window=window, value=PLENTY if kind is not LimitType.COST else 1e6, mode=mode
        )
        for kind in LimitType
        for window in RateLimitTimeWindow
    )
    for mode in LimitMode
)
ANYTHING = tuple(Strategy(id=name, name=name, rate_limits=EVERY_LIMIT) for name in STRATEGIES)
ANYTHING_STRICT = tuple(Strategy(id=name, name=name, rate_limits=EVERY_STRICT_LIMIT) for name in STRATEGIES)
ENDINGS = (  # and whether the usage was told
    (AttemptEnd.WHOLE, True),
    (AttemptEnd.WHOLE, False),
    (AttemptEnd.BROKEN, True),
    (AttemptEnd.BROKEN, False),
    (AttemptEnd.LOST, False),
    (AttemptEnd.REFUSED, False),
    (AttemptEnd.UNDISPATCHED, False),
)
BOUNDS = (Unbounded("a picture"), MaxUsage(120, 1), MaxUsage(400, 2, 30), MaxUsage(60, 1, 5), MaxUsage(2_100, 0))


@dataclass
class Request:
    """A request as the world outside knows it. Times are true ones, stamps those of the wall clock then."""

    reservation: Reservation
    started: float
    stamp: float
    demand: Demand
    uses: list[tuple[float, Amounts]] = field(default_factory=list)
    saw_clock_set_forward: bool = False
    start: RequestStart | None = None  # None for a request of an earlier release
    called: float = 0.0
    attempts: list[Attempt] = field(default_factory=list)
    dispatched: bool = False  # an attempt that is over was

    @property
    def id(self) -> str:
        return self.reservation.request_id

    @property
    def is_calling(self) -> bool:
        return self.reservation.is_calling


@dataclass
class Record:
    """What the metrics keep of a request: the wall clock at its start, its length, and all that was counted of it, what
    providers told of it apart from the rest."""

    request_id: str
    strategy_id: str
    started_at: float
    settled_at: float
    counted: tuple[Amounts, Amounts]
    saw_clock_set_forward: bool
    dispatched: bool

    def past(self) -> Iterable[PastUse]:
        if self.dispatched:
            yield PastUse(self.strategy_id, self.started_at, (1, 0, 0, 0, 0, 0))
        for amounts in self.counted:
            yield PastUse(self.strategy_id, self.settled_at, amounts, ran=self.settled_at - self.started_at)

    def rolled_up(self) -> Iterable[PastUse]:
        """The same where only sums of whole minutes are left, which are stamped with the minute's end."""
        for use in self.past():
            yield PastUse(use.strategy_id, (use.at // 60 + 1) * 60, use.amounts, late=60.0)


def ought_to_count(ending: AttemptEnd, usage: Usage, money: int, held: ReservedAmounts) -> Amounts:
    """The table of what an attempt leaves, worked out measure by measure."""
    tokens_in, tokens_out = usage.input_tokens, usage.output_tokens
    known = (tokens_in, tokens_out, tokens_in + tokens_out, money)
    if ending in UNUSED:
        return NOTHING
    if not usage.estimated:
        return (0, *known, 1 if tokens_in + tokens_out else 0)
    at_least = held.at_most[1:5] if held.output_cap is not None else held.expected[1:5]
    if ending is AttemptEnd.WHOLE and held.output_cap is None:
        at_least = (0, 0, 0, 0)
    a, b, c, d = (max(each) for each in zip(known, at_least, strict=True))
    return (0, a, b, c, d, 0)


def added(amounts: Iterable[Amounts]) -> Amounts:
    a, b, c, d, e, f = (sum(each) for each in zip(NOTHING, *amounts, strict=True))
    return (a, b, c, d, e, f)


def is_told(attempt: Attempt) -> bool:
    return attempt.usage.total_tokens > 0 and not attempt.usage.estimated


class LedgerMachine(RuleBasedStateMachine):
    """`true` is the time that nobody can read; clocks show it with what has been done to them."""

    @initialize(booted=st.floats(0, 1e6), wall=st.floats(-1e6, 1e6))
    def begin(self, booted: float, wall: float) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ledger-"))
        self.true = 0.0
        self.booted, self.boot = -booted, 0
        self.set = THEN + wall  # what the wall clock shows more than the true time
        self.limits: dict[str, tuple[StrategyRateLimit, ...]] = dict.fromkeys(STRATEGIES, ())
        self.running: list[Request] = []
        self.queued: list[Record] = []
        self.written: list[Record] = []
        self.rolled: list[Record] = []
        self.events: list[tuple[str, float, Amounts]] = []  # all that was ever dispatched or used, at true times
        self.saw_forward: set[str] = set()  # requests during which the wall clock was set forward
        self.count = 0
        self._start()

    def teardown(self) -> None:
        if not hasattr(self, "folder"):
            return
        for request in list(self.running):
            self._end(request)
        for strategy in (*ANYTHING, *ANYTHING_STRICT):
            assert [state.reserved for state in self.ledger.states(strategy)] == [0] * len(EVERY_LIMIT)
        self.ledger.close()
        shutil.rmtree(self.folder)

    def clock(self) -> float:
        return self.true - self.booted

    def wall(self) -> float:
        return self.true + self.set

    def _start(self) -> None:
        self.ledger = Ledger(self.clock, self.wall, Journal(self.folder / "journal", f"boot {self.boot}"))
        past = [use for record in self.written for use in record.past()]
        past += [use for record in self.rolled for use in record.rolled_up()]
        self.queued += map(self._record_of, self.ledger.restore(past, self._written_ids))

    def _record_of(self, sample: Sample) -> Record:
        """A recovered record; all that limits count of the request is in it."""
        told = added(settled(each.usage, each.cost) for each in sample.attempts if is_told(each))
        whole = added((0, *(each.counted or as_counted(each.usage, each.cost)), 0) for each in sample.attempts)
        untold = tuple(all_ - part for all_, part in zip(whole, told, strict=True))
        counted = (told, (untold[0], untold[1], untold[2], untold[3], untold[4], 0))
        forward = sample.request_id in self.saw_forward
        times, dispatched = (sample.started_at, sample.settled_at), any(each.dispatched for each in sample.attempts)
        return Record(sample.request_id, sample.strategy_id, *times, counted, forward, dispatched)

    def _written_ids(self, ids: Iterable[str]) -> set[str]:
        return set(ids) & {record.request_id for record in (*self.written, *self.rolled)}

    def _strategy(self, name: str) -> Strategy:
        return Strategy(id=name, name=name, rate_limits=self.limits[name])

    @rule(
        name=st.sampled_from(STRATEGIES),
        model=st.sampled_from(sorted(PRICES)),
        at_least=st.sampled_from([0, 0, 50, 2_000]),
        bound=st.sampled_from(BOUNDS),
    )
    def start(self, name: str, model: str, at_least: int, bound: MaxUsage | Unbounded) -> None:
        demand = Demand(at_least, PRICES[model], model, lambda: bound)
        self.count += 1
        strategy, stamp = self._strategy(name), self.wall()
        self._check_room(strategy, demand, None)
        begun = RequestStart("app", "chat/completions", "auto", False, stamp, 0.0, 0.0) if self.count % 3 else None
        taken = self.ledger.reserve(strategy, demand, f"request {self.count}", None, begun)
        if isinstance(taken, LimitExceeded):
            return
        self.running.append(Request(taken, self.true, stamp, demand, start=begun, called=self.true))
        self.events.append((name, self.true, (1, 0, 0, 0, 0, 0)))

    @precondition(lambda self: self.running)
    @rule(number=st.integers(0, 9), model=st.sampled_from(sorted(PRICES)), bound=st.sampled_from(BOUNDS))
    def hop(self, number: int, model: str, bound: MaxUsage | Unbounded) -> None:
        request = self._any(number)
        demand = Demand(0, PRICES[model], model, lambda: bound)
        strategy = self._strategy(request.reservation.strategy_id)
        self._check_room(strategy, demand, request.reservation)
        if not isinstance(self.ledger.reserve(strategy, demand, request.id, request.reservation), LimitExceeded):
            request.demand, request.called = demand, self.true

    @precondition(lambda self: self.running)
    @rule(
        number=st.integers(0, 9),
        tokens=st.sampled_from([(3, 0), (40, 20), (900, 500), (5_000, 3)]),
        how=st.sampled_from(ENDINGS),
        ends=st.booleans(),
    )
    def settle(self, number: int, tokens: tuple[int, int], how: tuple[AttemptEnd, bool], ends: bool) -> None:
        """An attempt ended, its usage told or only estimated; of what was lost, refused or never sent there is none."""
        request, (ending, is_told) = self._any(number), how
        if request.is_calling:
            tells = ending in (AttemptEnd.WHOLE, AttemptEnd.BROKEN)
            usage = Usage(*(tokens if tells else (0, 0)), estimated=ending not in UNUSED and not is_told)
            held, money = request.reservation.reserved, cost(usage, request.demand.price)
            spent = self._spend(request, usage, money, ending)
            amounts = ought_to_count(ending, usage, money, held)
            assert (spent.counted or as_counted(usage, money)) == amounts[1:5]
            assert held.output_cap is not None or not spent.overruns
            assert all(overrun.used > overrun.at_most for overrun in spent.overruns)
            self._used(request, amounts)
        if ends:
            self._end(request)

    def _spend(self, request: Request, usage: Usage, money: int, ending: AttemptEnd) -> Spent:
        provider, _, model = request.demand.model.partition("/")
        attempt = Attempt(
            provider=provider,
            model=model,
            kind=None if ending is AttemptEnd.WHOLE else FailureKind.SERVER_ERROR,
            status=200,
            started_at=request.stamp + request.called - request.started,
            duration=self.true - request.called,
            first_token=None,
            usage=usage,
            cost=money,
            unpriced=False,
            dispatched=ending is not AttemptEnd.UNDISPATCHED,
        )
        kept = attempt if request.start else None
        spent = self.ledger.spend(request.reservation, usage, money, request.demand.model, ending=ending, attempt=kept)
        request.attempts.append(replace(attempt, counted=spent.counted))
        request.dispatched |= attempt.dispatched
        return spent

    @rule(seconds=st.sampled_from([0.0, 0.25, 1.0, 7.5, 59.5, 61.0, 300.0, 3_700.0, 30_000.0, 90_000.0]))
    def advance(self, seconds: float) -> None:
        if self.true + seconds < MONTH - 86_400:
            self.true += seconds

    @rule(
        name=st.sampled_from(STRATEGIES),
        kind=st.sampled_from(list(LimitType)),
        window=st.sampled_from(list(RateLimitTimeWindow)),
        value=st.sampled_from([None, 1.0, 3.0, 1_500.0, 20_000.0]),
        mode=st.sampled_from(list(LimitMode)),
    )
    def edit_limits(
        self, name: str, kind: LimitType, window: RateLimitTimeWindow, value: float | None, mode: LimitMode
    ) -> None:
        others = [each for each in self.limits[name] if (each.limit_type, each.time_window) != (kind, window)]
        if value is not None:
            value = value / 1_000_000 if kind is LimitType.COST else value
            others.append(limit(kind, value, window, mode))
        self.limits[name] = tuple(others)

    @rule(seconds=st.sampled_from([-1e7, -86_400.0, -3_600.0, -5.0, -0.3, 0.3, 5.0, 3_600.0, 86_400.0, 1e7]))
    def set_the_wall_clock(self, seconds: float) -> None:
        self.set += seconds
        if seconds > 0:
            for request in self.running:
                request.saw_clock_set_forward = True
                self.saw_forward.add(request.id)

    @rule()
    def write_records(self) -> None:
        self.written += self.queued
        self.queued = []

    @rule()
    def roll_up(self) -> None:
        """Retention takes the rows; sums of their minutes stay. These do not tell when a request began, and so not
        what the clock showed then, if it was set forward since: see `UsageRow`."""
        self.rolled += [record for record in self.written if not record.saw_clock_set_forward]
        self.written = [record for record in self.written if record.saw_clock_set_forward]

    @rule(drops=st.booleans())
    def tidy(self, drops: bool) -> None:
        if self.ledger.set_journal_aside() and drops:
            self.write_records()
            self.ledger.drop_journal_aside()

    @rule()
    def sum_up(self) -> None:
        """Records that cannot be written are given up, once sums hold what the journal told of them."""
        if self.ledger.set_journal_aside():
            asyncio.run(self.ledger.sum_up_journal(self._written_ids, from_bytes=0))
            still_told = Journal(self.folder / "journal").replay().requests
            self.queued = [record for record in self.queued if record.request_id in still_told]

    @rule(
        records_first=st.booleans(),
        torn=st.integers(0, 60),
        reboots=st.booleans(),
        jump=st.sampled_from([0.0, -9e3, 9e3]),
    )
    def crash(self, records_first: bool, torn: int, reboots: bool, jump: float) -> None:
        if records_first:
            self.write_records()
        if reboots:
            self.ledger.set_journal_aside()  # it looks at the clocks, as it does every few seconds
        if torn:
            self._die_while_dispatching(torn)
        for request in self.running:
            if request.is_calling and any(request.reservation.reserved.at_most[1:]):
                self._used(request, (0, *request.reservation.reserved.at_most[1:5], 0))
            if not (request.is_calling or request.dispatched):
                self._forget(request)
        if jump > 0:
            self.saw_forward |= {request.id for request in self.running}
        self.running, self.queued = [], []
        self.ledger.close()
        if reboots:
            self.boot += 1
            self.true += 40.0
            self.booted = self.true - 20.0
        else:
            self.set += jump
        self._start()

    @invariant()
    def usage_is_never_less_than_it_was_and_never_counted_twice(self) -> None:
        if not hasattr(self, "folder"):
            return
        for strategy in ANYTHING:
            for state in self.ledger.states(strategy):
                measure = MEASURES[state.limit.limit_type]
                length, _ = SHAPES[WINDOWS[state.limit.time_window]]
                mine = [event for event in self.events if event[0] == strategy.id]
                inside = sum(amounts[measure] for _, at, amounts in mine if at > self.true - length)
                assert inside <= state.used <= sum(amounts[measure] for _, _, amounts in mine)

    @invariant()
    def what_is_held_is_what_running_requests_hold(self) -> None:
        if not hasattr(self, "folder"):
            return
        for strategy in ANYTHING:
            mine = [request.reservation for request in self.running if request.reservation.strategy_id == strategy.id]
            for state in self.ledger.states(strategy):
                measure = MEASURES[state.limit.limit_type]
                held = 0 if measure == REQUESTS else sum(reservation.reserved.expected[measure] for reservation in mine)
                assert state.reserved == held
        for strategy in ANYTHING_STRICT:
            mine = [request.reservation for request in self.running if request.reservation.strategy_id == strategy.id]
            for state in self.ledger.states(strategy):
                measure = MEASURES[state.limit.limit_type]
                held = 0 if measure == REQUESTS else sum(reservation.reserved.at_most[measure] for reservation in mine)
                assert state.reserved == held

    def _any(self, number: int) -> Request:
        return self.running[number % len(self.running)]

    def _used(self, request: Request, amounts: Amounts) -> None:
        request.uses.append((self.true, amounts))
        self.events.append((request.reservation.strategy_id, self.true, amounts))

    def _forget(self, request: Request) -> None:
        """It is over and nothing of it was ever dispatched: nobody may count it."""
        self.events.remove((request.reservation.strategy_id, request.started, (1, 0, 0, 0, 0, 0)))

    def _end(self, request: Request) -> None:
        if request.is_calling:
            self._used(request, ought_to_count(AttemptEnd.LOST, Usage(estimated=True), 0, request.reservation.reserved))
            request.dispatched = True
            if request.start is not None:
                self._spend(request, Usage(estimated=True), 0, AttemptEnd.LOST)
        self.ledger.close_request(request.reservation)
        if not request.dispatched:
            self._forget(request)
        if request.start is not None and [attempt.kind for attempt in request.attempts] != [None]:
            self.ledger.ended(self._failed(request), request.start)
        self.running.remove(request)
        told = added(amounts for _, amounts in request.uses if amounts[SETTLED])
        untold = added(amounts for _, amounts in request.uses if not amounts[SETTLED])
        settled_at = request.stamp + self.true - request.started
        name = request.reservation.strategy_id
        saw = request.saw_clock_set_forward
        times = (request.stamp, settled_at)
        self.queued.append(Record(request.id, name, *times, (told, untold), saw, request.dispatched))

    def _failed(self, request: Request) -> Sample:
        return sample(
            request_id=request.id,
            started_at=request.stamp,
            strategy_id=request.reservation.strategy_id,
            outcome=Outcome.FAILED,
            duration=self.true - request.started,
            attempts=tuple(request.attempts),
        )

    def _check_room(self, strategy: Strategy, demand: Demand, held: Reservation | None) -> None:
        """What the ledger is about to admit must fit, as whoever knows every event sees it."""
        check = self.ledger.check(strategy, demand, held)
        short = check.exceeded
        costs = any(limit.limit_type is LimitType.COST for limit in strategy.rate_limits)
        is_unpriced = short is not None and short.impossible is Impossible.UNPRICED
        assert is_unpriced == (costs and demand.price is None), "no limit of cost admits what nobody can count"
        if short is not None:
            return
        others = [r.reservation for r in self.running if r.reservation is not held]
        for state in check.states():
            measure, window = MEASURES[state.limit.limit_type], WINDOWS[state.limit.time_window]
            if (measure == COST and demand.is_free) or state.estimate == 0:
                continue
            after = self.true - SHAPES[window][0]
            used = sum(amounts[measure] for name, at, amounts in self.events if name == strategy.id and at > after)
            reserved = 0
            if measure != REQUESTS:
                side = "at_most" if state.limit.mode is LimitMode.STRICT else "expected"
                holds = [getattr(other.reserved, side) for other in others if other.strategy_id == strategy.id]
                reserved = sum(hold[measure] for hold in holds)
                if side == "at_most":
                    assert state.estimate == check.reserved.at_most[measure]
            assert used + reserved + state.estimate <= state.value

    def _die_while_dispatching(self, torn: int) -> None:
        """The process ends in the midst of a write: the provider was never called."""
        path = self.folder / "journal"
        before = path.stat().st_size
        self.ledger.reserve(Strategy(id="first", name="first"), Demand(0, None, "one/cut"), "cut")
        written = path.stat().st_size - before
        with path.open("rb+") as file:
            file.truncate(before + max(0, written - 2 - torn))


def test_usage_survives_whatever_happens(full: bool) -> None:
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(max_examples=10_000 if full else 60, stateful_step_count=40, deadline=None),
    )


def test_limits_set_while_a_request_runs_know_what_it_holds(tmp_path: Path) -> None:
    world = World()
    world.ledger = Ledger(lambda: world.time, lambda: THEN + world.time, Journal(tmp_path / "journal"))
    world.ledger.restore([], set)
    unlimited, limited = Strategy(id="first", name="first"), world.strategy
    world.strategy = unlimited
    running = world.reserve("a")
    world.strategy = limited
    [state] = world.ledger.states(limited)
    assert state.reserved == 1_000
    world.ledger.close()
    again = Ledger(lambda: world.time, lambda: THEN + world.time, Journal(tmp_path / "journal"))
    again.restore([], lambda ids: set())
    assert again.states(limited)[0].used == 1_000
    world.settle(running)
    assert world.reserved == 0


def test_two_requests_of_the_same_name_are_two() -> None:
    world = World()
    first, second = world.reserve("a"), world.reserve("a")
    world.settle(first)
    assert world.reserved == 1_000
    world.settle(second)
    assert world.reserved == 0


def test_a_call_that_held_nothing_is_settled_in_the_journal_all_the_same(tmp_path: Path) -> None:
    def ledger() -> Ledger:
        made = Ledger(lambda: 1_000.0, lambda: THEN, Journal(tmp_path / "journal", "boot"))
        made.restore([], lambda ids: set())
        return made

    [strategy] = ANYTHING[:1]
    first = ledger()
    none = first.reserve(strategy, Demand(0, FREE, "home/free"), "a")
    assert isinstance(none, Reservation)
    first.spend(none, Usage(1, 0), 0, "home/free")  # the average is now one token in and none out
    first.close()
    second = ledger()
    used = {(s.limit.limit_type, s.limit.time_window): s.used for s in second.states(strategy)}
    assert used[LimitType.TOTAL_TOKENS, RateLimitTimeWindow.MONTH] == 1


def test_the_account_of_a_strategy_that_nobody_uses_is_dropped_once_nothing_in_it_counts(tmp_path: Path) -> None:
    world = World()
    world.ledger = Ledger(lambda: world.time, lambda: THEN + world.time, Journal(tmp_path / "journal"))
    world.ledger.restore([], lambda ids: set())
    world.settle(world.reserve("a"), 5)
    world.time += MONTH - 86_400
    world.ledger.set_journal_aside()
    world.ledger.drop_journal_aside()
    assert list(world.ledger._accounts) == ["first"], "a restored revision may bring the strategy back"
    running = Strategy(id="second", name="second")
    assert isinstance(world.ledger.reserve(running, CALL, "b"), Reservation)
    world.time += 3 * 86_400
    world.ledger.set_journal_aside()
    assert list(world.ledger._accounts) == ["second"]


class Lost:
    """A ledger that can be started again, over one journal, with a clock that a test moves."""

    def __init__(self, folder: Path) -> None:
        self.path, self.time = folder / "journal", 5_000.0
        self.strategy = Strategy(
            id="first",
            name="first",
            rate_limits=(limit(LimitType.REQUESTS, 5), limit(LimitType.REQUESTS, 50, RateLimitTimeWindow.HOUR)),
        )
        self.start()

    def start(self, *, lost: bool = False) -> None:
        self.ledger = Ledger(lambda: self.time, lambda: THEN + self.time, Journal(self.path, "boot"))
        self.ledger.restore([], lambda ids: set(), was_lost=lambda: lost)

    @property
    def shortage(self) -> LimitExceeded | None:
        found = outcome(self.ledger.check(self.strategy, CALL))
        return found if isinstance(found, LimitExceeded) else None


def test_after_a_loss_limits_refuse_until_their_longest_window_has_passed_whatever_restarts(tmp_path: Path) -> None:
    world = Lost(tmp_path)
    world.start(lost=True)
    for passed in (1.0, 100.0, 3_000.0):
        world.time = 5_000.0 + passed
        world.start()
        short = world.shortage
        assert short is not None
        assert (short.usage_was_lost, short.until) == (True, 5_000.0 + 3_600.0)
        world.ledger.set_journal_aside()
        world.ledger.drop_journal_aside()
    world.time = 5_000.0 + 3_599.9
    assert world.shortage is not None
    world.time = 5_000.0 + 3_600.0
    assert world.shortage is None
    assert world.ledger.usage_was_lost, "there may be a strategy with a longer window"
    world.time = 5_000.0 + MONTH
    assert not world.ledger.usage_was_lost


def test_a_loss_is_in_the_journal_as_soon_as_it_has_begun_anew(tmp_path: Path) -> None:
    world = Lost(tmp_path)
    world.start(lost=True)
    assert b'["l",5000.0,"unreadable"]' in world.path.read_bytes()


def test_an_acknowledged_loss_stays_acknowledged(tmp_path: Path) -> None:
    world = Lost(tmp_path)
    world.start(lost=True)
    world.ledger.acknowledge_loss()
    assert world.shortage is None
    world.start()
    assert world.shortage is None
    assert not world.ledger.usage_was_lost


def test_calls_without_usage_and_cut_ones_do_not_move_the_average(tmp_path: Path) -> None:
    world = Lost(tmp_path)
    strategy = Strategy(id="first", name="first")
    for number in range(4):
        request = world.ledger.reserve(strategy, CALL, f"{number}")
        assert isinstance(request, Reservation)
        if number == 0:
            world.ledger.spend(request, Usage(100, 20), 0, "one/a")
            world.ledger.close_request(request)
        elif number == 1:
            world.ledger.close_request(request)
    world.start()
    running = world.ledger.reserve(strategy, CALL, "next")
    assert isinstance(running, Reservation)
    assert running.reserved.expected[1:4] == (100, 20, 120)
