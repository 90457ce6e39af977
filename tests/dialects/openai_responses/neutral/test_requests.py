"""A request of OpenAI's responses in neutral terms, and as a provider of OpenAI's chat gets it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from localrouter.dialects.anthropic_messages.provider import AnthropicMessagesProvider
from localrouter.dialects.contract import CalledModel
from localrouter.dialects.presets import PRESETS
from localrouter.domain.conversation.conversation import (
    Logprobs,
    Message,
    OutputFormat,
    OutputKind,
    ReasoningWish,
    Role,
)
from localrouter.domain.conversation.parts import (
    Citation,
    FilePart,
    ImagePart,
    Inline,
    ReasoningPart,
    RefusalPart,
    Remote,
    Stored,
    TextPart,
    ToolCallPart,
    ToolKind,
    ToolResultPart,
)
from localrouter.domain.conversation.request import Capability, Endpoint, Service
from localrouter.domain.errors import Invalid
from localrouter.domain.limits.demand import MaxUsage
from tests.dialects.openai_responses.asking import CLIENT, LOCAL, OPENAI, PROVIDER, conversation, sent

CITED = {"type": "url_citation", "url": "https://a", "title": "A", "start_index": 0, "end_index": 2}
ITEMS: list[dict[str, object]] = [
    {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Use tools."}]},
    {
        "role": "user",
        "content": [
            {"type": "input_text", "text": "And this?"},
            {"type": "input_image", "image_url": "data:image/gif;base64,R0lG", "detail": "low"},
            {"type": "input_image", "image_url": "https://pictures.example/a.png"},
            {"type": "input_image", "file_id": "f1", "detail": "auto"},
            {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBE"},
            {"type": "input_file", "file_url": "https://files.example/a.pdf"},
        ],
    },
    {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "So."}],
        "content": [{"type": "reasoning_text", "text": "Hm."}],
        "encrypted_content": "e1",
    },
    {
        "type": "message",
        "role": "assistant",
        "id": "msg_1",
        "status": "completed",
        "content": [
            {"type": "output_text", "text": "Hi", "annotations": [CITED], "logprobs": []},
            {"type": "refusal", "refusal": "Not that."},
        ],
    },
    {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "weather", "arguments": "{}"},
    {"type": "custom_tool_call", "id": "ctc_1", "call_id": "c2", "name": "patch", "input": "***"},
    {
        "type": "local_shell_call",
        "id": "lsh_1",
        "call_id": "c3",
        "status": "completed",
        "action": {"type": "exec", "command": ["ls"], "env": {}},
    },
    {"type": "function_call_output", "call_id": "c1", "output": [{"type": "input_text", "text": "20"}]},
    {"type": "custom_tool_call_output", "call_id": "c2", "output": "done"},
    {"type": "local_shell_call_output", "id": "lsh_1", "output": "a.txt"},
    {"role": "assistant", "content": "One."},
    {"role": "assistant", "content": "Two."},
]


def test_an_input_becomes_the_turns_of_a_conversation() -> None:
    assert conversation(instructions="Be brief.", input=ITEMS).messages == (
        Message(Role.DEVELOPER, (TextPart("Be brief."), TextPart("Use tools."))),
        Message(
            Role.USER,
            (
                TextPart("And this?"),
                ImagePart(Inline("R0lG", "image/gif"), "low"),
                ImagePart(Remote("https://pictures.example/a.png")),
                ImagePart(Stored("f1"), "auto"),
                FilePart(Inline("JVBE", "application/pdf"), "a.pdf"),
                FilePart(Remote("https://files.example/a.pdf")),
            ),
        ),
        Message(
            Role.ASSISTANT,
            (
                ReasoningPart("Hm.", ("So.",), encrypted="e1", dialect="openai_responses", item_id="rs_1"),
                TextPart("Hi", (Citation("https://a", "A", None, 0, 2, "openai_responses", CITED),)),
                RefusalPart("Not that."),
                ToolCallPart("c1", "weather", "{}", item_id="fc_1"),
                ToolCallPart("c2", "patch", "***", ToolKind.CUSTOM, item_id="ctc_1"),
                ToolCallPart("c3", "local_shell", '{"command":["ls"],"env":{}}', item_id="lsh_1"),
            ),
        ),
        Message(
            Role.USER,
            (
                ToolResultPart("c1", (TextPart("20"),)),
                ToolResultPart("c2", (TextPart("done"),), kind=ToolKind.CUSTOM),
                ToolResultPart("c3", (TextPart("a.txt"),)),
            ),
        ),
        Message(Role.ASSISTANT, (TextPart("One."),)),
        Message(Role.ASSISTANT, (TextPart("Two."),)),
    )


def test_every_setting_reaches_a_provider_that_has_it() -> None:
    body = sent(
        input="Hello",
        instructions="Be brief.",
        tools=[
            {"type": "function", "name": "f", "description": "F", "parameters": OBJECT, "strict": True},
            {"type": "custom", "name": "g", "format": {"type": "grammar", "syntax": "lark", "definition": "start: A"}},
        ],
        tool_choice={"type": "function", "name": "f"},
        parallel_tool_calls=False,
        text={
            "format": {"type": "json_schema", "name": "n", "schema": {"a": 1}, "strict": True, "description": "D"},
            "verbosity": "low",
        },
        reasoning={"effort": "low", "summary": "auto"},
        max_output_tokens=99,
        temperature=0.5,
        top_p=0.9,
        top_logprobs=3,
        user="u",
        service_tier="flex",
        safety_identifier="s",
        prompt_cache_key="k",
        store=False,
        stream=True,
    )
    assert body == {
        "model": "b",
        "messages": [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Hello"}],
        "tools": [
            {
                "type": "function",
                "function": {"name": "f", "description": "F", "parameters": OBJECT, "strict": True},
            },
            {
                "type": "custom",
                "custom": {
                    "name": "g",
                    "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: A"}},
                },
            },
        ],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "parallel_tool_calls": False,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "n", "schema": {"a": 1}, "strict": True, "description": "D"},
        },
        "verbosity": "low",
        "reasoning_effort": "low",
        "max_completion_tokens": 99,
        "temperature": 0.5,
        "top_p": 0.9,
        "logprobs": True,
        "top_logprobs": 3,
        "user": "u",
        "service_tier": "flex",
        "safety_identifier": "s",
        "prompt_cache_key": "k",
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_settings_are_read_in_neutral_terms() -> None:
    asked = conversation(
        text={"format": {"type": "json_object"}},
        reasoning={"generate_summary": "concise"},
        include=["reasoning.encrypted_content", "message.output_text.logprobs"],
        metadata={"a": "b"},
    )
    assert asked.output == OutputFormat(OutputKind.JSON)
    assert asked.reasoning == ReasoningWish(summary="concise", encrypted=True)
    assert asked.logprobs == Logprobs(0)
    assert asked.metadata == {"a": "b"}
    assert asked.warnings == ()


OBJECT = {"type": "object", "properties": {}}
TEXTS = st.text(min_size=1, max_size=20)
CALLS = st.builds(
    lambda call_id, text: {"type": "function_call", "call_id": call_id, "name": "f", "arguments": text}, TEXTS, TEXTS
)
TURNS = st.one_of(
    st.builds(lambda text: [{"role": "user", "content": text}], TEXTS),
    st.builds(lambda text: [{"role": "assistant", "content": text}], TEXTS),
    st.builds(
        lambda said, calls, text: [
            *([{"role": "assistant", "content": said}] if said else []),
            *calls,
            *({"type": "function_call_output", "call_id": call["call_id"], "output": text} for call in calls),
        ],
        st.one_of(st.none(), TEXTS),
        st.lists(CALLS, min_size=1, max_size=3),
        TEXTS,
    ),
)


def as_items(messages: list[dict[str, Any]]) -> list[dict[str, object]]:
    """The items that these messages of OpenAI's chat are made of."""
    items: list[dict[str, object]] = []
    for message in messages:
        if message["role"] == "tool":
            told = {"call_id": message["tool_call_id"], "output": message["content"]}
            items.append({"type": "function_call_output"} | told)
            continue
        if message["content"]:
            items.append({"role": message["role"], "content": message["content"]})
        calls = message.get("tool_calls", ())
        items += [{"type": "function_call", "call_id": call["id"], **call["function"]} for call in calls]
    return items


