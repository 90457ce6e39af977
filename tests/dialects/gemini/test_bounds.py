from __future__ import annotations

from typing import Any

import orjson
import pytest

from localrouter.dialects.gemini.bounds import bound_of
from localrouter.dialects.gemini.request import parse_request
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.limits.demand import MaxUsage, Unbounded

HELLO: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}


def bound(endpoint: Endpoint = Endpoint.CHAT_COMPLETIONS, /, **fields: Any) -> MaxUsage | Unbounded:
    return bound_of(parse_request(endpoint, orjson.dumps(HELLO | fields)))


def most(**fields: Any) -> MaxUsage:
    found = bound(**fields)
    assert isinstance(found, MaxUsage), found
    return found


def test_a_request_is_as_large_as_its_bytes_and_its_cap() -> None:
    least = most()
    assert (least.answers, least.output_cap) == (1, None)
    assert 5 < least.prompt_tokens < 200
    longer = most(systemInstruction={"parts": [{"text": "é" * 1_000}]}, generationConfig={"maxOutputTokens": 9})
    assert longer.prompt_tokens >= least.prompt_tokens + 2_000
    assert longer.output_cap == 9


@pytest.mark.parametrize(
    "more",
    [
        {"tools": [{"functionDeclarations": [{"name": "f", "description": "x" * 1_000}]}]},
        {"generationConfig": {"responseSchema": {"description": "x" * 1_000}}},
        {"contents": [{"parts": [{"functionCall": {"name": "f", "args": {"a": "x" * 1_000}}}]}]},
        {"contents": [{"parts": [{"functionResponse": {"name": "f", "response": {"a": "x" * 1_000}}}]}]},
        {"contents": [{"parts": [{"text": "x" * 500, "thought": True, "thoughtSignature": "y" * 500}]}]},
        {"system_instruction": "x" * 1_000},
    ],
)
def test_all_that_may_become_part_of_the_prompt_counts(more: dict[str, Any]) -> None:
    assert most(**more).prompt_tokens >= 1_000


def test_several_answers_are_several_caps() -> None:
    three = most(generationConfig={"candidateCount": 3, "maxOutputTokens": 7})
    assert (three.answers, three.output_cap) == (3, 7)
    assert three.prompt_tokens == 3 * most().prompt_tokens


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"cachedContent": "cachedContents/a"}, "cachedContent"),
        ({"news": 1}, "news"),
        ({"serviceTier": "priority"}, "priority"),
        ({"generationConfig": {"candidateCount": -1}}, "candidateCount"),
        ({"generationConfig": {"candidateCount": 10**6}}, "candidateCount"),
        ({"generationConfig": {"responseModalities": ["IMAGE"]}}, "responseModalities"),
        ({"generationConfig": {"news": 1}}, "news"),
        ({"tools": [{"googleSearch": {}}]}, "googleSearch"),
        ({"tools": [{"functionDeclarations": [], "codeExecution": {}}]}, "codeExecution"),
        ({"toolConfig": {"retrievalConfig": {}}}, "setting of tools"),
        ({"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": "x"}}]}]}, "inlineData"),
        ({"contents": [{"parts": [{"fileData": {"fileUri": "https://a"}}]}]}, "fileData"),
        ({"contents": [{"parts": ["Hello"]}]}, "no object"),
        ({"contents": [{"parts": [], "news": 1}]}, "not known"),
        ({"contents": [{"parts": [{"functionResponse": {"parts": [{}]}}]}]}, "result"),
        ({"systemInstruction": {"parts": [{"fileData": {}}]}}, "fileData"),
    ],
)
def test_what_cannot_be_bounded_is_named(fields: dict[str, Any], named: str) -> None:
    found = bound(**fields)
    assert isinstance(found, Unbounded)
    assert named in found.part


def test_what_changes_no_size_is_no_obstacle() -> None:
    most(
        safetySettings=[{"category": "x"}],
        labels={"a": "b"},
        toolConfig={"functionCallingConfig": {"mode": "ANY"}},
        generationConfig={"thinkingConfig": {"thinkingBudget": 9}, "seed": 1, "stopSequences": ["E"]},
    )


def test_counted_and_embedded_prompts_have_no_answer() -> None:
    counted = bound(Endpoint.COUNT_TOKENS, generateContentRequest=HELLO)
    assert isinstance(counted, MaxUsage)
    assert counted.answers == 0
    content = {"parts": [{"text": "x" * 1_000}]}
    request = parse_request(Endpoint.EMBEDDINGS, orjson.dumps({"requests": [{"content": content}] * 2}))
    embedded = bound_of(request)
    assert isinstance(embedded, MaxUsage)
    assert (embedded.answers, embedded.prompt_tokens >= 2_000) == (0, True)
    spoilt: tuple[dict[str, Any], ...] = (
        {"content": content, "news": 1},
        {"content": {"parts": [{"fileData": {}}]}},
        {"requests": [], "news": 1},
    )
    for body in spoilt:
        assert isinstance(bound_of(parse_request(Endpoint.EMBEDDINGS, orjson.dumps(body))), Unbounded)
