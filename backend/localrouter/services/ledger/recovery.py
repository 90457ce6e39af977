"""Requests that the journal tells of and the metrics do not: their records, and how the journal goes on telling them
until those are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from localrouter.domain.metrics.samples import Sample
from localrouter.services.ledger.records import Life, recovered
from localrouter.services.ledger.replay import JournaledRequest, Line, end_line, whole_line


def recovered_samples(missed: Mapping[str, JournaledRequest], *, seen_at: float, cut_at: float) -> list[Sample]:
    """The records that are missing, the oldest first. Earlier releases kept too little for one."""
    samples = [
        recovered(
            Life(
                request_id=name,
                strategy_id=told.strategy_id,
                start=told.start,
                admitted_at=told.admitted_at,
                attempts=told.attempts,
                calling=told.calling,
                end=told.end,
                seen_at=seen_at,
                cut_at=cut_at,
            )
        )
        for name, told in missed.items()
        if told.start is not None
    ]
    return sorted(samples, key=lambda sample: sample.started_at)


def recovered_lines(missed: Mapping[str, JournaledRequest], samples: Iterable[Sample], now: float) -> Iterator[Line]:
    for sample in samples:
        told = missed[sample.request_id]
        told.settle(now)
        if told.is_admitted:
            yield whole_line(sample.request_id, told)
        if told.start is not None:
            yield end_line(sample, told.start, told.admitted_at)
