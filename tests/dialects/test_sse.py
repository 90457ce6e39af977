"""Server-sent events are read alike in every fragmentation, and keep their bytes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.dialects.sse import Event, EventReader, OversizedEvent, begins_stream, event_of

STREAMS = [
    b'data: {"a":1}\n\ndata: {"b":2}\n\ndata: [DONE]\n\n',
    b'data: {"a":1}\r\n\r\ndata: {"b":2}\r\n\r\n',
    b"data: one\r\rdata: two\r\rdata: three\r\r",
    b"\xef\xbb\xbfdata: after a mark\n\n",
    b": ping\n\nevent: error\ndata: {}\n\n: another\n\n",
    b"data: first\ndata: second\r\ndata:third\n\n",
    b"\n\n\ndata: after blank lines\n\n\n\ndata: x\n\n",
    b"data: mixed\r\n\ndata: ends\n\r\ndata: all\r\n\r\n",
    b"id: 7\nretry: 3\nunknown: field\ndata\n\n",
    'data: "grüße \u2028 \U0001f600"\n\n'.encode(),
    b"data: no blank line at the end",
]


def read(parts: list[bytes]) -> list[Event | OversizedEvent]:
    reader = EventReader()
    events = [event for part in parts for event in reader.feed(part)]
    return events + list(reader.end())


@pytest.mark.parametrize("stream", STREAMS)
def test_every_split_gives_the_same_events(stream: bytes) -> None:
    whole = read([stream])
    assert whole
    for cut in range(len(stream) + 1):
        assert read([stream[:cut], stream[cut:]]) == whole
    assert read([bytes([byte]) for byte in stream]) == whole


@given(
    lines=st.lists(
        st.sampled_from([b"data: x", b"data:y", b"", b"", b": c", b"event: e", b"data: {}"]), min_size=1, max_size=12
    ),
    ends=st.lists(st.sampled_from([b"\n", b"\r\n", b"\r"]), min_size=12, max_size=12),
    cuts=st.lists(st.integers(0, 120), max_size=5),
)
def test_any_lines_in_any_fragments_give_the_same_events(
    lines: list[bytes], ends: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(line + end for line, end in zip(lines, ends, strict=False))
    edges = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    parts = [stream[start:end] for start, end in pairwise(edges)]
    assert read(parts) == read([stream])


def test_events_keep_their_bytes() -> None:
    stream = b'data: {"a":1}\n\n: ping\n\nevent: e\ndata: x\n\n'
    assert b"".join(event.raw for event in read([stream]) if isinstance(event, Event)) == stream


def read_event(text: bytes) -> Event:
    event = event_of(text)
    assert isinstance(event, Event)
    return event


def test_fields_are_read() -> None:
    assert read_event(b"data: one\ndata: two\n\n").data == b"one\ntwo"
    assert read_event(b"event: error\r\ndata:{}\r\n\r\n") == Event(b"event: error\r\ndata:{}\r\n\r\n", b"{}", b"error")
    assert read_event(b": ping\n\n").data is None
    assert read_event(b"data\n\n").data == b""
    assert read_event(b'error: {"code":500}\n\n')[1:] == (b'{"code":500}', b"error")
    assert read_event(b'{"error":\n {}}\n\n').data == b'{"error":\n {}}'


def test_an_event_over_the_cap_is_reported() -> None:
    reader = EventReader(max_event_bytes=10)
    assert reader.feed(b"data: x\n\n") == [Event(b"data: x\n\n", b"x")]
    assert reader.feed(b"data: 0123456789") == [OversizedEvent("10 bytes")]


@pytest.mark.parametrize("line", [b"data:\n", b"x\r\n", b":\n"])
@pytest.mark.parametrize("size", [65_536, 10_000_000], ids=["in pieces", "at once"])
def test_an_event_of_endless_lines_is_reported_and_never_split(line: bytes, size: int) -> None:
    reader, stream = EventReader(), line * 500_000 + b"\r\n\r\n"
    events = [event for start in range(0, len(stream), size) for event in reader.feed(stream[start : start + size])]
    assert events == [OversizedEvent("20,000 lines")]


def test_an_event_may_have_many_lines() -> None:
    event = event_of(b"data: {\n" + b"data: \n" * 9_000 + b"data: }\n\n")
    assert isinstance(event, Event)
    assert event.data == b"{\n" + b"\n" * 9_000 + b"}"


def test_a_complete_event_is_given_out_at_once() -> None:
    reader = EventReader()
    assert reader.feed(b"data: 1\n\ndata: 2\n\ndata: ") == [Event(b"data: 1\n\n", b"1"), Event(b"data: 2\n\n", b"2")]
    assert reader.feed(b"3\n\n") == [Event(b"data: 3\n\n", b"3")]
    assert reader.end() == []


@pytest.mark.parametrize(
    ("body", "is_stream"),
    [
        (b"data: {}", True),
        (b"\xef\xbb\xbf\n  : ping\n\n", True),
        (b"event: x\r\n", True),
        (b"id:1\n", True),
        (b"retry: 5", True),
        (b'{"data": 1}', False),
        (b'[":"]', False),
        (b"<html>data:", False),
        (b"database: 1", False),
        (b"", False),
    ],
)
def test_a_stream_is_told_from_a_document(body: bytes, is_stream: bool) -> None:
    assert begins_stream(body) is is_stream


def test_a_document_is_one_event_once_it_is_closed_whatever_blank_lines_it_has() -> None:
    reader, document = EventReader(), b'{\n\n"a": "}\\"",\n\n"b": [1]\n\n}'
    assert [reader.feed(document[at : at + 1]) for at in range(len(document) - 1)] == [[]] * (len(document) - 1)
    assert reader.feed(document[-1:]) == [Event(document + b"\n\n", document)]
    assert reader.feed(b"data: 1\n\n") == [Event(b"data: 1\n\n", b"1")]


def test_what_follows_a_document_at_once_is_an_event_of_its_own() -> None:
    assert read([b'{"error": 1}\n\ndata: [DONE]\n\n']) == [
        Event(b'{"error": 1}\n\n', b'{"error": 1}'),
        Event(b"data: [DONE]\n\n", b"[DONE]"),
    ]


def test_a_document_with_too_much_in_it_is_reported() -> None:
    assert EventReader().feed(b"[" + b"[]," * 200_000) == [OversizedEvent("100,000 lists and objects")]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_events_without_a_blank_line_between_them_are_told_apart(end: bytes) -> None:
    lines = [b'data: {"a":1}', b'data:{"a":2}', b"data: [DONE]"]
    stream = end.join(lines) + end
    for cut in range(len(stream) + 1):
        told = [event.data for event in read([stream[:cut], stream[cut:]]) if isinstance(event, Event)]
        assert told == [b'{"a":1}', b'{"a":2}', b"[DONE]"]
    whole = read_event(end.join([b'data: {"a":', b'data: {"b":1}', b"data: }", b"", b""]))
    assert [event.data for event in read([whole.raw]) if isinstance(event, Event)] == [whole.data]
    assert len(read([b"\xef\xbb\xbf" + stream])) == 3
