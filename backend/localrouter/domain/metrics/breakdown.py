"""What was used, by strategy, client, provider, model and kind of failure at once, for any split of it.

A cell is one combination of those in one bucket of time. A request is counted once, in the cell of its last attempt:
the one that answered it, or that failed last. Tokens, cost and failures are counted in the cells of the attempts that
they belong to. So every split adds up to the same requests, tokens and cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from localrouter.domain.metrics.samples import Outcome, Sample, spent
from localrouter.domain.routing.attempts import Attempt


class Period(StrEnum):
    """A trailing period of a chart."""

    QUARTER = "15m"
    HOUR = "1h"
    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"

    @property
    def seconds(self) -> int:
        return _LENGTHS[self][0]

    @property
    def width(self) -> int:
        """Seconds of one of its buckets."""
        return _LENGTHS[self][1]

    def start(self, now: float) -> int:
        """The start of its first bucket; the last one is the bucket that contains `now`."""
        return int(now // self.width + 1) * self.width - self.seconds


_LENGTHS = {
    Period.QUARTER: (900, 10),
    Period.HOUR: (3_600, 60),
    Period.DAY: (86_400, 900),
    Period.WEEK: (7 * 86_400, 7_200),
    Period.MONTH: (30 * 86_400, 43_200),
}
# Each is a multiple of the one before. The last one is in no chart: sums over the longest period are read faster by it.
WIDTHS = (*(period.width for period in Period), 6 * 86_400)


def kept_for(width: int) -> float:
    """How long, in seconds, buckets of this width are kept: a period and the one before, with room at the edges."""
    longest = max((period.seconds for period in Period if period.width == width), default=0)
    return 2.0 * longest + 2 * width + 600 if width < Period.MONTH.width else 400 * 86_400.0


class Span(NamedTuple):
    """Whole buckets of one width, from `start` to before `end`."""

    width: int
    start: int
    end: int


def cover(start: int, end: int, finest: int) -> list[Span]:
    """The fewest buckets that cover a period which begins and ends with buckets of the width `finest`."""
    coarser = next((width for width in WIDTHS if width > finest), None)
    if coarser is None:
        return [Span(finest, start, end)] if start < end else []
    inner_start, inner_end = -(-start // coarser) * coarser, end // coarser * coarser
    if inner_start >= inner_end:
        return [Span(finest, start, end)] if start < end else []
    edges = [Span(finest, start, inner_start), Span(finest, inner_end, end)]
    return [*(span for span in edges if span.start < span.end), *cover(inner_start, inner_end, coarser)]


class Split(StrEnum):
    """By what usage is split."""

    MODEL = "model"
    PROVIDER = "provider"
    CLIENT = "client"
    STRATEGY = "strategy"


class Cell(NamedTuple):
    """`provider` and `model` are empty for requests that no model was called for, `kind` where nothing failed."""

    strategy_id: str
    client_id: str
    provider: str
    model: str
    kind: str

    def key(self, split: Split) -> str:
        match split:
            case Split.MODEL:
                return f"{self.provider}/{self.model}" if self.provider else ""
            case Split.PROVIDER:
                return self.provider
            case Split.CLIENT:
                return self.client_id
            case Split.STRATEGY:
                return self.strategy_id


@dataclass(slots=True)
class CellSums:
    """What one cell holds. Mutable: an accumulator. Costs are picodollars.

    `requests` are all that no limit refused. A request is paid if any of it cost something, else unpriced if the price
    of any of it is unknown, else free if it used tokens, and else none of these. `calls` are attempts. Free and
    unpriced tokens are those of attempts; the rest were paid for. The estimated ones are part of the others.
    """

    requests: int = 0
    failed_requests: int = 0
    denied_requests: int = 0
    paid_requests: int = 0
    free_requests: int = 0
    unpriced_requests: int = 0
    estimated_requests: int = 0
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    free_calls: int = 0
    free_input: int = 0
    free_output: int = 0
    unpriced_tokens: int = 0
    estimated_tokens: int = 0
    cost: int = 0
    estimated_cost: int = 0

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    @property
    def free_tokens(self) -> int:
        return self.free_input + self.free_output

    @property
    def paid_tokens(self) -> int:
        return self.total_tokens - self.free_tokens - self.unpriced_tokens

    def merge(self, other: CellSums) -> None:
        for name in CELL_SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))


CELL_SUMS: tuple[str, ...] = tuple(CellSums.__dataclass_fields__)


def cells(sample: Sample) -> Iterator[tuple[Cell, CellSums]]:
    """What a sample adds, and to which cells."""
    last = len(sample.attempts) - 1
    if last < 0:
        sums = CellSums()
        _add_request(sums, sample)
        yield Cell(sample.strategy_id, sample.client_id, "", "", ""), sums
    for number, attempt in enumerate(sample.attempts):
        kind = "" if attempt.kind is None else attempt.kind.value
        sums = _of_attempt(attempt)
        if number == last:
            _add_request(sums, sample)
        yield Cell(sample.strategy_id, sample.client_id, attempt.provider, attempt.counted_as, kind), sums


def _of_attempt(attempt: Attempt) -> CellSums:
    usage = attempt.usage
    sums = CellSums(
        calls=1,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_tokens=usage.cached_tokens,
        cost=attempt.cost,
    )
    if attempt.unpriced:
        sums.unpriced_tokens = usage.total_tokens
    elif not attempt.cost and usage.total_tokens:
        sums.free_calls, sums.free_input, sums.free_output = 1, usage.input_tokens, usage.output_tokens
    if usage.estimated:
        sums.estimated_tokens, sums.estimated_cost = usage.total_tokens, attempt.cost
    return sums


def _add_request(sums: CellSums, sample: Sample) -> None:
    if sample.outcome is Outcome.DENIED:
        sums.denied_requests = 1
        return
    sums.requests = 1
    sums.failed_requests = int(sample.outcome is Outcome.FAILED)
    usage, cost = spent(sample)
    if cost:
        sums.paid_requests = 1
    elif any(attempt.unpriced for attempt in sample.attempts):
        sums.unpriced_requests = 1
    elif usage.total_tokens:
        sums.free_requests = 1
    sums.estimated_requests = int(usage.estimated and usage.total_tokens > 0)
