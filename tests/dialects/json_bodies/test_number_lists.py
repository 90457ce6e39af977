"""JSON that is mostly numbers: read as any parser reads it, and written again as it came."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.dialects.json_bodies.number_lists import SHORTEST, NumberList, dumps, loads
from localrouter.dialects.json_bodies.weight import Weigher
from localrouter.dialects.openai_chat.bounds import bound_of
from localrouter.dialects.openai_chat.provider import OpenAIChatProvider
from localrouter.dialects.openai_chat.request import parse_request
from localrouter.dialects.presets import PRESETS
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.errors import Invalid

LONG = b",".join(b"%d" % n for n in range(SHORTEST))
FLOATS = b",".join(b"%d.5" % n for n in range(SHORTEST))
LITTLE = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "numbers", '"', "1,2"])
PIECES = st.sampled_from([LONG, FLOATS, b"1", b'"a"', b"[1,2]", b"[" + LONG + b"]", b'{"a":[' + FLOATS + b"]}"])


def weighed(text: bytes, step: int = 1 << 20) -> Weigher:
    weigher = Weigher()
    for start in range(0, len(text), step):
        assert weigher.feed(text[start : start + step]) is None
    return weigher


def read(text: bytes, step: int = 1 << 20) -> object:
    return loads(text, weighed(text, step).runs)


@given(st.lists(PIECES, max_size=6), LITTLE, st.sampled_from([2_500, 9_999, 1 << 20]))
def test_what_is_read_is_what_a_parser_reads_and_is_written_again(
    pieces: list[bytes], other: object, step: int
) -> None:
    text = b'{"a":%b,"b":[%b],"c":%b}' % (orjson.dumps(other), b",".join(pieces), orjson.dumps([other]))
    assert orjson.loads(dumps(read(text, step))) == orjson.loads(text)


def test_a_long_list_of_numbers_is_kept_as_its_bytes() -> None:
    value = read(b'{"x": "y" , "input":[' + b"9" * 40 + b"," + LONG + b"," + b"7" * 40 + b"]}" + b" " * 10)
    assert isinstance(value, dict)
    found = value["input"]
    assert isinstance(found, NumberList)
    assert (found.count, found.are_whole) == (SHORTEST + 2, False), (
        "as the parser, which takes such a number for a float"
    )
    assert LONG[10:-10] in found.text


def test_lists_of_tokens_are_each_kept() -> None:
    value = read(b'{"input":[' + b",".join([b"[" + LONG + b"]"] * 3) + b"]}")
    assert isinstance(value, dict)
    assert [(each.count, each.are_whole) for each in value["input"]] == [(SHORTEST, True)] * 3


@pytest.mark.parametrize(
    "spoilt",
    [
        b'{"input":[%b,]}',
        b'{"input":[%b,,1]}',
        b'{"input":[1,,%b]}',
        b'{"input":[%b,01,%b]}',
        b'{"input":[%b,1e,%b]}',
        b'{"input":[%b, ,%b]}',
        b'{"input":[%b,1 2,%b]}',
        b'{"input":%b}',
        b'{"input":{%b}}',
        b"%b",
    ],
)
def test_what_is_no_json_is_refused_with_the_parsers_own_words(spoilt: bytes) -> None:
    text = spoilt.replace(b"%b", LONG)
    with pytest.raises(orjson.JSONDecodeError) as expected:
        orjson.loads(text)
    with pytest.raises(orjson.JSONDecodeError) as said:
        read(text)
    assert str(said.value) == str(expected.value)


@pytest.mark.parametrize(
    "head", ['["\\u006eumbers"]', '["numbers","a run of numbers","numbers stand here","\x7fnumbers"]', "[1]"]
)
def test_a_text_that_looks_like_the_marker_changes_nothing(head: str) -> None:
    text = b'{"a":' + head.encode() + b',"input":[' + LONG + b'],"z":["\\u006eumbers"]}'
    assert orjson.loads(dumps(read(text))) == orjson.loads(text)


def test_a_key_that_stands_twice_is_read_as_a_parser_reads_it() -> None:
    text = b'{"input":[' + LONG + b'],"a":[' + FLOATS + b'],"input":[' + FLOATS + b"]}"
    assert orjson.loads(dumps(read(text))) == orjson.loads(text)


@pytest.mark.parametrize(
    "given",
    [b"[" + LONG + b"]", b"[[" + LONG + b"],[1,2]]", b"[[" + LONG + b"],[" + LONG + b"]]", b'[["a"],[' + LONG + b"]]"],
)
@pytest.mark.parametrize("endpoint", [Endpoint.EMBEDDINGS, Endpoint.COMPLETIONS])
def test_a_request_means_the_same_either_way(given: bytes, endpoint: Endpoint) -> None:
    field = b"input" if endpoint is Endpoint.EMBEDDINGS else b"prompt"
    text = b'{"model":"a","%b":%b,"grammar":[%b]}' % (field, given, LONG)
    kept, parsed = parse_request(endpoint, text, weighed(text)), parse_request(endpoint, text)
    assert b"numbers" not in dumps(kept.body)
    assert orjson.loads(dumps(kept.body)) == parsed.body
    assert kept.prompt_tokens_at_least == parsed.prompt_tokens_at_least
    assert kept.wants_several == parsed.wants_several
    assert bound_of(kept) == bound_of(parsed)
    encoded = OpenAIChatProvider().encode(kept, "b", PRESETS["openai-compatible"]).body
    assert orjson.loads(encoded) == {**parsed.body, "model": "b"}


def test_too_many_parts_are_refused_either_way() -> None:
    text = b'{"model":"a","input":[' + b"1.5," * 100_001 + b"1]}"
    for weigher in (weighed(text), None):
        with pytest.raises(Invalid, match=r"input has more than 100,000 parts"):
            parse_request(Endpoint.EMBEDDINGS, text, weigher)


def test_numbers_that_stay_bytes_are_not_counted_as_objects() -> None:
    text = b'{"model":"a","input":[' + b"12345," * 1_000_000 + b"1]}"
    assert weighed(text).parsed() < 1.1 * len(text)
