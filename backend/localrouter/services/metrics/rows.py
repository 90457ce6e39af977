"""Writes a batch of samples to `requests`, `attempts` and `traces`, each request exactly once."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from localrouter.domain import counts
from localrouter.domain.metrics.samples import Sample, spent
from localrouter.domain.routing.attempt_ends import CountedUsage
from localrouter.domain.routing.attempts import Attempt
from localrouter.services.metrics import marks
from localrouter.services.metrics.breakdown import BreakdownDelta
from localrouter.services.metrics.rollup import Delta, Rollups, Row, insert

YIELD_EVERY = 100  # samples after which the event loop is offered the GIL

USAGE = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "estimated", "cost", "unpriced")
COUNTED = ("counted_input_tokens", "counted_output_tokens", "counted_total_tokens", "counted_cost")
AS_USED = (None, None, None, None)  # the counted amounts equal the usage
REQUEST = (
    "id",
    "request_id",
    "started_at",
    "settled_at",
    "client_id",
    "strategy_id",
    "endpoint",
    "model_asked",
    "provider_served",
    "model_served",
    "outcome",
    "kind",
    "status",
    "streamed",
    "duration",
    "first_token",
    "overhead",
    *USAGE,
    "attempts",
    *COUNTED,
    "recovered",
    "error_code",
    "error_message",
)
ATTEMPT = (
    "request",
    "number",
    "provider",
    "model",
    "kind",
    "status",
    "started_at",
    "duration",
    "first_token",
    *USAGE,
    "message",
    *COUNTED,
    "dispatched",
)


@dataclass(slots=True)
class _Rows:
    requests: list[Row] = field(default_factory=list)
    attempts: list[Row] = field(default_factory=list)
    traces: list[Row] = field(default_factory=list)

    def add(self, row_id: int, sample: Sample) -> None:
        self.requests.append(_request(row_id, sample))
        self.traces.append((row_id, sample.trace))
        self.attempts.extend(_attempt(row_id, number, a) for number, a in enumerate(sample.attempts, start=1))


def write(db: sqlite3.Connection, samples: Sequence[Sample], rollups: Rollups) -> None:
    """Writes samples and their sums in one transaction. A sample that exists already is left out of both."""
    db.execute("BEGIN IMMEDIATE")
    try:
        _write(db, _unknown(db, samples), rollups)
        db.execute("COMMIT")
    except BaseException:
        rollups.forget()
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def known(db: sqlite3.Connection, request_ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for first in range(0, len(request_ids), 10_000):
        part = list(request_ids[first : first + 10_000])
        places = ", ".join("?" * len(part))
        rows = db.execute(f"SELECT request_id FROM requests WHERE request_id IN ({places})", part)  # noqa: S608
        found.update(row[0] for row in rows)
    return found


def _unknown(db: sqlite3.Connection, samples: Sequence[Sample]) -> list[Sample]:
    by_id = {sample.request_id: sample for sample in reversed(samples)}
    there = known(db, list(by_id))
    return [sample for sample in reversed(by_id.values()) if sample.request_id not in there]


def _write(db: sqlite3.Connection, samples: Sequence[Sample], rollups: Rollups) -> None:
    next_id = db.execute("SELECT coalesce(max(id), 0) + 1 FROM requests").fetchone()[0]
    rows, delta, split = _Rows(), Delta(), BreakdownDelta()
    for first in range(0, len(samples), YIELD_EVERY):
        part = samples[first : first + YIELD_EVERY]
        for row_id, sample in enumerate(part, start=next_id + first):
            rows.add(row_id, sample)
        delta.add(part)
        split.add(part)
        time.sleep(0)
    insert(db, "requests", REQUEST, rows.requests)
    insert(db, "attempts", ATTEMPT, rows.attempts)
    insert(db, "traces", ("request", "trace"), rows.traces)
    rollups.write(db, delta)
    split.write(db)
    marks.count(db, len(samples))


def _counted(counted: CountedUsage | None) -> Row:
    return AS_USED if counted is None else tuple(map(counts.held, counted))


def _request(row_id: int, sample: Sample) -> Row:
    usage, cost = spent(sample)
    return (
        row_id,
        sample.request_id,
        sample.started_at,
        sample.settled_at,
        sample.client_id,
        sample.strategy_id,
        sample.endpoint,
        sample.model_asked,
        sample.provider_served,
        sample.model_served,
        sample.outcome.value,
        None if sample.kind is None else sample.kind.value,
        sample.status,
        sample.streamed,
        sample.duration,
        sample.first_token,
        sample.overhead,
        usage.input_tokens,
        usage.output_tokens,
        usage.cached_tokens,
        usage.reasoning_tokens,
        usage.estimated,
        counts.held(cost),
        any(attempt.unpriced for attempt in sample.attempts),
        len(sample.attempts),
        *_counted(sample.counted),
        sample.recovered,
        None if sample.error is None else sample.error.code,
        None if sample.error is None else sample.error.message,
    )


def _attempt(row_id: int, number: int, attempt: Attempt) -> Row:
    usage = attempt.usage
    return (
        row_id,
        number,
        attempt.provider,
        attempt.model,
        None if attempt.kind is None else attempt.kind.value,
        attempt.status,
        attempt.started_at,
        attempt.duration,
        attempt.first_token,
        usage.input_tokens,
        usage.output_tokens,
        usage.cached_tokens,
        usage.reasoning_tokens,
        usage.estimated,
        counts.held(attempt.cost),
        attempt.unpriced,
        attempt.message,
        *_counted(attempt.counted),
        attempt.dispatched,
    )
