"""Queries for single requests: a list, newest first, and one request with its attempts and trace."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from localrouter.domain.conversation.request import Usage
from localrouter.domain.errors import Invalid
from localrouter.domain.metrics.samples import Outcome, Sample, ToldError
from localrouter.domain.routing.attempt_ends import CountedUsage
from localrouter.domain.routing.attempts import Attempt
from localrouter.domain.routing.failures import FailureKind

MAX_PAGE_ROWS = 500
MAX_LISTED_TRACE = 64 * 1024  # characters; a list leaves a longer explanation out


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """Which requests to list; a field that is None does not restrict them.

    `provider`, `model` and `kind` match any attempt, `kind` the end of the request as well; `model` is a name with or
    without its provider. `since` and `until` (Unix time) apply to the arrival.
    """

    client_id: str | None = None
    strategy_id: str | None = None
    provider: str | None = None
    model: str | None = None
    outcome: Outcome | None = None
    kind: FailureKind | None = None
    since: float | None = None
    until: float | None = None


_CONDITIONS = {
    "client_id": "client_id = :client_id",
    "strategy_id": "strategy_id = :strategy_id",
    "provider": "EXISTS (SELECT 1 FROM attempts WHERE request = requests.id AND provider = :provider)",
    "model": "EXISTS (SELECT 1 FROM attempts WHERE request = requests.id"
    " AND :model IN (model, provider || '/' || model))",
    "outcome": "outcome = :outcome",
    "kind": "(kind = :kind OR EXISTS (SELECT 1 FROM attempts WHERE request = requests.id AND kind = :kind))",
    "since": "started_at >= :since",
    "until": "started_at < :until",
}


def list_requests(
    db: sqlite3.Connection, filters: RequestFilter, cursor: str | None, limit: int
) -> tuple[list[Sample], str | None]:
    """A page of requests, and the next page's cursor; None on the last page. Long traces are left out."""
    values: dict[str, Any] = {name: getattr(filters, name) for name in _CONDITIONS}
    conditions = [_CONDITIONS[name] for name, value in values.items() if value is not None]
    if filters.outcome not in (None, Outcome.SUCCESS):
        conditions.append("outcome <> 'success'")  # lets SQLite use the partial index of such requests
    if cursor is not None:
        values["at"], values["id"] = _read(cursor)
        conditions.append("(started_at, id) < (:at, :id)")
    values["limit"] = min(max(limit, 1), MAX_PAGE_ROWS) + 1
    where = " AND ".join(conditions) or "true"
    rows = db.execute(
        f"SELECT * FROM requests WHERE {where} ORDER BY started_at DESC, id DESC LIMIT :limit",  # noqa: S608 - constants
        values,
    ).fetchall()
    more = len(rows) == values["limit"]
    page = rows[:-1] if more else rows
    row_ids = [row["id"] for row in page]
    attempts, traces = _attempts(db, row_ids), _traces(db, row_ids)
    samples = [_sample(row, attempts.get(row["id"], ()), traces.get(row["id"], "")) for row in page]
    return samples, _cursor(page[-1]) if more else None


def get_request(db: sqlite3.Connection, request_id: str) -> Sample | None:
    row = db.execute("SELECT * FROM requests WHERE request_id = ?", (request_id,)).fetchone()
    if row is None:
        return None
    attempts = _attempts(db, [row["id"]])
    trace = db.execute("SELECT trace FROM traces WHERE request = ?", (row["id"],)).fetchone()
    return _sample(row, attempts.get(row["id"], ()), trace["trace"] if trace else "")


def _attempts(db: sqlite3.Connection, row_ids: list[int]) -> dict[int, tuple[Attempt, ...]]:
    marks = ", ".join("?" * len(row_ids))
    rows = db.execute(f"SELECT * FROM attempts WHERE request IN ({marks}) ORDER BY request, number", row_ids)  # noqa: S608 - marks
    return {row_id: tuple(map(_attempt, group)) for row_id, group in groupby(rows, key=itemgetter("request"))}


def _traces(db: sqlite3.Connection, row_ids: list[int]) -> dict[int, str]:
    marks = ", ".join("?" * len(row_ids))
    rows = db.execute(
        f"SELECT request, trace FROM traces WHERE request IN ({marks}) AND length(trace) <= ?",  # noqa: S608 - marks
        (*row_ids, MAX_LISTED_TRACE),
    )
    return {row["request"]: row["trace"] for row in rows}


def _cursor(row: sqlite3.Row) -> str:
    return f"{row['started_at']!r}:{row['id']}"


def _read(cursor: str) -> tuple[float, int]:
    at, _, row_id = cursor.partition(":")
    try:
        return float(at), int(row_id)
    except ValueError:
        raise Invalid("The cursor is not one that list_requests returned. Start again without a cursor.") from None


def _sample(row: sqlite3.Row, attempts: tuple[Attempt, ...], trace: str) -> Sample:
    return Sample(
        request_id=row["request_id"],
        started_at=row["started_at"],
        client_id=row["client_id"],
        strategy_id=row["strategy_id"],
        endpoint=row["endpoint"],
        model_asked=row["model_asked"],
        provider_served=row["provider_served"],
        model_served=row["model_served"],
        outcome=Outcome(row["outcome"]),
        kind=_kind(row),
        status=row["status"],
        streamed=bool(row["streamed"]),
        duration=row["duration"],
        first_token=row["first_token"],
        overhead=row["overhead"],
        usage=_usage(row),
        cost=row["cost"],
        unpriced=bool(row["unpriced"]),
        attempts=attempts,
        trace=trace,
        recovered=bool(row["recovered"]),
        error=_error(row),
    )


def _attempt(row: sqlite3.Row) -> Attempt:
    return Attempt(
        provider=row["provider"],
        model=row["model"],
        kind=_kind(row),
        status=row["status"],
        started_at=row["started_at"],
        duration=row["duration"],
        first_token=row["first_token"],
        usage=_usage(row),
        cost=row["cost"],
        unpriced=bool(row["unpriced"]),
        message=row["message"],
        counted=_counted(row),
        dispatched=bool(row["dispatched"]),
    )


def _error(row: sqlite3.Row) -> ToldError | None:
    return None if row["error_message"] is None else ToldError(row["error_code"], row["error_message"])


def _kind(row: sqlite3.Row) -> FailureKind | None:
    return None if row["kind"] is None else FailureKind(row["kind"])


def _counted(row: sqlite3.Row) -> CountedUsage | None:
    if row["counted_cost"] is None:
        return None
    return CountedUsage(
        input_tokens=row["counted_input_tokens"],
        output_tokens=row["counted_output_tokens"],
        total_tokens=row["counted_total_tokens"],
        cost=row["counted_cost"],
    )


def _usage(row: sqlite3.Row) -> Usage:
    return Usage(
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        cached_tokens=row["cached_tokens"],
        reasoning_tokens=row["reasoning_tokens"],
        estimated=bool(row["estimated"]),
    )
