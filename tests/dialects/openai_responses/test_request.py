from __future__ import annotations

import pytest

from localrouter.dialects.json_bodies.refusals import MAX_BESIDE_ATTACHMENTS
from localrouter.domain.conversation.request import Capability, Endpoint
from localrouter.domain.errors import Invalid, TooLarge
from tests.dialects.openai_responses.asking import CLIENT, asked

PICTURE = {"type": "input_image", "image_url": "https://pictures.example/a.png"}


def test_what_routing_needs_is_found() -> None:
    request = asked(
        input=[
            {"role": "user", "content": [{"type": "input_text", "text": "x" * 40}, PICTURE]},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "y" * 40},
            {"type": "function_call_output", "call_id": "c", "output": "z" * 40},
        ],
        instructions="w" * 40,
        tools=[{"type": "function", "name": "f"}],
        text={"format": {"type": "json_schema", "name": "n", "schema": {}}},
        max_output_tokens=100.0,
        stream=True,
    )
    assert (request.model, request.endpoint, request.stream) == ("one/a", Endpoint.CHAT_COMPLETIONS, True)
    assert request.needs == {Capability.TOOLS, Capability.IMAGES, Capability.JSON_SCHEMA}
    assert (request.prompt_tokens_at_least, request.max_output_tokens) == (40, 100)
    assert request.body["max_output_tokens"] == 100


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": None}, "input"),
        ({"input": 5}, "input"),
        ({"input": ["Hello"]}, "input[0]"),
        ({"instructions": ["a"]}, "instructions"),
        ({"max_output_tokens": 1.5}, "max_output_tokens"),
        ({"max_output_tokens": -1}, "max_output_tokens"),
        ({"max_output_tokens": True}, "max_output_tokens"),
        ({"stream": "true"}, "stream"),
        ({"MAX_OUTPUT_TOKENS": 5}, "MAX_OUTPUT_TOKENS"),
    ],
)
def test_what_is_wrong_is_refused_by_name(fields: dict[str, object], param: str) -> None:
    with pytest.raises(Invalid) as refusal:
        asked(**fields)
    assert refusal.value.findings[0].path == param


def test_a_long_body_may_be_mostly_pictures_but_not_mostly_text() -> None:
    head, tail = b'{"model": "one/a", "input": [{"role": "user", "content": [', b"]}]}"
    data = b"A" * (MAX_BESIDE_ATTACHMENTS + 1)
    picture = b'{"type": "input_image", "image_url": "data:image/png;base64,%b"}' % data
    file = b'{"type": "input_file", "file_data": "data:application/pdf;base64,%b"}' % data
    for part in (picture, file):
        CLIENT.parse(Endpoint.CHAT_COMPLETIONS, head + part + tail)
    with pytest.raises(TooLarge):
        CLIENT.parse(Endpoint.CHAT_COMPLETIONS, head + b'{"type": "input_text", "text": "%b"}' % data + tail)
