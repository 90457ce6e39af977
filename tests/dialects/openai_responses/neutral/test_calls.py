"""Requests of other dialects, for models that answer in responses alone."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings

from localrouter.dialects.contract import CalledModel
from localrouter.dialects.openai_responses.provider import OpenAIResponsesProvider
from localrouter.dialects.presets import PRESETS
from localrouter.dialects.registry import DIALECTS
from localrouter.domain.conversation.conversation import (
    Conversation,
    Effort,
    Logprobs,
    Message,
    OutputFormat,
    OutputKind,
    ReasoningWish,
    Role,
    Sampling,
    Tool,
    ToolChoice,
    ToolUse,
)
from localrouter.domain.conversation.parts import (
    AudioPart,
    FilePart,
    ImagePart,
    Inline,
    PlainText,
    ReasoningPart,
    RefusalPart,
    Remote,
    Stored,
    TextPart,
    ToolCallPart,
    ToolKind,
    ToolResultPart,
)
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.errors import Invalid
from tests.dialects.test_pairs import CONVERSATIONS, story, wishes, without_empty

OPENAI = CalledModel("gpt-5-pro", PRESETS["openai"], reasons=True)
PLAIN = CalledModel("gpt", PRESETS["openai"], reasons=False)
HELLO = (Message(Role.USER, (TextPart("Hello"),)),)


def sent(conversation: Conversation, called: CalledModel = OPENAI) -> tuple[dict[str, Any], tuple[str, ...]]:
    call = OpenAIResponsesProvider().encode_conversation(conversation, called)
    assert call.path == "responses"
    return dict(orjson.loads(call.body)), call.warnings


def items(*messages: Message) -> list[dict[str, Any]]:
    given: list[dict[str, Any]] = sent(Conversation(messages))[0]["input"]
    return given


@settings(max_examples=30)
@given(conversation=CONVERSATIONS)
def test_what_was_said_and_wished_arrives(conversation: Conversation) -> None:
    """Read back as a program's own request, it says the same, but for what responses do not have."""
    body, warnings = sent(conversation)
    client = DIALECTS.clients["openai_responses"]
    back = client.conversation(client.parse(Endpoint.CHAT_COMPLETIONS, orjson.dumps(body)))
    lost = {"reasoning of earlier turns"} if any(each[0] == "thought" for each in story(conversation)) else set()
    lost |= {"stop sequences"} if conversation.sampling.stop else set()
    assert {each for each in ("stop sequences", "reasoning of earlier turns") if each in " ".join(warnings)} == lost
    assert story(back) == [each for each in story(conversation) if each[0] != "thought"]
    expected = wishes(conversation) | {"sampling": Sampling(temperature=conversation.sampling.temperature)}
    assert without_empty(wishes(back)) == without_empty(expected)


def test_nothing_is_kept_by_the_provider_unless_it_is_asked_for() -> None:
    assert sent(Conversation(HELLO))[0]["store"] is False
    assert sent(Conversation(HELLO, extras={"store": True}))[0]["store"] is True


def test_pictures_files_and_results_have_their_places() -> None:
    data = Inline("aGk=", "image/webp")
    shown = Message(
        Role.USER,
        (
            TextPart("Look."),
            ImagePart(data, "low"),
            ImagePart(Remote("https://a.example/b.png")),
            ImagePart(Stored("file-1")),
            FilePart(Inline("aGk=", "application/pdf"), "a.pdf"),
            FilePart(Remote("https://a.example/b.pdf")),
            FilePart(PlainText("Notes."), "n.txt"),
            FilePart(Stored("file-2")),
        ),
    )
    result = Message(
        Role.USER, (ToolResultPart("c", (TextPart("It broke."), ImagePart(data)), is_error=True), TextPart("And now?"))
    )
    (said,) = items(shown)
    assert said["content"] == [
        {"type": "input_text", "text": "Look."},
        {"type": "input_image", "image_url": "data:image/webp;base64,aGk=", "detail": "low"},
        {"type": "input_image", "image_url": "https://a.example/b.png", "detail": "auto"},
        {"type": "input_image", "file_id": "file-1", "detail": "auto"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,aGk="},
        {"type": "input_file", "file_url": "https://a.example/b.pdf"},
        {"type": "input_text", "text": "n.txt:\nNotes."},
        {"type": "input_file", "file_id": "file-2"},
    ]
    _, returned, asked = items(Message(Role.ASSISTANT, (ToolCallPart("c", "f", "{}"),)), result)
    assert returned["call_id"] == "c"
    assert [each["type"] for each in returned["output"]] == ["input_text", "input_image"]
    assert returned["output"][0]["text"] == "Error: It broke."
    assert asked["content"] == [{"type": "input_text", "text": "And now?"}]


def test_only_openais_own_thoughts_go_back() -> None:
    own = ReasoningPart(summary=("Hm.",), encrypted="gAAAA", dialect="openai_responses", item_id="rs_1")
    said = Message(
        Role.ASSISTANT,
        (
            own,
            ReasoningPart("Hm.", signature="s", dialect="anthropic_messages"),
            RefusalPart("No."),
            ToolCallPart("c", "patch", "*** Begin", ToolKind.CUSTOM),
            TextPart("Done."),
        ),
    )
    body, warnings = sent(Conversation((*HELLO, said)))
    assert body["input"][1:] == [
        {
            "id": "rs_1",
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "Hm."}],
            "encrypted_content": "gAAAA",
        },
        {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
        {"type": "custom_tool_call", "call_id": "c", "name": "patch", "input": "*** Begin"},
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Done.", "annotations": []}],
        },
    ]
    assert warnings == ("left out, as responses have no such thing: reasoning of earlier turns",)


