"""A request of OpenAI's chat in neutral terms, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.dialects.contract import CalledModel
from localrouter.dialects.openai_chat.client import OpenAIChatClient
from localrouter.dialects.openai_chat.provider import OpenAIChatProvider
from localrouter.dialects.presets import PRESETS
from localrouter.domain.conversation.conversation import (
    Conversation,
    Effort,
    Message,
    OutputFormat,
    OutputKind,
    ReasoningWish,
    Role,
    ToolUse,
)
from localrouter.domain.conversation.parts import (
    CacheMark,
    FilePart,
    ImagePart,
    Inline,
    PlainText,
    ReasoningPart,
    Remote,
    Stored,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.errors import Invalid

CLIENT, PROVIDER = OpenAIChatClient(), OpenAIChatProvider()
OPENAI = CalledModel("b", PRESETS["openai"], reasons=True)
LOCAL = CalledModel("b", PRESETS["llamacpp"])
OPENROUTER = CalledModel("b", PRESETS["openrouter"], reasons=True)
WEATHER = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}, "strict": True},
}
CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"in": "Rome"}'}}


def conversation(**fields: object) -> Conversation:
    return CLIENT.conversation(CLIENT.example(Endpoint.CHAT_COMPLETIONS, "one/a", fields))


def sent(asked: Conversation, called: CalledModel = OPENAI) -> dict[str, object]:
    body = orjson.loads(PROVIDER.encode_conversation(asked, called).body)
    assert isinstance(body, dict)
    return body


def warned(asked: Conversation, called: CalledModel = OPENAI) -> str:
    return " ".join(PROVIDER.encode_conversation(asked, called).warnings)


WHOLE: Mapping[str, object] = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Rome?", "name": "ann"},
        {"role": "assistant", "content": None, "tool_calls": [CALL, {**CALL, "id": "c2"}]},
        {"role": "tool", "tool_call_id": "c1", "content": "20"},
        {"role": "tool", "tool_call_id": "c2", "content": "21"},
        {"role": "assistant", "content": "No.", "refusal": "Never."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "And this?"},
                {"type": "image_url", "image_url": {"url": "data:image/gif;base64,R0lG", "detail": "low"}},
                {"type": "image_url", "image_url": {"url": "https://pictures.example/a.png"}},
                {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBE"}},
            ],
        },
    ],
    "tools": [WEATHER, {"type": "custom", "custom": {"name": "shell", "format": {"type": "text"}}}],
    "tool_choice": {"type": "function", "function": {"name": "weather"}},
    "parallel_tool_calls": False,
    "temperature": 0.5,
    "top_p": 0.9,
    "stop": ["END"],
    "seed": 7,
    "presence_penalty": 0.1,
    "frequency_penalty": 0.2,
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"a": 1}, "strict": True}},
    "reasoning_effort": "low",
    "max_completion_tokens": 99,
    "logprobs": True,
    "top_logprobs": 3,
    "user": "u",
    "verbosity": "low",
    "stream": True,
    "n": 2,
}  # fmt: skip


def test_nothing_of_a_whole_request_is_lost_on_the_way_to_its_own_dialect() -> None:
    asked = conversation(**WHOLE)
    assert sent(asked) == {**WHOLE, "model": "b", "stream_options": {"include_usage": True}}
    assert warned(asked) == ""


TEXTS = st.text(min_size=1, max_size=20)
MESSAGES = st.lists(
    st.one_of(
        st.fixed_dictionaries({"role": st.sampled_from(["system", "user", "developer"]), "content": TEXTS}),
        st.fixed_dictionaries({"role": st.just("assistant"), "content": TEXTS}, optional={"refusal": TEXTS}),
        st.fixed_dictionaries({"role": st.just("tool"), "content": TEXTS}),
    ),
    max_size=6,
)


def with_calls(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same with the call that each result belongs to."""
    told: list[dict[str, Any]] = []
    for number, message in enumerate(messages):
        if message["role"] == "tool":
            told.append({"role": "assistant", "content": None, "tool_calls": [{**CALL, "id": f"c{number}"}]})
        told.append({**message, "tool_call_id": f"c{number}"} if message["role"] == "tool" else message)
    return told


@given(MESSAGES.map(with_calls))
def test_messages_come_back_as_they_were(messages: list[dict[str, object]]) -> None:
    assert sent(conversation(messages=messages))["messages"] == messages


