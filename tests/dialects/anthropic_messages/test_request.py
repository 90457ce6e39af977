from __future__ import annotations

import orjson
import pytest

from localrouter.dialects.anthropic_messages.request import estimated_tokens, parse_request
from localrouter.domain.conversation.request import Capability, Endpoint, ModelRequest
from localrouter.domain.errors import Invalid, TooLarge

IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 400}}


def parsed(endpoint: Endpoint = Endpoint.CHAT_COMPLETIONS, /, **fields: object) -> ModelRequest:
    body = {"model": "one/a", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}], **fields}
    return parse_request(endpoint, orjson.dumps(body))


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": None}, "model"),
        ({"messages": "Hello"}, "messages"),
        ({"messages": ["Hello"]}, "messages[0]"),
        ({"max_tokens": "9"}, "max_tokens"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"stream": "yes"}, "stream"),
        ({"Max_Tokens": 9}, "Max_Tokens"),
    ],
)
def test_what_is_wrong_is_refused_by_name(fields: dict[str, object], param: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parsed(**fields)
    assert refusal.value.findings[0].path == param
    with pytest.raises(Invalid, match="messages is missing"):
        parse_request(Endpoint.CHAT_COMPLETIONS, b'{"model": "a"}')


def test_routing_learns_what_it_needs() -> None:
    request = parsed(
        stream=True,
        system=[{"type": "text", "text": "a" * 40}],
        messages=[
            {"role": "user", "content": [IMAGE, {"type": "text", "text": "b" * 40}]},
            {"role": "assistant", "content": [{"type": "tool_use", "name": "f", "input": {"a": "c" * 34}}]},
            {"role": "user", "content": [{"type": "tool_result", "content": [{"type": "text", "text": "d" * 40}]}]},
        ],
        tools=[{"name": "f"}],
        output_config={"format": {"type": "json_schema"}},
    )
    assert request.needs == {Capability.TOOLS, Capability.IMAGES, Capability.JSON_SCHEMA}
    assert request.prompt_tokens_at_least == 40
    assert (request.stream, request.max_output_tokens, request.answers) == (True, 9, 1)
    assert parsed(max_tokens=100.0).max_output_tokens == 100
    counted = parsed(Endpoint.COUNT_TOKENS, stream=True)
    assert (counted.stream, counted.max_output_tokens) == (False, None)


def test_pictures_are_no_text_and_their_size_is_not_held_against_a_body() -> None:
    large = {**IMAGE, "source": {"type": "base64", "data": "A" * (21 << 20)}}
    assert parsed(messages=[{"role": "user", "content": [large]}]).prompt_tokens_at_least == 0
    with pytest.raises(TooLarge):
        parsed(system="a" * (21 << 20))


def test_what_takes_long_to_translate_is_known_beforehand() -> None:
    short = {"role": "user", "content": "a"}
    parts = {"role": "user", "content": [{"type": "text", "text": "a"}] * 70}
    assert not parsed(messages=[short] * 50).is_long
    assert parsed(messages=[short] * 70).is_long
    assert parsed(messages=[short, parts]).is_long
    assert parsed(system="a" * 300_000).is_long


def test_an_estimate_counts_text_tools_and_pictures() -> None:
    assert estimated_tokens(parsed()) == 1
    more = parsed(tools=[{"name": "f" * 400}], messages=[{"role": "user", "content": [IMAGE]}])
    assert 1_600 <= estimated_tokens(more) <= 1_610
