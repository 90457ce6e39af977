"""One strategy's usage and reservations, and the one loop that checks its limits. The theory: backend/docs/limits.md.

Guaranteed, whatever runs at once: all limits of a strategy admit a request together or none does, and at that instant,
for each, used + reserved + estimate ≤ value. Whoever calls must not wait between `check` and `reserve`.

Price: 2 to 5 µs a check, with up to fifteen limits, 8 where they are strict; a refusal 15 to 250 µs, and 15 again until
more is used or the second ends; 140 KB a strategy, and 22 KB for each model that cost it money within a day.
"""

from __future__ import annotations

import math

from localrouter.domain.conversation.request import Usage
from localrouter.domain.limits.averages import Averages
from localrouter.domain.limits.check_result import Impossible, LimitCheck, LimitExceeded, LimitStatus, wanted
from localrouter.domain.limits.demand import NO_DEMAND, NOTHING_RESERVED, Demand, ReservedAmounts, Unbounded
from localrouter.domain.limits.next_admission import input_class, next_admission
from localrouter.domain.limits.rules import LimitRule, LimitRules
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

REMEMBERED = 64  # instants of the next admission, between one change of what was used and the next
UNLIMITED = 10**40  # what is left of a measure that has no limit
BOUNDLESS = (UNLIMITED,) * len(NOTHING)  # what a request needs that nobody can bound


