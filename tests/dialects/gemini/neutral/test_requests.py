from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from localrouter.dialects.gemini.client import GeminiClient
from localrouter.dialects.gemini.neutral.requests import as_openai_embeddings
from localrouter.dialects.gemini.neutral.schemas import json_schema
from localrouter.domain.conversation.conversation import (
    Conversation,
    Effort,
    Logprobs,
    OutputFormat,
    OutputKind,
    ReasoningWish,
    Role,
    Sampling,
    ToolChoice,
    ToolUse,
)
from localrouter.domain.conversation.parts import (
    AudioPart,
    FilePart,
    ImagePart,
    Inline,
    ReasoningPart,
    Remote,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.errors import Invalid

CLIENT = GeminiClient()


def read(**fields: Any) -> Conversation:
    return CLIENT.conversation(CLIENT.example(Endpoint.CHAT_COMPLETIONS, "one/a", fields))


def config(**fields: Any) -> Conversation:
    return read(generationConfig=fields)


def said(*contents: dict[str, Any]) -> list[tuple[object, ...]]:
    return [message.parts for message in read(contents=list(contents)).messages]


def user(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "parts": list(parts)}


def model(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "model", "parts": list(parts)}


def called(name: str, **more: Any) -> dict[str, Any]:
    return {"functionCall": {"name": name, **more}}


def result(name: str, response: Any, **more: Any) -> dict[str, Any]:
    return {"functionResponse": {"name": name, "response": response, **more}}


def test_what_the_system_says_comes_first() -> None:
    for given in ("Be kind.", {"parts": [{"text": "Be kind."}]}):
        first, second = read(systemInstruction=given).messages
        assert (first.role, first.parts) == (Role.SYSTEM, (TextPart("Be kind."),))
        assert (second.role, second.parts) == (Role.USER, (TextPart("Hello"),))


def test_pictures_files_sounds_and_films_are_read() -> None:
    parts = (
        {"inlineData": {"mimeType": "image/png", "data": "x"}},
        {"inlineData": {"mimeType": "audio/mpeg", "data": "x"}},
        {"inlineData": {"mimeType": "application/pdf", "data": "x", "displayName": "a.pdf"}},
        {"inlineData": {"mimeType": "video/mp4", "data": "x"}},
        {"fileData": {"mimeType": "image/png", "fileUri": "https://a"}},
        {"fileData": {"fileUri": "https://a/b.pdf"}},
    )
    assert said(user(*parts)) == [
        (
            ImagePart(Inline("x", "image/png")),
            AudioPart(Inline("x"), "mp3"),
            FilePart(Inline("x", "application/pdf"), "a.pdf"),
            FilePart(Inline("x", "video/mp4")),
            ImagePart(Remote("https://a")),
            FilePart(Remote("https://a/b.pdf")),
        )
    ]


def test_results_find_their_calls_by_id_or_by_order() -> None:
    calls = model(called("f", args={"a": 1}), called("f"), called("g", id="c9"))
    results = user(result("f", {"result": "one"}), result("g", {"error": "no"}, id="c9"), result("f", {"t": 2}))
    assert said(user({"text": "Hi"}), calls, results)[1:] == [
        (ToolCallPart("call_1", "f", '{"a":1}'), ToolCallPart("call_2", "f", "{}"), ToolCallPart("c9", "g", "{}")),
        (
            ToolResultPart("call_1", (TextPart("one"),)),
            ToolResultPart("c9", (TextPart("no"),), is_error=True),
            ToolResultPart("call_2", (TextPart('{"t":2}'),)),
        ),
    ]
    assert said(user(result("h", {"result": "x"}))) == [(ToolResultPart("h", (TextPart("x"),)),)]


def test_pictures_of_tools_are_kept() -> None:
    shown = [{"inlineData": {"mimeType": "image/png", "data": "x"}}]
    (parts,) = said(user(result("f", {}, parts=shown)))
    assert parts == (ToolResultPart("f", (ImagePart(Inline("x", "image/png")),)),)


def test_proofs_of_thoughts_belong_to_calls_and_texts() -> None:
    told = model(
        {"text": "Hm.", "thought": True},
        {"text": "Sure.", "thought": True, "thoughtSignature": "c2ln"},
        {"text": "I look.", "thoughtSignature": "dGV4dA=="},
        {**called("f", id="c1"), "thoughtSignature": "Y2FsbA=="},
        {**called("g", id="c2"), "thoughtSignature": "skip_thought_signature_validator"},
    )
    assert said(user({"text": "Hi"}), told)[1] == (
        ReasoningPart("Hm."),
        ReasoningPart("Sure.", signature="c2ln", dialect="gemini"),
        TextPart("I look."),
        ReasoningPart(encrypted="dGV4dA==", dialect="gemini"),
        ReasoningPart(encrypted="Y2FsbA==", dialect="gemini", item_id="c1"),
        ToolCallPart("c1", "f", "{}"),
        ToolCallPart("c2", "g", "{}"),
    )


def test_tools_are_read_with_schemas_of_either_kind() -> None:
    declared = [
        {
            "name": "f",
            "description": "Does f.",
            "parameters": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}},
        },
        {"name": "g", "parametersJsonSchema": {"type": "object", "const": 1}},
        {"name": "h"},
    ]
    tools = read(tools=[{"functionDeclarations": declared}, {}]).tools
    assert [(tool.name, tool.description, tool.schema) for tool in tools] == [
        ("f", "Does f.", {"type": "object", "properties": {"a": {"type": "string"}}}),
        ("g", None, {"type": "object", "const": 1}),
        ("h", None, None),
    ]


