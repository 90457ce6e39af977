"""The only place where a limit is judged.

Guaranteed, whatever runs at once: a request is admitted by all limits of its strategy together or by none, and for
each limit, at that instant, used + reserved + estimate ≤ value. So no trailing window ever holds more requests than
its limit; tokens and cost exceed a limit by no more than what admitted requests used beyond their estimates (under
`soft` an average, which is no bound). A request that comes alone once `Shortage.until` has passed, and within a
minute of it, is admitted. Price: 5 µs to judge nine limits, estimate included, half of one to count; a refusal 16 µs,
at worst half a millisecond, and 1 µs again until the account changes; up to 150 KB a strategy. Limits of it: times are
known to the second (minute, quarter of an hour, quarter of a day) in windows of a minute (hour, day, month), rounded
so that they count longer; what a provider does not tell is estimated; whoever calls must not wait between judging and
taking (`services.ledger`).

Requests count once, at admission. Tokens and cost are held while a request runs and count from its settlement. All
measures are counted in all windows whether or not a limit asks, so that a new or lowered limit judges what was used
before it existed. Times are seconds of one clock that never jumps; money is picodollars; nothing here reads a clock.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from localrouter.domain.chat import Usage
from localrouter.domain.config import LimitType, RateLimitTimeWindow, StrategyRateLimit
from localrouter.domain.estimates import ABSENT_AVERAGE, RECENT, average_of, expected, instants
from localrouter.domain.pricing import Price, from_usd
from localrouter.domain.windows import (
    COST,
    INPUT,
    NOTHING,
    OUTPUT,
    REQUESTS,
    SETTLED,
    SHAPES,
    TOTAL,
    Amounts,
    Window,
)

MEASURES: dict[LimitType, int] = {
    LimitType.REQUESTS: REQUESTS,
    LimitType.INPUT_TOKENS: INPUT,
    LimitType.OUTPUT_TOKENS: OUTPUT,
    LimitType.TOTAL_TOKENS: TOTAL,
    LimitType.COST: COST,
}
WINDOWS: dict[RateLimitTimeWindow, int] = {
    RateLimitTimeWindow.MINUTE: 0,
    RateLimitTimeWindow.HOUR: 1,
    RateLimitTimeWindow.DAY: 2,
    RateLimitTimeWindow.MONTH: 3,
}
UNBOUNDED = 1e30  # what no window will ever hold
OPEN_FOR = 60.0  # seconds after `Shortage.until` in which a request that comes alone is sure to be admitted
REMEMBERED = 64  # estimates and shortages, between one change of the account and the next


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit, ready to be judged: `value` in whole units (picodollars for cost)."""

    limit: StrategyRateLimit
    measure: int
    window: int
    value: int


def compile_rules(limits: Sequence[StrategyRateLimit]) -> tuple[Rule, ...]:
    return tuple(
        Rule(
            limit=limit,
            measure=MEASURES[limit.limit_type],
            window=WINDOWS[limit.time_window],
            value=_whole(limit),
        )
        for limit in limits
    )


def _whole(limit: StrategyRateLimit) -> int:
    """Its value in whole units. One below a single unit is a limit all the same: it admits one at a time."""
    value = min(limit.value, UNBOUNDED)
    return max(1, from_usd(value) if limit.limit_type is LimitType.COST else int(value))


@dataclass(frozen=True, slots=True)
class Demand:
    """What a request asks of the limits if it is tried on one candidate.

    `price` None: unpriced. `model` is `provider/name`, under which the strategy's own average cost is kept.
    """

    input_tokens_at_least: int
    price: Price | None
    model: str

    @property
    def is_free(self) -> bool:
        return self.price is not None and self.price.is_free


@dataclass(frozen=True, slots=True)
class LimitState:
    """How full one limit is, in its own unit (picodollars for cost)."""

    limit: StrategyRateLimit
    value: int
    used: int
    reserved: int
    estimate: int

    @property
    def remaining(self) -> int:
        return max(0, self.value - self.used - self.reserved)