class Account:
    """What one strategy used and has reserved. What is counted within a second enters the windows in one step: all
    buckets are whole seconds long, and so every check within a second reads the same windows."""

    __slots__ = (
        "_averages",
        "_current_second",
        "_left",
        "_lost_at",
        "_next_admissions",
        "_now",
        "_rules",
        "_second_ends",
        "_used",
        "_windows",
        "reserved_at_most",
        "reserved_expected",
    )

    def __init__(self, lost_at: float | None = None) -> None:
        self._lost_at = lost_at
        self.reserved_expected: Amounts = NOTHING  # by all running requests together, as soft limits count
        self.reserved_at_most: Amounts = NOTHING  # the same, as strict limits count
        self._now = self._second_ends = -math.inf
        self._current_second = [0, 0, 0, 0, 0, 0]
        self._windows = tuple(UsageWindow(length, bucket_seconds) for length, bucket_seconds in SHAPES)
        self._averages = Averages()
        self._rules: LimitRules | None = None  # as last checked
        self._used: tuple[int, ...] | None = None  # by rules, before the current second
        self._left: list[tuple[int, bool, int, LimitRule]] = []  # the same, as `check` goes through it
        self._next_admissions: dict[object, float] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is used or reserved, so that a new account would answer the same."""
        amounts = (self.reserved_expected, self.reserved_at_most, self._current_second)
        return not any(map(any, amounts)) and not any(any(window.sums) for window in self._windows)

    def lose(self, at: float | None) -> None:
        """What was used before this time is not known. None: it is, or the limits need not mind."""
        self._lost_at = at
        self._next_admissions.clear()

    def advance(self, now: float) -> None:
        """Let time pass; all other methods take the last time given here for now."""
        if now < self._second_ends:
            if now > self._now:
                self._now = now
            return
        self._flush()
        self._now = now
        self._second_ends = math.floor(now) + 1.0
        for window in self._windows:
            window.advance(now)
        self._averages.advance(now)
        self._used = None
        self._next_admissions.clear()

    def admit(self, at: float) -> None:
        """Count a request, from its admission on; what it reserves is told by `reserve`."""
        if at >= self._second_ends:
            self.advance(at)
        self._current_second[REQUESTS] += 1
        if self._next_admissions:
            self._next_admissions.clear()

    def take_back(self, at: float) -> None:
        """Count a request no more that was admitted at the time `at`: nothing of it was dispatched."""
        self._flush()
        for window in self._windows:
            window.take_back(at, REQUESTS)
        self._used = None
        self._next_admissions.clear()

    def add(self, at: float, amounts: Amounts, model: str | None = None) -> None:
        """Count what was used. What no billed call is told of (`SETTLED` 0) says nothing about what calls use."""
        if at >= self._second_ends:
            self.advance(at)
        current = self._current_second
        current[REQUESTS] += amounts[REQUESTS]
        current[INPUT] += amounts[INPUT]
        current[OUTPUT] += amounts[OUTPUT]
        current[TOTAL] += amounts[TOTAL]
        current[COST] += amounts[COST]
        if amounts[SETTLED]:
            self._averages.add(amounts, model)
        if self._next_admissions:
            self._next_admissions.clear()

    def reserve(self, before: ReservedAmounts, after: ReservedAmounts) -> None:
        """Let a running request reserve `after` in place of `before`."""
        self.reserved_expected = _exchanged(self.reserved_expected, before.expected, after.expected)
        self.reserved_at_most = _exchanged(self.reserved_at_most, before.at_most, after.at_most)

    def check(
        self,
        rules: LimitRules,
        demand: Demand,
        own: ReservedAmounts = NOTHING_RESERVED,
        ahead: ReservedAmounts = NOTHING_RESERVED,
    ) -> LimitCheck:
        """What the request would reserve, or which limit it exceeds: of several the one that takes longest to drain.

        `own` is what the request itself has reserved already, `ahead` what earlier requests wait for.
        """
        is_bounded = rules.is_strict_for(demand)  # strict limits ask for the most that it can use, and cap it
        needs = self._least(demand, is_bounded=is_bounded)
        check = self._check_of(rules, demand, own, needs)
        if demand.price is None and rules.cost is not None:
            check.exceeded = self._unpriced(check, rules.cost)
            return check
        if not rules.every:
            return check
        soft_taken = strict_taken = _sum(check.current_second, check.others_expected, ahead.expected)
        if is_bounded:
            strict_taken = _sum(check.current_second, check.others_at_most, ahead.at_most)
        soft_needs = wanted(needs.expected, own, is_free=demand.is_free)
        # What nobody can bound has no room under a strict limit.
        strict_needs = needs.at_most if needs.output_cap is not None or not is_bounded else BOUNDLESS
        remaining = [UNLIMITED] * len(NOTHING)  # of each measure, by its strict limits
        is_lost = self._lost_at is not None
        worst: LimitExceeded | None = None
        for measure, is_strict, left, rule in self._left:
            if is_strict:
                needed, free = strict_needs[measure], left - strict_taken[measure]
                if free < remaining[measure]:
                    remaining[measure] = free
            else:
                needed, free = soft_needs[measure], left - soft_taken[measure]
            if needed <= free and not is_lost:
                continue
            if not is_strict and needed > rule.value:
                needed = rule.value  # an idle strategy admits one request, however large
            # A limit that is overdrawn has room for a request that needs nothing of it.
            if 0 < needed > free or (is_lost and self._is_unknown(rule, demand)):
                found = self._exceeded(check, rule, rule.value - left + check.current_second[measure], needed, free)
                if worst is None or _longer(found) > _longer(worst):
                    worst = found
        if worst is not None:
            check.exceeded = self._with_next_admission(worst, check)
        elif is_bounded:
            check.reserved = demand.most_within(needs.expected, remaining)
        return check

    def least(self, rules: LimitRules, demand: Demand) -> ReservedAmounts:
        """What the request needs at least to be admitted."""
        return self._least(demand, is_bounded=rules.is_strict_for(demand))

    def states(self, rules: LimitRules) -> tuple[LimitStatus, ...]:
        """How full each limit is."""
        return self._check_of(rules, NO_DEMAND, NOTHING_RESERVED, NOTHING_RESERVED).states()

    def more_room_at(self, rules: LimitRules, state: LimitStatus) -> float | None:
        """When a limit has room for what `state` estimates, or just more than now; None where nothing was used."""
        self._flush()
        rule = next(rule for rule in rules.every if rule.limit is state.limit)
        lacking = state.used + state.estimate - state.value
        return self._windows[rule.window].drained_at(rule.measure, max(1, lacking))

    def _least(self, demand: Demand, *, is_bounded: bool) -> ReservedAmounts:
        expected = self._averages.expected(demand)
        return demand.least(expected) if is_bounded else ReservedAmounts(expected, expected)

    def _check_of(self, rules: LimitRules, demand: Demand, own: ReservedAmounts, needs: ReservedAmounts) -> LimitCheck:
        if rules is not self._rules:
            self._rules, self._used = rules, None
            self._next_admissions.clear()
        if self._used is None:
            windows = self._windows
            self._used = tuple([windows[rule.window].sums[rule.measure] for rule in rules.every])
            pairs = zip(rules.every, self._used, strict=True)
            self._left = [(rule.measure, rule.is_strict, rule.value - used, rule) for rule, used in pairs]
        current = self._current_second
        return LimitCheck(
            rules,
            demand,
            own,
            needs,
            self._used,
            (current[REQUESTS], current[INPUT], current[OUTPUT], current[TOTAL], current[COST], 0),
            _less(self.reserved_expected, own.expected),
            _less(self.reserved_at_most, own.at_most),
        )

    def _flush(self) -> None:
        """Take what was counted in the current second into the windows."""
        if not any(self._current_second):
            return
        at = self._second_ends - 1.0
        for window in self._windows:
            window.add(at, self._current_second)
        self._averages.flush(at)
        self._current_second = [0, 0, 0, 0, 0, 0]
        self._used = None

    def _unpriced(self, check: LimitCheck, rule: LimitRule) -> LimitExceeded:
        """However empty the limit is: it could not tell what it admits."""
        [state] = [state for state in check.states() if state.limit is rule.limit]
        return LimitExceeded(state._replace(estimate=0), None, False, impossible=Impossible.UNPRICED)

    def _is_unknown(self, rule: LimitRule, demand: Demand) -> bool:
        """Whether nobody knows what was used in the rule's window, and the request depends on it."""
        if self._lost_at is None or (rule.measure == COST and demand.is_free):
            return False
        return self._now < self._lost_at + self._windows[rule.window].length

    def _exceeded(self, check: LimitCheck, rule: LimitRule, used: int, needed: int, free: int) -> LimitExceeded:
        """Why one limit has no room for the request, and until when it alone has none."""
        is_unbounded = rule.is_strict and check.reserved.output_cap is None
        estimate = check.needed(rule) if is_unbounded else needed
        state = LimitStatus(rule.limit, rule.value, used, rule.value - used - free, estimate)
        if is_unbounded:
            most = check.demand.max_usage()
            part = most.part if isinstance(most, Unbounded) else None
            return LimitExceeded(state, None, blocked_by_in_flight=False, impossible=Impossible.UNBOUNDED, part=part)
        if needed > rule.value:
            return LimitExceeded(state, None, blocked_by_in_flight=False, impossible=Impossible.TOO_LARGE)
        window = self._windows[rule.window]
        if self._lost_at is not None and self._is_unknown(rule, check.demand):
            until = self._lost_at + window.length
            return LimitExceeded(state, until, blocked_by_in_flight=False, usage_was_lost=True)
        excess = used + needed - rule.value
        if excess <= 0:
            return LimitExceeded(state, None, blocked_by_in_flight=True)
        self._flush()  # what was used in the current second drains last
        return LimitExceeded(state, window.drained_at(rule.measure, excess), blocked_by_in_flight=False)

    def _with_next_admission(self, worst: LimitExceeded, check: LimitCheck) -> LimitExceeded:
        """Where waiting helps, until the request would be admitted if it came alone. Refusals come in numbers, so what
        was found is kept until more is used or the second ends."""
        if worst.until is None:
            return worst
        self._flush()
        demand = check.demand
        key = (demand.model, demand.price, input_class(check), check.reserved, check.own.expected[REQUESTS])
        until = self._next_admissions.get(key)
        if until is None:
            if len(self._next_admissions) >= REMEMBERED:
                self._next_admissions.clear()
            until = next_admission(check, self._windows, self._averages, self._now, self._lost_at)
            self._next_admissions[key] = until
        return LimitExceeded(worst.state, until, blocked_by_in_flight=False, usage_was_lost=worst.usage_was_lost)