def test_parts_are_read_whoever_spelled_them() -> None:
    marked = {"type": "text", "text": "b", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    parts = [
        "a",
        marked,
        {"type": "file", "file": {"file_id": "f1"}},
        {"type": "input_image", "image_url": "https://a"},
    ]
    (message,) = conversation(messages=[{"role": "user", "content": parts}]).messages
    assert message.parts == (
        TextPart("a"),
        TextPart("b", cache=CacheMark("1h")),
        FilePart(Stored("f1")),
        ImagePart(Remote("https://a")),
    )
    assert (
        conversation(functions=[{"name": "f"}], function_call={"name": "f"}).tool_choice
        == conversation(tool_choice={"type": "function", "name": "f"}).tool_choice
    )


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"web_search_options": {"a": 1}}, "web_search_options"),
        ({"tools": [{"type": "web_search"}]}, "tools[0]"),
        ({"tools": [{"type": "function", "function": {}}]}, "tools[0].name"),
        ({"tool_choice": "often"}, "tool_choice"),
        ({"response_format": {"type": "xml"}}, "response_format"),
        ({"reasoning_effort": "utmost"}, "reasoning_effort"),
        ({"messages": [{"role": "robot", "content": "a"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{"type": "video_url"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "assistant", "audio": {"id": "a"}}]}, "messages[0].audio"),
    ],
)
def test_what_would_change_the_meaning_is_refused_by_name(fields: dict[str, object], param: str) -> None:
    with pytest.raises(Invalid) as refusal:
        conversation(**fields)
    assert refusal.value.findings[0].path == param


def test_an_endpoint_that_others_do_not_have_is_refused_by_name() -> None:
    with pytest.raises(Invalid, match="does not serve embeddings"):
        CLIENT.conversation(CLIENT.example(Endpoint.EMBEDDINGS, "one/a", {}))


def test_what_only_some_servers_take_goes_to_those_and_is_told_of_others() -> None:
    cached = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}
    asked = conversation(messages=[{"role": "user", "content": [cached]}], top_k=5)
    assert sent(asked, OPENROUTER)["messages"] == [{"role": "user", "content": [cached]}]
    assert sent(asked, OPENROUTER)["top_k"] == sent(asked, LOCAL)["top_k"] == 5
    assert "top_k" not in sent(asked)
    assert "cache_control" not in warned(asked), "it caches by itself"
    assert "cache_control" in warned(asked, LOCAL)
    assert "top_k" in warned(asked)
    assert warned(asked, OPENROUTER) == ""
    developer = conversation(messages=[{"role": "developer", "content": "a"}])
    assert sent(developer, LOCAL)["messages"] == [{"role": "system", "content": "a"}]
    assert PROVIDER.encode_conversation(developer, LOCAL).adapted == ("roles",)


def test_only_a_model_that_is_known_to_think_is_told_how_much() -> None:
    wishes = {
        ReasoningWish(budget=1_024): "low",
        ReasoningWish(budget=8_192): "medium",
        ReasoningWish(enabled=True, budget=31_999): "high",
        ReasoningWish(effort=Effort.MAX): "high",
        ReasoningWish(effort=Effort.MINIMAL): "minimal",
        ReasoningWish(effort=Effort.NONE): None,
        ReasoningWish(enabled=False, budget=9): None,
    }
    asked = conversation()
    for wish, effort in wishes.items():
        assert sent(replace(asked, reasoning=wish)).get("reasoning_effort") == effort
    unknown = replace(asked, reasoning=ReasoningWish(budget=1_024))
    assert "reasoning_effort" not in sent(unknown, LOCAL)
    assert "how much to think" in warned(unknown, LOCAL)


THOUGHTS = [
    {"type": "reasoning.text", "text": "Hm.", "signature": "s1", "format": "anthropic-claude-v1", "index": 0},
    {"type": "reasoning.encrypted", "data": "e1", "format": "anthropic-claude-v1", "index": 1},
    {"type": "reasoning.summary", "summary": "So.", "format": "openai-responses-v1", "id": "rs_1", "index": 2},
    {"type": "reasoning.encrypted", "data": "e2", "format": "openai-responses-v1", "id": "rs_1", "index": 3},
]


