"""What others wrote cannot act on a terminal or look like a line of a log."""

from __future__ import annotations

import json

import pytest

from localrouter.domain.plain_text import one_line, printable_lines

ACTING = [
    "\n",
    "\r",
    "\x1b[2J",
    "\x07",
    "\x00",
    "\x7f",
    "\x9b31m",
    "\u2028",
    "\u202e",
    "\u200b",
    "\ud800",
    "\U000e0041",
]


@pytest.mark.parametrize("text", ACTING)
def test_what_a_terminal_acts_on_is_written_as_an_escape(text: str) -> None:
    safe = one_line(f"a{text}b")
    assert safe.isprintable()
    assert safe.startswith("a\\")
    assert safe.endswith("b")


def test_names_in_any_language_stay_as_they_are() -> None:
    for name in ("Büro", "编辑器", "модель 3", "café “x” – y"):
        assert one_line(name) is name


def test_our_own_lines_keep_their_breaks() -> None:
    assert printable_lines("first\n\tsecond\x1b[0m") == "first\n\tsecond\\x1b[0m"


@pytest.mark.parametrize("name", ["a\x9bb", "a\u202eb", "a\x7fb", "a\U000e0041b", "編\u200d集"])
def test_json_stays_json(name: str) -> None:
    text = printable_lines(json.dumps({"name": name}, ensure_ascii=False))
    assert all(char.isprintable() for char in text)
    assert json.loads(text) == {"name": name}