@pytest.mark.parametrize(
    ("told", "choice"),
    [
        (None, None),
        ({"mode": "AUTO"}, ToolChoice()),
        ({"mode": "VALIDATED"}, ToolChoice()),
        ({"mode": "none"}, ToolChoice(ToolUse.NONE)),
        ({"mode": "ANY", "allowedFunctionNames": ["f"]}, ToolChoice(ToolUse.REQUIRED, ("f",))),
    ],
)
def test_the_choice_of_tools_is_read(told: Any, choice: ToolChoice | None) -> None:
    tools = [{"functionDeclarations": [{"name": "f"}]}]
    assert read(tools=tools, toolConfig={"functionCallingConfig": told}).tool_choice == choice


def test_sampling_and_wishes_are_read() -> None:
    given = config(
        temperature=0.5,
        topP=0.9,
        topK=40.0,
        seed=7,
        presencePenalty=0.1,
        frequencyPenalty=0.2,
        stopSequences=["END"],
        maxOutputTokens=9,
        responseLogprobs=True,
        logprobs=3,
        responseModalities=["TEXT"],
    )
    assert given.sampling == Sampling(0.5, 0.9, 40, ("END",), 7, 0.1, 0.2)
    assert (given.max_output_tokens, given.logprobs, given.extras) == (9, Logprobs(3), {})


@pytest.mark.parametrize(
    ("thinking", "wish"),
    [
        ({"includeThoughts": True}, ReasoningWish(summary="auto")),
        ({"includeThoughts": True, "thinkingBudget": -1}, ReasoningWish(True, summary="auto")),
        ({"thinkingBudget": 0}, ReasoningWish(enabled=False)),
        ({"thinkingBudget": -1}, ReasoningWish(True)),
        ({"thinkingBudget": 500}, ReasoningWish(True, None, 500)),
        ({"thinkingLevel": "low"}, ReasoningWish(True, Effort.LOW)),
        ({"thinkingLevel": "HIGH", "includeThoughts": True}, ReasoningWish(True, Effort.HIGH, summary="auto")),
    ],
)
def test_how_much_to_think_is_read(thinking: dict[str, Any], wish: ReasoningWish) -> None:
    assert config(thinkingConfig=thinking).reasoning == wish


def test_formats_are_read() -> None:
    schema = {"type": "object", "properties": {"a": {"type": ["string", "null"]}}}
    told = {"type": "OBJECT", "properties": {"a": {"type": "STRING", "nullable": True}}, "propertyOrdering": ["a"]}
    assert config(responseMimeType="application/json").output == OutputFormat(OutputKind.JSON)
    assert config(responseMimeType="application/json", responseSchema=told).output == OutputFormat(
        OutputKind.SCHEMA, schema
    )
    assert config(responseMimeType="application/json", responseJsonSchema=schema).output.schema == schema
    assert config(responseMimeType="text/plain").output == OutputFormat()
    words = {"type": "string", "enum": ["a", "b"]}
    asked = config(responseMimeType="text/x.enum", responseSchema={"type": "STRING", "enum": ["a", "b"]})
    assert asked.output == OutputFormat(OutputKind.SCHEMA, words, is_word=True)


