from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from localrouter.dialects.adapters.adapting import Written
from localrouter.dialects.contract import CalledModel
from localrouter.dialects.gemini.neutral.calls import body_of
from localrouter.dialects.presets import PRESETS
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
    CacheMark,
    FilePart,
    ImagePart,
    Inline,
    Part,
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
from localrouter.domain.errors import Invalid

FLASH, LEVELS = CalledModel("gemini-2.5-flash", PRESETS["gemini"]), CalledModel("gemini-3-flash", PRESETS["gemini"])
USER = Message(Role.USER, (TextPart("Hi"),))
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}


def told(*messages: Message, called: CalledModel = FLASH, **more: Any) -> Written:
    return body_of(Conversation(messages or (USER,), **more), called)


def user(*parts: Part) -> Message:
    return Message(Role.USER, parts)


def model(*parts: Part) -> Message:
    return Message(Role.ASSISTANT, parts)


def contents(*messages: Message, called: CalledModel = FLASH) -> Any:
    return told(*messages, called=called).body["contents"]


def test_what_the_system_says_first_stands_apart_and_the_rest_in_turns() -> None:
    written = told(
        Message(Role.SYSTEM, (TextPart("Be kind."),)),
        Message(Role.DEVELOPER, (TextPart("And brief."),)),
        user(TextPart("Hi")),
        user(TextPart("there")),
        model(TextPart("Hello")),
        Message(Role.SYSTEM, (TextPart("Now rude."),)),
    )
    assert written.body == {
        "systemInstruction": {"parts": [{"text": "Be kind."}, {"text": "And brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Hi"}, {"text": "there"}]},
            {"role": "model", "parts": [{"text": "Hello"}]},
            {"role": "user", "parts": [{"text": "Now rude."}]},
        ],
    }
    assert written.adapted == {"roles"}
    alone = told(Message(Role.SYSTEM, (TextPart("Be kind."),)))
    assert alone.body == {"contents": [{"role": "user", "parts": [{"text": "Be kind."}]}]}


def test_nothing_to_say_is_refused() -> None:
    with pytest.raises(Invalid, match="at least one message"):
        told(user(TextPart("")))
    with pytest.raises(Invalid, match="one at a time"):
        told(answers=2)


def test_results_have_the_names_and_the_order_of_their_calls() -> None:
    asked = contents(
        USER,
        model(ToolCallPart("c1", "f", '{"a": 1}'), ToolCallPart("c2", "g", "")),
        user(ToolResultPart("c2", (TextPart('{"t": 20}'),)), TextPart("Well?")),
        user(ToolResultPart("c1", (TextPart("no"),), is_error=True)),
    )
    assert asked[1]["parts"] == [
        {"functionCall": {"id": "c1", "name": "f", "args": {"a": 1}}},
        {"functionCall": {"id": "c2", "name": "g", "args": {}}},
    ]
    by_name = [part["functionResponse"] for part in asked[2]["parts"] if "functionResponse" in part]
    assert {each["id"]: (each["name"], each["response"]) for each in by_name} == {
        "c1": ("f", {"error": "no"}),
        "c2": ("g", {"t": 20}),
    }
    both = contents(
        USER,
        model(ToolCallPart("c1", "f", "{}"), ToolCallPart("c2", "f", "{}")),
        user(ToolResultPart("c2", (TextPart("two"),)), ToolResultPart("c1", (TextPart("one"),))),
    )
    assert [part["functionResponse"]["id"] for part in both[2]["parts"]] == ["c1", "c2"]


def test_an_id_that_was_made_up_here_does_not_go_to_google() -> None:
    asked = contents(
        USER,
        model(ToolCallPart("gemini_call_r_0", "f", "{}")),
        user(ToolResultPart("gemini_call_r_0", (TextPart("x"),))),
    )
    assert asked[1]["parts"] == [{"functionCall": {"name": "f", "args": {}}}]
    assert asked[2]["parts"] == [{"functionResponse": {"name": "f", "response": {"result": "x"}}}]


def test_the_proofs_of_its_thoughts_go_back_where_they_came_from() -> None:
    (said,) = [
        turn["parts"]
        for turn in contents(
            USER,
            model(
                ReasoningPart("Hm.", dialect="gemini"),
                ReasoningPart("Sure.", signature="c2ln", dialect="gemini"),
                ReasoningPart(encrypted="Y2FsbA==", dialect="gemini", item_id="c1"),
                ReasoningPart(encrypted="dGV4dA==", dialect="gemini"),
                TextPart("I look."),
                ToolCallPart("c1", "f", "{}"),
            ),
        )
        if turn["role"] == "model"
    ]
    assert said == [
        {"text": "Hm.", "thought": True},
        {"text": "Sure.", "thought": True, "thoughtSignature": "c2ln"},
        {"text": "I look.", "thoughtSignature": "dGV4dA=="},
        {"functionCall": {"id": "c1", "name": "f", "args": {}}, "thoughtSignature": "Y2FsbA=="},
    ]
    silent = contents(USER, model(ReasoningPart(encrypted="dGV4dA==", dialect="gemini")))
    assert silent[1]["parts"] == [{"text": "", "thoughtSignature": "dGV4dA=="}]


