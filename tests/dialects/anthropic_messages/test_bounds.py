from __future__ import annotations

from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.dialects.anthropic_messages.client import AnthropicMessagesClient
from localrouter.domain.conversation.error_reply import ErrorReply
from localrouter.domain.conversation.request import Endpoint, ModelRequest
from localrouter.domain.limits.demand import MaxUsage, Unbounded

CLIENT = AnthropicMessagesClient()


def asked(**fields: object) -> ModelRequest:
    return CLIENT.example(Endpoint.CHAT_COMPLETIONS, "one/a", {"max_tokens": 7, **fields})


def user(*blocks: dict[str, object]) -> list[dict[str, object]]:
    return [{"role": "user", "content": list(blocks)}]


@given(st.lists(st.tuples(st.text(max_size=50), st.booleans()), min_size=1, max_size=5), st.text(max_size=20))
def test_a_bound_holds_every_byte_of_the_text(texts: list[tuple[str, bool]], system: str) -> None:
    messages = [
        {"role": "user", "content": [{"type": "text", "text": text}] if is_list else text} for text, is_list in texts
    ]
    request = asked(messages=messages, system=system)
    found = CLIENT.max_usage(request)
    assert isinstance(found, MaxUsage)
    size = sum(len(text.encode()) for text, _ in texts) + len(system.encode())
    assert found.prompt_tokens >= size + 64 + 8 * len(texts)
    assert request.prompt_tokens_at_least <= size // 4
    assert (found.answers, found.output_cap) == (1, 7)


def test_tools_and_formats_are_counted_as_written() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    bare, tools = CLIENT.max_usage(asked()), CLIENT.max_usage(asked(tools=[{"name": "f", "input_schema": schema}]))
    formats = CLIENT.max_usage(asked(output_config={"effort": "low", "format": {"schema": schema}}))
    assert isinstance(bare, MaxUsage)
    for found in (tools, formats):
        assert isinstance(found, MaxUsage)
        assert found.prompt_tokens > bare.prompt_tokens + 40


HELD = {"type": "ephemeral", "ttl": "1h"}


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"messages": user({"type": "image", "source": {"type": "url", "url": "https://a"}})}, "the type image"),
        ({"messages": user({"type": "document", "source": {}})}, "the type document"),
        ({"messages": user({"type": "text", "text": "a", "news": 1})}, "the type text"),
        ({"messages": user({"type": "text", "text": "a", "cache_control": HELD})}, "a cache that is kept"),
        ({"messages": user({"type": "tool_result", "content": [{"type": "image"}]})}, "the type image"),
        ({"messages": [{"role": "user", "content": "a", "news": 1}]}, "the field news of a message"),
        ({"system": [{"type": "image"}]}, "the type image"),
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "a tool that the provider"),
        ({"tools": [{"name": "f", "allowed_callers": ["code"]}]}, "a tool that the provider"),
        ({"tools": [{"name": "f", "cache_control": HELD}]}, "a cache that is kept"),
        ({"cache_control": HELD}, "a cache that is kept"),
        ({"mcp_servers": []}, "the field mcp_servers"),
        ({"inference_geo": "us"}, "the field inference_geo"),
        ({"news": 1}, "the field news, which is not known"),
        ({"service_tier": "priority"}, "the service tier priority"),
        ({"output_config": {"news": 1}}, "the field news of output_config"),
        ({"context_management": {"edits": [{"type": "compact_20260112"}]}}, "an edit of the context"),
    ],
)
def test_what_cannot_be_bounded_is_named(fields: dict[str, object], part: str) -> None:
    found = CLIENT.max_usage(asked(**fields))
    assert isinstance(found, Unbounded)
    assert part in found.part


def test_betas_that_are_not_known_cannot_be_bounded() -> None:
    known = "claude-code-20250219, interleaved-thinking-2025-05-14"
    request = replace(asked(), headers=(("anthropic-version", "2023-06-01"), ("anthropic-beta", known)))
    assert isinstance(CLIENT.max_usage(request), MaxUsage)
    found = CLIENT.max_usage(replace(request, headers=(*request.headers, ("anthropic-beta", "fast-mode-2026-02-01"))))
    assert isinstance(found, Unbounded)
    assert "the beta fast-mode-2026-02-01" in found.part


AGENTS_BETAS = (  # of Claude Code 2.1
    "claude-code-20250219,interleaved-thinking-2025-05-14,thinking-token-count-2026-05-13,"
    "context-management-2025-06-27,prompt-caching-scope-2026-01-05,mid-conversation-system-2026-04-07,effort-2025-11-24,"
    "structured-outputs-2025-12-15"
)


def test_an_agents_usual_request_is_bounded() -> None:
    request = asked(
        system=[{"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}],
        thinking={"type": "enabled", "budget_tokens": 1_024},
        context_management={"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        metadata={"user_id": "u"},
        tools=[{"name": "f", "description": "d", "input_schema": {}, "cache_control": {"type": "ephemeral"}}],
        messages=[
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "a", "signature": "b"}, {"type": "redacted_thinking", "data": "c"},
                {"type": "tool_use", "id": "t", "name": "f", "input": {}}]},
            *user({"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "a"}]}),
        ],
    )  # fmt: skip
    assert isinstance(CLIENT.max_usage(replace(request, headers=(("anthropic-beta", AGENTS_BETAS),))), MaxUsage)


def test_a_prompt_that_is_only_counted_has_no_answers() -> None:
    found = CLIENT.max_usage(CLIENT.example(Endpoint.COUNT_TOKENS, "one/a", {}))
    assert isinstance(found, MaxUsage)
    assert found.answers == 0


def test_a_new_thread_is_bounded_and_one_that_goes_on_is_not() -> None:
    assert isinstance(CLIENT.max_usage(asked(thread={"type": "create"})), MaxUsage)
    goes_on = CLIENT.max_usage(asked(thread={"type": "continue", "previous_message_id": "msg_1"}))
    assert isinstance(goes_on, Unbounded)
    told = orjson.loads(CLIENT.write_error(ErrorReply(400, "limit", f"A strict limit cannot bound {goes_on.part}.")))
    assert told["error"]["details"] == {"error_code": "thread_not_found"}