@dataclass(frozen=True, slots=True)
class Shortage:
    """The limit that leaves no room. `until` is when enough has drained (clock seconds), None where only running
    requests stand in the way; `settling_helps` says that it would fit once they are settled. `usage_was_lost`: nobody
    knows what was used before, so the whole window must pass."""

    state: LimitState
    until: float | None
    settling_helps: bool
    usage_was_lost: bool = False


@dataclass(frozen=True, slots=True)
class _Estimate:
    price: Price | None
    is_free: bool
    amounts: Amounts


class Account:
    """What one strategy used and holds. What is counted within a second enters the windows in one step: all buckets
    are whole seconds long."""

    __slots__ = (
        "_estimates",
        "_fresh",
        "_models",
        "_now",
        "_recent",
        "_second_ends",
        "_shortages",
        "_windows",
        "lost_at",
        "reserved",
    )

    def __init__(self, lost_at: float | None = None) -> None:
        self.lost_at = lost_at  # what was used before is not known
        self.reserved = [0, 0, 0, 0, 0, 0]
        self._now = self._second_ends = -math.inf
        self._fresh = [0, 0, 0, 0, 0, 0]
        self._windows = tuple(Window(length, grain) for length, grain in SHAPES)
        self._recent = Window(*RECENT)
        self._models: dict[str, Window] = {}
        self._estimates: dict[tuple[str, int], _Estimate] = {}
        self._shortages: dict[object, tuple[Sequence[Rule], Shortage | None]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is used or held, so that a new account would judge the same."""
        return not any(self.reserved) and not any(self._fresh) and not any(map(any, (w.sums for w in self._windows)))

    def forget(self, now: float) -> None:
        """Let time pass; everything else judges by the last time given here."""
        if now < self._second_ends:
            self._now = max(now, self._now)
            return
        self._pour()
        self._now = now
        self._second_ends = math.floor(now) + 1.0
        for window in (*self._windows, self._recent, *self._models.values()):
            window.forget(now)
        for model in [model for model, window in self._models.items() if not window.sums[SETTLED]]:
            del self._models[model]
        self._estimates.clear()
        self._shortages.clear()

    def admit(self, at: float) -> None:
        """Count a request, from its admission on and for good."""
        if at >= self._second_ends:
            self.forget(at)
        self._fresh[REQUESTS] += 1
        if self._shortages:
            self._shortages.clear()

    def add(self, at: float, amounts: Amounts, model: str | None = None) -> None:
        """Count what was used."""
        if at >= self._second_ends:
            self.forget(at)
        fresh = self._fresh
        fresh[REQUESTS] += amounts[REQUESTS]
        fresh[INPUT] += amounts[INPUT]
        fresh[OUTPUT] += amounts[OUTPUT]
        fresh[TOTAL] += amounts[TOTAL]
        fresh[COST] += amounts[COST]
        fresh[SETTLED] += amounts[SETTLED]
        if model is not None and amounts[COST] and amounts[SETTLED]:
            window = self._models.get(model)
            if window is None:
                window = self._models[model] = Window(*SHAPES[2])
            window.add(at, amounts)
        self._estimates.clear()
        self._shortages.clear()

    def hold(self, before: Amounts, after: Amounts) -> None:
        """Let a running request hold `after` in place of `before`."""
        reserved = self.reserved
        reserved[INPUT] += after[INPUT] - before[INPUT]
        reserved[OUTPUT] += after[OUTPUT] - before[OUTPUT]
        reserved[TOTAL] += after[TOTAL] - before[TOTAL]
        reserved[COST] += after[COST] - before[COST]
        if self._shortages:
            self._shortages.clear()

    def estimate(self, demand: Demand) -> Amounts:
        """What the request will probably use: the strategy's averages, never below what its prompt must take."""
        return self._estimated(demand).amounts

    def shortage(
        self, rules: Sequence[Rule], demand: Demand, held: Amounts = NOTHING, ahead: Sequence[int] = NOTHING
    ) -> Shortage | None:
        """The limit that would be passed, or None. Where several would, the one that takes longest to drain.

        `held` is what the request itself holds already, `ahead` what earlier requests wait for.
        """
        estimate = self._estimated(demand)
        amounts, reserved, fresh, windows = estimate.amounts, self.reserved, self._fresh, self._windows
        if self.lost_at is None:
            for rule in rules:
                measure = rule.measure
                used = windows[rule.window].sums[measure] + fresh[measure] + ahead[measure]
                if used + reserved[measure] - held[measure] + (amounts[measure] or 1) > rule.value:
                    break
            else:
                return None
        if ahead is not NOTHING:
            return self._shortage(_Asked(rules, demand, estimate, held, ahead))
        key = (demand.model, amounts, held, estimate.is_free, self.lost_at)
        known = self._shortages.get(key)
        if known is None or known[0] is not rules:
            if len(self._shortages) >= REMEMBERED:
                self._shortages.clear()
            known = self._shortages[key] = rules, self._shortage(_Asked(rules, demand, estimate, held, ahead))
        return known[1]

    def states(self, rules: Sequence[Rule], amounts: Amounts, held: Amounts = NOTHING) -> tuple[LimitState, ...]:
        return tuple(self._state(rule, amounts, held, NOTHING) for rule in rules)

    def more_room_at(self, rules: Sequence[Rule], state: LimitState) -> float | None:
        """When a limit has room for what `state` estimates, or just more than now; None where nothing was used."""
        self._pour()
        rule = next(rule for rule in rules if rule.limit is state.limit)
        lacking = state.used + state.estimate - state.value
        return self._windows[rule.window].drained_at(rule.measure, max(1, lacking))

    def _pour(self) -> None:
        """Take what was counted in the current second into the windows."""
        fresh = self._fresh
        if not any(fresh):
            return
        at = self._second_ends - 1.0
        for window in self._windows:
            window.add(at, fresh)
        if fresh[SETTLED]:
            self._recent.add(at, fresh)
        self._fresh = [0, 0, 0, 0, 0, 0]

    def _estimated(self, demand: Demand) -> _Estimate:
        key = (demand.model, demand.input_tokens_at_least)
        known = self._estimates.get(key)
        if known is not None and (known.price is demand.price or known.price == demand.price):
            return known
        if len(self._estimates) >= REMEMBERED:
            self._estimates.clear()
        free = demand.is_free
        model = None if free else self._models.get(demand.model)
        sums = None if model is None else model.sums
        amounts = expected(self._average_tokens(), demand.input_tokens_at_least, demand.price, sums)
        made = self._estimates[key] = _Estimate(demand.price, free, amounts)
        return made

    def _average_tokens(self) -> tuple[int, int]:
        for window in (self._recent, self._windows[2]):
            sums = window.sums
            if self._fresh[SETTLED]:
                sums = [amount + more for amount, more in zip(sums, self._fresh, strict=True)]
            if (average := average_of(sums)) is not None:
                return average
        return ABSENT_AVERAGE

    def _shortage(self, asked: _Asked) -> Shortage | None:
        self._pour()
        worst: Shortage | None = None
        for rule in asked.judged:
            short = self._short_of(rule, asked)
            if short is not None and (worst is None or (short.until or 0.0) > (worst.until or 0.0)):
                worst = short
        if worst is None or worst.until is None:
            return worst
        return replace(worst, until=self._alone_from(asked))

    def _short_of(self, rule: Rule, asked: _Asked) -> Shortage | None:
        state = self._state(rule, asked.estimate.amounts, asked.held, asked.ahead)
        window = self._windows[rule.window]
        if self.lost_at is not None and self._now < self.lost_at + window.length:
            return Shortage(state, self.lost_at + window.length, settling_helps=False, usage_was_lost=True)
        if state.used + state.reserved + state.estimate <= rule.value or state.estimate == 0:
            return None
        excess = state.used + state.estimate - rule.value
        if excess <= 0:
            return Shortage(state, until=None, settling_helps=True)
        return Shortage(state, until=window.drained_at(rule.measure, excess), settling_helps=False)

    def _state(self, rule: Rule, amounts: Amounts, held: Amounts, ahead: Sequence[int]) -> LimitState:
        measure = rule.measure
        used = self._windows[rule.window].sums[measure] + self._fresh[measure]
        # Of requests nothing is held: they count from their admission.
        reserved = 0 if measure == REQUESTS else self.reserved[measure] - held[measure]
        return LimitState(rule.limit, rule.value, used, reserved + ahead[measure], _need(rule, amounts, held))

    def _alone_from(self, asked: _Asked) -> float:
        """From when on the request would be admitted if it came alone. While it waits averages age, and the estimate
        may grow with them: that too must fit then."""
        forecast: dict[float, Amounts] = {}
        at = self._now
        while True:
            later = max(self._fits_from(rule, asked, at, forecast) for rule in asked.judged)
            if later <= at:
                return at
            at = later

    def _fits_from(self, rule: Rule, asked: _Asked, at: float, forecast: dict[float, Amounts]) -> float:
        """The first time, not before `at`, from which on the limit alone has room for as long as `OPEN_FOR`."""
        window = self._windows[rule.window]
        if self.lost_at is not None:
            at = max(at, self.lost_at + window.length)
        while True:
            need = self._most_needed(rule, asked, at, forecast)
            if need == 0:
                return at
            drained = window.drained_at(rule.measure, window.sums[rule.measure] + need - rule.value)
            if drained is None or drained <= at:
                return at
            at = drained

    def _most_needed(self, rule: Rule, asked: _Asked, at: float, forecast: dict[float, Amounts]) -> int:
        if rule.measure == REQUESTS:
            return _need(rule, asked.estimate.amounts, asked.held)
        return max(_need(rule, self._forecast(asked, t, forecast), asked.held) for t in instants(at, OPEN_FOR))

    def _forecast(self, asked: _Asked, at: float, forecast: dict[float, Amounts]) -> Amounts:
        """The estimate of a later time, if nothing is used until then; never below the input estimated now, so that
        one answer serves requests of all lengths up to the average."""
        known = forecast.get(at)
        if known is None:
            demand, estimate = asked.demand, asked.estimate
            model = None if estimate.is_free else self._models.get(demand.model)
            sums = None if model is None else model.left(at)
            average = average_of(self._recent.left(at)) or average_of(self._windows[2].left(at)) or ABSENT_AVERAGE
            known = forecast[at] = expected(average, estimate.amounts[INPUT], demand.price, sums)
        return known


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request at the moment when a limit may be short of room for it."""

    rules: Sequence[Rule]
    demand: Demand
    estimate: _Estimate
    held: Amounts
    ahead: Sequence[int]

    @property
    def judged(self) -> list[Rule]:
        """A free model is never judged by what has been spent."""
        return [rule for rule in self.rules if rule.measure != COST or not self.estimate.is_free]


def _need(rule: Rule, amounts: Amounts, held: Amounts) -> int:
    """What the limit must still have room for. A request that was admitted holds its count already."""
    if rule.measure == REQUESTS:
        return 0 if held[REQUESTS] else 1
    return min(max(amounts[rule.measure], 1), rule.value)


def settled(usage: Usage, cost: int) -> Amounts:
    """A finished call's tokens and cost; the request's count was taken at admission. A call without tokens says
    nothing about what calls use, and is not part of an average."""
    tokens = usage.total_tokens
    return (0, usage.input_tokens, usage.output_tokens, tokens, cost, 1 if tokens else 0)
