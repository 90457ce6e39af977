"""That usage from before some moment is not known: how a start finds out, and what the journal keeps of it."""

from __future__ import annotations

from dataclasses import dataclass

from localrouter.domain.limits.recovery import Database, JournalTold, UsageLoss, loss_words, usage_loss
from localrouter.domain.limits.windows import MONTH
from localrouter.services.ledger.replay import Line, Replay


@dataclass(frozen=True, slots=True)
class Loss:
    """What was used before `at` (steady seconds) is not known; `cause` is None where an earlier release noted it."""

    at: float
    cause: UsageLoss | None = None

    def holds_back(self, now: float) -> bool:
        """Whether some limit may still refuse because of it."""
        return now < self.at + MONTH

    def words(self, now: float, wall: float) -> str:
        return loss_words(self.cause, self.at + wall - now)

    def line(self) -> Line:
        return ["l", self.at, self.cause]


def find_loss(replay: Replay, found: Database | None, *, is_unreadable: bool, now: float, wall: float) -> Loss | None:
    """What was lost until now, else what was lost before and nobody has acknowledged."""
    if is_unreadable:
        return Loss(now, UsageLoss.UNREADABLE)
    if found is not None:
        told = JournalTold(replay.marked, replay.is_there, bool(replay.requests or replay.past))
        cause = usage_loss(found, told, wall)
        if cause is not None:
            return Loss(now, cause)
    if replay.lost_at is None:
        return None
    cause = next((cause for cause in UsageLoss if cause == replay.cause), None)
    return Loss(min(replay.lost_at, now), cause)
