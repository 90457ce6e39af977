"""Conversations from responses to each provider dialect and back: nothing that both can carry is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings

from localrouter.dialects.contract import PlainAnswer
from localrouter.dialects.openai_responses.neutral.seals import encrypted_content_of
from localrouter.domain.conversation.conversation import Conversation, OutputKind, Role, ToolUse
from localrouter.domain.conversation.parts import (
    ImagePart,
    Inline,
    ReasoningPart,
    Remote,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from tests.dialects.answers import CHAT, MESSAGES, Said, plain_round, provider_of
from tests.dialects.openai_responses.asking import CLIENT, Json, asked, events_in
from tests.dialects.test_pairs import CONVERSATIONS, TOOLS, read, story, wishes, without_empty, written

Provider = pytest.mark.parametrize("provider", [CHAT, MESSAGES])


def items_of(conversation: Conversation) -> Iterator[Json]:
    for message in conversation.messages:
        for part in message.parts:
            kind = "output_text" if message.role is Role.ASSISTANT else "input_text"
            match part:
                case TextPart():
                    yield {"role": message.role.value, "content": [{"type": kind, "text": part.text}]}
                case ImagePart(source=Inline(data=data)):
                    url = f"data:image/png;base64,{data}"
                    yield {"role": "user", "content": [{"type": "input_image", "image_url": url}]}
                case ImagePart(source=Remote(url=url)):
                    yield {"role": "user", "content": [{"type": "input_image", "image_url": url}]}
                case ToolCallPart():
                    told = {"call_id": part.id, "name": part.name, "arguments": part.arguments}
                    yield {"type": "function_call", **told}
                case ToolResultPart():
                    text = "".join(each.text for each in part.parts if isinstance(each, TextPart))
                    yield {"type": "function_call_output", "call_id": part.call_id, "output": text}
                case ReasoningPart():
                    kept = encrypted_content_of(part, is_wanted=True)
                    yield {"type": "reasoning", "summary": [], "encrypted_content": kept}


def fields_of(conversation: Conversation) -> Json:
    """The request by which a program would ask this."""
    choice, output = conversation.tool_choice, conversation.output
    fields: Json = {
        "input": list(items_of(conversation)),
        "tools": [
            {"type": "function", "name": tool.name, "description": tool.description, "parameters": tool.schema}
            for tool in conversation.tools
        ],
        "parallel_tool_calls": conversation.parallel_tools,
        "temperature": conversation.sampling.temperature,
        "max_output_tokens": conversation.max_output_tokens,
        "user": conversation.user,
        "stream": conversation.stream,
    }
    if choice is not None:
        is_one = choice.use is ToolUse.REQUIRED and choice.names
        fields["tool_choice"] = {"type": "function", "name": choice.names[0]} if is_one else choice.use.value
    if output.kind is OutputKind.SCHEMA:
        fields["text"] = {"format": {"type": "json_schema", "name": "n", "schema": output.schema}}
    return fields


@Provider
@settings(max_examples=40)
@given(conversation=CONVERSATIONS)
def test_nothing_that_both_can_carry_is_lost(provider: str, conversation: Conversation) -> None:
    conversation = replace(conversation, sampling=replace(conversation.sampling, stop=()))
    request = CLIENT.conversation(asked(**fields_of(conversation)))
    body, warnings = written(provider, request)
    arrived = read(provider, body)
    assert warnings == request.warnings == ()
    assert story(arrived) == story(request) == story(conversation)
    assert without_empty(wishes(arrived)) == without_empty(wishes(request)) == without_empty(wishes(conversation))


def whole(provider: str, said: Said, items: list[Json]) -> list[Json]:
    dialect, preset = provider_of(provider)
    request = asked(input=items)
    raw = said.chat if provider == CHAT else said.messages
    answer = dialect.plain_answer(orjson.dumps(raw), request, preset)
    assert isinstance(answer, PlainAnswer)
    return list(orjson.loads(CLIENT.write_answer(answer, request))["output"])


def streamed(provider: str, said: Said, items: list[Json]) -> list[Json]:
    dialect, preset = provider_of(provider)
    request = asked(input=items, stream=True)
    decoder, writer = dialect.stream_decoder(request, preset), CLIENT.stream_writer(request)
    came = [*decoder.feed(orjson.dumps(plain_round(provider, provider, request, said)) + b"\n\n"), *decoder.end()]
    events: list[Any] = events_in(b"".join(map(writer.event, came)) + writer.end())
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert done == events[-1]["response"]["output"]
    return done


def without_thoughts(item: Json) -> Json:
    return {name: value for name, value in item.items() if item["type"] != "reasoning" or name != "content"}


@Provider
@pytest.mark.parametrize("answered", [whole, streamed])
@pytest.mark.parametrize("keeps_all", [True, False])
def test_three_turns_with_tools_keep_their_calls_and_signed_thoughts(
    provider: str, answered: Any, keeps_all: bool
) -> None:
    """Some programs (Codex) keep nothing of thoughts but what is encrypted."""
    items: list[Any] = [{"role": "user", "content": "Rome?"}]
    expected: list[tuple[object, ...]] = [(Role.USER, "Rome?")]
    tools = fields_of(Conversation((), tools=TOOLS))["tools"]
    for turn in range(3):
        sent, warnings = written(provider, CLIENT.conversation(asked(input=items, tools=tools)))
        assert warnings == ()
        assert story(read(provider, sent)) == expected
        came = answered(provider, Said(turn), items)
        items += came if keeps_all else map(without_thoughts, came)
        items.append({"type": "function_call_output", "call_id": f"c{turn}", "output": "20"})
        expected += [
            ("thought", "Hm.", f"s{turn}", MESSAGES),
            (Role.ASSISTANT, "I look."),
            ("call", f"c{turn}", "f", {"a": turn}),
            ("result", f"c{turn}", ["20"]),
        ]