@given(st.lists(TURNS, max_size=4))
def test_nothing_that_both_can_carry_is_lost(turns: list[list[dict[str, object]]]) -> None:
    items = [item for turn in turns for item in turn]
    ids = [item["call_id"] for item in items if item.get("type") == "function_call"]
    assume(len(ids) == len(set(ids)))
    messages: Any = sent(input=items)["messages"]
    assert as_items(messages) == items
    for before, message in pairwise(messages):
        assert message["role"] != "tool" or before["role"] == "tool" or before.get("tool_calls")


@pytest.mark.parametrize(
    ("fields", "param", "remedy"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id", "Send the whole conversation in input"),
        ({"conversation": {"id": "conv_1"}}, "conversation", "Send the whole conversation in input"),
        ({"prompt": {"id": "p"}}, "prompt", "Send its text in instructions"),
        ({"store": True}, "store", "Send store: false"),
        ({"background": True}, "background", "Send background: false"),
        *(
            ({"tools": [{"type": kind}]}, "tools[0]", f"({kind}) is a tool that some providers of responses run")
            for kind in (
                *("web_search", "web_search_preview", "file_search", "code_interpreter", "computer_use_preview"),
                *("mcp", "image_generation", "shell", "apply_patch", "tool_search", "something_new"),
            )
        ),
        ({"tools": [{"type": "function"}]}, "tools[0].name", "needs a name"),
        ({"tool_choice": "often"}, "tool_choice", "must be auto"),
        ({"tool_choice": {"type": "file_search"}}, "tool_choice", "some providers of responses run"),
        ({"text": {"format": {"type": "xml"}}}, "text.format", "must be text"),
        ({"reasoning": {"effort": "utmost"}}, "reasoning.effort", "must be one of none"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "input[0]", "Send the item itself"),
        ({"input": [{"type": "compaction", "encrypted_content": "e"}]}, "input[0].type", "Leave it out"),
        ({"input": [{"role": "robot", "content": "a"}]}, "input[0].role", "must be user"),
        ({"input": [{"role": "user", "content": [{"type": "video"}]}]}, "input[0].content[0].type", "video"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input[0].content[0]", "image_url"),
        ({"input": [{"type": "function_call", "call_id": "c"}]}, "input[0].name", "needs a name"),
        ({"input": [{"type": "function_call_output", "output": "a"}]}, "input[0].call_id", "needs the call_id"),
    ],
)
def test_what_would_change_the_meaning_is_refused_by_name(fields: dict[str, object], param: str, remedy: str) -> None:
    with pytest.raises(Invalid) as refusal:
        conversation(**fields)
    assert refusal.value.findings[0].path == param
    assert remedy in refusal.value.message


def test_what_says_nothing_is_neither_refused_nor_told() -> None:
    fields = {"store": None, "background": False, "previous_response_id": None, "truncation": "disabled"}
    asked = conversation(service_tier="auto", include=[], text={"verbosity": "medium"}, metadata={}, **fields)
    assert asked == conversation()


def test_what_can_be_left_out_is_told() -> None:
    asked = conversation(
        input=[
            {"role": "user", "content": "a"},
            {"type": "web_search_call", "id": "ws_1"},
            {"type": "item_reference", "id": "rs_1"},
        ],
        tools=[{"type": "web_search", "external_web_access": True}, {"type": "function", "name": "f"}],
        include=["web_search_call.action.sources"],
        truncation="auto",
        client_metadata={"a": "b"},
        something=1,
    )
    assert asked.warnings == (
        "left out, as only OpenAI has it: items of the type web_search_call, reasoning of earlier turns, truncation, "
        "web_search, web_search_call.action.sources",
    )
    assert asked.extras == {"client_metadata": {"a": "b"}, "something": 1}
    assert [tool.name for tool in asked.tools] == ["f"]


def test_tools_that_others_lack_become_functions_of_theirs() -> None:
    agents = {"type": "function", "name": "spawn", "description": "Spawns.", "parameters": OBJECT}
    fields: dict[str, object] = {
        "tools": [
            {"type": "namespace", "name": "agents", "description": "Agents.", "tools": [agents, {"name": "wait"}]},
            {"type": "namespace", "name": "mcp__git__", "tools": [{"type": "function", "name": "log"}]},
            {"type": "local_shell"},
        ],
        "tool_choice": {
            "type": "allowed_tools",
            "mode": "required",
            "tools": [
                {"type": "function", "name": "spawn", "namespace": "agents"},
                {"type": "function", "name": "log", "namespace": "mcp__git__"},
                {"type": "local_shell"},
            ],
        },
        "input": [
            {"type": "function_call", "call_id": "c", "name": "wait", "namespace": "agents", "arguments": "{}"},
        ],
    }
    asked = conversation(**fields)
    assert [tool.name for tool in asked.tools] == ["agents__spawn", "agents__wait", "mcp__git__log", "local_shell"]
    assert asked.tools[0].description == "Agents.\n\nSpawns."
    assert asked.tool_choice is not None
    assert asked.tool_choice.names == ("agents__spawn", "mcp__git__log", "local_shell")
    (call,) = asked.messages[0].parts
    assert isinstance(call, ToolCallPart)
    assert call.name == "agents__wait"
    assert sent(LOCAL, **fields)["tool_choice"] == "required"


CLAUDE = CalledModel("claude-sonnet-4-5", PRESETS["anthropic"])
GRAMMAR = {"type": "grammar", "syntax": "lark", "definition": "start: A"}


def test_a_server_that_knows_functions_alone_gets_a_custom_tool_as_one() -> None:
    fields: dict[str, object] = {
        "tools": [{"type": "custom", "name": "patch", "description": "Patches.", "format": GRAMMAR}],
        "tool_choice": {"type": "custom", "name": "patch"},
        "input": [
            {"type": "custom_tool_call", "call_id": "c1", "name": "patch", "input": 'a "b"'},
            {"type": "custom_tool_call_output", "call_id": "c1", "output": "done"},
        ],
        "verbosity": "low",
        "prompt_cache_key": "k",
    }
    encoded = PROVIDER.encode_conversation(conversation(**fields), LOCAL)
    body = orjson.loads(encoded.body)
    (tool,) = body["tools"]
    assert tool["function"]["description"] == "Patches.\n\nThe input must match this lark grammar:\nstart: A"
    assert tool["function"]["parameters"]["required"] == ["input"]
    assert body["tool_choice"] == "required"  # it names none, and has no other
    call, result = body["messages"]
    assert call["tool_calls"][0]["function"] == {"name": "patch", "arguments": '{"input":"a \\"b\\""}'}
    assert result == {"role": "tool", "tool_call_id": "c1", "content": "done"}
    assert encoded.adapted == ("custom tools", "tool choice")
    (warning,) = encoded.warnings
    assert warning.endswith("enforcement of a tool's grammar, prompt_cache_key, verbosity")
    claude = AnthropicMessagesProvider().encode_conversation(conversation(**fields), CLAUDE)
    told = orjson.loads(claude.body)
    assert told["tools"][0]["description"] == tool["function"]["description"]
    assert told["messages"][-2]["content"][0]["input"] == {"input": 'a "b"'}
    assert "enforcement of a tool's grammar" in claude.warnings[0]
    whole = sent(OPENAI, **fields)
    assert whole["tool_choice"] == {"type": "custom", "custom": {"name": "patch"}}
    assert whole["prompt_cache_key"] == "k"


def test_thoughts_alone_are_no_message_to_a_server_that_takes_none() -> None:
    thoughts = {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]}
    encoded = PROVIDER.encode_conversation(conversation(input=[{"role": "user", "content": "a"}, thoughts]), LOCAL)
    assert orjson.loads(encoded.body)["messages"] == [{"role": "user", "content": "a"}]
    assert "reasoning of earlier turns" in encoded.warnings[0]


