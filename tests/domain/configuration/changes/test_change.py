"""Values of the document as they read in a sentence."""

from __future__ import annotations

import pytest

from localrouter.domain.configuration.changes.change import Change, added_and_removed, some, value_words
from localrouter.domain.configuration.config import OnClose


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "not set"),
        ((), "not set"),
        (True, "on"),
        (False, "off"),
        (12.0, "12"),
        (0.25, "0.25"),
        (3625, "3625"),
        (("a", "b"), "a, b"),
        (OnClose.KEEP_SERVING, "keep serving"),
    ],
)
def test_values_read_as_words(value: object, words: str) -> None:
    assert value_words(value) == words


def test_sets_are_told_by_what_came_and_went() -> None:
    assert added_and_removed(("a", "b"), ("b", "c")) == "+ c − a"
    assert added_and_removed(("a", "b"), ("b", "a")) == ""


def test_long_lists_are_cut_with_their_count() -> None:
    assert some("abc") == "a, b, c"
    assert some("abcde") == "a, b, c and 2 more"


def test_what_came_or_went_needs_no_text() -> None:
    assert Change("clients", "Client aider added", "").words == "Client aider added"
    assert Change("clients", "Client aider", "new key").words == "Client aider: new key"