def test_calls_of_another_model_bear_the_mark_that_google_takes_for_a_proof() -> None:
    calls = model(
        ReasoningPart("Hm.", signature="s", dialect="anthropic_messages"),
        ToolCallPart("a", "f", "{}"),
        ToolCallPart("b", "f", "{}"),
    )
    written = told(USER, calls, called=LEVELS)
    first, second = written.body["contents"][1]["parts"]  # type: ignore[index]
    assert first["thoughtSignature"] == "skip_thought_signature_validator"
    assert "thoughtSignature" not in second
    assert "reasoning of another provider" in written.warnings()[0]
    assert all("thoughtSignature" not in part for part in contents(USER, calls)[1]["parts"])


@pytest.mark.parametrize(
    ("part", "sent"),
    [
        (ImagePart(Inline("iVBORw0K")), {"inlineData": {"mimeType": "image/png", "data": "iVBORw0K"}}),
        (ImagePart(Inline("x", "image/heic")), {"inlineData": {"mimeType": "image/heic", "data": "x"}}),
        (
            ImagePart(Remote("https://a/b.JPG?x")),
            {"fileData": {"fileUri": "https://a/b.JPG?x", "mimeType": "image/jpeg"}},
        ),
        (ImagePart(Remote("https://a/b")), {"fileData": {"fileUri": "https://a/b"}}),
        (FilePart(Inline("x")), {"inlineData": {"mimeType": "application/pdf", "data": "x"}}),
        (FilePart(Inline("x", "video/mp4")), {"inlineData": {"mimeType": "video/mp4", "data": "x"}}),
        (FilePart(PlainText("a"), "n.txt", "of 2020"), {"text": "n.txt\nof 2020\n\na"}),
        (AudioPart(Inline("x"), "mp3"), {"inlineData": {"mimeType": "audio/mpeg", "data": "x"}}),
        (AudioPart(Inline("x")), {"inlineData": {"mimeType": "audio/wav", "data": "x"}}),
        (RefusalPart("No."), {"text": "No."}),
    ],
)
def test_pictures_files_and_sounds_are_sent_as_data_or_addresses(part: Part, sent: dict[str, Any]) -> None:
    assert contents(user(part)) == [{"role": "user", "parts": [sent]}]


def test_a_file_that_only_another_provider_knows_is_refused() -> None:
    with pytest.raises(Invalid, match="known only to the provider"):
        told(user(FilePart(Stored("file-1"))))


def test_pictures_of_tools_stand_behind_all_results() -> None:
    result = ToolResultPart("c1", (ImagePart(Inline("x", "image/png")),))
    called = model(ToolCallPart("c1", "f", "no json"), ToolCallPart("c2", "f", "{}"))
    written = told(USER, called, user(result, ToolResultPart("c2")))
    parts = written.body["contents"][2]["parts"]  # type: ignore[index]
    assert [next(iter(part)) for part in parts] == ["functionResponse", "functionResponse", "text", "inlineData"]
    assert written.adapted == {"pictures in tool results", "arguments that are no JSON object"}


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        (None, None),
        (ToolChoice(), {"mode": "AUTO"}),
        (ToolChoice(ToolUse.NONE), {"mode": "NONE"}),
        (ToolChoice(ToolUse.REQUIRED), {"mode": "ANY"}),
        (ToolChoice(ToolUse.REQUIRED, ("f",)), {"mode": "ANY", "allowedFunctionNames": ["f"]}),
        (ToolChoice(ToolUse.REQUIRED, ("f", "g")), {"mode": "ANY", "allowedFunctionNames": ["f", "g"]}),
    ],
)
def test_tools_and_their_choice_are_told(choice: ToolChoice | None, config: Any) -> None:
    body = told(tools=(Tool("f", "Does f.", SCHEMA), Tool("g")), tool_choice=choice).body
    declared = [{"name": "f", "description": "Does f.", "parametersJsonSchema": SCHEMA}, {"name": "g"}]
    assert body["tools"] == [{"functionDeclarations": declared}]
    assert body.get("toolConfig") == (None if config is None else {"functionCallingConfig": config})


