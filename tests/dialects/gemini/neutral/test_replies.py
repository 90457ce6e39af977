from __future__ import annotations

from typing import Any

from localrouter.dialects.gemini.neutral.chunks import ChunkReader
from localrouter.dialects.gemini.neutral.replies import reply_in
from localrouter.domain.conversation.parts import Citation, Part, ReasoningPart, TextPart, TokenLogprob, ToolCallPart
from localrouter.domain.conversation.reply import ToolCallBegan
from tests.dialects.gemini.answers import answer


def parts(*given: dict[str, Any], **more: Any) -> tuple[Part, ...]:
    return reply_in(answer(*given, **more)).parts


def test_a_call_keeps_the_id_that_it_came_with() -> None:
    assert parts({"functionCall": {"id": "c9", "name": "f"}}) == (ToolCallPart("c9", "f", "{}"),)


def test_the_proof_behind_a_text_is_kept() -> None:
    assert parts({"text": "a"}, {"text": "b", "thoughtSignature": "c2ln"}) == (
        TextPart("ab"),
        ReasoningPart(encrypted="c2ln", dialect="gemini"),
    )
    assert parts({"text": "Hm.", "thought": True, "thoughtSignature": "c2ln"}, {"text": "a"}) == (
        ReasoningPart("Hm.", signature="c2ln", dialect="gemini"),
        TextPart("a"),
    )


def test_sources_are_told_by_the_characters_of_the_last_text() -> None:
    source = {"startIndex": 3, "endIndex": 7, "uri": "https://a.example", "license": "mit"}
    support = {"segment": {"startIndex": 0, "endIndex": 2, "text": "Ä"}, "groundingChunkIndices": [0, "x", 5]}
    grounding = {
        "groundingChunks": [{"web": {"uri": "https://b.example", "title": "B"}}],
        "groundingSupports": [support],
    }
    (text,) = parts({"text": "Ä Rome"}, citationMetadata={"citationSources": [source]}, groundingMetadata=grounding)
    assert isinstance(text, TextPart)
    assert text.citations == (
        Citation("https://a.example", None, None, 2, 6, "gemini", source),
        Citation("https://b.example", "B", "Ä", 0, 1, "gemini", support),
    )


def test_logprobs_are_told_with_their_alternatives() -> None:
    told = {
        "chosenCandidates": [{"token": "a", "logProbability": -0.5}, {"token": "b"}],
        "topCandidates": [{"candidates": [{"token": "a", "logProbability": -0.5}, {"token": "c"}]}],
    }
    (text,) = parts({"text": "ab"}, logprobsResult=told)
    assert isinstance(text, TextPart)
    alternatives = (TokenLogprob("a", -0.5), TokenLogprob("c", 0.0))
    assert text.logprobs == (TokenLogprob("a", -0.5, alternatives=alternatives), TokenLogprob("b", 0.0))


def test_what_other_dialects_have_no_part_for_is_told_as_text() -> None:
    (text,) = parts(
        {"inlineData": {"mimeType": "image/png", "data": "iVBO"}},
        {"executableCode": {"language": "PYTHON", "code": "1+1"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2"}},
        {"newKind": {}},
    )
    assert text == TextPart("![](data:image/png;base64,iVBO)\n```python\n1+1\n```\n\n```\n2\n```\n")


def test_an_answer_without_candidates_is_an_empty_one() -> None:
    assert reply_in({}).parts == ()


def test_calls_without_ids_have_others_in_every_answer_although_the_answers_have_none_either() -> None:
    answer = {"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": {}}}]}}]}
    ids = []
    for request_id in ("one", "two"):
        ids += [part.id for part in reply_in(answer, request_id).parts if isinstance(part, ToolCallPart)]
        began = ChunkReader(request_id).deltas(answer, None)
        assert [delta.id for delta in began if isinstance(delta, ToolCallBegan)] == ids[-1:]
    assert len(set(ids)) == 2
