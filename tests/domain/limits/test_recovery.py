"""Absence is not newness: what the journal's mark and the database found tell together."""

from __future__ import annotations

import pytest

from localrouter.domain.limits.recovery import Database, JournalTold, UsageLoss, loss_words, usage_loss

NOW = 1_790_000_000.0
MINUTE = 1_789_999_980
MARK = Database(7, 100, MINUTE)
NO_JOURNAL = JournalTold(None, is_there=False, has_requests=False)
UNMARKED = JournalTold(None, is_there=True, has_requests=False)


def marked(mark: Database = MARK, *, has_requests: bool = False) -> JournalTold:
    return JournalTold(mark, is_there=True, has_requests=has_requests)


@pytest.mark.parametrize(
    ("found", "told", "loss"),
    [
        (Database(7, 100, MINUTE), marked(), None),
        (Database(7, 130, MINUTE + 60), marked(), None),
        (Database(8, 0, 0, is_new=True), NO_JOURNAL, None),  # a new home
        (Database(8, 0, 0, is_new=True), marked(), UsageLoss.GONE),
        (Database(8, 0, 0), marked(), UsageLoss.GONE),
        (Database(8, 50, MINUTE), marked(), UsageLoss.REPLACED),
        (Database(0, 0, 0), marked(), UsageLoss.GONE),  # tables without marks
        (Database(7, 99, MINUTE), marked(), UsageLoss.OLDER),
        (Database(7, 100, 0), marked(), UsageLoss.EMPTIED),
        (Database(7, 100, MINUTE - 60), marked(), UsageLoss.EMPTIED),
        (Database(7, 100, 0), marked(Database(7, 100, int(NOW) - 33 * 86_400)), None),  # retention took it
        (Database(8, 0, 0, is_new=True), marked(Database(7, 0, 0)), None),  # nothing was ever in it
        (Database(8, 0, 0, is_new=True), marked(Database(7, 0, 0), has_requests=True), UsageLoss.GONE),
        (Database(7, 100, MINUTE), UNMARKED, None),  # a home of an earlier release
        (Database(7, 0, 0), UNMARKED, None),
        (Database(8, 0, 0, is_new=True), UNMARKED, UsageLoss.GONE),
        (Database(7, 100, MINUTE), NO_JOURNAL, None),  # the journal is gone, nothing was in it
        (Database(7, 100, MINUTE, was_in_use=True), NO_JOURNAL, UsageLoss.JOURNAL_GONE),
        (Database(7, 0, 0, was_in_use=True), NO_JOURNAL, None),
        (Database(7, 100, MINUTE, was_in_use=True), marked(), None),  # killed, and the journal knows
    ],
)
def test_what_was_lost(found: Database, told: JournalTold, loss: UsageLoss | None) -> None:
    assert usage_loss(found, told, NOW) is loss


@pytest.mark.parametrize("loss", [*UsageLoss, None])
def test_every_loss_has_its_cause_and_what_follows_in_words(loss: UsageLoss | None) -> None:
    said = loss_words(loss, NOW)
    assert said.startswith("What was used before 2026-09-21 14:13 UTC is not known: ")
    assert said.endswith("refuse requests until their longest window has passed since then.")


@pytest.mark.parametrize(
    ("found", "follows"),
    [
        (Database(7, 100, 0), True),
        (Database(7, 101, 0), True),
        (Database(7, 99, 0), False),
        (Database(8, 200, 0), False),
    ],
)
def test_records_are_left_to_later_states_of_the_same_database_alone(found: Database, follows: bool) -> None:
    assert found.follows(MARK) is follows
    assert found.follows(None)
