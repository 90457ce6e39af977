"""What a start can know of the usage before it: whether the database of records is the one that it was, and whole, and
what is known of requests whose records were never written.

The home's journal keeps a mark of the database that its records were left to. An absent file is new only where no mark
says otherwise; the configuration is never asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from localrouter.domain.routing.failures import FailureKind

USAGE_KEPT_FOR = 32 * 86_400.0  # seconds that the database keeps sums of usage; the longest limit window is 30 days

CUT_KIND, CUT_STATUS = FailureKind.CANCELLED, 503  # of a request that was running when the process was killed
KILLED = "LocalRouter was killed while this call was under way."


class RequestStart(NamedTuple):
    """What is known of a request when it is admitted. `arrived_at` is Unix time; `waited` seconds passed since then,
    `overhead` of them in the router itself."""

    client_id: str
    endpoint: str
    model_asked: str
    streamed: bool
    arrived_at: float
    waited: float
    overhead: float


class UsageLoss(StrEnum):
    """Why limits cannot know what was used before. The values stand in journals."""

    UNREADABLE = "unreadable"  # the database could not be read
    GONE = "gone"  # there was a database, and there is none, or an empty one
    REPLACED = "replaced"  # another database stands in its place
    OLDER = "older"  # an earlier state of the database stands in its place
    EMPTIED = "emptied"  # rows that it held were taken out of it
    JOURNAL_GONE = "journal_gone"  # the journal of a process that did not end by itself is gone


@dataclass(frozen=True, slots=True)
class Database:
    """The database of records as it is found, or as the journal last knew it.

    `identity` was drawn when it was made; `recorded` counts the records that it was ever given; `last_minute` is the
    newest minute (Unix time) whose usage it has the sum of. `is_new`: it was made just now. `was_in_use`: the process
    that had it last did not close it.
    """

    identity: int
    recorded: int
    last_minute: int
    is_new: bool = False
    was_in_use: bool = False

    def follows(self, marked: Database | None) -> bool:
        """Whether this can be a later state of the database that was marked."""
        return marked is None or (self.identity == marked.identity and self.recorded >= marked.recorded)


@dataclass(frozen=True, slots=True)
class JournalTold:
    """What the journal tells of the database. `is_there`: there is a journal; `has_requests`: it tells of requests."""

    marked: Database | None
    is_there: bool
    has_requests: bool


def usage_loss(found: Database, told: JournalTold, wall: float) -> UsageLoss | None:
    """What was lost between the journal's mark and what is found; None where nothing was. `wall` is Unix time."""
    marked = told.marked
    if marked is None:
        return _unmarked(found, told)
    if found.identity != marked.identity:
        if not (marked.recorded or told.has_requests):
            return None
        return UsageLoss.REPLACED if found.recorded else UsageLoss.GONE
    if found.recorded < marked.recorded:
        return UsageLoss.OLDER
    is_missed = found.last_minute < marked.last_minute and marked.last_minute > wall - USAGE_KEPT_FOR
    return UsageLoss.EMPTIED if is_missed else None


def _unmarked(found: Database, told: JournalTold) -> UsageLoss | None:
    if told.is_there:  # by a release that made no marks, but never a journal without a database
        return UsageLoss.GONE if found.is_new else None
    return UsageLoss.JOURNAL_GONE if found.was_in_use and found.recorded else None


_CAUSES = {
    UsageLoss.UNREADABLE: "metrics.db, which holds it, could not be read",
    UsageLoss.GONE: "metrics.db, which held it, is gone or was emptied",
    UsageLoss.REPLACED: "another metrics.db stands in the place of the one that held it",
    UsageLoss.OLDER: "an older copy of metrics.db stands in the place of the one that held it",
    UsageLoss.EMPTIED: "rows that held it were taken out of metrics.db",
    UsageLoss.JOURNAL_GONE: "ledger.journal, which held a part of it after LocalRouter was killed, is gone",
}


def loss_words(loss: UsageLoss | None, at: float) -> str:
    """The cause and what follows from it, without the remedy. `at` is Unix time."""
    when = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    cause = "what held it was lost" if loss is None else _CAUSES[loss]
    return (
        f"What was used before {when} is not known: {cause}. Strategies with limits refuse requests until their "
        "longest window has passed since then."
    )
