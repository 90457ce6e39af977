"""A request of Anthropic's messages in neutral terms, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from localrouter.dialects.anthropic_messages.client import AnthropicMessagesClient
from localrouter.dialects.anthropic_messages.provider import AnthropicMessagesProvider
from localrouter.dialects.contract import CalledModel
from localrouter.dialects.presets import PRESETS
from localrouter.dialects.tool_names import fitted_id
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
    ReasoningPart,
    RefusalPart,
    Stored,
    TextPart,
    ToolCallPart,
    ToolKind,
    ToolResultPart,
)
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.errors import Invalid

CLIENT, PROVIDER = AnthropicMessagesClient(), AnthropicMessagesProvider()
SONNET = CalledModel("claude-sonnet-4-5", PRESETS["anthropic"], max_output_tokens=64_000, reasons=True)
OPUS = replace(SONNET, name="claude-opus-4-6")
OLD = replace(SONNET, name="claude-3-haiku-20240307", max_output_tokens=4_096, reasons=False)
MARKED = {"type": "ephemeral", "ttl": "1h"}


def conversation(**fields: object) -> Conversation:
    return CLIENT.conversation(CLIENT.example(Endpoint.CHAT_COMPLETIONS, "one/a", fields))


def said(*parts: object, role: Role = Role.USER) -> Conversation:
    return Conversation((Message(role, parts),))  # type: ignore[arg-type]


def sent(asked: Conversation, called: CalledModel = SONNET) -> dict[str, object]:
    body = orjson.loads(PROVIDER.encode_conversation(asked, called).body)
    assert isinstance(body, dict)
    return body


def turns_of(asked: Conversation) -> list[Any]:
    turns = sent(asked)["messages"]
    assert isinstance(turns, list)
    return turns


def warned(asked: Conversation, called: CalledModel = SONNET) -> str:
    return " ".join(PROVIDER.encode_conversation(asked, called).warnings)


WHOLE: Mapping[str, object] = {
    "system": [{"type": "text", "text": "Be brief.", "cache_control": MARKED}],
    "messages": [
        {"role": "user", "content": "Rome?"},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "sig"},
                {"type": "redacted_thinking", "data": "secret"},
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "t1", "name": "weather", "input": {"in": "Rome"}},
                {"type": "tool_use", "id": "t2", "name": "weather", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": "20", "is_error": False},
                {
                    "type": "tool_result",
                    "tool_use_id": "t2",
                    "content": [
                        {"type": "text", "text": "21"},
                        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}},
                    ],
                    "cache_control": {"type": "ephemeral"},
                },
                {"type": "text", "text": "And this?"},
                {"type": "image", "source": {"type": "url", "url": "https://pictures.example/a.png"}},
                {
                    "type": "document",
                    "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"},
                    "title": "a",
                    "context": "b",
                    "citations": {"enabled": True},
                },
                {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Once."}},
            ],
        },
    ],
    "tools": [{"name": "weather", "description": "d", "input_schema": {"type": "object"}, "cache_control": MARKED}],
    "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
    "max_tokens": 20_000,
    "thinking": {"type": "enabled", "budget_tokens": 2_000},
    "output_config": {
        "format": {"type": "json_schema", "schema": {"type": "object", "additionalProperties": False}},
    },
    "stop_sequences": ["END"],
    "metadata": {"user_id": "u"},
    "stream": True,
}


def test_nothing_of_a_whole_request_is_lost_on_the_way_to_its_own_dialect() -> None:
    asked = conversation(**WHOLE)
    assert sent(asked) == {**WHOLE, "model": "claude-sonnet-4-5"}
    assert warned(asked) == ""


TEXTS = st.text(min_size=1, max_size=20).filter(lambda text: text.strip() == text)
INPUTS = st.dictionaries(TEXTS, st.one_of(st.integers(-(2**53), 2**53), TEXTS, st.booleans(), st.none()), max_size=3)
IDS = st.from_regex(r"[a-zA-Z0-9_-]{1,10}", fullmatch=True)
BLOCKS = {
    "user": st.one_of(
        st.fixed_dictionaries({"type": st.just("text"), "text": TEXTS}),
    ),
    "assistant": st.one_of(
        st.fixed_dictionaries({"type": st.just("text"), "text": TEXTS}),
        st.fixed_dictionaries({"type": st.just("thinking"), "thinking": TEXTS, "signature": IDS}),
        st.fixed_dictionaries({"type": st.just("tool_use"), "id": IDS.map("c{}".format), "name": IDS, "input": INPUTS}),
    ),
}


def turn(role: str) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({"role": st.just(role), "content": st.lists(BLOCKS[role], min_size=2, max_size=4)})


@given(st.lists(st.tuples(turn("user"), turn("assistant")), min_size=1, max_size=3), TEXTS)
def test_turns_come_back_as_they_were(turns: list[tuple[dict[str, object], ...]], system: str) -> None:
    messages = [message for pair in turns for message in pair]
    for before, message in pairwise(messages):
        called = [block["id"] for block in before["content"] if "id" in block]  # type: ignore[attr-defined]
        kept: dict[str, object] = {"type": "tool_result", "content": "a"}
        results = [{**kept, "tool_use_id": each} | ({"is_error": True} if "x" in each else {}) for each in called]
        message["content"] = [*results, *message["content"]]  # type: ignore[misc]
    blocks: list[Any] = [block for message in messages for block in message["content"]]  # type: ignore[attr-defined]
    ids = [block["id"] for block in blocks if "id" in block]
    assume(len(ids) == len(set(ids)))
    body = sent(conversation(messages=messages, system=system))
    assert (body["messages"], body["system"]) == (messages, system)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"mcp_servers": [{"url": "https://a"}]}, "mcp_servers"),
        ({"container": "c"}, "container"),
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools[0]"),
        ({"tools": [{"input_schema": {}}]}, "tools[0].name"),
        ({"tool_choice": {"type": "often"}}, "tool_choice"),
        ({"output_config": {"format": {"type": "xml"}}}, "output_config.format"),
        ({"messages": [{"role": "robot", "content": "a"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{"type": "container_upload"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages[0].content"),
    ],
)
def test_what_would_change_the_meaning_is_refused_by_name(fields: dict[str, object], param: str) -> None:
    with pytest.raises(Invalid) as refusal:
        conversation(**fields)
    assert refusal.value.findings[0].path == param


def test_wishes_to_think_are_read_in_each_of_their_forms() -> None:
    read = {
        None: ReasoningWish(),
        "disabled": ReasoningWish(enabled=False),
        "adaptive": ReasoningWish(enabled=True, effort=Effort.HIGH, summary="auto"),
    }
    for kind, wish in read.items():
        fields: dict[str, object] = {} if kind is None else {"thinking": {"type": kind}}
        if wish.effort is not None:
            fields["output_config"] = {"effort": wish.effort.value}
        assert conversation(**fields).reasoning == wish


def test_a_system_prompt_alone_is_what_the_user_says() -> None:
    asked = said(TextPart("Tell a tale."), role=Role.DEVELOPER)
    assert sent(asked)["messages"] == [{"role": "user", "content": "Tell a tale."}]
    assert "system" not in sent(asked)
    with pytest.raises(Invalid, match="at least one message"):
        sent(said(TextPart("")))


def test_what_the_system_says_later_stays_in_its_place() -> None:
    turns = ((Role.SYSTEM, "a"), (Role.DEVELOPER, "b"), (Role.USER, "c"), (Role.SYSTEM, "d"), (Role.ASSISTANT, "e"))
    asked = Conversation(tuple(Message(role, (TextPart(text),)) for role, text in turns))
    encoded = PROVIDER.encode_conversation(asked, SONNET)
    body = orjson.loads(encoded.body)
    assert body["system"] == [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert body["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "c"}, {"type": "text", "text": "d"}]},
        {"role": "assistant", "content": "e"},
    ]
    assert encoded.adapted == ("roles",)


def test_the_results_of_tools_come_first_and_together() -> None:
    calls = Message(Role.ASSISTANT, (ToolCallPart("fn.a:0", "f", ""), ToolCallPart("c2", "f", "no JSON")))
    results = [Message(Role.USER, (ToolResultPart(call, (TextPart(call),)),)) for call in ("fn.a:0", "c2")]
    asked = Conversation((calls, Message(Role.USER, (TextPart("Well?"),)), *results))
    told, answered = turns_of(asked)
    assert [block["id"] for block in told["content"]] == [fitted_id("fn.a:0", 64), "c2"]
    assert [block["input"] for block in told["content"]] == [{}, {"arguments": "no JSON"}]
    assert [block["type"] for block in answered["content"]] == ["tool_result", "tool_result", "text"]
    assert answered["content"][0]["tool_use_id"] == told["content"][0]["id"]


def test_thoughts_of_other_providers_do_not_go_to_anthropic() -> None:
    own, foreign = ReasoningPart("a", signature="s", dialect="anthropic_messages"), ReasoningPart("b")
    asked = said(own, foreign, TextPart("c"), role=Role.ASSISTANT)
    (message,) = turns_of(asked)
    assert message["content"] == [
        {"type": "thinking", "thinking": "a", "signature": "s"},
        {"type": "text", "text": "c"},
    ]
    assert "reasoning of another provider" in warned(asked)


@pytest.mark.parametrize(
    ("wish", "called", "thinking", "effort", "cap"),
    [
        (ReasoningWish(effort=Effort.LOW), SONNET, {"type": "enabled", "budget_tokens": 2_048}, None, 32_000),
        (ReasoningWish(effort=Effort.HIGH), SONNET, {"type": "enabled", "budget_tokens": 16_384}, None, 32_000),
        (ReasoningWish(effort=Effort.XHIGH), SONNET, {"type": "enabled", "budget_tokens": 32_768}, None, 36_864),
        (ReasoningWish(budget=10), SONNET, {"type": "enabled", "budget_tokens": 1_024}, None, 32_000),
        (ReasoningWish(effort=Effort.MINIMAL), OPUS, {"type": "adaptive"}, "low", 32_000),
        (ReasoningWish(budget=8_000), OPUS, {"type": "adaptive"}, "medium", 32_000),
        (ReasoningWish(effort=Effort.NONE), SONNET, None, None, 32_000),
        (ReasoningWish(enabled=False, budget=5_000), SONNET, None, None, 32_000),
        (ReasoningWish(effort=Effort.HIGH), OLD, None, None, 4_096),
    ],
)
def test_an_effort_is_a_budget_or_an_effort_of_anthropics(
    wish: ReasoningWish, called: CalledModel, thinking: object, effort: str | None, cap: int
) -> None:
    body = sent(replace(said(TextPart("a")), reasoning=wish), called)
    assert (body.get("thinking"), body["max_tokens"]) == (thinking, cap)
    assert body.get("output_config") == (None if effort is None else {"effort": effort})


def test_a_budget_is_smaller_than_the_cap_and_a_small_cap_leaves_no_room_for_thoughts() -> None:
    asked = replace(said(TextPart("a")), reasoning=ReasoningWish(effort=Effort.HIGH), max_output_tokens=5_000)
    assert sent(asked)["thinking"] == {"type": "enabled", "budget_tokens": 4_999}
    small = replace(asked, max_output_tokens=1_000)
    assert "thinking" not in sent(small)
    assert "how much to think" in warned(small)
    held = PROVIDER.encode_conversation(asked, replace(SONNET, output_cap=2_000))
    assert orjson.loads(held.body)["max_tokens"] == 2_000
    assert orjson.loads(held.body)["thinking"]["budget_tokens"] == 1_999
    assert held.capped == "max_tokens"


def test_thinking_gives_way_where_anthropic_takes_none() -> None:
    thinks = ReasoningWish(effort=Effort.HIGH)
    tool = Tool("f")
    forced = replace(said(TextPart("a")), tools=(tool,), tool_choice=ToolChoice(ToolUse.REQUIRED), reasoning=thinks)
    call = Message(Role.ASSISTANT, (ToolCallPart("c", "f", "{}"),))
    amid = Conversation((call, Message(Role.USER, (ToolResultPart("c"),))), tools=(tool,), reasoning=thinks)
    for asked in (forced, amid):
        assert "thinking" not in sent(asked)
        assert "how much to think" in warned(asked)
    warm = replace(said(TextPart("a")), sampling=Sampling(temperature=0.2, top_k=5), reasoning=thinks)
    assert not sent(warm).keys() & {"temperature", "top_k"}
    assert "temperature beside thinking, top_k beside thinking" in " ".join(sorted([warned(warm)]))


def test_formats_are_enforced_or_asked_for() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "object", "properties": {}}}}
    asked = replace(said(TextPart("a")), output=OutputFormat(OutputKind.SCHEMA, schema))
    inner = {"type": "object", "properties": {}, "additionalProperties": False}
    closed = {"type": "object", "properties": {"a": inner}, "additionalProperties": False}
    assert sent(asked)["output_config"] == {"format": {"type": "json_schema", "schema": closed}}
    with_tool = replace(asked, tools=(Tool("f"),))
    assert "JSON schema" in str(sent(with_tool, OLD)["system"])
    assert "enforcement of the answer's schema" in warned(with_tool, OLD)
    plain = replace(asked, output=OutputFormat(OutputKind.JSON))
    assert "one JSON object" in str(sent(plain)["system"])


def test_what_anthropic_has_not_is_told_or_refused() -> None:
    asked = replace(
        said(TextPart("a")),
        sampling=Sampling(temperature=1.5, top_p=0.5, seed=1, presence_penalty=0.1, frequency_penalty=0.1, stop=(" ",)),
        logprobs=Logprobs(),
        metadata={"a": 1},
        extras={"verbosity": "low"},
        tools=(Tool("f", strict=True), Tool("g", kind=ToolKind.CUSTOM)),
        tool_choice=ToolChoice(ToolUse.AUTO, ("f", "g")),
    )
    body = sent(asked)
    assert body["temperature"] == 1.0
    assert not body.keys() & {"top_p", "stop_sequences", "seed", "verbosity"}
    lost = "frequency_penalty, logprobs, metadata, presence_penalty, seed, stop sequences of white space"
    assert lost in warned(asked)
    assert "strict schemas of tools, top_p beside temperature, verbosity" in warned(asked)
    for part in (AudioPart(Inline("A")), ImagePart(Stored("f")), FilePart(Stored("f"))):
        with pytest.raises(Invalid):
            sent(said(part))
    with pytest.raises(Invalid, match="one answer at a time"):
        sent(replace(said(TextPart("a")), answers=2))


def test_a_cap_beyond_what_the_model_can_answer_is_lowered() -> None:
    asked = replace(said(TextPart("a")), max_output_tokens=100_000, reasoning=ReasoningWish(effort=Effort.HIGH))
    encoded = PROVIDER.encode_conversation(asked, SONNET)
    assert orjson.loads(encoded.body)["max_tokens"] == 64_000
    assert encoded.adapted == ("cap on the answer", "reasoning effort")


def test_tools_that_were_called_earlier_are_told_though_none_are_offered_now() -> None:
    call = Message(Role.ASSISTANT, (ToolCallPart("c", "f", "{}"), ToolCallPart("d", "f", "{}")))
    results = Message(Role.USER, (ToolResultPart("c"), ToolResultPart("d")))
    body = sent(Conversation((call, results)))
    assert body["tools"] == [{"name": "f", "input_schema": {"type": "object", "properties": {}}}]
    assert body["tool_choice"] == {"type": "none"}


def test_blank_texts_are_nothing_and_a_beginning_ends_neatly() -> None:
    turns = (Message(Role.USER, (TextPart(" \n"), TextPart("a "))), Message(Role.ASSISTANT, (TextPart("b \n"),)))
    assert sent(Conversation(turns))["messages"] == [
        {"role": "user", "content": "a "},
        {"role": "assistant", "content": "b"},
    ]


def test_pictures_and_texts_are_given_as_what_they_are() -> None:
    asked = said(
        ImagePart(Inline("/9j/AA")), FilePart(Inline("SGk=", "text/markdown"), name="a.md"), RefusalPart("No.")
    )
    (message,) = turns_of(asked)
    image, text, refusal = message["content"]
    assert image["source"]["media_type"] == "image/jpeg"
    assert text["source"] == {"type": "text", "media_type": "text/plain", "data": "Hi"}
    assert refusal == {"type": "text", "text": "No."}


@pytest.mark.parametrize("kind", ["image/jpg", "image/png", "application/octet-stream", None])
def test_a_picture_is_of_the_type_that_it_is(kind: str | None) -> None:
    (turn,) = turns_of(said(ImagePart(Inline("/9j/4AAQSkZJRg", kind)), TextPart("?")))
    assert turn["content"][0]["source"]["media_type"] == "image/jpeg"


def test_what_anthropic_ran_itself_is_left_out_and_told() -> None:
    ran: list[dict[str, object]] = [
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}},
        {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []},
        {"type": "mcp_tool_use", "id": "m1", "name": "f", "server_name": "s", "input": {}},
    ]
    spoken = {"role": "assistant", "content": [*ran, {"type": "text", "text": "It rains."}]}
    asked = conversation(messages=[spoken, {"role": "assistant", "content": ran}, {"role": "user", "content": "So?"}])
    assert [message.parts for message in asked.messages] == [(TextPart("It rains."),), (TextPart("So?"),)]
    assert "web_search_tool_result" in asked.warnings[0]


def test_a_tool_that_was_looked_up_is_told_in_words() -> None:
    found = {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "tool_reference", "tool_name": "plan"}]}
    ((result,),) = [message.parts for message in conversation(messages=[{"role": "user", "content": [found]}]).messages]
    assert isinstance(result, ToolResultPart)
    assert "plan" in result.parts[0].text  # type: ignore[union-attr]


LINE = "x-anthropic-billing-header: cc_version=2.1.177; cch=36ee5;"


@pytest.mark.parametrize(
    "system", [f"{LINE}\nBe brief.", [{"type": "text", "text": LINE}, {"type": "text", "text": "Be brief."}]]
)
def test_the_line_for_billing_which_is_never_the_same_goes_to_nobody_else(system: object) -> None:
    asked = conversation(system=system)
    assert asked.messages[0].parts == (TextPart("Be brief."),)
    assert asked.adapted == ("Claude Code's line for billing",)
    assert conversation(system="Be brief.").adapted == ()
