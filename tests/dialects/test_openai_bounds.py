"""The upper bound of a request, which strict limits reckon with."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.dialects.openai_bounds import (
    TOKENS_PER_MESSAGE,
    TOKENS_PER_REQUEST,
    Bound,
    Unbounded,
    bound_of,
)
from localrouter.dialects.openai_request import parse_request
from localrouter.domain.chat import Endpoint

HELLO = [{"role": "user", "content": "Hello"}]


def bound(endpoint: Endpoint = Endpoint.CHAT_COMPLETIONS, **body: object) -> Bound | Unbounded:
    return bound_of(parse_request(endpoint, orjson.dumps({"model": "m", **body})))


def test_a_message_counts_its_bytes_and_what_a_template_adds() -> None:
    assert bound(messages=HELLO) == Bound(
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
    assert isinstance(plain, Bound)
    assert isinstance(with_tool, Bound)
    assert with_tool.prompt_tokens - plain.prompt_tokens == len(orjson.dumps([tool]))


def test_a_field_that_nobody_knows_counts_too() -> None:
    known, unknown = bound(messages=HELLO), bound(messages=HELLO, future_prompt="x" * 100)
    assert isinstance(known, Bound)
    assert isinstance(unknown, Bound)
    assert unknown.prompt_tokens >= known.prompt_tokens + 100


def test_several_answers_multiply() -> None:
    assert bound(messages=HELLO, n=3) == Bound(81, answers=3)
    completion = bound(Endpoint.COMPLETIONS, prompt="Hi", n=2, best_of=5)
    assert isinstance(completion, Bound)
    assert completion.answers == 5
    embedding = bound(Endpoint.EMBEDDINGS, input=["a", "b"])
    assert isinstance(embedding, Bound)
    assert embedding.answers == 0


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x"}}]}]},
            "image_url",
        ),
        ({"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]}, "file"),
        ({"messages": HELLO, "tools": [{"type": "web_search"}]}, "tool"),
        ({"messages": HELLO, "web_search_options": {}}, "web_search_options"),
    ],
)
def test_what_cannot_be_bounded_is_named(body: dict, part: str) -> None:
    found = bound(**body)
    assert isinstance(found, Unbounded)
    assert part in found.part


@given(
    st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), st.text(max_size=200)), min_size=1, max_size=5)
)
def test_the_bound_is_never_below_the_lower_bound_nor_the_bytes(messages: list[tuple[str, str]]) -> None:
    body = {"model": "m", "messages": [{"role": role, "content": text} for role, text in messages]}
    request = parse_request(Endpoint.CHAT_COMPLETIONS, orjson.dumps(body))
    found = bound_of(request)
    assert isinstance(found, Bound)
    assert found.prompt_tokens >= request.prompt_tokens_at_least
    assert found.prompt_tokens >= sum(len(text.encode()) for _, text in messages)
