"""Streams of responses: their bytes pass, and what they say is known however they are cut."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import orjson
import pytest

from localrouter.dialects.contract import StreamEvent
from localrouter.dialects.openai_responses.stream import ResponsesStream
from localrouter.domain.conversation.request import Usage
from localrouter.domain.routing.failures import FailureKind
from tests.dialects.openai_responses.answers import CALL, begun, event, response, said, stream
from tests.dialects.openai_responses.asking import asked, events_in


def decoded(data: bytes, *cuts: int, **fields: Any) -> list[StreamEvent]:
    decoder = ResponsesStream("openai", replace(asked(**fields), stream=True))
    places = [0, *cuts, len(data)]
    found = [each for start, end in pairwise(places) for each in decoder.feed(data[start:end])]
    return [*found, *decoder.end()]


def test_bytes_pass_and_only_the_last_event_ends_the_stream() -> None:
    data = stream()
    events = decoded(data)
    assert b"".join(each.raw for each in events) == data
    assert [each.done for each in events] == [False] * (len(events) - 1) + [True]
    assert events[-1].finished
    assert events[-1].usage == Usage(30, 12, cached_tokens=20, reasoning_tokens=8)
    assert sum(each.output_bytes for each in events) == len('Rome, so Italy.Let me look.{"at":"Rome"}')


def test_a_split_at_any_byte_changes_nothing() -> None:
    data = stream().replace(b"look.", "lök.".encode())
    whole = decoded(data)
    for cut in range(1, len(data), 7):
        assert decoded(data, cut) == whole


def test_an_answer_begins_with_its_first_content() -> None:
    assert not any(each.is_content for each in decoded(begun()))
    first = next(each for each in decoded(stream()) if each.is_content)
    assert b"reasoning_summary_text.delta" in first.raw
    search = event("output_item.added", output_index=0, item={"type": "web_search_call", "status": "in_progress"})
    assert decoded(search)[0].is_content


def test_a_stream_that_was_cut_by_its_cap_is_whole() -> None:
    last = decoded(stream("incomplete", incomplete_details={"reason": "max_output_tokens"}))[-1]
    assert (last.finished, last.done) == (True, True)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (event("failed", response=response([], status="failed", usage=None, error={"code": "rate_limit_exceeded"})),
         FailureKind.RATE_LIMITED),
        (b'event: error\ndata: {"type":"error","code":"server_error","message":"Down.","param":null}\n\n',
         FailureKind.SERVER_ERROR),
        (b'data: {"type":"error","error":{"type":"invalid_request_error","code":"context_length_exceeded"}}\n\n',
         FailureKind.CONTEXT_LENGTH_EXCEEDED),
        (b'data: {"error":{"message":"Busy.","code":"overloaded"}}\n\n', FailureKind.OVERLOADED),
        (b"<html>", FailureKind.SERVER_ERROR),
    ],
)  # fmt: skip
def test_an_error_ends_it_in_whatever_shape(data: bytes, kind: FailureKind) -> None:
    last = decoded(begun() + data)[-1]
    assert last.failure is not None
    assert last.failure.kind is kind
    assert last.raw == b""


def test_a_failed_response_tells_first_what_it_used() -> None:
    error = {"code": "server_error", "message": "Broke."}
    *_, told, last = decoded(begun() + said() + event("failed", response=response([], status="failed", error=error)))
    assert told.usage == Usage(30, 12, cached_tokens=20, reasoning_tokens=8)
    assert last.failure is not None
    assert last.failure.message == "Broke."


def test_a_terminator_of_chat_behind_it_passes_and_means_nothing_without_an_end() -> None:
    assert decoded(stream() + b"data: [DONE]\n\n")[-1].raw == b"data: [DONE]\n\n"
    assert not any(each.finished or each.done for each in decoded(begun() + b"data: [DONE]\n\n"))


def test_a_server_that_does_not_stream_is_told_as_a_stream() -> None:
    (only,) = decoded(orjson.dumps(response([CALL])))
    assert (only.finished, only.done) == (True, True)
    told = events_in(only.raw)
    assert told[0]["type"] == "response.created"
    assert told[-1]["type"] == "response.completed"
    assert CALL["arguments"] in str(told[-1]["response"])


def test_malformed_events_are_skipped_and_counted() -> None:
    assert [each.malformed for each in decoded(begun() + b"data: {nonsense\n\n")] == [False, False, True]
