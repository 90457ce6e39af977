"""Keys as people paste them."""

from __future__ import annotations

import pytest

from localrouter.domain.credentials.key_shapes import fault_of, tidied


@pytest.mark.parametrize("pasted", [" sk-1\n", "sk-1\r\n", "\ufeffsk-1", "\u00a0sk-1\u200b", "\tsk-1 \u2028", "sk-1"])
def test_blanks_around_a_key_are_not_part_of_it(pasted: str) -> None:
    assert tidied(pasted) == "sk-1"
    assert fault_of(tidied(pasted)) is None


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("", "is empty"),
        (tidied("  \n"), "is empty"),
        ("sk-1\nsk-2", "contains a line break"),
        ("sk 1", "contains a blank"),
        ("sk\u00a01", "contains a blank"),
        ("sk–1", "contains a character that no key has (U+2013)"),
        ("sk\x001", "contains a character that no key has (U+0000)"),
        ("sk\u200b1", "contains a character that no key has (U+200B)"),
        ('"sk-1"', "stands in quotes"),
        ("'sk-1'", "stands in quotes"),
        ('"', "stands in quotes"),
        ("${OPENAI_API_KEY}", "is a placeholder"),
        ("$OPENAI_API_KEY", "is a placeholder"),
        ("%OPENAI_API_KEY%", "is a placeholder"),
        ("<your key>", "is a placeholder"),
        ("{{key}}", "is a placeholder"),
        ("OPENAI_API_KEY=sk-1", "begins with the name of a variable (OPENAI_API_KEY=)"),
        ("export OPENAI_API_KEY=sk-1", "begins with the name of a variable (OPENAI_API_KEY=)"),
    ],
)
def test_what_no_header_can_carry_is_named(value: str, fault: str) -> None:
    assert fault_of(value) == fault


def test_a_headers_value_may_hold_spaces_but_no_breaks() -> None:
    assert fault_of("Basic abc", may_hold_blanks=True) is None
    assert fault_of("Basic\tabc", may_hold_blanks=True) == "contains a blank"
    assert fault_of("Basic\r\nx: y", may_hold_blanks=True) == "contains a line break"


@pytest.mark.parametrize(
    "key", ["sk-1", "c2VjcmV0Cg==", "gsk_A=b", "$2b$12$abc", "a'b\"c", "{a}b", "AIzaSy_KEY", "x%y%", "$ecret1"]
)
def test_an_odd_key_is_a_key(key: str) -> None:
    assert fault_of(key) is None


def test_a_headers_value_may_stand_in_quotes() -> None:
    assert fault_of('"abc"', may_hold_blanks=True) is None
