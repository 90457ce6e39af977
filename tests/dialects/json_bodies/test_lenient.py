"""What the strict parser refuses and programs take."""

from __future__ import annotations

import math

import pytest

from localrouter.dialects.json_bodies.lenient import TooDeep, Unreadable, loads


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (rb'"cut \ud83d"', "cut \ufffd"),
        (rb'"\ude00 cut \uD83D\uDE00"', "\ufffd cut \U0001f600"),
        (rb'"\ud83d\ud83d\ude00"', "\ufffd\U0001f600"),
        (rb'"\\ud83d \ud83d"', "\\ud83d \ufffd"),
        (b'"\xff"', "\ufffd"),
        (b'"two\nlines"', "two\nlines"),
        (b'{"a": -Infinity}', {"a": -math.inf}),
        (b"1e400", math.inf),
        (b"9" * 5_000, math.inf),
        (b'{"a": 1e400, "b": 123456789012345678901234567890}', {"a": math.inf, "b": 123456789012345678901234567890}),
    ],
)
def test_it_reads_what_programs_read(text: bytes, value: object) -> None:
    assert loads(text) == value


def test_it_reads_what_is_not_a_number() -> None:
    found = loads(b'{"logprob": NaN}')
    assert isinstance(found, dict)
    assert math.isnan(found["logprob"])


@pytest.mark.parametrize("text", [b"", b"{", b"<html>", b'{"a": 1} {', b'{"a": nan}', b'"\\'])
def test_what_no_parser_reads_is_said_so(text: bytes) -> None:
    with pytest.raises(Unreadable):
        loads(text)


def test_what_is_too_deep_may_be_json_all_the_same() -> None:
    with pytest.raises(TooDeep):
        loads(b"[" * 100_000 + b"]" * 100_000)
