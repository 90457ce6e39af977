from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.domain.header_values import LONGEST_LIST, LONGEST_NAME, encoded, list_value, name_value

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize("name", ["openai/gpt-4o", "ollama/llama3.2:latest", "p/hf.co/x/y@q4", "p/~a!#$&'()*+,;=?[]"])
def test_plain_names_stay_as_they_are(name: str) -> None:
    assert name_value(name) == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("p/modèle", "p/mod%C3%A8le"),
        ("p/模型", "p/%E6%A8%A1%E5%9E%8B"),
        ("p/a b ", "p/a%20b%20"),
        ("p/a%20b", "p/a%2520b"),
        ("p/a\r\nx: y", "p/a%0D%0Ax:%20y"),
    ],
)
def test_everything_else_is_percent_encoded(name: str, value: str) -> None:
    assert name_value(name) == value
    assert unquote(value) == name


@given(TEXTS)
def test_a_value_is_printable_and_says_the_text(text: str) -> None:
    value = encoded(text)
    assert all("!" <= char <= "~" for char in value)
    assert unquote(value) == text


def test_two_names_never_look_alike_however_long_they_are() -> None:
    long = "p/" + "é" * 5_000
    first, second = name_value(long + "1"), name_value(long + "2")
    assert first != second
    assert max(len(first), len(second)) <= LONGEST_NAME
    assert name_value("p/\udcff") != name_value("p/\ufffd")


def test_sentences_keep_their_blanks_and_thousands_of_them_are_counted() -> None:
    assert list_value(["One.", "Zwei für 5 %."]) == "One.; Zwei f%C3%BCr 5 %25."
    many = [f"Warning number {number}." for number in range(5_000)]
    value = list_value(many)
    assert len(value) <= LONGEST_LIST + 20
    told = value.split("; ")
    assert told[-1] == f"{5_000 - len(told) + 1} more"
    alone = list_value(["x" * 10_000, "y"])
    assert len(alone) <= LONGEST_LIST
    assert alone.endswith("...; 1 more")
