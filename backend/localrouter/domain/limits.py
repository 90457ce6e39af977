"""The only place where a limit is judged.

Every strategy has an `Account`: trailing windows over what it used, and what its running requests hold. A request
is admitted by all limits of its strategy together or by none: for each limit, used + reserved + estimate ≤ value.

- Requests count once, at admission. Tokens and cost are held while a request runs and count from its settlement.
- Windows are kept in buckets (1 s of a minute, 1 min of an hour, 15 min of a day, 6 h of a month). A bucket is
  forgotten only when its youngest possible event has left the window: never early, at most one bucket late.
- All measures are counted in all windows whether or not a limit asks, so that a new or lowered limit judges what
  was used before it existed.
- The estimate under `soft` is an average, so tokens and cost can overshoot by what requests in flight use beyond it.

Times are seconds of one clock that never jumps; money is picodollars; nothing here reads a clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from localrouter.domain.chat import Usage
from localrouter.domain.config import LimitType, RateLimitTimeWindow, StrategyRateLimit
from localrouter.domain.pricing import Price, from_usd
from localrouter.domain.pricing import cost as cost_of

REQUESTS, INPUT, OUTPUT, TOTAL, COST, SETTLED = range(6)
Amounts = tuple[int, int, int, int, int, int]
NOTHING: Amounts = (0, 0, 0, 0, 0, 0)
ONE_REQUEST: Amounts = (1, 0, 0, 0, 0, 0)

MEASURES: dict[LimitType, int] = {
    LimitType.REQUESTS: REQUESTS,
    LimitType.INPUT_TOKENS: INPUT,
    LimitType.OUTPUT_TOKENS: OUTPUT,
    LimitType.TOTAL_TOKENS: TOTAL,
    LimitType.COST: COST,
}
MINUTE, HOUR, DAY, MONTH = 60.0, 3_600.0, 86_400.0, 2_592_000.0
WINDOWS: dict[RateLimitTimeWindow, int] = {
    RateLimitTimeWindow.MINUTE: 0,
    RateLimitTimeWindow.HOUR: 1,
    RateLimitTimeWindow.DAY: 2,
    RateLimitTimeWindow.MONTH: 3,
}
SHAPES = ((MINUTE, 1.0), (HOUR, 60.0), (DAY, 900.0), (MONTH, 21_600.0))  # length, bucket
RECENT = (600.0, 30.0)
ABSENT_AVERAGE = (700, 300)  # input and output tokens of a request nothing is known about


class Window:
    """Sums over a trailing window, in buckets."""

    __slots__ = ("_buckets", "grain", "length", "sums")

    def __init__(self, length: float, grain: float) -> None:
        self.length = length
        self.grain = grain
        self.sums = [0, 0, 0, 0, 0, 0]
        self._buckets: deque[tuple[int, list[int]]] = deque()

    def add(self, at: float, amounts: Sequence[int]) -> None:
        """Count `amounts` at the time `at`; a time before the last bucket counts in the last bucket (later, never
        earlier, than it happened)."""
        index = int(at // self.grain)
        if not self._buckets or self._buckets[-1][0] < index:
            self._buckets.append((index, list(amounts)))
        else:
            bucket = self._buckets[-1][1]
            for measure, amount in enumerate(amounts):
                bucket[measure] += amount
        sums = self.sums
        for measure, amount in enumerate(amounts):
            sums[measure] += amount

    def count(self, at: float, measure: int) -> None:
        """Count one of a single measure: the cheap half of `add`, for admissions."""
        index = int(at // self.grain)
        if not self._buckets or self._buckets[-1][0] < index:
            self._buckets.append((index, [0, 0, 0, 0, 0, 0]))
        self._buckets[-1][1][measure] += 1
        self.sums[measure] += 1

    def forget(self, now: float) -> None:
        """Drop the buckets whose youngest possible event has left the window."""
        buckets = self._buckets
        oldest_kept = (now - self.length) / self.grain
        while buckets and buckets[0][0] + 1 <= oldest_kept:
            _, gone = buckets.popleft()
            for measure, amount in enumerate(gone):
                self.sums[measure] -= amount

    def drained_at(self, measure: int, excess: int) -> float | None:
        """When at least `excess` of a measure will have left the window; None where it does not hold that much."""
        left = excess
        for index, amounts in self._buckets:
            left -= amounts[measure]
            if left <= 0:
                return (index + 1) * self.grain + self.length
        return None


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
            value=from_usd(limit.value) if limit.limit_type is LimitType.COST else int(limit.value),
        )
        for limit in limits
    )


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


class Account:
    """What one strategy used and holds."""

    __slots__ = ("_models", "_now", "_recent", "_windows", "lost_at", "reserved")

    def __init__(self, lost_at: float | None = None) -> None:
        self.lost_at = lost_at  # what was used before is not known
        self._now = 0.0
        self.reserved = [0, 0, 0, 0, 0, 0]
        self._windows = tuple(Window(length, grain) for length, grain in SHAPES)
        self._recent = Window(*RECENT)
        self._models: dict[str, Window] = {}

    def forget(self, now: float) -> None:
        """Let time pass; everything else judges by the last time given here."""
        self._now = now
        for window in self._windows:
            window.forget(now)
        self._recent.forget(now)

    def admit(self, at: float) -> None:
        """Count a request, from its admission on and for good."""
        for window in self._windows:
            window.count(at, REQUESTS)

    def add(self, at: float, amounts: Amounts, model: str | None = None) -> None:
        """Count what was used."""
        for window in self._windows:
            window.add(at, amounts)
        self._recent.add(at, amounts)
        if model is not None and amounts[COST]:
            self._models.setdefault(model, Window(DAY, 900.0)).add(at, amounts)

    def hold(self, before: Amounts, after: Amounts) -> None:
        """Let a running request hold `after` in place of `before`."""
        for measure in (INPUT, OUTPUT, TOTAL, COST):
            self.reserved[measure] += after[measure] - before[measure]

    def estimate(self, demand: Demand) -> Amounts:
        """What the request will probably use: the strategy's averages, never below what its prompt must take."""
        average_in, average_out = self._average_tokens()
        tokens_in = max(average_in, demand.input_tokens_at_least)
        cost = cost_of(Usage(tokens_in, average_out), demand.price)
        if not demand.is_free:
            cost = max(cost, self._average_cost(demand.model))
        return (1, tokens_in, average_out, tokens_in + average_out, cost, 0)

    def shortage(self, rules: Sequence[Rule], amounts: Amounts, held: Amounts, *, free: bool) -> Shortage | None:
        """The limit that would be passed, or None. Where several would, the one that takes longest to drain: only
        when it has room can the request be admitted."""
        worst: Shortage | None = None
        for rule in rules:
            if free and rule.measure == COST:
                continue
            short = self._short_of(rule, amounts, held)
            if short is not None and (worst is None or (short.until or 0.0) > (worst.until or 0.0)):
                worst = short
        return worst

    def states(self, rules: Sequence[Rule], amounts: Amounts, held: Amounts = NOTHING) -> tuple[LimitState, ...]:
        return tuple(self._state(rule, amounts, held) for rule in rules)

    def drained_at(self, rule: Rule) -> float | None:
        """When the limit's window will be empty of what it holds now; None where it is empty already."""
        window = self._windows[rule.window]
        return window.drained_at(rule.measure, 1) if window.sums[rule.measure] else None

    def _short_of(self, rule: Rule, amounts: Amounts, held: Amounts) -> Shortage | None:
        measure = rule.measure
        window = self._windows[rule.window]
        used = window.sums[measure]
        reserved = self._held_by_others(measure, held)
        need = _need(rule, amounts, held)
        if self.lost_at is not None and self._now < self.lost_at + window.length:
            state = LimitState(rule.limit, rule.value, used, reserved, need)
            return Shortage(state, self.lost_at + window.length, settling_helps=False, usage_was_lost=True)
        if used + reserved + need <= rule.value or need == 0:
            return None
        state = LimitState(rule.limit, rule.value, used, reserved, need)
        excess_settled = used + need - rule.value
        if excess_settled <= 0:
            return Shortage(state, until=None, settling_helps=True)
        return Shortage(state, until=window.drained_at(measure, excess_settled), settling_helps=False)

    def _held_by_others(self, measure: int, held: Amounts) -> int:
        """Of requests nothing is held: they count from their admission."""
        return 0 if measure == REQUESTS else self.reserved[measure] - held[measure]

    def _state(self, rule: Rule, amounts: Amounts, held: Amounts) -> LimitState:
        used = self._windows[rule.window].sums[rule.measure]
        reserved = self._held_by_others(rule.measure, held)
        return LimitState(rule.limit, rule.value, used, reserved, _need(rule, amounts, held))

    def _average_tokens(self) -> tuple[int, int]:
        for sums in (self._recent.sums, self._windows[2].sums):
            if count := sums[SETTLED]:
                return -(-sums[INPUT] // count), -(-sums[OUTPUT] // count)
        return ABSENT_AVERAGE

    def _average_cost(self, model: str) -> int:
        window = self._models.get(model)
        if window is None:
            return 0
        window.forget(self._now)
        count = window.sums[SETTLED]
        return -(-window.sums[COST] // count) if count else 0


def _need(rule: Rule, amounts: Amounts, held: Amounts) -> int:
    """What the limit must still have room for. A request that was admitted holds its count already."""
    if rule.measure == REQUESTS:
        return 0 if held[REQUESTS] else 1
    return min(max(amounts[rule.measure], 1), rule.value)


def settled(usage: Usage, cost: int) -> Amounts:
    """A finished request's tokens and cost; its count was taken at admission."""
    return (0, usage.input_tokens, usage.output_tokens, usage.total_tokens, cost, 1)


@dataclass(frozen=True, slots=True)
class PastUse:
    """What a strategy used before this process started, at a time of this process's clock (which may be negative)."""

    strategy_id: str
    at: float
    amounts: Amounts
