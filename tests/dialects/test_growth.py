"""What goes upstream is never longer than the limit reserved, however much is added on the way to another dialect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from localrouter.dialects.contract import CalledModel
from localrouter.dialects.growth import bound_when_told
from localrouter.dialects.presets import PRESETS
from localrouter.dialects.registry import DIALECTS
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.errors import Invalid
from localrouter.domain.limits.demand import MaxUsage, Unbounded
from tests.journeys.wires import texts

Json = dict[str, Any]
TURN: Json = {"role": "user", "content": "x"}
OPEN: Json = {"type": "object", "properties": {}}
LARK: Json = {"syntax": "lark", "definition": "a"}
DIALECT_OF = {
    "openai": "openai_responses",
    "openai-compatible": "openai_chat",
    "mistral": "openai_chat",
    "cohere": "openai_chat",
    "deepseek": "openai_chat",
    "anthropic": "anthropic_messages",
    "gemini": "gemini",
}


def functions(many: int, **more: Any) -> list[Json]:
    return [{"name": f"f{number}", **more} for number in range(many)]


def call(number: int, *, is_custom: bool = False) -> Json:
    if is_custom:
        return {"id": f"c{number}", "type": "custom", "custom": {"name": f"g{number}", "input": "\x01\n"}}
    return {"id": f"c{number}", "type": "function", "function": {"name": f"g.{number}", "arguments": ""}}


CHAT: list[Json] = [
    {"response_format": {"type": "json_object"}},
    {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": OPEN}}},
    {"tools": [{"type": "custom", "custom": each} for each in functions(30)]},
    {"tools": [{"type": "custom", "custom": each} for each in functions(30, format={"grammar": LARK})]},
    {"tools": [{"type": "function", "function": each} for each in functions(50)]},
    {"functions": functions(50)},
    {"messages": [TURN, *({"role": "assistant", "tool_calls": [call(number)]} for number in range(50))]},
    {"messages": [TURN, {"role": "assistant", "tool_calls": [call(number, is_custom=True) for number in range(50)]}]},
    {"messages": [TURN, *({"role": "tool", "tool_call_id": f"c{number}", "content": ""} for number in range(50))]},
]
RESPONSES: list[Json] = [
    {"tools": [{"type": "local_shell"}] * 50},
    {"tools": [{"type": "custom", **each} for each in functions(50, format={"type": "grammar", **LARK})]},
    {"tools": [{"type": "function", **each} for each in functions(50)]},
    {"tools": [{"type": "namespace", "name": "n" * 200, "tools": [{"type": "function", **e} for e in functions(99)]}]},
    {"text": {"format": {"type": "json_object"}}},
    {"text": {"format": {"type": "json_schema", "name": "x", "schema": OPEN}}},
    {"input": [{"type": "custom_tool_call", "call_id": "c", "name": "g", "input": "\x01" * 1_000}]},
    {
        "input": [
            {"type": "local_shell_call", "call_id": f"c{number}", "action": {"type": "exec", "command": ["\x01" * 50]}}
            for number in range(50)
        ]
    },
    {
        "input": [
            item
            for number in range(50)
            for item in (
                {"type": "function_call", "call_id": f"{number}" + "c" * 300, "name": "." * 9, "arguments": "{"},
                {"type": "function_call_output", "call_id": f"{number}" + "c" * 300, "output": ""},
            )
        ]
    },
]
MESSAGES: list[Json] = [
    {"tools": functions(50, input_schema={})},
    {"output_config": {"format": {"type": "json_schema", "schema": OPEN}}},
    {"system": [{"type": "text", "text": "a"}] * 50},
    {
        "messages": [
            TURN,
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "t", "signature": "s"}] * 50},
        ]
    },
    {
        "messages": [
            TURN,
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": f"c{number}", "name": "g", "input": {}} for number in range(50)],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": f"c{number}", "content": "", "is_error": True}
                    for number in range(50)
                ],
            },
        ]
    },
]
CASES: dict[str, list[Json]] = {"openai_chat": CHAT, "openai_responses": RESPONSES, "anthropic_messages": MESSAGES}


def sent(client: str, preset: str, fields: Json) -> tuple[MaxUsage | Unbounded, Json]:
    """What the limit reserves, and what goes upstream."""
    dialect, provider = DIALECTS.clients[client], DIALECTS.providers[DIALECT_OF[preset]]
    request = dialect.example(Endpoint.CHAT_COMPLETIONS, "m", fields)
    bound = bound_when_told(dialect.max_usage(request), request)
    if provider.name == client:
        return bound, json.loads(provider.encode(request, "m", PRESETS[preset], 50).body)
    called = CalledModel("m", PRESETS[preset], 50, None, True)
    return bound, json.loads(provider.encode_conversation(dialect.conversation(request), called).body)


def prompt_of(body: Json) -> int:
    """Every text of the turns, and tools as they are written."""
    names = ("messages", "input", "contents", "system", "instructions", "systemInstruction")
    turns = sum(len(text.encode()) for text in texts([body.get(name) for name in names]))
    tools = body.get("tools")
    return turns + (len(json.dumps(tools, separators=(",", ":"), ensure_ascii=False).encode()) if tools else 0)


def cases() -> Iterator[tuple[str, str]]:
    yield from ((client, preset) for client in CASES for preset in DIALECT_OF)


@pytest.mark.parametrize(("client", "preset"), list(cases()))
def test_what_is_sent_is_no_more_than_what_was_reserved(client: str, preset: str) -> None:
    tried = 0
    for fields in CASES[client]:
        try:
            bound, body = sent(client, preset, fields)
        except Invalid:
            continue  # nothing is sent
        assert isinstance(bound, MaxUsage)
        assert prompt_of(body) <= bound.prompt_tokens, fields
        tried += 1
    assert tried > len(CASES[client]) // 2


def test_what_no_limit_can_bound_stays_so() -> None:
    request = DIALECTS.clients["openai_chat"].example(Endpoint.CHAT_COMPLETIONS, "m", {})
    assert bound_when_told(Unbounded("a picture"), request) == Unbounded("a picture")
