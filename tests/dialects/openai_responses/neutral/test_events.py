"""What a provider of responses says, for programs that speak other dialects."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from localrouter.dialects.contract import PlainAnswer
from localrouter.dialects.openai_responses.fields import NAME
from localrouter.dialects.openai_responses.provider import OpenAIResponsesProvider
from localrouter.dialects.openai_responses.stream import ResponsesStream
from localrouter.dialects.presets import PRESETS
from localrouter.domain.conversation.parts import ReasoningPart, RefusalPart, TextPart, ToolCallPart, ToolKind
from localrouter.domain.conversation.pieces import pieces_of
from localrouter.domain.conversation.reply import (
    ArgumentsPiece,
    Began,
    Cited,
    Delta,
    Finish,
    Finished,
    FinishReason,
    ReasoningPiece,
    ReasoningSealed,
    Reply,
    TextPiece,
    ToolCallBegan,
    UsageTold,
)
from localrouter.domain.conversation.request import ModelRequest, Usage
from tests.dialects.openai_responses.answers import CALL, MESSAGE, REASONING, TEXT, begun, event, response, stream
from tests.dialects.openai_responses.asking import asked

OTHER: ModelRequest = replace(asked(), dialect="another", stream=True)
USED = Usage(30, 12, cached_tokens=20, reasoning_tokens=8)


def reply_to(**fields: Any) -> Reply:
    answer = OpenAIResponsesProvider().plain_answer(orjson.dumps(response(**fields)), OTHER, PRESETS["openai"])
    assert isinstance(answer, PlainAnswer)
    assert answer.reply is not None
    return answer.reply


def deltas(data: bytes, cut: int = 0) -> list[Delta]:
    decoder = ResponsesStream("openai", OTHER)
    events = [*decoder.feed(data[:cut]), *decoder.feed(data[cut:]), *decoder.end()]
    return [delta for each in events for delta in each.deltas]


def test_a_whole_answer_is_read_part_by_part() -> None:
    assert reply_to() == Reply(
        (
            ReasoningPart("", ("Rome, so Italy.",), encrypted="gAAAA", dialect=NAME, item_id="rs_1"),
            TextPart("Let me look."),
            ToolCallPart("call_1", "look", '{"at":"Rome"}', item_id="fc_1"),
        ),
        Finish(FinishReason.TOOLS, "completed"),
        USED,
        "resp_abc",
        "gpt-5-pro-2025-10-06",
    )


@pytest.mark.parametrize(
    ("status", "reason", "finish"),
    [
        ("completed", None, Finish(FinishReason.STOP, "completed")),
        ("incomplete", "max_output_tokens", Finish(FinishReason.LENGTH, "max_output_tokens")),
        ("incomplete", "content_filter", Finish(FinishReason.CONTENT_FILTER, "content_filter")),
    ],
)
def test_why_an_answer_ended_is_kept(status: str, reason: str | None, finish: Finish) -> None:
    assert reply_to(output=[MESSAGE], status=status, incomplete_details={"reason": reason}).finish == finish


def test_refusals_custom_calls_citations_and_logprobs_are_read() -> None:
    noted = {"type": "url_citation", "url": "https://a.example", "title": "A", "start_index": 0, "end_index": 3}
    token = {"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": [{"token": "Ho", "logprob": -1.5}]}
    text = TEXT | {"annotations": [noted], "logprobs": [token]}
    custom = {"type": "custom_tool_call", "id": "ctc_1", "call_id": "c", "name": "patch", "input": "*** Begin"}
    reply = reply_to(output=[MESSAGE | {"content": [text, {"type": "refusal", "refusal": "No."}]}, custom])
    said, refused, called = reply.parts
    assert isinstance(said, TextPart)
    assert [each.url for each in said.citations] == ["https://a.example"]
    assert (said.logprobs[0].token, said.logprobs[0].alternatives[0].token) == ("Hi", "Ho")
    assert refused == RefusalPart("No.")
    assert called == ToolCallPart("c", "patch", "*** Begin", ToolKind.CUSTOM, item_id="ctc_1")


EXPECTED: list[Delta] = [
    Began("resp_abc", "gpt-5-pro-2025-10-06"),
    ReasoningPiece("Rome, ", is_summary=True),
    ReasoningPiece("so Italy.", is_summary=True),
    ReasoningSealed(encrypted="gAAAA", dialect=NAME, item_id="rs_1"),
    TextPiece("Let me "),
    TextPiece("look."),
    ToolCallBegan(0, "call_1", "look"),
    ArgumentsPiece(0, '{"at":'),
    ArgumentsPiece(0, '"Rome"}'),
    UsageTold(USED),
    Finished(Finish(FinishReason.TOOLS, "completed")),
]


def test_a_stream_says_the_same_in_pieces_wherever_it_is_cut() -> None:
    data = stream()
    for cut in range(0, len(data), 97):
        assert deltas(data, cut) == EXPECTED


def test_items_that_come_whole_are_told_whole() -> None:
    items = [(place, item) for place, item in enumerate((REASONING, MESSAGE, CALL))]
    done = b"".join(event("output_item.done", output_index=place, item=item) for place, item in items)
    told = deltas(begun() + done + event("completed", response=response()))
    assert told == [
        EXPECTED[0],
        ReasoningPiece("Rome, so Italy.", is_summary=True),
        EXPECTED[3],
        TextPiece("Let me look."),
        EXPECTED[6],
        ArgumentsPiece(0, '{"at":"Rome"}'),
        *EXPECTED[-2:],
    ]


def test_a_citation_in_a_stream_belongs_to_its_text() -> None:
    noted = {"type": "url_citation", "url": "https://a.example", "title": "A", "start_index": 0, "end_index": 3}
    told = deltas(begun() + event("output_text.annotation.added", output_index=0, annotation=noted))
    assert isinstance(told[1], Cited)
    assert told[1].citation.url == "https://a.example"


def test_a_server_that_does_not_stream_says_the_same() -> None:
    reply = reply_to()
    assert deltas(orjson.dumps(response())) == list(pieces_of(reply))
