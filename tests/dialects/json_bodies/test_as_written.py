"""JSON that strict parsers refuse or round is read as its writer meant it, and written again as it came."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.dialects.json_bodies.as_written import MAX_VALUES, RawNumber, Refused, loads
from localrouter.dialects.json_bodies.number_lists import dumps
from localrouter.dialects.json_bodies.reading import object_in
from localrouter.dialects.json_bodies.weight import LIGHT, Weigher
from localrouter.domain.errors import Invalid

MARK = b"\xef\xbb\xbf"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**40), 10**40) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def sent(raw: bytes) -> bytes:
    """What goes on of a body."""
    return dumps(object_in(raw, None, ()))


@pytest.mark.parametrize(
    ("came", "goes"),
    [
        (rb'{"a":"x\ud83d"}', '{"a":"x\ufffd"}'),
        (rb'{"a":["\ude00\ud83d"]}', '{"a":["\ufffd\ufffd"]}'),
        (rb'{"a":"\ud83d\ude00 \ud83d"}', '{"a":"😀 \ufffd"}'),
        (b'{"a":"\xed\xa0\xbd"}', '{"a":"\ufffd"}'),
        (b'{"a":"\xed\xa0\xbd\xed\xb8\x80"}', '{"a":"😀"}'),
        (b'{"\xed\xa0\xbd\xed\xb8\x80":1}', '{"😀":1}'),
        (rb'{"model":"\ud83d\ude00","b":"\ud83d"}', '{"model":"😀","b":"\ufffd"}'),
        (b'{"a":[NaN,Infinity,-Infinity,{"b":NaN}]}', '{"a":[NaN,Infinity,-Infinity,{"b":NaN}]}'),
        (b'{"a":1e400,"b":-1E400}', '{"a":1e400,"b":-1E400}'),
        (b'{"a":123456789012345678901234567890}', '{"a":123456789012345678901234567890}'),
        (b'{"a":[{"b":-9223372036854775809}]}', '{"a":[{"b":-9223372036854775809}]}'),
        (b'{"a":18446744073709551616,"b":18446744073709551615}', '{"a":18446744073709551616,"b":18446744073709551615}'),
        (b'{"a":' + b"7" * 5_000 + b"}", '{"a":' + "7" * 5_000 + "}"),
        (MARK + b'{"a":1}', '{"a":1}'),
        (MARK + rb' {"a":"\ud83d","b":NaN}', '{"a":"\ufffd","b":NaN}'),
        (b'{"a":"one\ntwo\t"}', r'{"a":"one\ntwo\t"}'),
        (b'{"a":"12345678901234567890123","b":0.5}', '{"a":"12345678901234567890123","b":0.5}'),
        (b'{"a":"12345678901234567890123","b":1e+30}', '{"a":"12345678901234567890123","b":1e+30}'),
    ],
)
def test_it_goes_on_as_it_was_meant(came: bytes, goes: str) -> None:
    assert sent(came) == goes.encode()


@pytest.mark.parametrize("fault", [b"NaN", rb'"\ud83d"', b"123456789012345678901234567890"])
def test_a_long_body_is_read_leniently_too_and_its_numbers_stay_text(fault: bytes) -> None:
    tokens = b",".join(b"%d" % number for number in range(LIGHT))
    raw = b'{"input":[%b],"a":%b,"n":1}' % (tokens, fault)
    for step in (len(raw), 65_521):
        weigher = Weigher()
        for start in range(0, len(raw), step):
            assert weigher.feed(raw[start : start + step]) is None
        goes = dumps(object_in(raw, weigher, ()))
        assert goes == raw.replace(rb'"\ud83d"', '"\ufffd"'.encode())


@pytest.mark.parametrize("split", range(25))
def test_a_long_number_is_noticed_wherever_it_is_split(split: int) -> None:
    raw = b" " * LIGHT + b'{"a":123456789012345678901}'
    weigher = Weigher()
    weigher.feed(raw[: LIGHT + split])
    weigher.feed(raw[LIGHT + split :])
    assert weigher.has_long_number
    assert dumps(object_in(raw, weigher, ())) == raw.strip()


@pytest.mark.parametrize(
    "raw",
    [
        *(
            b"",
            b"{",
            b"nan",
            b'{"a":.5}',
            b"{'a':1}",
            b'{"a":1,}',
            b"{} {}",
            b'{"a":01}',
            b'{"a":"\xe9"}',
            b'{"a":"\\x"}',
        ),
        *(MARK * 2 + b"{}", "{}".encode("utf-16"), b'{"a":"\\ud83', b'{"a":+1}'),
    ],
)
def test_what_no_parser_reads_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid, match="not valid JSON"):
        object_in(raw, None, ())


def test_what_is_not_utf_8_is_said_to_be() -> None:
    for raw, byte in ((b'{"a":"\xe9"}', 7), ('{"a":"é"}'.encode("latin-1"), 7), ("{}".encode("utf-16"), 1)):
        with pytest.raises(Invalid, match=f"not valid JSON: it is not UTF-8 text, from byte {byte} on"):
            object_in(raw, None, ())


@pytest.mark.parametrize("raw", [rb'{"\ud83d":1}', rb'{"a":[{"b\udc00":1}]}', rb'{"model":"\ud83d"}'])
def test_half_a_pair_enters_neither_a_key_nor_the_name_of_a_model(raw: bytes) -> None:
    with pytest.raises(Invalid, match="half a surrogate pair"):
        object_in(raw, None, ())


def test_a_text_with_errors_and_millions_of_values_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(Refused, match="more than 2,000,000 values"):
        loads(b"[NaN" + b",1" * (MAX_VALUES + 1) + b"]")


def test_nesting_too_deep_is_refused_by_its_own_name() -> None:
    with pytest.raises(Invalid, match="nested deeper"):
        object_in(b'{"a":NaN,"b":' + b"[" * 5_000 + b"]" * 5_000 + b"}", None, ())


@given(VALUES)
def test_both_parsers_agree_on_what_both_read(value: object) -> None:
    raw = json.dumps({"a": value}).encode()
    assert json.loads(sent(raw)) == json.loads(raw.decode().encode("utf-8"))


def test_a_number_that_fits_stays_a_number() -> None:
    assert loads(b"[1,-9223372036854775808,18446744073709551615,0.5]") == orjson.loads(
        b"[1,-9223372036854775808,18446744073709551615,0.5]"
    )
    assert loads(b"[18446744073709551616]") == [RawNumber(b"18446744073709551616")]
