from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.dialects.gemini.neutral.values import arguments_in, response_of, text_of
from localrouter.dialects.json_bodies.number_lists import dumps


@pytest.mark.parametrize(
    ("text", "is_error", "response"),
    [
        ("warm", False, {"result": "warm"}),
        ("no", True, {"error": "no"}),
        ('{"t": 20}', False, {"t": 20}),
        ('{"result": "x"}', False, {"result": '{"result": "x"}'}),
        ("[1]", False, {"result": "[1]"}),
        ("{broken", False, {"result": "{broken"}),
        ("", False, {"result": ""}),
    ],
)
def test_a_result_is_an_object_its_own_where_it_is_one(text: str, is_error: bool, response: dict[str, object]) -> None:
    assert response_of(text, is_error=is_error) == response
    back, was_error = text_of(response)
    assert (json.loads(back) == json.loads(text)) if text.startswith('{"') else back == text
    assert bool(was_error) is is_error


@given(st.text(max_size=8))
def test_no_result_is_lost(text: str) -> None:
    back, _ = text_of(response_of(text, is_error=False))
    assert back == text or json.loads(back) == json.loads(text)


def test_an_object_of_a_program_comes_back_as_its_text() -> None:
    assert text_of({"a": {"b": 1}}) == ('{"a":{"b":1}}', None)
    assert text_of({"output": "x"}) == ("x", None)
    assert text_of(None) == ("", None)


def test_arguments_keep_all_their_digits() -> None:
    read = arguments_in('{"a":12345678901234567890123}')
    assert dumps(read) == b'{"a":12345678901234567890123}'
    assert arguments_in("") == {}
    assert arguments_in("[1]") is None
    assert arguments_in("{no") is None