def test_tools_that_may_but_must_not_be_called_are_the_only_ones_told() -> None:
    written = told(tools=(Tool("f"), Tool("g")), tool_choice=ToolChoice(ToolUse.AUTO, ("g",)))
    assert written.body["tools"] == [{"functionDeclarations": [{"name": "g"}]}]
    assert written.adapted == {"tool choice"}


def test_custom_tools_become_functions() -> None:
    written = told(tools=(Tool("patch", kind=ToolKind.CUSTOM),))
    (declared,) = written.body["tools"][0]["functionDeclarations"]  # type: ignore[index]
    assert declared["parametersJsonSchema"]["required"] == ["input"]
    assert written.adapted == {"custom tools"}


def test_sampling_goes_into_its_configuration() -> None:
    sampling = Sampling(0.5, 0.9, 40, ("END",), 7, 0.1, 0.2)
    body = told(sampling=sampling, max_output_tokens=9, logprobs=Logprobs(3)).body
    assert body["generationConfig"] == {
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 40,
        "stopSequences": ["END"],
        "seed": 7,
        "presencePenalty": 0.1,
        "frequencyPenalty": 0.2,
        "responseLogprobs": True,
        "logprobs": 3,
        "maxOutputTokens": 9,
    }
    assert "generationConfig" not in told().body
    lowered = told(max_output_tokens=9_000, called=replace(FLASH, max_output_tokens=8_000))
    assert lowered.body["generationConfig"] == {"maxOutputTokens": 8_000}
    assert lowered.adapted == {"cap on the answer"}


def test_a_format_is_enforced_where_the_model_can() -> None:
    output = OutputFormat(OutputKind.SCHEMA, SCHEMA)
    enforced = {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}
    assert told(output=output).body["generationConfig"] == enforced
    assert told(output=OutputFormat(OutputKind.JSON)).body["generationConfig"] == {
        "responseMimeType": "application/json"
    }
    assert told(output=output, tools=(Tool("f"),), called=LEVELS).body["generationConfig"] == enforced
    beside = told(Message(Role.SYSTEM, (TextPart("Be kind."),)), USER, output=output, tools=(Tool("f"),))
    assert "generationConfig" not in beside.body
    first, second = beside.body["systemInstruction"]["parts"]  # type: ignore[index]
    assert first == {"text": "Be kind."}
    assert '"properties"' in second["text"]
    assert beside.adapted == {"structured output"}
    assert "enforcement" in beside.warnings()[0]
    with pytest.raises(Invalid, match="schema"):
        told(output=OutputFormat(OutputKind.SCHEMA))


def test_only_a_model_that_thinks_is_told_how_much() -> None:
    wish = ReasoningWish(effort=Effort.LOW)
    thinking = told(reasoning=wish)
    assert thinking.body["generationConfig"] == {"thinkingConfig": {"thinkingBudget": 1_024, "includeThoughts": True}}
    assert thinking.adapted == {"reasoning effort"}
    old = told(reasoning=wish, called=CalledModel("gemini-2.0-flash", PRESETS["gemini"]))
    assert ("generationConfig" in old.body, old.lost) == (False, {"how much to think"})


def test_what_gemini_has_not_is_told_by_name() -> None:
    cached = Message(Role.USER, (TextPart("Hi", cache=CacheMark()), ImagePart(Inline("x"), "high")), "Ann")
    written = told(
        cached,
        tools=(Tool("f", strict=True, cache=CacheMark()),),
        parallel_tools=False,
        user="u",
        metadata={"a": "b"},
        extras={"verbosity": "low"},
    )
    assert written.adapted == {"prompt caching"}  # it caches by itself
    assert written.lost == {
        "detail of images",
        "metadata",
        "names of participants",
        "parallel_tool_calls",
        "strict schemas of tools",
        "user",
        "verbosity",
    }


def test_results_stand_behind_their_calls_and_none_is_missing() -> None:
    calls = model(ToolCallPart("a", "f", "{}"), ToolCallPart("b", "g", "{}"))
    note = Message(Role.DEVELOPER, (TextPart("Note."),))
    written = told(USER, calls, note, user(ToolResultPart("a", (TextPart("done"),))))
    asked, results = written.body["contents"][1:]  # type: ignore[index]
    assert [each["functionCall"]["name"] for each in asked["parts"]] == ["f", "g"]
    assert [each["functionResponse"]["name"] for each in results["parts"][:2]] == ["f", "g"]
    assert results["parts"][2:] == [{"text": "Note."}]
    assert "calls without a result" in written.adapted
