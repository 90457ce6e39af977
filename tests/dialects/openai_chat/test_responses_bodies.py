"""Requests for responses that come to the path of chat completions, as Cursor sends them."""

from __future__ import annotations

import orjson
import pytest

from localrouter.dialects.openai_chat.client import OpenAIChatClient
from localrouter.dialects.openai_responses.client import OpenAIResponsesClient
from localrouter.domain.conversation.request import Capability, Endpoint
from localrouter.domain.errors import Invalid

CLIENT = OpenAIChatClient(OpenAIResponsesClient())
ASKED: dict[str, object] = {
    "model": "one/a",
    "input": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "input_text", "text": "ping"}]},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "done"},
    ],
    "tools": [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}],
    "max_output_tokens": 50,
    "stream": True,
    "stream_options": {"include_usage": True},
    "store": False,
    "include": ["reasoning.encrypted_content"],
}


def test_what_was_meant_for_responses_becomes_messages() -> None:
    request = CLIENT.parse(Endpoint.CHAT_COMPLETIONS, orjson.dumps(ASKED))
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    assert request.body == {
        "model": "one/a",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "ping"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "done"},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}],
        "max_tokens": 50,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert (request.stream, request.wants_usage_chunk, request.max_output_tokens) == (True, True, 50)
    assert request.needs == {Capability.TOOLS}


def test_how_much_to_think_comes_along_and_what_does_not_is_told() -> None:
    wishes = {"reasoning": {"effort": "xhigh", "summary": "auto"}, "text": {"verbosity": "low"}}
    told = {"prompt_cache_key": "k", "truncation": "auto", "metadata": {"a": "b"}}
    request = CLIENT.parse(Endpoint.CHAT_COMPLETIONS, orjson.dumps({**ASKED, **wishes, **told}))
    carried = {name: request.body.get(name) for name in ("reasoning_effort", "verbosity", "prompt_cache_key")}
    assert carried == {"reasoning_effort": "xhigh", "verbosity": "low", "prompt_cache_key": "k"}
    assert all(name in " ".join(request.warnings) for name in ("truncation", "metadata"))


def test_what_chat_has_not_is_refused_and_a_lack_of_both_is_one_of_messages() -> None:
    with pytest.raises(Invalid) as refusal:
        CLIENT.parse(Endpoint.CHAT_COMPLETIONS, orjson.dumps({**ASKED, "tools": [{"type": "web_search"}]}))
    assert refusal.value.findings[0].path == "tools[0]"
    with pytest.raises(Invalid, match="messages is missing"):
        CLIENT.parse(Endpoint.CHAT_COMPLETIONS, b'{"model":"a"}')
