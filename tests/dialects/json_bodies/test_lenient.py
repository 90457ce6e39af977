"""What the strict parser refuses and programs take."""

from __future__ import annotations

import pytest

from localrouter.dialects.json_bodies.as_written import RawNumber
from localrouter.dialects.json_bodies.lenient import TooDeep, Unreadable, exact, loads
from localrouter.dialects.json_bodies.number_lists import dumps


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
        (b'{"a": -Infinity}', {"a": RawNumber(b"-Infinity")}),
        (b"1e400", RawNumber(b"1e400")),
        (b"9" * 5_000, RawNumber(b"9" * 5_000)),
        (b'{"a": 1e400, "b": 12}', {"a": RawNumber(b"1e400"), "b": 12}),
    ],
)
def test_it_reads_what_programs_read(text: bytes, value: object) -> None:
    assert loads(text) == value


def test_numbers_can_be_kept_as_they_were_written() -> None:
    text = b'{"a":123456789012345678901234567890,"b":1.5,"c":NaN,"d":7}'
    assert dumps(exact(text)) == text
    assert exact(b'{"a": 1}') == {"a": 1}


@pytest.mark.parametrize("text", [b"", b"{", b"<html>", b'{"a": 1} {', b'{"a": nan}', b'"\\'])
def test_what_no_parser_reads_is_said_so(text: bytes) -> None:
    with pytest.raises(Unreadable):
        loads(text)


def test_what_is_too_deep_may_be_json_all_the_same() -> None:
    with pytest.raises(TooDeep):
        loads(b"[" * 100_000 + b"]" * 100_000)