def test_tools_may_be_offered_by_an_item_of_the_input() -> None:
    tools: list[object] = [{"type": "function", "name": "f"}]
    more = {"type": "additional_tools", "role": "developer", "tools": tools}
    grouped = {"type": "namespace", "name": "functions", "tools": [{"type": "custom", "name": "exec"}]}
    told = conversation(input=[more, {**more, "tools": [*tools, grouped]}, {"role": "user", "content": "a"}])
    assert [tool.name for tool in told.tools] == ["f", "functions__exec"]
    assert [message.role for message in told.messages] == [Role.USER]
    request = CLIENT.example(Endpoint.CHAT_COMPLETIONS, "m", {"input": [more]})
    assert request.needs == {Capability.TOOLS}
    assert request.services == {Service.OTHER_TOOLS}
    assert isinstance(CLIENT.max_usage(request), MaxUsage)


def test_calls_may_be_parts_of_a_message() -> None:
    call = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": {"a": 1}}
    said = {"role": "assistant", "content": [{"type": "text", "text": "Ok."}, call]}
    told = conversation(input=[said, {"type": "function_call_output", "call_id": "c1", "output": "b"}])
    assert told.messages[0].parts == (TextPart("Ok."), ToolCallPart("c1", "f", '{"a":1}'))
    assert told.messages[1].parts == (ToolResultPart("c1", (TextPart("b"),)),)
