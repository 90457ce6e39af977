"""The only place where a limit is judged.

Guaranteed, whatever runs at once: a request is admitted by all limits of its strategy together or by none, and for
each limit, at that instant, used + reserved + estimate ≤ value. So no trailing window ever holds more requests than
its limit. Under `soft` tokens and cost exceed a limit by no more than what admitted requests used beyond their
estimates, which are averages and so no bound. Under `strict` they do not exceed it at all, as long as the provider
keeps to the cap it is sent: the estimate is the most that a request can use (`bounds`), and what nobody told of an
attempt counts as that. What a model without a known price costs, neither can say: no limit of cost admits it. A
request that comes alone once `LimitExceeded.until` has passed, and within a minute of it, is admitted; one that a
strict limit can never admit is told so. Price: 2 µs to judge, estimate included, however many limits there are, 3 µs
where some are strict, and half of one to count; a refusal 20 to 200 µs, and 2 to 5 µs again until the account changes;
140 KB a strategy, and 22 KB for each model that cost it money within a day. Limits of it: times are known to the
second (minute, quarter of an hour, quarter of a day) in windows of a minute (hour, day, month), rounded so that they
count longer; under soft what a provider does not tell is estimated; a limit that becomes strict while requests run
knows of those only what is expected; whoever calls must not wait between judging and taking (`services.ledger`).

Requests count once, at admission, for good where anything of them was dispatched. Tokens and cost are held while a
request runs and count from its settlement. All measures are counted in all windows whether or not a limit asks, so that
a new or lowered limit judges what was used before it existed. Times are seconds of one clock that never jumps; money is
picodollars; nothing here reads a clock.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from localrouter.domain.conversation.request import Usage
from localrouter.domain.limits.bounds import Unbounded, longest_within, used_at_most
from localrouter.domain.limits.demands import NOTHING_RESERVED, Demand, ReservedAmounts
from localrouter.domain.limits.estimates import Averages
from localrouter.domain.limits.judged import LimitCheck, ReservedTotals
from localrouter.domain.limits.needs import Needs
from localrouter.domain.limits.reopening import alone_from
from localrouter.domain.limits.rules import LimitRule, LimitRules
from localrouter.domain.limits.shortages import Impossible, LimitExceeded, LimitStatus
from localrouter.domain.limits.windows import (
    COST,
    INPUT,
    NOTHING,
    OUTPUT,
    REQUESTS,
    SETTLED,
    SHAPES,
    TOTAL,
    Amounts,
    UsageWindow,
)

REMEMBERED = 64  # shortages, between one change of the account and the next
PLENTY = 10**40  # what is left of a measure that has no limit


class _Room:
    """What the limits have left in the second that runs, before what is counted in it: per rule what was used, and per
    measure the least of what its soft, and its strict, limits have left."""

    __slots__ = ("rules", "soft", "strict", "used")

    def __init__(self, rules: LimitRules, windows: Sequence[UsageWindow]) -> None:
        self.rules = rules
        self.used = tuple([windows[rule.window].sums[rule.measure] for rule in rules.every])
        self.soft, self.strict = [PLENTY] * len(NOTHING), [PLENTY] * len(NOTHING)
        for rule, used in zip(rules.every, self.used, strict=True):
            side = self.strict if rule.is_strict else self.soft
            side[rule.measure] = min(side[rule.measure], rule.value - used)


class Account:
    """What one strategy used and holds. What is counted within a second enters the windows in one step: all buckets
    are whole seconds long, and so all that is judged within a second is judged against the same windows."""

    __slots__ = (
        "_averages",
        "_fresh",
        "_now",
        "_room",
        "_second_ends",
        "_shortages",
        "_windows",
        "held",
        "lost_at",
    )

    def __init__(self, lost_at: float | None = None) -> None:
        self.lost_at = lost_at  # what was used before is not known
        self.held = ReservedTotals([0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0])
        self._now = self._second_ends = -math.inf
        self._fresh = [0, 0, 0, 0, 0, 0]
        self._windows = tuple(UsageWindow(length, grain) for length, grain in SHAPES)
        self._averages = Averages()
        self._room: _Room | None = None
        self._shortages: dict[object, tuple[LimitRules, LimitExceeded | None]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is used or held, so that a new account would judge the same."""
        held = any(map(any, self.held))
        return not held and not any(self._fresh) and not any(map(any, (w.sums for w in self._windows)))

    def forget(self, now: float) -> None:
        """Let time pass; everything else judges by the last time given here."""
        if now < self._second_ends:
            if now > self._now:
                self._now = now
            return
        self._pour()
        self._now = now
        self._second_ends = math.floor(now) + 1.0
        for window in self._windows:
            window.forget(now)
        self._averages.forget(now)
        self._room = None
        self._shortages.clear()

    def admit(self, at: float) -> None:
        """Count a request, from its admission on; what it holds is told by `hold`."""
        if at >= self._second_ends:
            self.forget(at)
        self._fresh[REQUESTS] += 1

    def take_back(self, at: float) -> None:
        """Count a request no more that was admitted at the time `at`: nothing of it was dispatched."""
        self._pour()
        for window in self._windows:
            window.take_back(at, REQUESTS)
        self._room = None
        self._shortages.clear()

    def add(self, at: float, amounts: Amounts, model: str | None = None) -> None:
        """Count what was used. What no billed call is told of (`SETTLED` 0) says nothing about what calls use."""
        if at >= self._second_ends:
            self.forget(at)
        fresh = self._fresh
        fresh[REQUESTS] += amounts[REQUESTS]
        fresh[INPUT] += amounts[INPUT]
        fresh[OUTPUT] += amounts[OUTPUT]
        fresh[TOTAL] += amounts[TOTAL]
        fresh[COST] += amounts[COST]
        if amounts[SETTLED]:
            self._averages.add(amounts, model)
        if self._shortages:
            self._shortages.clear()

    def hold(self, before: ReservedAmounts, after: ReservedAmounts) -> None:
        """Let a running request hold `after` in place of `before`."""
        held = self.held
        _exchange(held.expected, before.expected, after.expected)
        _exchange(held.at_most, before.at_most, after.at_most)
        if self._shortages:
            self._shortages.clear()

    def judge(
        self,
        rules: LimitRules,
        demand: Demand,
        own: ReservedAmounts = NOTHING_RESERVED,
        ahead: ReservedAmounts = NOTHING_RESERVED,
    ) -> ReservedAmounts | LimitExceeded:
        """What the request would hold, or the limit that leaves no room for it. Where several leave none, the one that
        takes longest to drain. A model without a known price has no room under any limit of cost, however empty.

        `own` is what the request itself holds already, `ahead` what earlier requests wait for.
        """
        if demand.price is None and rules.cost is not None:
            return self._unpriced(rules, rules.cost, own)
        expected = self._averages.expected(demand)
        room = self._room_of(rules)
        if self.lost_at is None and self._surely_fits(room, expected, own.expected, ahead.expected):
            hold = self._hold_of(room, demand, expected, own, ahead)
            if hold is not None:
                return hold
        # What a limit needs room for may be less than what is expected, so each is asked by itself.
        needs = Needs(rules, demand, expected, own, ahead)
        short = self._remembered_shortage(needs) if ahead is NOTHING_RESERVED else self._shortage(needs)
        if short is not None:
            return short
        hold = self._hold_of(self._room_of(rules), demand, expected, own, ahead)
        if hold is None:
            raise ArithmeticError("strict limits have room one by one, but not together")
        return hold

    def least(self, rules: LimitRules, demand: Demand) -> ReservedAmounts:
        """What the request needs at least to be admitted."""
        return Needs(rules, demand, self._averages.expected(demand), NOTHING_RESERVED, NOTHING_RESERVED).least_hold

    def states(self, rules: LimitRules) -> tuple[LimitStatus, ...]:
        """How full each limit is."""
        return self.judged(rules, NOTHING_RESERVED).states()

    def judged(
        self,
        rules: LimitRules,
        hold: ReservedAmounts,
        own: ReservedAmounts = NOTHING_RESERVED,
        *,
        is_free: bool = False,
    ) -> LimitCheck:
        """The limits as they are now, for a request that would hold `hold` in place of `own`."""
        held = ReservedTotals(self.held.expected.copy(), self.held.at_most.copy())
        return LimitCheck(rules, self._room_of(rules).used, tuple(self._fresh), held, own, hold, is_free)

    def more_room_at(self, rules: LimitRules, state: LimitStatus) -> float | None:
        """When a limit has room for what `state` estimates, or just more than now; None where nothing was used."""
        self._pour()
        rule = next(rule for rule in rules if rule.limit is state.limit)
        lacking = state.used + state.estimate - state.value
        return self._windows[rule.window].drained_at(rule.measure, max(1, lacking))

    def _room_of(self, rules: LimitRules) -> _Room:
        room = self._room
        if room is None or room.rules is not rules:
            room = self._room = _Room(rules, self._windows)
        return room

    def _pour(self) -> None:
        """Take what was counted in the current second into the windows."""
        if not any(self._fresh):
            return
        at = self._second_ends - 1.0
        for window in self._windows:
            window.add(at, self._fresh)
        self._averages.pour(at)
        self._fresh = [0, 0, 0, 0, 0, 0]
        self._room = None

    def _surely_fits(self, room: _Room, expected: Amounts, own: Amounts, ahead: Amounts) -> bool:
        """Whether all soft limits have room for what is expected; where this says no, they may have it all the same."""
        left, fresh, held = room.soft, self._fresh, self.held.expected
        for measure in room.rules.soft:
            free = left[measure] - fresh[measure] - held[measure] + own[measure] - ahead[measure]
            if free < (expected[measure] or 1):
                return False
        return True

    def _hold_of(
        self, room: _Room, demand: Demand, expected: Amounts, own: ReservedAmounts, ahead: ReservedAmounts
    ) -> ReservedAmounts | None:
        """What the request would hold, with the longest answer that all strict limits have room for; None where they
        have none for any."""
        strict = room.rules.strictly_judged(demand)
        if not strict:
            return ReservedAmounts(expected, expected)
        reach = demand.reach()
        if isinstance(reach, Unbounded):
            return None
        left, fresh, held = room.strict, self._fresh, self.held.at_most
        free = [0, 0, 0, 0, 0, 0]
        for m in strict:
            # Below nothing is nothing, too: a request that needs none of a measure that is overdrawn may have that.
            free[m] = max(0, left[m] - fresh[m] - held[m] + own.at_most[m] - ahead.at_most[m])
        cap = longest_within(reach, strict, free)
        return None if cap is None else ReservedAmounts(expected, used_at_most(reach, cap), cap)

    def _unpriced(self, rules: LimitRules, rule: LimitRule, own: ReservedAmounts) -> LimitExceeded:
        """What is used says nothing here: the limit could not tell what it admits."""
        self._pour()
        used = self._room_of(rules).used[rules.every.index(rule)]
        state = LimitStatus(rule.limit, rule.value, used, self.held.by_others(rule, own), 0)
        return LimitExceeded(state, until=None, blocked_by_in_flight=False, never=Impossible.UNPRICED)

    def _remembered_shortage(self, needs: Needs) -> LimitExceeded | None:
        """Refusals come in numbers; what was found holds until the account changes."""
        demand = needs.demand
        length = needs.input_at_least
        key = (demand.model, demand.is_free, length, needs.expected, needs.least, needs.part, needs.held, self.lost_at)
        known = self._shortages.get(key)
        if known is None or known[0] is not needs.rules:
            if len(self._shortages) >= REMEMBERED:
                self._shortages.clear()
            known = self._shortages[key] = needs.rules, self._shortage(needs)
        return known[1]

    def _shortage(self, needs: Needs) -> LimitExceeded | None:
        self._pour()
        worst: LimitExceeded | None = None
        for rule, used in zip(needs.rules.every, self._room_of(needs.rules).used, strict=True):
            short = self._short_of(rule, used, needs) if rule.judges(needs.demand) else None
            if short is not None and (worst is None or _longer(short) > _longer(worst)):
                worst = short
        if worst is None or worst.until is None:
            return worst
        until = alone_from(needs, self._windows, self._averages, self._now, self.lost_at)
        return LimitExceeded(worst.state, until, blocked_by_in_flight=False, usage_was_lost=worst.usage_was_lost)

    def _short_of(self, rule: LimitRule, used: int, needs: Needs) -> LimitExceeded | None:
        needed, ahead = needs.of(rule), needs.ahead.at_most if rule.is_strict else needs.ahead.expected
        taken = self.held.by_others(rule, needs.held) + ahead[rule.measure]
        state = LimitStatus(rule.limit, rule.value, used, taken, needed)
        if (never := needs.never(rule)) is not None:
            return LimitExceeded(state, None, blocked_by_in_flight=False, never=never, part=needs.part)
        window = self._windows[rule.window]
        if self.lost_at is not None and self._now < self.lost_at + window.length:
            return LimitExceeded(state, self.lost_at + window.length, blocked_by_in_flight=False, usage_was_lost=True)
        if needed == 0 or used + taken + needed <= rule.value:
            return None
        excess = used + needed - rule.value
        if excess <= 0:
            return LimitExceeded(state, until=None, blocked_by_in_flight=True)
        return LimitExceeded(state, until=window.drained_at(rule.measure, excess), blocked_by_in_flight=False)


def _exchange(total: list[int], before: Amounts, after: Amounts) -> None:
    total[INPUT] += after[INPUT] - before[INPUT]
    total[OUTPUT] += after[OUTPUT] - before[OUTPUT]
    total[TOTAL] += after[TOTAL] - before[TOTAL]
    total[COST] += after[COST] - before[COST]


def _longer(short: LimitExceeded) -> float:
    """Where several limits leave no room: for how long. What waiting cannot help counts as the longest."""
    if short.never is not None:
        return math.inf
    return short.until or 0.0


def settled(usage: Usage, cost: int) -> Amounts:
    """A finished call's tokens and cost; the request's count was taken at admission. A call without tokens says
    nothing about what calls use, and is not part of an average."""
    tokens_in, tokens_out = usage.input_tokens, usage.output_tokens
    tokens = tokens_in + tokens_out
    return (0, tokens_in, tokens_out, tokens, cost, 1 if tokens else 0)
