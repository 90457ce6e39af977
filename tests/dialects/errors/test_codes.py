"""The tables of codes and statuses are written in one spelling, and a provider's own table comes first."""

from __future__ import annotations

import pytest

from localrouter.dialects.errors import codes as error_codes
from localrouter.dialects.errors.codes import VAGUE_CODES, kind_of_code, kind_of_status
from localrouter.dialects.errors.details import normalised
from localrouter.dialects.presets import PRESETS
from localrouter.domain.routing.failures import FailureKind as Kind


def test_every_code_is_spelled_as_it_is_looked_up() -> None:
    codes = {*error_codes._UNION, *VAGUE_CODES, *(code for own in error_codes._OWN.values() for code in own)}
    assert {code: normalised(code) for code in codes} == {code: code for code in codes}


def test_every_table_belongs_to_a_preset_and_stands_in_the_union() -> None:
    assert set(error_codes._OWN) <= set(PRESETS)
    assert {code for own in error_codes._OWN.values() for code in own} <= set(error_codes._UNION)


def test_a_code_is_either_telling_or_vague() -> None:
    assert not set(error_codes._UNION) & set(VAGUE_CODES)


def test_no_telling_number_means_the_same_as_a_bad_request() -> None:
    for number in error_codes.TELLING_NUMBERS:
        assert kind_of_status(number, "openai") not in (Kind.INVALID_REQUEST, Kind.SERVER_ERROR)


@pytest.mark.parametrize(
    ("code", "preset", "kind"),
    [
        ("insufficient_quota", "openai", Kind.QUOTA_EXHAUSTED),
        ("insufficient_quota", "vllm", Kind.QUOTA_EXHAUSTED),
        ("1300", "mistral", Kind.RATE_LIMITED),
        ("made_up", "openai", None),
    ],
)
def test_codes_are_looked_up(code: str, preset: str, kind: Kind | None) -> None:
    assert kind_of_code(code, preset) is kind


def test_one_status_means_two_things() -> None:
    assert kind_of_status(498, "cohere") is Kind.POLICY_VIOLATION
    assert kind_of_status(498, "groq") is Kind.OVERLOADED