def test_thoughts_keep_their_signatures_and_who_made_them() -> None:
    asked = conversation(messages=[{"role": "assistant", "content": "a", "reasoning_details": THOUGHTS}])
    assert asked.messages[0].parts[:-1] == (
        ReasoningPart("Hm.", signature="s1", dialect="anthropic_messages"),
        ReasoningPart(encrypted="e1", redacted=True, dialect="anthropic_messages"),
        ReasoningPart(summary=("So.",), encrypted="e2", dialect="openai_responses", item_id="rs_1"),
    )
    (message,) = list(sent(asked, OPENROUTER)["messages"])  # type: ignore[call-overload]
    assert message["reasoning_details"] == THOUGHTS
    assert "reasoning of earlier turns" in warned(asked)


def test_thoughts_that_are_sent_back_in_the_pieces_of_a_stream_are_whole_again() -> None:
    unsigned = {"type": "reasoning.text", "format": "unknown", "index": 0}
    pieces = [{**unsigned, "text": "H"}, {**unsigned, "text": "m."}, {**THOUGHTS[0], "text": ""}]
    asked = conversation(messages=[{"role": "assistant", "content": "a", "reasoning_details": pieces}])
    assert asked.messages[0].parts[0] == ReasoningPart("Hm.", signature="s1", dialect="anthropic_messages")
    plain = conversation(messages=[{"role": "assistant", "content": "a", "reasoning_content": "Hm."}])
    assert plain.messages[0].parts[0] == ReasoningPart("Hm.")


def test_tool_results_come_first_and_their_pictures_after() -> None:
    asked = conversation()
    picture = ImagePart(Inline("AA", "image/png"))
    parts = (TextPart("Well?"), ToolResultPart("c1", (TextPart("20"), picture), is_error=True))
    called = Message(Role.ASSISTANT, (ToolCallPart("c1", "weather", "{}"),))
    body = sent(replace(asked, messages=(called, replace(asked.messages[0], parts=parts))))
    messages = body["messages"]
    assert isinstance(messages, list)
    assert messages[1:] == [
        {"role": "tool", "tool_call_id": "c1", "content": "Error: 20"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What the tool call c1 returned:"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
                {"type": "text", "text": "Well?"},
            ],
        },
    ]


def test_a_choice_among_some_tools_leaves_out_the_others() -> None:
    other = {"type": "function", "function": {"name": "time"}}
    allowed = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [WEATHER]}}
    asked = conversation(tools=[WEATHER, other], tool_choice=allowed)
    assert asked.tool_choice is not None
    assert (asked.tool_choice.use, asked.tool_choice.names) == (ToolUse.AUTO, ("weather",))
    assert sent(asked)["tools"] == [WEATHER]
    assert sent(asked)["tool_choice"] == "auto"


def test_documents_that_only_others_have_become_text_or_are_refused() -> None:
    asked = conversation(response_format={"type": "json_object"})
    assert asked.output.kind is OutputKind.JSON
    (user,) = asked.messages
    assert user.role is Role.USER
    document = FilePart(PlainText("Once."), name="tale", context="old")
    body = sent(replace(asked, messages=(replace(user, parts=(document,)),)))
    assert body["messages"] == [{"role": "user", "content": "tale\nold\n\nOnce."}]
    with pytest.raises(Invalid, match="an image that"):
        sent(replace(asked, messages=(replace(user, parts=(ImagePart(Stored("f")),)),)))


def test_a_strict_limits_cap_goes_with_the_conversation() -> None:
    asked = conversation(max_tokens=50)
    encoded = PROVIDER.encode_conversation(asked, replace(LOCAL, output_cap=20))
    assert orjson.loads(encoded.body)["max_tokens"] == 20
    assert encoded.capped == "max_tokens"
    assert PROVIDER.encode_conversation(asked, replace(LOCAL, output_cap=60)).capped is None


def test_a_cap_beyond_what_the_model_can_answer_is_lowered() -> None:
    encoded = PROVIDER.encode_conversation(conversation(max_tokens=32_000), replace(OPENAI, max_output_tokens=16_384))
    assert orjson.loads(encoded.body)["max_completion_tokens"] == 16_384
    assert encoded.adapted == ("cap on the answer",)


