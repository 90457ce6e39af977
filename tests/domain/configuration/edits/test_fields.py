from __future__ import annotations

import pytest

from localrouter.domain.configuration.edits.fields import replaced, with_changes
from localrouter.domain.errors import Refusal
from tests.documents import a_provider

FIELDS = frozenset(("preset", "base_url", "models", "timeouts", "headers"))


def test_what_is_not_named_stays_and_none_clears_to_the_default() -> None:
    provider = a_provider("p", base_url="http://a", models=("m",), headers={"x-a": "1"}, secret="env:A")
    changed = with_changes(provider, {"base_url": None, "models": None, "headers": None}, FIELDS)
    assert changed == a_provider("p", secret="env:A")
    assert with_changes(provider, {}, FIELDS) is provider
    assert with_changes(provider, {"preset": "ollama"}, FIELDS) == provider.model_copy(update={"preset": "ollama"})


def test_a_field_without_a_default_cannot_be_cleared() -> None:
    with pytest.raises(Refusal, match="preset"):
        with_changes(a_provider("p"), {"preset": None}, FIELDS)


def test_a_field_that_is_not_offered_cannot_be_changed() -> None:
    with pytest.raises(Refusal, match="secret"):
        with_changes(a_provider("p"), {"secret": "env:A"}, FIELDS)


def test_a_replaced_value_keeps_its_place() -> None:
    a, b, c = (a_provider(name) for name in "abc")
    new = a_provider("B")
    assert replaced((a, b, c), new, lambda provider: provider.name == "b") == (a, new, c)