def test_googles_schemas_become_json_schemas() -> None:
    given = {
        "type": "ARRAY",
        "minItems": "1",
        "items": {
            "anyOf": [{"type": "INTEGER", "format": "int32"}, {"type": "STRING", "enum": ["A"], "nullable": True}]
        },
        "example": [1],
    }
    assert json_schema(given) == {
        "type": "array",
        "minItems": 1,
        "items": {
            "anyOf": [
                {"type": "integer", "format": "int32"},
                {"anyOf": [{"type": "string", "enum": ["A"]}, {"type": "null"}]},
            ]
        },
    }
    assert json_schema({"type": "TYPE_UNSPECIFIED", "ref": "#/$defs/A", "defs": {"A": {"type": "STRING"}}}) == {
        "$ref": "#/$defs/A",
        "$defs": {"A": {"type": "string"}},
    }
    plain = {"type": ["string", "null"], "properties": {"type": {"type": "string"}}}
    assert json_schema(plain) == plain


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"cachedContent": "cachedContents/a"}, "cachedContent"),
        ({"continuationToken": "dG9rZW4="}, "continuationToken"),
        ({"tools": [{"googleSearch": {}}]}, "tools[0]"),
        ({"tools": [{"functionDeclarations": [{}]}]}, "tools[0].functionDeclarations[0].name"),
        ({"generationConfig": {"candidateCount": 2}}, "generationConfig.candidateCount"),
        ({"generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}}, "generationConfig.responseModalities"),
        ({"generationConfig": {"speechConfig": {"voiceConfig": {}}}}, "generationConfig.speechConfig"),
        ({"generationConfig": {"responseMimeType": "text/x.enum"}}, "generationConfig.responseMimeType"),
        ({"contents": [{"role": "system", "parts": []}]}, "contents[0].role"),
        ({"contents": [{"parts": [{"newKind": {}}]}]}, "contents[0].parts[0]"),
        ({"contents": [{"role": "model", "parts": [{"executableCode": {}}]}]}, "contents[0].parts[0]"),
        ({"contents": [{"parts": [{"fileData": {"fileUri": "files/a"}}]}]}, "contents[0].parts[0]"),
        ({"contents": [{"role": "model", "parts": [{"functionCall": {}}]}]}, "contents[0].parts[0].functionCall.name"),
    ],
)
def test_what_no_other_provider_has_is_refused_by_name(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read(**fields)
    assert refusal.value.findings[0].path == param


def test_a_mode_of_tools_must_be_one() -> None:
    with pytest.raises(Invalid, match="AUTO, ANY"):
        read(
            tools=[{"functionDeclarations": [{"name": "f"}]}],
            toolConfig={"functionCallingConfig": {"mode": "SOMETIMES"}},
        )


def test_vectors_are_no_conversation() -> None:
    with pytest.raises(Invalid, match="no vectors"):
        CLIENT.conversation(CLIENT.example(Endpoint.EMBEDDINGS, "one/a", {}))


def test_wishes_that_only_google_knows_are_told_by_name() -> None:
    given = read(
        safetySettings=[{"category": "x"}], labels={}, generationConfig={"mediaResolution": "LOW", "seed": 1}, news=1
    )
    assert given.extras.keys() == {"safetySettings", "mediaResolution", "news"}
    assert replace(given, extras={}).sampling.seed == 1


PICTURE = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}


def embedded(*requests: dict[str, Any]) -> dict[str, object]:
    return as_openai_embeddings(CLIENT.example(Endpoint.EMBEDDINGS, "one/a", {"requests": list(requests)})).body


def test_texts_for_vectors_are_told_as_openai_takes_them() -> None:
    texts = {"content": {"parts": [{"text": "a"}, {"text": "b"}]}}
    assert embedded(texts, texts) == {"model": "one/a", "input": ["a\nb", "a\nb"]}
    assert embedded(texts | {"outputDimensionality": 8})["dimensions"] == 8


@pytest.mark.parametrize(
    ("requests", "param"),
    [
        ([{"content": {"parts": [PICTURE]}}], "requests[0].content.parts[0]"),
        ([{"content": {"parts": []}}, {"content": {"parts": []}, "outputDimensionality": 2}], "requests"),
    ],
)
def test_vectors_that_only_gemini_makes_are_refused_by_name(requests: list[dict[str, Any]], param: str) -> None:
    with pytest.raises(Invalid) as refusal:
        embedded(*requests)
    assert refusal.value.findings[0].path == param
