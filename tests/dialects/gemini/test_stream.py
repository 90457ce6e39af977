from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import orjson
import pytest

from localrouter.dialects.contract import StreamEvent
from localrouter.dialects.gemini.neutral.chunks import ChunkReader
from localrouter.dialects.gemini.stream import GeminiStream
from localrouter.domain.conversation.parts import Citation
from localrouter.domain.conversation.reply import (
    ArgumentsPiece,
    Began,
    Cited,
    Finish,
    Finished,
    FinishReason,
    ReasoningPiece,
    ReasoningSealed,
    TextPiece,
    ToolCallBegan,
    UsageTold,
)
from localrouter.domain.conversation.request import Usage
from localrouter.domain.routing.failures import FailureKind
from tests.dialects.gemini.answers import THOUGHTFUL, USAGE, answer, call, stream

LAST = Usage(33, 27, 12, 20, audio_input_tokens=4)
SAID = stream(*THOUGHTFUL)


def decoded(data: bytes, cuts: Iterable[int] = (), *, foreign: bool = True) -> list[StreamEvent]:
    decoder = GeminiStream("gemini", ChunkReader() if foreign else None)
    places = [0, *sorted(cuts), len(data)]
    return [event for start, end in pairwise(places) for event in decoder.feed(data[start:end])] + [*decoder.end()]


def told(events: list[StreamEvent]) -> list[Any]:
    return [delta for event in events for delta in event.deltas]


def test_a_stream_is_told_piece_by_piece_in_neutral_terms() -> None:
    deltas = [each for each in told(decoded(SAID)) if not isinstance(each, UsageTold)]
    assert deltas == [
        Began("r1", "gemini-2.5-flash"),
        ReasoningPiece("**Weather**\n\nI need "),
        ReasoningPiece("two calls."),
        TextPiece("Let me "),
        TextPiece("look. Ä"),
        ReasoningSealed(encrypted="c2lnbmVk", dialect="gemini", item_id="gemini_call_r1_0"),
        ToolCallBegan(0, "gemini_call_r1_0", "weather"),
        ArgumentsPiece(0, '{"city":"Rome"}'),
        ToolCallBegan(1, "gemini_call_r1_1", "weather"),
        ArgumentsPiece(1, '{"city":"Oslo"}'),
        Finished(Finish(FinishReason.TOOLS, "STOP")),
    ]
    assert told(decoded(SAID))[-1] == UsageTold(LAST)


def test_a_stream_reads_the_same_however_it_is_cut() -> None:
    whole = decoded(SAID)
    for cut in range(1, len(SAID)):
        assert decoded(SAID, [cut]) == whole
    assert decoded(SAID, range(1, len(SAID))) == whole


def test_its_bytes_pass_as_they_came_to_programs_of_its_own() -> None:
    events = decoded(SAID, foreign=False)
    assert b"".join(event.raw for event in events) == SAID
    assert not told(events)
    assert [event.is_content for event in events] == [True, True, True, True, True, False]
    assert (events[-1].finished, events[-1].closes, events[-1].usage) == (True, True, LAST)


def test_each_chunk_tells_the_tokens_so_far() -> None:
    usages = [event.usage for event in decoded(SAID)]
    assert usages[0] == Usage(30)
    assert usages[2] == Usage(30, 20, reasoning_tokens=20)
    assert usages[4] is None
    assert usages[-1] == LAST


def test_several_answers_end_each_by_itself() -> None:
    decoder = GeminiStream("gemini")
    one, two = answer({"text": "a"}), answer({"text": "b"})
    two["candidates"][0]["index"] = 1
    decoder.feed(stream(one, answer({"text": "b"}, reason=None)))
    assert decoder.answers_finished == 1
    decoder.feed(stream(two))
    assert decoder.answers_finished == 2


@pytest.mark.parametrize(
    ("chunk", "kind"),
    [
        ({"error": {"code": 503, "message": "Overloaded", "status": "UNAVAILABLE"}}, FailureKind.OVERLOADED),
        ({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {}}, FailureKind.POLICY_VIOLATION),
        (answer(reason="MALFORMED_FUNCTION_CALL"), FailureKind.UNSUPPORTED),
    ],
)
def test_a_failure_inside_a_stream_ends_it(chunk: dict[str, Any], kind: FailureKind) -> None:
    (event,) = decoded(stream(chunk, answer({"text": "on"})))
    assert event.failure is not None
    assert event.failure.kind is kind


def test_a_call_that_failed_behind_words_only_ends_the_answer() -> None:
    events = decoded(stream(answer({"text": "Well"}, reason=None), answer(reason="MALFORMED_FUNCTION_CALL")))
    assert [event.failure for event in events] == [None, None]
    assert Finished(Finish(FinishReason.OTHER, "MALFORMED_FUNCTION_CALL")) in told(events)


def test_an_array_or_a_whole_answer_in_the_place_of_events_becomes_some() -> None:
    expected = told(decoded(SAID))
    assert told(decoded(orjson.dumps(list(THOUGHTFUL)))) == expected
    events = decoded(orjson.dumps(answer({"text": "Hi"}, usage=USAGE)), foreign=False)
    assert [orjson.loads(event.raw.removeprefix(b"data: ")) for event in events] == [
        answer({"text": "Hi"}, usage=USAGE)
    ]
    assert decoded(b"[]")[0].raw == b""


def test_the_proof_behind_a_text_and_the_sources_of_an_answer_are_told() -> None:
    grounded: dict[str, Any] = {
        "groundingChunks": [{"web": {"uri": "https://a.example", "title": "A"}}],
        "groundingSupports": [{"segment": {"endIndex": 4, "text": "Rome"}, "groundingChunkIndices": [0, 9]}],
    }
    said = stream(
        answer({"text": "Rome"}, reason=None),
        answer({"text": "", "thoughtSignature": "c2ln"}, groundingMetadata=grounded),
    )
    deltas = told(decoded(said))
    assert deltas[2] == ReasoningSealed(encrypted="c2ln", dialect="gemini")
    assert isinstance(deltas[3], Cited)
    assert deltas[3].citation == Citation(
        "https://a.example", "A", "Rome", 0, 4, "gemini", grounded["groundingSupports"][0]
    )


def test_numbers_of_calls_keep_all_their_digits() -> None:
    said = stream(answer(call("f", {"a": 1}))).replace(b'"a":1', b'"a":12345678901234567890123')
    assert ArgumentsPiece(0, '{"a":12345678901234567890123}') in told(decoded(said))