def test_only_a_schema_that_leaves_nothing_open_is_enforced_unasked() -> None:
    inner = {"type": "object", "properties": {"b": {}}, "required": ["b"], "additionalProperties": False}
    whole = {"type": "object", "properties": {"a": inner}, "required": ["a"], "additionalProperties": False}
    inside = {**whole, "properties": {"a": {**inner, "required": []}}}
    for schema, strict in (
        (whole, True),
        ({**whole, "required": []}, False),
        (inside, False),
        ({"type": "object"}, False),
    ):
        asked = replace(conversation(), output=OutputFormat(OutputKind.SCHEMA, schema))
        told = sent(asked)["response_format"]
        assert isinstance(told, dict)
        assert told["json_schema"]["strict"] is strict


def test_arguments_of_a_call_are_never_empty() -> None:
    asked = conversation()
    call = replace(asked.messages[0], role=Role.ASSISTANT, parts=(ToolCallPart("c", "f", ""),))
    (message,) = list(sent(replace(asked, messages=(call,)))["messages"])  # type: ignore[call-overload]
    assert message["tool_calls"][0]["function"]["arguments"] == "{}"


CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CALLED: dict[str, object] = {"role": "assistant", "content": None, "tool_calls": [CALL]}
ANSWERED: dict[str, object] = {"role": "tool", "tool_call_id": "call_1", "content": "done"}


def messages_to(called: CalledModel, *messages: dict[str, object]) -> list[Any]:
    told = sent(conversation(messages=[*messages]), called)["messages"]
    assert isinstance(told, list)
    return told


@pytest.mark.parametrize(
    ("preset", "model", "wants"),
    [
        ("deepseek", "deepseek-chat", True),
        ("moonshot", "kimi-k2.6", True),
        ("llamacpp", "gpt-oss", True),
        ("openai-compatible", "deepseek-v3.2", True),
        ("openai-compatible", "gpt-4o", False),
        ("mistral", "magistral", False),
    ],
)
def test_thoughts_go_back_with_their_calls_to_models_that_insist_on_it(preset: str, model: str, wants: bool) -> None:
    called = CalledModel(model, PRESETS[preset], reasons=True)
    (told, _) = messages_to(called, {**CALLED, "reasoning_content": "Hm."}, ANSWERED)
    assert told.get("reasoning_content") == ("Hm." if wants else None)
    (told, _) = messages_to(called, CALLED, ANSWERED)
    assert told.get("reasoning_content") == ("" if wants and not called.preset.local else None)


def test_mistral_gets_ids_of_its_own_form_and_no_user_behind_a_tool() -> None:
    called = CalledModel("mistral-small", PRESETS["mistral"])
    asked: list[dict[str, object]] = [{"role": "user", "content": said} for said in ("And?", "Well?")]
    call, result = messages_to(called, CALLED, ANSWERED, *asked)
    assert call["tool_calls"][0]["id"] == result["tool_call_id"]
    assert len(result["tool_call_id"]) == 9
    assert result["content"] == "done\n\nAnd?\n\nWell?"


def test_a_users_name_that_is_too_long_is_told_as_its_digest() -> None:
    asked = conversation(user="u" * 65)
    assert sent(asked) == sent(asked)
    assert len(str(sent(asked)["user"])) == 64
    assert sent(conversation(user="u" * 64))["user"] == "u" * 64


def test_more_stop_sequences_than_four_go_to_local_servers_alone() -> None:
    asked = conversation(stop=list("abcdef"))
    assert sent(asked)["stop"] == list("abcd")
    assert "stop sequences" in warned(asked)
    assert sent(asked, LOCAL)["stop"] == list("abcdef")


def test_a_tool_may_return_pictures() -> None:
    shown = {**ANSWERED, "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}]}
    (message,) = conversation(messages=[shown]).messages
    assert message.parts == (ToolResultPart("call_1", (ImagePart(Inline("iVBO", "image/png")),)),)


@pytest.mark.parametrize(("detail", "told"), [("original", "high"), ("low", "low"), ("odd", None), (None, None)])
def test_a_picture_is_looked_at_as_closely_as_chat_can_say(detail: str | None, told: str | None) -> None:
    asked = conversation()
    picture = ImagePart(Inline("AA", "image/png"), detail)
    body = sent(replace(asked, messages=(replace(asked.messages[0], parts=(picture,)),)))
    (message,) = body["messages"]  # type: ignore[misc]
    assert message["content"][0]["image_url"].get("detail") == told  # type: ignore[has-type]
