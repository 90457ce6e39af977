"""Conversations from each client dialect to each provider dialect and back: nothing that both can carry is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localrouter.dialects.contract import CalledModel, PlainAnswer
from localrouter.domain.conversation.conversation import (
    Conversation,
    Message,
    OutputFormat,
    OutputKind,
    Role,
    Sampling,
    Tool,
    ToolChoice,
    ToolUse,
)
from localrouter.domain.conversation.parts import (
    ImagePart,
    Inline,
    Part,
    ReasoningPart,
    Remote,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from localrouter.domain.conversation.request import Endpoint, ModelRequest
from tests.dialects.answers import (
    CHAT,
    GEMINI,
    MESSAGES,
    PRESET,
    RESPONSES,
    Said,
    client_of,
    foreign,
    plain_round,
    provider_of,
    streamed_round,
)

PAIRS = [(client, provider) for client in PRESET for provider in PRESET]
MODEL = {CHAT: "claude-sonnet-4-5", MESSAGES: "claude-sonnet-4-5", GEMINI: "gemini-3-flash", RESPONSES: "gpt-5.2"}
Pair = pytest.mark.parametrize(("client", "provider"), PAIRS, ids=["→".join(pair) for pair in PAIRS])


def written(name: str, conversation: Conversation) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The conversation as this dialect asks it, and what that could not say."""
    dialect, preset = provider_of(name)
    encoded = dialect.encode_conversation(conversation, CalledModel(MODEL[name], preset, None, 64_000, True))
    body = orjson.loads(encoded.body)
    assert isinstance(body, dict)
    return body, encoded.warnings


def read(name: str, body: dict[str, Any]) -> Conversation:
    return client_of(name).conversation(request_of(name, body))


def request_of(name: str, body: dict[str, Any]) -> ModelRequest:
    request = client_of(name).parse(Endpoint.CHAT_COMPLETIONS, orjson.dumps(body))
    if name != GEMINI:
        return request
    path = "models/{model}:streamGenerateContent"  # what others have in the body
    return client_of(name).from_path(request, path, "one/a", "alt=sse")


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).filter(str.strip)
IDS = st.from_regex(r"[a-zA-Z0-9_-]{1,8}", fullmatch=True)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(TEXTS, inner, max_size=2)),
    max_leaves=4,
)
ARGUMENTS = st.dictionaries(TEXTS, VALUES, max_size=3).map(json.dumps)
IMAGES = st.one_of(
    st.just(ImagePart(Inline("iVBORw0K", "image/png"))), st.just(ImagePart(Remote("https://pictures.example/a.png")))
)
SPOKEN = st.lists(st.builds(TextPart, TEXTS), max_size=1)
THOUGHTS = st.builds(ReasoningPart, TEXTS, signature=IDS, dialect=st.just(MESSAGES))


@st.composite
def turns(draw: st.DrawFn) -> tuple[Message, ...]:
    """What a program and a model said in turn, with tools that were called and what they returned."""
    messages = [Message(Role.SYSTEM, (TextPart(draw(TEXTS)),))] if draw(st.booleans()) else []
    messages.append(Message(Role.USER, (TextPart(draw(TEXTS)), *draw(st.lists(IMAGES, max_size=1)))))
    for number in range(draw(st.integers(0, 2))):
        ids = [f"{number}{each}" for each in draw(st.lists(IDS, min_size=1, max_size=3, unique=True))]
        calls = [ToolCallPart(each, "f", draw(ARGUMENTS)) for each in ids]
        spoken: list[Part] = [
            *draw(st.lists(THOUGHTS, max_size=1)),
            *(TextPart(t) for t in draw(st.lists(TEXTS, max_size=1))),
        ]
        messages.append(Message(Role.ASSISTANT, (*spoken, *calls)))
        results = [ToolResultPart(each, (TextPart(draw(TEXTS)),)) for each in ids]
        messages.append(Message(Role.USER, (*results, *draw(SPOKEN))))
    return tuple(messages)


TOOLS = (Tool("f", "Does f.", {"type": "object", "properties": {"a": {"type": "integer"}}}), Tool("g"))
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
CONVERSATIONS = st.builds(
    Conversation,
    turns(),
    tools=st.just(TOOLS),
    tool_choice=st.sampled_from([None, *map(ToolChoice, ToolUse), ToolChoice(ToolUse.REQUIRED, ("g",))]),
    parallel_tools=st.sampled_from([None, False]),
    sampling=st.builds(
        Sampling, temperature=st.sampled_from([None, 0.0, 0.5, 1.0]), stop=st.sampled_from([(), ("END", "STOP")])
    ),
    output=st.sampled_from([OutputFormat(), OutputFormat(OutputKind.SCHEMA, SCHEMA)]),
    max_output_tokens=st.integers(1, 10_000),
    user=st.sampled_from([None, "u"]),
    stream=st.booleans(),
)


