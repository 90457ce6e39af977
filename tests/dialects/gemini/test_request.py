from __future__ import annotations

from typing import Any

import orjson
import pytest

from localrouter.dialects.gemini.request import estimated_tokens, parse_request
from localrouter.domain.conversation.request import Capability, Endpoint, ModelRequest
from localrouter.domain.errors import Invalid

HELLO: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}


def parsed(endpoint: Endpoint = Endpoint.CHAT_COMPLETIONS, **fields: Any) -> ModelRequest:
    return parse_request(endpoint, orjson.dumps(HELLO | fields))


@pytest.mark.parametrize(
    ("given", "cap", "kept"),
    [(None, None, None), (9, 9, 9), (9.0, 9, 9), ("9", 9, 9), (0, None, 0), (2**63 - 1, 2**63 - 1, 2**63 - 1)],
)
def test_a_cap_is_read_as_google_reads_it(given: object, cap: int | None, kept: object) -> None:
    request = parsed(generationConfig={"maxOutputTokens": given})
    config: Any = request.body["generationConfig"]
    assert (request.max_output_tokens, config["maxOutputTokens"]) == (cap, kept)


@pytest.mark.parametrize(
    ("count", "answers"), [(None, 1), (0, 1), (1, 1), (3, 3), ("2", 2), (-1, None), (1.5, None), (True, None)]
)
def test_the_answers_are_counted(count: object, answers: int | None) -> None:
    assert parsed(generationConfig={"candidateCount": count}).answers == answers


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"contents": None}, "contents"),
        ({"contents": {}}, "contents"),
        ({"contents": ["Hello"]}, "contents[0]"),
        ({"generationConfig": 5}, "generationConfig"),
        ({"generationConfig": {"maxOutputTokens": -1}}, "generationConfig.maxOutputTokens"),
        ({"generationConfig": {"maxOutputTokens": "many"}}, "generationConfig.maxOutputTokens"),
        ({"Contents": []}, "Contents"),
        ({"tools": [], "system_instruction": {}, "systemInstruction": {}}, "systemInstruction"),
    ],
)
def test_what_is_wrong_is_refused_by_name(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parsed(**fields)
    assert refusal.value.findings[0].path == param


def test_what_routing_needs_is_found() -> None:
    request = parsed(
        contents=[
            {"parts": [{"text": "a" * 40}, {"inlineData": {"mimeType": "image/png", "data": "x"}}]},
            {"parts": [{"functionCall": {"name": "f", "args": {"a": "b" * 40}}}]},
            {
                "parts": [
                    {"functionResponse": {"name": "f", "response": {"a": "b" * 40}}},
                    {"fileData": {"fileUri": "x"}},
                ]
            },
        ],
        systemInstruction={"parts": [{"text": "b" * 40}]},
        tools=[{"functionDeclarations": []}],
        generationConfig={"responseSchema": {"type": "OBJECT"}},
    )
    assert request.needs == {Capability.TOOLS, Capability.IMAGES, Capability.JSON_SCHEMA}
    assert request.prompt_tokens_at_least == (40 + 40 + 48 + 48) // 4
    assert estimated_tokens(request) == (40 + 40 + 48 + 48 + len('[{"functionDeclarations":[]}]')) // 4 + 2 * 258


def test_a_prompt_that_is_only_counted_may_stand_further_down() -> None:
    request = parse_request(Endpoint.COUNT_TOKENS, orjson.dumps({"generateContentRequest": HELLO}))
    assert (request.prompt_tokens_at_least, request.max_output_tokens) == (1, None)
    assert estimated_tokens(request) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "content is missing"),
        ({"requests": 5}, "requests must be a list"),
        ({"requests": [{}]}, "requests[0].content is missing"),
    ],
)
def test_what_is_to_be_embedded_must_be_there(body: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_request(Endpoint.EMBEDDINGS, orjson.dumps(body))
    assert said in refusal.value.message


def test_what_is_to_be_embedded_is_measured() -> None:
    content = {"parts": [{"text": "a" * 40}]}
    assert parse_request(Endpoint.EMBEDDINGS, orjson.dumps({"content": content})).prompt_tokens_at_least == 10
    many = {"requests": [{"content": content}, {"content": content}]}
    assert parse_request(Endpoint.EMBEDDINGS, orjson.dumps(many)).prompt_tokens_at_least == 20
