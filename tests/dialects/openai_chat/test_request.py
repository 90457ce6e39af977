"""A client's body is read once, refused with a clear sentence where it is wrong, and kept whole otherwise."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from localrouter.dialects.json_bodies.reading import MAX_DEPTH
from localrouter.dialects.openai_chat.request import parse_request
from localrouter.domain.conversation.request import Capability, Endpoint
from localrouter.domain.errors import Invalid

CHAT = Endpoint.CHAT_COMPLETIONS
SMALL = {"model": "m", "messages": []}


def chat(**fields: object) -> bytes:
    return orjson.dumps({**SMALL, **fields})


def nested(depth: int) -> bytes:
    """A chat body whose deepest container is at `depth`, the body itself being at 1."""
    return b'{"model":"m","messages":[],"x":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@pytest.mark.parametrize(
    ("raw", "said", "path"),
    [
        (b"", "not valid JSON", None),
        (b"{", "not valid JSON", None),
        (b"\xff", "not valid JSON", None),
        (b'{"model": NaN}', "model must be a string", "model"),
        (b'{"model": Nan}', "not valid JSON", None),
        (b'{"model": "a\\ud83d", "messages": []}', "half a surrogate pair", None),
        (b'{"model": "m", "models": ["a\\ud83d"], "messages": []}', "half a surrogate pair", None),
        (b'{"model": "m", "max_tokens\\ud83d": 1, "messages": []}', "half a surrogate pair", None),
        (b'{"model": "m", "messages": [{"content\\udc00": ""}]}', "half a surrogate pair", None),
        ('{"model": "a\ufffd", "messages": []}'.encode(), "could not be read", "model"),
        (b'{"model": "m", "messages": [], "x": "\xe9"}', "not valid JSON", None),
        (b'{"model": "m", "messages": [], "x": 01}', "not valid JSON", None),
        (b'\xef\xbb\xbf\xef\xbb\xbf{"model": "m", "messages": []}', "not valid JSON", None),
        (b"[]", "must be a JSON object", None),
        (b"null", "must be a JSON object", None),
        (b'"text"', "must be a JSON object", None),
        (b'{"messages":[]}', "model is missing", "model"),
        (b'{"model":null,"messages":[]}', "model is missing", "model"),
        (b'{"model":7,"messages":[]}', "model must be a string", "model"),
        (b'{"model":" ","messages":[]}', "model is empty", "model"),
        (b'{"model":"m"}', "messages is missing", "messages"),
        (b'{"model":"m","messages":"hi"}', "messages must be a list", "messages"),
        (b'{"model":"m","messages":null}', "messages must be a list", "messages"),
        (b'{"model":"m","messages":["hi"]}', "messages[0] must be an object", "messages[0]"),
        (chat(stream="yes"), "stream must be true or false", "stream"),
        (chat(stream=1), "stream must be true or false", "stream"),
        (chat(stream_options=[]), "stream_options must be an object", "stream_options"),
        (b'{"model":"m","messages":[],"stream":NaN}', "stream must be true or false", "stream"),
        (b'{"model":"m","messages":[],"max_tokens":NaN}', "max_tokens must be a whole number", "max_tokens"),
        (b'{"model":"m","messages":[],"max_tokens":1e400}', "max_tokens must be a whole number", "max_tokens"),
        (chat(max_tokens=1e30), "max_tokens must be a whole number", "max_tokens"),
        (chat(max_tokens=1.5), "max_tokens must be a whole number", "max_tokens"),
        (chat(max_tokens="many"), "max_tokens must be a whole number", "max_tokens"),
        (chat(max_completion_tokens=True), "max_completion_tokens must be a whole number", "max_completion_tokens"),
        (nested(MAX_DEPTH + 1), "nested deeper than 128", None),
        (nested(1_000), "nested deeper than 128", None),
        (nested(5_000), "nested deeper than 128", None),
    ],
)
def test_what_is_wrong_is_named(raw: bytes, said: str, path: str | None) -> None:
    with pytest.raises(Invalid) as refused:
        parse_request(CHAT, raw)
    assert said in refused.value.message
    assert [finding.path for finding in refused.value.findings] == ([] if path is None else [path])


def test_the_deepest_allowed_body_is_read() -> None:
    assert parse_request(CHAT, nested(MAX_DEPTH)).model == "m"


def test_many_flat_containers_are_not_deep() -> None:
    assert parse_request(CHAT, chat(x=[[] for _ in range(1_000)])).model == "m"


def test_the_body_is_kept_whole() -> None:
    body = {**SMALL, "messages": [{"role": "user", "content": "hi", "own": 1}], "unknown": {"a": [1, 2.5, None]}}
    assert parse_request(CHAT, orjson.dumps(body)).body == body


@pytest.mark.parametrize(
    ("fields", "stream", "wants_usage"),
    [
        ({}, False, False),
        ({"stream": None}, False, False),
        ({"stream": True}, True, False),
        ({"stream": True, "stream_options": None}, True, False),
        ({"stream": True, "stream_options": {"include_usage": False}}, True, False),
        ({"stream": True, "stream_options": {"include_usage": True}}, True, True),
    ],
)
def test_streaming_is_read(fields: dict[str, object], stream: bool, wants_usage: bool) -> None:
    request = parse_request(CHAT, chat(**fields))
    assert (request.stream, request.wants_usage_chunk) == (stream, wants_usage)


@pytest.mark.parametrize(
    ("fields", "cap"),
    [
        ({}, None),
        ({"max_tokens": None}, None),
        ({"max_tokens": 7}, 7),
        ({"max_completion_tokens": 9}, 9),
        ({"max_completion_tokens": 9, "max_tokens": 7}, 9),
        ({"max_tokens": -1}, None),
    ],
)
def test_the_cap_on_the_output_is_read(fields: dict[str, object], cap: int | None) -> None:
    assert parse_request(CHAT, chat(**fields)).max_output_tokens == cap


@pytest.mark.parametrize(
    ("fields", "needs"),
    [
        ({}, set()),
        ({"tools": []}, set()),
        ({"tools": [{"type": "function"}]}, {Capability.TOOLS}),
        ({"functions": [{"name": "f"}]}, {Capability.TOOLS}),
        ({"response_format": {"type": "json_object"}}, set()),
        ({"response_format": {"type": "json_schema"}}, {Capability.JSON_SCHEMA}),
        (
            {"messages": [{"content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]}]},
            {Capability.IMAGES},
        ),
        ({"messages": [{"content": [{"type": "text", "text": "x"}]}]}, set()),
    ],
)
def test_what_a_request_needs_is_found(fields: dict[str, object], needs: set[Capability]) -> None:
    assert parse_request(CHAT, chat(**fields)).needs == needs


@pytest.mark.parametrize(
    ("messages", "tokens"),
    [
        ([], 0),
        ([{"role": "user", "content": "abcdefgh"}], 2),
        ([{"role": "user", "content": "éééé"}], 2),
        ([{"role": "user", "content": None}], 0),
        ([{"content": [{"type": "text", "text": "abcd"}, {"type": "text", "text": "efgh"}]}], 2),
        ([{"content": [{"type": "image_url", "image_url": {"url": "data:" + "A" * 10_000}}]}], 0),
        ([{"content": None, "tool_calls": [{"function": {"name": "f", "arguments": "12345678"}}]}], 2),
        ([{"content": 7, "tool_calls": "odd"}, {"content": ["odd"]}], 0),
    ],
)
def test_the_lower_bound_counts_text_and_no_images(messages: list[object], tokens: int) -> None:
    assert parse_request(CHAT, chat(messages=messages)).prompt_tokens_at_least == tokens


@pytest.mark.parametrize(("endpoint", "field"), [(Endpoint.COMPLETIONS, "prompt"), (Endpoint.EMBEDDINGS, "input")])
@pytest.mark.parametrize(
    ("given", "tokens"), [("abcdefgh", 2), (["abcd", "efgh"], 2), ([1, 2, 3], 3), ([[1, 2], [3]], 3), ([], 0)]
)
def test_other_endpoints_count_their_own_field(endpoint: Endpoint, field: str, given: object, tokens: int) -> None:
    request = parse_request(endpoint, orjson.dumps({"model": "m", field: given}))
    assert (request.endpoint, request.prompt_tokens_at_least) == (endpoint, tokens)


@pytest.mark.parametrize(
    ("endpoint", "said"), [(Endpoint.COMPLETIONS, "prompt is missing"), (Endpoint.EMBEDDINGS, "input is missing")]
)
def test_other_endpoints_need_their_own_field(endpoint: Endpoint, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        parse_request(endpoint, b'{"model":"m"}')
    with pytest.raises(Invalid, match="must be a string or a list"):
        parse_request(endpoint, b'{"model":"m","prompt":1,"input":1}')


BODY = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.mark.parametrize("name", ["Model", "MAX_TOKENS", "max_to\u212aens", "N", "\u017ftream", "Messages"])
def test_a_field_that_other_servers_may_take_for_a_known_one_is_refused(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_request(Endpoint.CHAT_COMPLETIONS, orjson.dumps(BODY | {name: 5000}))
    assert refused.value.findings[0].path == name
    assert name.casefold() in refused.value.message


def test_a_field_that_nobody_knows_passes() -> None:
    request = parse_request(Endpoint.CHAT_COMPLETIONS, orjson.dumps(BODY | {"Future": 1, "future": 2}))
    assert (request.body["Future"], request.body["future"]) == (1, 2)


def test_the_length_of_a_models_name_is_limited() -> None:
    with pytest.raises(Invalid, match="longer than 512"):
        parse_request(Endpoint.CHAT_COMPLETIONS, orjson.dumps(BODY | {"model": "x" * 513}))


def test_a_body_of_more_lists_and_objects_than_anyone_needs_is_refused_before_it_is_read() -> None:
    with pytest.raises(Invalid, match="more than 100,000 lists and objects"):
        parse_request(Endpoint.COMPLETIONS, b'{"model": "m", "prompt": [' + b"[]," * 100_000 + b"[]]}")


def test_a_million_tokens_are_a_quick_prompt() -> None:
    request = parse_request(Endpoint.COMPLETIONS, b'{"model": "m", "prompt": [' + b"1," * 999_999 + b"1]}")
    assert request.prompt_tokens_at_least == 1_000_000


def test_a_part_of_an_odd_type_is_no_image() -> None:
    body = BODY | {"messages": [{"role": "user", "content": [{"type": []}, {"type": {}}]}]}
    assert not parse_request(CHAT, orjson.dumps(body)).needs


def test_embeddings_do_not_stream() -> None:
    assert not parse_request(Endpoint.EMBEDDINGS, orjson.dumps({"model": "m", "input": "x", "stream": True})).stream


def test_a_list_of_more_texts_than_anyone_needs_is_refused() -> None:
    many = ["x"] * 100_001
    with pytest.raises(Invalid, match="input has more than 100,000 parts"):
        parse_request(Endpoint.EMBEDDINGS, orjson.dumps({"model": "m", "input": many}))
    with pytest.raises(Invalid, match="content has more than 100,000 parts"):
        parse_request(CHAT, orjson.dumps({"model": "m", "messages": [{"role": "user", "content": many}]}))


@pytest.mark.parametrize(
    ("endpoint", "fields", "answers"),
    [
        (Endpoint.CHAT_COMPLETIONS, {}, 1),
        (Endpoint.CHAT_COMPLETIONS, {"n": None}, 1),
        (Endpoint.CHAT_COMPLETIONS, {"n": 3}, 3),
        (Endpoint.CHAT_COMPLETIONS, {"n": 0}, None),
        (Endpoint.CHAT_COMPLETIONS, {"n": "2"}, None),
        (Endpoint.CHAT_COMPLETIONS, {"n": True}, 1),
        (Endpoint.CHAT_COMPLETIONS, {"n": 2, "n_cmpl": 2}, None),
        (Endpoint.COMPLETIONS, {"prompt": "a"}, 1),
        (Endpoint.COMPLETIONS, {"prompt": ["a", "b"], "n": 2}, 4),
        (Endpoint.COMPLETIONS, {"prompt": [1, 2, 3]}, 1),
        (Endpoint.COMPLETIONS, {"prompt": [[1, 2], [3]]}, 2),
        (Endpoint.COMPLETIONS, {"prompt": "a", "best_of": 3}, None),
    ],
)
def test_how_many_answers_a_request_asks_for(endpoint: Endpoint, fields: dict[str, Any], answers: int | None) -> None:
    body = {"model": "a", "messages": [], "prompt": "a", **fields}
    assert parse_request(endpoint, orjson.dumps(body)).answers == answers