def story(conversation: Conversation) -> list[tuple[object, ...]]:
    """What was said, part by part, however it was cut into messages."""
    return [each for message in conversation.messages for part in message.parts for each in _facts(message.role, part)]


def _facts(role: Role, part: Part) -> Iterator[tuple[object, ...]]:
    match part:
        case TextPart():
            yield role, part.text
        case ImagePart():
            yield "image", part.source
        case ToolCallPart():
            yield "call", part.id, part.name, json.loads(part.arguments)
        case ToolResultPart():
            yield "result", part.call_id, [each.text for each in part.parts if isinstance(each, TextPart)]
        case ReasoningPart(dialect="gemini" | "openai_responses", encrypted=str() as proof):
            yield "sealed", proof
        case ReasoningPart():
            yield "thought", part.text, part.signature, part.dialect


def wishes(conversation: Conversation) -> dict[str, object]:
    choice = conversation.tool_choice
    is_left_open = choice is None or choice == ToolChoice()
    return {
        "tools": [(tool.name, tool.description, tool.schema or {"type": "object"}) for tool in conversation.tools],
        "choice": None if is_left_open else choice,
        "parallel": conversation.parallel_tools is not False or choice == ToolChoice(ToolUse.NONE),
        "sampling": conversation.sampling,
        "output": (conversation.output.kind, conversation.output.schema),
        "cap": conversation.max_output_tokens,
        "user": conversation.user,
        "stream": conversation.stream,
    }


def without_empty(wished: dict[str, object]) -> dict[str, object]:
    """A tool without arguments is one with an empty schema."""
    given: Any = wished["tools"]
    tools = [(name, said, {key: value for key, value in schema.items() if value != {}}) for name, said, schema in given]
    return {**wished, "tools": tools}


def known_to(dialects: tuple[str, ...], conversation: Conversation) -> Conversation:
    """The conversation without what one of the two has no words for. Whether it streams stands in Gemini's path."""
    if RESPONSES in dialects:
        conversation = replace(conversation, sampling=replace(conversation.sampling, stop=()))
    if GEMINI in dialects:
        conversation = replace(conversation, parallel_tools=None, user=None, stream=True)
    if not {GEMINI, RESPONSES} & set(dialects):
        return conversation
    messages = [
        replace(message, parts=tuple(part for part in message.parts if not isinstance(part, ReasoningPart)))
        for message in conversation.messages
    ]
    return replace(conversation, messages=tuple(messages))


@Pair
@settings(max_examples=30)
@given(conversation=CONVERSATIONS)
def test_nothing_that_both_can_carry_is_lost(client: str, provider: str, conversation: Conversation) -> None:
    conversation = known_to((client, provider), conversation)
    asked = read(client, written(client, conversation)[0])
    body, warnings = written(provider, asked)
    arrived = read(provider, body)
    assert warnings == ()
    assert story(arrived) == story(asked) == story(conversation)
    assert without_empty(wishes(arrived)) == without_empty(wishes(asked)) == without_empty(wishes(conversation))


@pytest.mark.parametrize(
    ("client", "provider", "fields", "named"),
    [
        (CHAT, MESSAGES, {"seed": 1}, "seed"),
        (CHAT, MESSAGES, {"logit_bias": {"1": 2}}, "logit_bias"),
        (CHAT, MESSAGES, {"store": True}, "store"),
        (CHAT, MESSAGES, {"metadata": {"a": "b"}}, "metadata"),
        (CHAT, MESSAGES, {"news": 1}, "news"),
        (CHAT, MESSAGES, {"service_tier": "flex"}, "service_tier"),
        (MESSAGES, CHAT, {"service_tier": "standard_only"}, None),
        (MESSAGES, CHAT, {"context_management": {"edits": []}}, "context_management"),
        (MESSAGES, CHAT, {"news": 1}, "news"),
        (MESSAGES, CHAT, {"cache_control": {"type": "ephemeral"}}, "cache_control"),
    ],
)
def test_what_the_other_side_has_not_is_told_by_name(
    client: str, provider: str, fields: dict[str, Any], named: str | None
) -> None:
    request = client_of(client).example(Endpoint.CHAT_COMPLETIONS, "one/a", {"max_tokens": 9, **fields})
    body, warnings = written(provider, client_of(client).conversation(request))
    if named is None:
        assert body.keys() & fields.keys()
    else:
        assert named in " ".join(warnings)
        assert not body.keys() & fields.keys()


