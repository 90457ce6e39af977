"""The upper bound of a request, which strict limits reckon with."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.dialects.openai_chat.bounds import TOKENS_PER_MESSAGE, TOKENS_PER_REQUEST, bound_of
from localrouter.dialects.openai_chat.request import parse_request
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.limits.demand import MaxUsage, Unbounded

HELLO = [{"role": "user", "content": "Hello"}]


def bound(endpoint: Endpoint = Endpoint.CHAT_COMPLETIONS, **body: object) -> MaxUsage | Unbounded:
    return bound_of(parse_request(endpoint, orjson.dumps({"model": "m", **body})))


def test_a_message_counts_its_bytes_and_what_a_template_adds() -> None:
    assert bound(messages=HELLO) == MaxUsage(
        len("user") + len("Hello") + TOKENS_PER_REQUEST + TOKENS_PER_MESSAGE, answers=1
    )


def test_bytes_count_not_characters() -> None:
    plain, wide = (
        bound(messages=[{"role": "user", "content": "aaaa"}]),
        bound(messages=[{"role": "user", "content": "😀"}]),
    )
    assert plain == wide


def test_tools_and_schemas_count_as_they_are_written() -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    plain, with_tool = bound(messages=HELLO), bound(messages=HELLO, tools=[tool])
    assert isinstance(plain, MaxUsage)
    assert isinstance(with_tool, MaxUsage)
    assert with_tool.prompt_tokens - plain.prompt_tokens == len(orjson.dumps([tool]))


def test_a_field_that_may_become_part_of_the_prompt_counts_as_it_is_written() -> None:
    plain, schema = bound(messages=HELLO), {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}
    found = bound(messages=HELLO, response_format=schema, reasoning_effort="high", temperature=0.5, user="x" * 500)
    assert isinstance(plain, MaxUsage)
    assert isinstance(found, MaxUsage)
    assert found.prompt_tokens - plain.prompt_tokens == len(orjson.dumps(schema)) + len('"high"')


def test_several_answers_multiply() -> None:
    assert bound(messages=HELLO, n=3) == MaxUsage(3 * 81, answers=3), "a provider may bill the prompt for each"
    completion = bound(Endpoint.COMPLETIONS, prompt="Hi", n=2, best_of=5)
    assert isinstance(completion, MaxUsage)
    assert completion.answers == 5
    embedding = bound(Endpoint.EMBEDDINGS, input=["a", "b"])
    assert isinstance(embedding, MaxUsage)
    assert embedding.answers == 0


@pytest.mark.parametrize(
    ("prompt", "prompts"), [("Hi", 1), ([1, 2, 3], 1), (["a", "b", "c"], 3), ([[1], [2]], 2), ([], 1)]
)
def test_each_prompt_of_a_completion_has_answers_of_its_own(prompt: object, prompts: int) -> None:
    found = bound(Endpoint.COMPLETIONS, prompt=prompt, n=2, max_tokens=7)
    assert isinstance(found, MaxUsage)
    assert (found.answers, found.output_cap) == (2 * prompts, 7)


def test_the_text_field_of_another_endpoint_counts_like_any_unknown_one() -> None:
    plain = bound(messages=HELLO)
    for endpoint, own in ((Endpoint.CHAT_COMPLETIONS, "prompt"), (Endpoint.CHAT_COMPLETIONS, "input")):
        found = bound(endpoint, messages=HELLO, **{own: "x" * 100})
        assert isinstance(plain, MaxUsage)
        assert isinstance(found, MaxUsage)
        assert found.prompt_tokens >= plain.prompt_tokens + 100


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"messages": HELLO, "future_prompt": "x"}, "future_prompt"),
        ({"messages": HELLO, "provider": {"order": ["dear"]}}, "provider"),
        ({"messages": HELLO, "chat_template": "x"}, "chat_template"),
        ({"messages": HELLO, "n_cmpl": "3"}, "n_cmpl"),
        ({"messages": [{"role": "user", "content": "x", "images": ["http://x/y.png"]}]}, "images"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "x", "image_url": {}}]}]}, "text"),
        ({"messages": [{"role": "user", "content": [{"type": []}]}]}, "unknown"),
        ({"messages": HELLO, "tools": [{"type": []}]}, "tool"),
        ({"messages": HELLO, "tools": [{"type": "function", "Type": "web_search"}]}, "tool"),
        (
            {"messages": [{"role": "user", "content": "x", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]},
            "cache",
        ),
        ({"messages": HELLO, "n": 3.5}, "the field n"),
        ({"messages": HELLO, "n": "3"}, "the field n"),
        ({"messages": HELLO, "n": True}, "the field n"),
        ({"messages": HELLO, "n": 2**58}, "the field n"),
        ({"messages": HELLO, "prediction": {"type": "content", "content": "x"}}, "prediction"),
        ({"messages": HELLO, "models": ["dear/one"]}, "models"),
        ({"messages": HELLO, "extra_body": {"google": {"cached_content": "c"}}}, "extra_body"),
        ({"messages": HELLO, "service_tier": "priority"}, "service tier"),
        ({"messages": HELLO, "service_tier": {"odd": 1}}, "service tier"),
        ({"messages": [{"role": "assistant", "audio": {"id": "a"}}]}, "audio"),
        ({"messages": [{"role": "user", "content": {"type": "image_url"}}]}, "image_url"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x"}}]}]},
            "image_url",
        ),
        ({"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]}, "file"),
        ({"messages": HELLO, "tools": [{"type": "web_search"}]}, "tool"),
        ({"messages": HELLO, "web_search_options": {}}, "web_search_options"),
    ],
)
def test_what_cannot_be_bounded_is_named(body: dict[str, Any], part: str) -> None:
    found = bound(**body)
    assert isinstance(found, Unbounded)
    assert part in found.part


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        (Endpoint.EMBEDDINGS, {"input": [{"image": "http://x"}]}),
        (Endpoint.EMBEDDINGS, {"input": ["x", 1]}),
        (Endpoint.COMPLETIONS, {"prompt": [{"prompt_string": "x", "multimodal_data": ["x"]}]}),
        (Endpoint.COMPLETIONS, {"prompt": [[1, "x"]]}),
    ],
)
def test_a_prompt_holds_texts_or_tokens_and_nothing_else(endpoint: Endpoint, body: dict[str, Any]) -> None:
    found = bound(endpoint, **body)
    assert isinstance(found, Unbounded)
    assert "else than text" in found.part


def test_tokens_count_one_each_where_they_are_tokens_and_as_written_elsewhere() -> None:
    plain, tokens = bound(Endpoint.COMPLETIONS, prompt=[7]), bound(Endpoint.COMPLETIONS, prompt=[7] * 1_000)
    assert isinstance(plain, MaxUsage)
    assert isinstance(tokens, MaxUsage)
    assert tokens.prompt_tokens - plain.prompt_tokens == 999
    message = bound(messages=[{"role": "user", "content": "x", "tool_calls": [7] * 1_000}])
    assert isinstance(message, MaxUsage)
    assert message.prompt_tokens > 2_000


@pytest.mark.parametrize("tier", ["auto", "default", "flex", None])
def test_an_ordinary_service_tier_and_an_empty_field_are_bounded(tier: str | None) -> None:
    assert isinstance(bound(messages=HELLO, service_tier=tier, web_search_options=None, n=None), MaxUsage)


@given(
    st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), st.text(max_size=200)), min_size=1, max_size=5)
)
def test_the_bound_is_never_below_the_lower_bound_nor_the_bytes(messages: list[tuple[str, str]]) -> None:
    body = {"model": "m", "messages": [{"role": role, "content": text} for role, text in messages]}
    request = parse_request(Endpoint.CHAT_COMPLETIONS, orjson.dumps(body))
    found = bound_of(request)
    assert isinstance(found, MaxUsage)
    assert found.prompt_tokens >= request.prompt_tokens_at_least
    assert found.prompt_tokens >= sum(len(text.encode()) for _, text in messages)
