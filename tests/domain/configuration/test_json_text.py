"""What the text of a document says that a reader of JSON would lose."""

from __future__ import annotations

import json

import pytest

from localrouter.domain.configuration.json_text import without_vanishing


@pytest.mark.parametrize("price", ["1e-400", "5E-0324000", "0.00000001e-390", "0." + "0" * 330 + "7"])
def test_a_number_above_zero_never_becomes_zero(price: str) -> None:
    text = f'{{"a": {price}, "b": [{price}], "name": "x: {price}, 1e-400"}}'.encode()
    assert json.loads(without_vanishing(text)) == {"a": 5e-324, "b": [5e-324], "name": f"x: {price}, 1e-400"}


@pytest.mark.parametrize("number", ["0", "0.0", "0e-400", "1e-300", "-0.0", "12", "1e-5"])
def test_other_numbers_stay_as_they_are_written(number: str) -> None:
    text = b'{"a": %s, "b": "\\" 1e-400"}' % number.encode()
    assert without_vanishing(text) == text
