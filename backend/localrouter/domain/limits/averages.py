"""What a request will probably use, from what the strategy's earlier ones did: averages, and so no bound.

An average counts only calls that were billed. Over the last ten minutes, else over the last day, else `ABSENT_AVERAGE`:
one that is absent is never zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from localrouter.domain.limits.demand import Demand
from localrouter.domain.limits.windows import COST, INPUT, NOTHING, OUTPUT, SETTLED, SHAPES, Amounts, UsageWindow
from localrouter.domain.models.pricing import Price, estimated_cost

RECENT = (600.0, 30.0)  # length and bucket of the shorter window
LAST_DAY = SHAPES[2]
ABSENT_AVERAGE = (700, 300)  # input and output tokens of a request nothing is known about
CHANGES_EVERY = 30.0  # seconds; where an average loses a bucket, it is at a multiple of this
REMEMBERED = 64  # estimates, between one change and the next


class Averages:
    """What one strategy's calls used on average, and what each model's cost. Its owner lets time pass (`advance`) and
    says when what was added enters the windows (`flush`), before the next second begins."""

    __slots__ = ("_current_second", "_known", "_last_day", "_models", "_recent", "_spent")

    def __init__(self) -> None:
        self._recent = UsageWindow(*RECENT)
        self._last_day = UsageWindow(*LAST_DAY)
        self._models: dict[str, UsageWindow] = {}
        self._current_second = [0, 0, 0, 0, 0, 0]
        self._spent: dict[str, list[int]] = {}  # by models, since the last `flush`
        self._known: dict[tuple[str, int], tuple[Price | None, Amounts]] = {}

    def add(self, amounts: Amounts, model: str | None) -> None:
        current = self._current_second
        current[INPUT] += amounts[INPUT]
        current[OUTPUT] += amounts[OUTPUT]
        current[SETTLED] += amounts[SETTLED]
        if model is not None and amounts[COST]:
            spent = self._spent.get(model)
            if spent is None:
                spent = self._spent[model] = [0, 0, 0, 0, 0, 0]
            spent[COST] += amounts[COST]
            spent[SETTLED] += amounts[SETTLED]
        if self._known:
            self._known.clear()

    def flush(self, at: float) -> None:
        if self._current_second[SETTLED]:
            self._recent.add(at, self._current_second)
            self._last_day.add(at, self._current_second)
            self._current_second = [0, 0, 0, 0, 0, 0]
        for model, spent in self._spent.items():
            window = self._models.get(model)
            if window is None:
                window = self._models[model] = UsageWindow(*LAST_DAY)
            window.add(at, spent)
        self._spent.clear()

    def advance(self, now: float) -> None:
        for window in (self._recent, self._last_day, *self._models.values()):
            window.advance(now)
        for model in [model for model, window in self._models.items() if not window.sums[SETTLED]]:
            del self._models[model]
        self._known.clear()

    def expected(self, demand: Demand) -> Amounts:
        """What the request will probably use now, never less than its prompt must take."""
        key = (demand.model, demand.input_tokens_at_least)
        known = self._known.get(key)
        if known is not None and (known[0] is demand.price or known[0] == demand.price):
            return known[1]
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        current = self._current_second
        average = _average(self._recent.sums, current) or _average(self._last_day.sums) or ABSENT_AVERAGE
        expected = _expected(average, demand.input_tokens_at_least, demand.price, self._cost_of_model(demand))
        self._known[key] = demand.price, expected
        return expected

    def forecast(self, demand: Demand, at: float, tokens_at_least: int) -> Amounts:
        """What it will probably use at a later time, if nothing is added until then, and never less than so much input.
        What was added must have been flushed."""
        average = _average(self._recent.sums_at(at)) or _average(self._last_day.sums_at(at))
        model = None if demand.is_free else self._models.get(demand.model)
        cost = None if model is None else _average_cost(model.sums_at(at))
        return _expected(average or ABSENT_AVERAGE, tokens_at_least, demand.price, cost)

    def _cost_of_model(self, demand: Demand) -> int | None:
        """What this model's calls cost on average. A free one costs nothing, whatever it did before."""
        model, spent = self._models.get(demand.model), self._spent.get(demand.model)
        if spent is None:
            return None if model is None or demand.is_free else _average_cost(model.sums)
        if demand.is_free:
            return None
        cost, count = spent[COST], spent[SETTLED]
        if model is not None:
            cost += model.sums[COST]
            count += model.sums[SETTLED]
        return -(-cost // count)


def _average(sums: Sequence[int], more: Sequence[int] = NOTHING) -> tuple[int, int] | None:
    """Input and output tokens of one billed call, rounded up; None where there was none."""
    count = sums[SETTLED] + more[SETTLED]
    return (-(-(sums[INPUT] + more[INPUT]) // count), -(-(sums[OUTPUT] + more[OUTPUT]) // count)) if count else None


def _average_cost(sums: Sequence[int]) -> int | None:
    return -(-sums[COST] // sums[SETTLED]) if sums[SETTLED] else None


def _expected(average: tuple[int, int], tokens_at_least: int, price: Price | None, same_model: int | None) -> Amounts:
    """The average, never below what the prompt must take. `same_model` is what this model's calls cost on average."""
    tokens_in, tokens_out = average
    if tokens_at_least > tokens_in:
        tokens_in = tokens_at_least
    money = estimated_cost(tokens_in, tokens_out, price)
    if same_model is not None and same_model > money:
        money = same_model
    return (1, tokens_in, tokens_out, tokens_in + tokens_out, money, 0)


def instants(at: float, seconds: float) -> tuple[float, ...]:
    """The times from `at` on, as far as `seconds`, at which an estimate may differ from the one before."""
    first = math.floor(at / CHANGES_EVERY) + 1
    changes = (step * CHANGES_EVERY for step in range(first, first + math.ceil(seconds / CHANGES_EVERY)))
    return (at, *changes)
