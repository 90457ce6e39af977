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
    ],
)
def test_what_no_header_can_carry_is_named(value: str, fault: str) -> None:
    assert fault_of(value) == fault


def test_a_headers_value_may_hold_spaces_but_no_breaks() -> None:
    assert fault_of("Basic abc", may_hold_blanks=True) is None
    assert fault_of("Basic\tabc", may_hold_blanks=True) == "contains a blank"
    assert fault_of("Basic\r\nx: y", may_hold_blanks=True) == "contains a line break"