def test_tools_and_the_choice_among_them() -> None:
    grammar = {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: A"}}
    tools = (
        Tool("f", strict=True, schema={"type": "object"}),
        Tool("g"),
        Tool("p", kind=ToolKind.CUSTOM, grammar=grammar),
    )
    body, _ = sent(Conversation(HELLO, tools=tools, tool_choice=ToolChoice(ToolUse.REQUIRED, ("p",))))
    assert body["tools"] == [
        {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": True},
        {"type": "function", "name": "g", "parameters": {"type": "object", "properties": {}}, "strict": False},
        {"type": "custom", "name": "p", "format": {"type": "grammar", "syntax": "lark", "definition": "start: A"}},
    ]
    assert body["tool_choice"] == {"type": "custom", "name": "p"}
    body, _ = sent(Conversation(HELLO, tools=tools, tool_choice=ToolChoice(ToolUse.AUTO, ("f", "p"))))
    assert body["tool_choice"]["mode"] == "auto"
    assert [each["name"] for each in body["tool_choice"]["tools"]] == ["f", "p"]


def test_settings_have_their_names() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    body, warnings = sent(
        Conversation(
            HELLO,
            output=OutputFormat(OutputKind.SCHEMA, schema, "n"),
            reasoning=ReasoningWish(effort=Effort.HIGH, summary="auto"),
            logprobs=Logprobs(2),
            metadata={"a": "b"},
            user="u",
            stream=True,
            max_output_tokens=50,
            extras={"verbosity": "low", "service_tier": "flex", "prompt_cache_key": "k", "logit_bias": {}},
        )
    )
    assert body["text"] == {
        "format": {"type": "json_schema", "name": "n", "schema": schema, "strict": False},
        "verbosity": "low",
    }
    assert body["reasoning"] == {"effort": "high", "summary": "auto"}
    assert body["include"] == ["message.output_text.logprobs", "reasoning.encrypted_content"]
    assert (body["top_logprobs"], body["metadata"], body["user"], body["stream"]) == (2, {"a": "b"}, "u", True)
    assert (body["max_output_tokens"], body["service_tier"], body["prompt_cache_key"]) == (50, "flex", "k")
    assert warnings == ("left out, as responses have no such thing: logit_bias",)


def test_only_a_model_that_thinks_is_told_how_much() -> None:
    body, warnings = sent(Conversation(HELLO, reasoning=ReasoningWish(budget=9_000)))
    assert body["reasoning"] == {"effort": "high"}
    assert warnings == ()
    body, warnings = sent(Conversation(HELLO, reasoning=ReasoningWish(budget=9_000)), PLAIN)
    assert "reasoning" not in body
    assert "how much to think" in warnings[0]


def test_the_cap_is_the_models_or_the_limits_where_that_is_less() -> None:
    small = CalledModel("a", PRESETS["openai"], None, 1_000)
    assert sent(Conversation(HELLO, max_output_tokens=5_000), small)[0]["max_output_tokens"] == 1_000
    capped = OpenAIResponsesProvider().encode_conversation(
        Conversation(HELLO, max_output_tokens=5_000), CalledModel("a", PRESETS["openai"], 100)
    )
    assert orjson.loads(capped.body)["max_output_tokens"] == 100
    assert capped.capped == "max_output_tokens"


@pytest.mark.parametrize(
    "conversation",
    [
        Conversation(HELLO, answers=2),
        Conversation((Message(Role.USER, (AudioPart(Inline("aGk="), "wav"),)),)),
        Conversation(HELLO, output=OutputFormat(OutputKind.SCHEMA)),
    ],
)
def test_what_would_change_the_meaning_is_refused(conversation: Conversation) -> None:
    with pytest.raises(Invalid):
        sent(conversation)
