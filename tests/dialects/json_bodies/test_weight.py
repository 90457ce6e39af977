"""What a JSON text has, counted from its bytes: the same as what a parser finds, in any fragmentation."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.dialects.json_bodies.weight import LIGHT, SHALLOW, Limits, Weigher, excess_of

TEXTS = st.text(alphabet='a\\"[]{},:\n\x01é😀')
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=30,
)
MANY = 600_000


def counted(value: object) -> tuple[int, int, int]:
    """Lists and objects, texts, commas."""
    containers = strings = commas = 0
    left = [value]
    while left:
        match left.pop():
            case dict() as found:
                containers, strings, commas = containers + 1, strings + len(found), commas + max(0, len(found) - 1)
                left += found.values()
            case list() as found:
                containers, commas = containers + 1, commas + max(0, len(found) - 1)
                left += found
            case str():
                strings += 1
    return containers, strings, commas


def deepest(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(deepest, inner), default=0)


@pytest.mark.parametrize("depth", [127, 128, 129, 300])
@pytest.mark.parametrize("step", [1, 7, 1_000])
def test_the_depth_is_exact_where_it_is_large(depth: int, step: int) -> None:
    text = b"[[],{}," + b'{"a]":[' * (depth // 2) + b"[" * (depth % 2) + b"1" + b"]" * (depth % 2)
    text += b"]}" * (depth // 2) + b",[]" * 100 + b"]"
    weigher = Weigher()
    for start in range(0, len(text), step):
        weigher.feed(text[start : start + step])
    found = deepest(orjson.loads(text))
    assert weigher.deepest == found if found > SHALLOW else weigher.deepest <= max(SHALLOW, found)


@given(VALUES, st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_the_counts_are_a_parsers_wherever_the_bytes_are_cut(value: object, cuts: list[int]) -> None:
    text = orjson.dumps(value)
    weigher, start, turn = Weigher(), 0, 0
    while start < len(text):
        end = start + cuts[turn % len(cuts)]
        assert weigher.feed(text[start:end]) is None
        start, turn = end, turn + 1
    assert (weigher.containers, weigher.strings, weigher.values) == counted(value)
    assert weigher.size == len(text)
    assert weigher.deepest >= deepest(value)


@pytest.mark.parametrize(
    ("piece", "words"),
    [
        (b"[],", "100,000 lists and objects"),
        (b"{},", "100,000 lists and objects"),
        (b'{"a":[1]},', "100,000 lists and objects"),
        (b"[", "100,000 lists and objects"),
        (b'"a",', "500,000 texts"),
        (b'"\\"",', "500,000 texts"),
        (b'"a":1,', "500,000 texts"),
    ],
)
def test_what_costs_more_than_its_bytes_is_too_much(piece: bytes, words: str) -> None:
    assert excess_of(b"[" + piece * MANY) == words


@pytest.mark.parametrize(
    "text",
    [
        b'["' + b"[{,}]: " * MANY + b'"]',
        b'["' + b'\\"[],{}' * MANY + b'"]',
        b'["' + b"\\\\" * MANY + b'"]',
        b'["data:image/png;base64,' + b"QUJD" * MANY + b'"]',
        b"[" + b"12345," * MANY + b"1]",
        b"[" + b"[1,2,3,4,5,6,7,8,9]," * 50_000 + b"[]]",
        b'["' + "日本語、「[]」".encode() * 100_000 + b'"]',
    ],
    ids=["brackets", "escaped quotes", "backslashes", "picture", "numbers", "lists of numbers", "japanese"],
)
def test_one_long_text_and_arrays_of_numbers_are_welcome(text: bytes) -> None:
    assert len(text) > LIGHT
    assert excess_of(text) is None


def test_other_limits_hold_where_they_are_given() -> None:
    assert excess_of(b"[]," * LIGHT, Limits(containers=2 * LIGHT)) is None
    assert Weigher(Limits(strings=1)).feed(b'["a","b"') == "1 texts"


def test_a_text_is_as_wide_as_its_widest_character() -> None:
    widths = []
    for text in ("x" * 1000, "é" + "x" * 998, "x" * 996 + "😀", "x" * 994 + "\\u00e9", "x" * 994 + "\\ud83d"):
        weigher = Weigher()
        weigher.feed(text.encode())
        widths.append(weigher.parsed() // 1000)
    assert widths == [1, 2, 4, 2, 4]