def _less(total: Amounts, own: Amounts) -> Amounts:
    """What others have reserved. Requests are never reserved: they count from their admission."""
    return total if own is NOTHING else _exchanged(total, own, NOTHING)


def _sum(one: Amounts, other: Amounts, third: Amounts) -> Amounts:
    return (
        one[0] + other[0] + third[0],
        one[1] + other[1] + third[1],
        one[2] + other[2] + third[2],
        one[3] + other[3] + third[3],
        one[4] + other[4] + third[4],
        0,
    )


def _exchanged(total: Amounts, before: Amounts, after: Amounts) -> Amounts:
    return (
        0,
        total[INPUT] + after[INPUT] - before[INPUT],
        total[OUTPUT] + after[OUTPUT] - before[OUTPUT],
        total[TOTAL] + after[TOTAL] - before[TOTAL],
        total[COST] + after[COST] - before[COST],
        0,
    )


def _longer(exceeded: LimitExceeded) -> float:
    """Where several limits leave no room: for how long. What waiting cannot help counts as the longest."""
    if exceeded.impossible is not None:
        return math.inf
    return exceeded.until or 0.0


def settled(usage: Usage, cost: int) -> Amounts:
    """A finished call's tokens and cost; the request's count was taken at admission. A call without tokens says
    nothing about what calls use, and is not part of an average."""
    tokens_in, tokens_out = usage.input_tokens, usage.output_tokens
    tokens = tokens_in + tokens_out
    return (0, tokens_in, tokens_out, tokens, cost, 1 if tokens else 0)