def gone_on(client: str, answer: dict[str, Any], call_id: str) -> tuple[str, list[dict[str, Any]]]:
    """What a program adds to its request, and to which field: the answer, and what its tool returned."""
    match client:
        case "gemini":
            result = {"id": call_id, "name": "f", "response": {"result": "20"}}
            returned = {"role": "user", "parts": [{"functionResponse": result}]}
            return "contents", [answer["candidates"][0]["content"], returned]
        case "openai_chat":
            returned = {"role": "tool", "tool_call_id": call_id, "content": "20"}
            return "messages", [answer["choices"][0]["message"], returned]
        case "openai_responses":
            returned = {"type": "function_call_output", "call_id": call_id, "output": "20"}
            return "input", [*answer["output"], returned]
    block = {"type": "tool_result", "tool_use_id": call_id, "content": "20"}
    said = {"role": "assistant", "content": answer["content"]}
    return "messages", [said, {"role": "user", "content": [block]}]


Round = Callable[[str, str, ModelRequest, Said], dict[str, Any]]


def facts_of(provider: str, told: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Thoughts go back to Gemini and to OpenAI as the proofs of them; whether the words do is the same to them."""
    return [each for each in told if provider not in (GEMINI, RESPONSES) or each[0] != "thought" or each[1] != "Hm."]


@Pair
@pytest.mark.parametrize("answered", [plain_round, streamed_round], ids=["whole", "streamed"])
def test_three_turns_with_tools_keep_their_calls_and_signed_thoughts(
    client: str, provider: str, answered: Round
) -> None:
    body, _ = written(client, Conversation((Message(Role.USER, (TextPart("Rome?"),)),), tools=TOOLS, stream=True))
    expected: list[tuple[object, ...]] = [(Role.USER, "Rome?")]
    for turn in range(3):
        request = request_of(client, body)
        sent, warnings = written(provider, client_of(client).conversation(request))
        assert warnings == ()
        assert sorted(facts_of(provider, story(read(provider, sent))), key=str) == sorted(expected, key=str)
        answer = answered(client, provider, request, Said(turn))
        where, added = gone_on(client, answer, f"c{turn}")
        body[where] += added
        expected += [
            Said(turn).thought(provider),
            (Role.ASSISTANT, "I look."),
            ("call", f"c{turn}", "f", {"a": turn}),
            ("result", f"c{turn}", ["20"]),
        ]


@Pair
def test_a_result_whose_call_is_gone_reaches_every_provider_as_words(client: str, provider: str) -> None:
    body, _ = written(client, Conversation((Message(Role.USER, (TextPart("Rome?"),)),), tools=TOOLS, stream=True))
    answer = plain_round(client, client, request_of(client, body), Said(1))
    where, (*_, returned) = gone_on(client, answer, "c1")
    body[where].append(returned)
    dialect, preset = provider_of(provider)
    sent = dialect.encode_conversation(read(client, body), CalledModel(MODEL[provider], preset, None, 64_000, True))
    assert "results without a call" in sent.adapted
    told = story(read(provider, orjson.loads(sent.body)))
    assert [each for each in told if each[0] == "result"] == []
    assert str(told[-1][1]).endswith("20")


@Pair
def test_numbers_keep_all_their_digits(client: str, provider: str) -> None:
    long = '{"a":12345678901234567890123,"b":-98765432109876543210}'
    call = Message(Role.ASSISTANT, (ToolCallPart("c", "f", long),))
    asked = Conversation((Message(Role.USER, (TextPart("a"),)), call, Message(Role.USER, (ToolResultPart("c"),))))
    dialect, preset = provider_of(client)
    raw = dialect.encode_conversation(asked, CalledModel("a", preset)).body
    request = client_of(client).parse(Endpoint.CHAT_COMPLETIONS, raw)
    dialect, preset = provider_of(provider)
    sent = dialect.encode_conversation(client_of(client).conversation(request), CalledModel("a", preset)).body
    assert b"12345678901234567890123" in sent
    assert b"-98765432109876543210" in sent
    answer = orjson.dumps(Said(1).by(provider)).replace(b'{\\"a\\": 1}', long.replace('"', '\\"').encode())
    read_back = dialect.plain_answer(answer.replace(b'{"a":1}', long.encode()), foreign(request), preset)
    assert isinstance(read_back, PlainAnswer)
    assert b"12345678901234567890123" in client_of(client).write_answer(read_back, request)
