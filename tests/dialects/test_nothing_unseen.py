"""Every field of the official request types, from each dialect to each other one: carried, told of, or refused by name.

The fields of OpenAI's are read from its SDK, those of Anthropic's are its SDK's (2.14), with the beta ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_type_hints

import pytest
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming

from localrouter.dialects.contract import CalledModel
from localrouter.dialects.presets import PRESETS
from localrouter.dialects.registry import DIALECTS
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.errors import Invalid

Json = dict[str, Any]
PARAMETERS: Json = {"type": "object", "properties": {}}
TURN: Json = {"role": "user", "content": "Hello"}
FUNCTION: Json = {"name": "f", "parameters": PARAMETERS}
ANSWER_SCHEMA: Json = {"type": "object", "properties": {}, "additionalProperties": False, "required": []}

CHAT: Json = {
    "audio": {"voice": "alloy", "format": "mp3"},
    "frequency_penalty": 0.5,
    "function_call": {"name": "f"},
    "functions": [FUNCTION],
    "logit_bias": {"5": 1},
    "logprobs": True,
    "max_completion_tokens": 77,
    "max_tokens": 77,
    "messages": [TURN, {"role": "assistant", "content": "Hi"}, TURN],
    "metadata": {"a": "b"},
    "modalities": ["text", "audio"],
    "moderation": {"model": "m"},
    "n": 2,
    "parallel_tool_calls": False,
    "prediction": {"type": "content", "content": "x"},
    "presence_penalty": 0.5,
    "prompt_cache_key": "k",
    "prompt_cache_options": {"a": 1},
    "prompt_cache_retention": "24h",
    "reasoning_effort": "high",
    "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": ANSWER_SCHEMA}},
    "safety_identifier": "s",
    "seed": 5,
    "service_tier": "flex",
    "stop": ["E"],
    "store": True,
    "temperature": 0.3,
    "tool_choice": "required",
    "tools": [{"type": "function", "function": FUNCTION}],
    "top_logprobs": 3,
    "top_p": 0.5,
    "user": "u",
    "verbosity": "low",
    "web_search_options": {"search_context_size": "low"},
    # And what servers beside OpenAI's take.
    "top_k": 5,
    "min_p": 0.1,
    "repetition_penalty": 1.2,
    "a_field_of_tomorrow": 1,
}
RESPONSES: Json = {
    "access_programs": ["x"],
    "background": True,
    "background_options": {"a": 1},
    "context_management": [{"type": "compaction", "compact_threshold": 1000}],
    "conversation": "conv_1",
    "image": {"a": 1},
    "include": ["message.input_image.image_url"],
    "input": [{"role": "user", "content": "Something else"}],
    "instructions": "Be brief.",
    "max_output_tokens": 77,
    "max_tool_calls": 3,
    "metadata": {"a": "b"},
    "moderation": {"model": "m"},
    "parallel_tool_calls": False,
    "previous_response_id": "resp_1",
    "prompt": {"id": "pmpt_1"},
    "prompt_cache_key": "k",
    "prompt_cache_options": {"a": 1},
    "prompt_cache_retention": "24h",
    "reasoning": {"effort": "high"},
    "safety_identifier": "s",
    "service_tier": "flex",
    "store": True,
    "temperature": 0.3,
    "text": {"format": {"type": "json_schema", "name": "x", "schema": ANSWER_SCHEMA}},
    "tool_choice": "required",
    "tools": [{"type": "function", **FUNCTION}],
    "top_logprobs": 3,
    "top_p": 0.5,
    "truncation": "auto",
    "user": "u",
    "a_field_of_tomorrow": 1,
}
MESSAGES: Json = {
    "billing_policy": {"a": 1},
    "cache_control": {"type": "ephemeral"},
    "compaction": {"a": 1},
    "container": "c_1",
    "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]},
    "diagnostics": {"a": 1},
    "fallback_credit_token": "t",
    "fallbacks": ["m"],
    "inference_geo": "us",
    "max_tokens": 77,
    "mcp_servers": [{"type": "url", "url": "https://x.example", "name": "x"}],
    "messages": [TURN, {"role": "assistant", "content": "Hi"}, TURN],
    "metadata": {"user_id": "u"},
    "output_config": {"effort": "high"},
    "service_tier": "standard_only",
    "speed": "fast",
    "stop_sequences": ["E"],
    "system": "Be brief.",
    "temperature": 0.3,
    "thinking": {"type": "enabled", "budget_tokens": 2000},
    "thread": "t_1",
    "tool_choice": {"type": "any"},
    "tools": [{"name": "f", "input_schema": PARAMETERS}],
    "top_k": 5,
    "top_p": 0.5,
    "user_profile_id": "p",
    "workspace_id": "w",
    "a_field_of_tomorrow": 1,
}
FIELDS: dict[str, Json] = {"openai_chat": CHAT, "openai_responses": RESPONSES, "anthropic_messages": MESSAGES}
# What a field is nothing without.
BESIDE: dict[tuple[str, str], Json] = {
    ("openai_chat", "function_call"): {"functions": CHAT["functions"]},
    ("openai_chat", "tool_choice"): {"tools": CHAT["tools"]},
    ("openai_chat", "parallel_tool_calls"): {"tools": CHAT["tools"]},
    ("openai_responses", "tool_choice"): {"tools": RESPONSES["tools"]},
    ("openai_responses", "parallel_tool_calls"): {"tools": RESPONSES["tools"]},
    ("anthropic_messages", "tool_choice"): {"tools": MESSAGES["tools"]},
}
# What counts together with the field.
TOGETHER: dict[tuple[str, str], Json] = {("openai_chat", "top_logprobs"): {"logprobs": True}}
# What says nothing that a provider could be told: how the program wants its stream, and which model it wants.
OF_THE_PROGRAM = {"model", "stream", "stream_options"}
PRESET_OF = {
    "openai_chat": "openai-compatible",
    "openai_responses": "openai",
    "anthropic_messages": "anthropic",
    "gemini": "gemini",
}


def pairs() -> Iterator[tuple[str, str, str]]:
    for client, fields in FIELDS.items():
        for provider in PRESET_OF:
            if provider != client:
                yield from ((client, provider, field) for field in fields)


def told(client: str, provider: str, fields: Json) -> object:
    """What goes upstream, what is warned of, and what is said otherwise; or what is refused."""
    dialect = DIALECTS.clients[client]
    body = {**dialect.example(Endpoint.CHAT_COMPLETIONS, "m", {}).body, **fields}
    try:
        request = dialect.parse(Endpoint.CHAT_COMPLETIONS, json.dumps(body).encode())
        conversation = dialect.conversation(request)
        called = CalledModel("claude-sonnet-4-0", PRESETS[PRESET_OF[provider]], max_output_tokens=9_000, reasons=True)
        call = DIALECTS.providers[provider].encode_conversation(conversation, called)
    except Invalid as refusal:
        return refusal
    return json.loads(call.body), {*conversation.warnings, *call.warnings}, call.adapted


@pytest.mark.parametrize(("client", "provider", "field"), list(pairs()))
def test_a_field_is_carried_told_of_or_refused_by_name(client: str, provider: str, field: str) -> None:
    beside = BESIDE.get((client, field), {}) | ({"max_tokens": 4_000} if client == "anthropic_messages" else {})
    without = told(client, provider, beside)
    given = told(client, provider, beside | TOGETHER.get((client, field), {}) | {field: FIELDS[client][field]})
    if isinstance(given, Invalid):
        assert field in given.message or any(field in finding.path for finding in given.findings), given.message
    else:
        assert given != without, f"{field} is dropped without a word"


ODD: tuple[object, ...] = ("x", [1], {"a": 1}, 1.5, float("nan"), True, 5, -5)
# What means the same as nothing: a cap below 0 is none to servers, what is true is so by default, and the rest is
# nothing without another field.
AS_GOOD_AS_ABSENT = {
    *(("max_completion_tokens", "-5"), ("max_tokens", "-5"), ("n", "True"), ("parallel_tool_calls", "True")),
    *(("top_logprobs", "5"), ("top_logprobs", "-5"), ("truncation", "'x'")),
}


@pytest.mark.parametrize(("client", "provider"), sorted({pair[:2] for pair in pairs()}))
def test_a_value_of_another_type_is_told_of_too(client: str, provider: str) -> None:
    dropped = set()
    for field in FIELDS[client]:
        beside = BESIDE.get((client, field), {}) | ({"max_tokens": 4_000} if client == "anthropic_messages" else {})
        without = told(client, provider, beside)
        for odd in ODD:
            given = told(client, provider, beside | {field: odd})
            if not isinstance(given, Invalid) and given == without:
                dropped.add((field, repr(odd)))
    assert dropped <= AS_GOOD_AS_ABSENT


def test_every_field_of_the_official_types_is_tried() -> None:
    assert set(get_type_hints(CompletionCreateParamsNonStreaming)) - OF_THE_PROGRAM <= CHAT.keys()
    assert set(get_type_hints(ResponseCreateParamsNonStreaming)) - OF_THE_PROGRAM <= RESPONSES.keys()
    assert set(PRESET_OF) == set(DIALECTS.providers)
