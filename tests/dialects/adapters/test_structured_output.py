"""Answers that are no object go to every provider, and come back as the program asked for them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from localrouter.dialects.adapters.adapting import instructions_at_most
from localrouter.dialects.adapters.answers.wrapping import (
    AS_JSON,
    AS_WORD,
    Unwrapper,
    ValueTaker,
    unwrapped,
    unwrapper_of,
)
from localrouter.dialects.adapters.structured_output import ONE_VALUE
from localrouter.dialects.contract import CalledModel, EncodedCall, PlainAnswer
from localrouter.dialects.presets import PRESETS
from localrouter.dialects.registry import DIALECTS
from localrouter.domain.conversation.parts import TextPart
from localrouter.domain.conversation.reply import Finish, FinishReason, Reply, TextPiece
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.limits.demand import MaxUsage

WORDS = {"type": "STRING", "enum": ["small", "large"]}
CITIES = {"type": "ARRAY", "items": {"type": "OBJECT", "properties": {"n": {"type": "INTEGER"}}}}
OBJECT = {"type": "OBJECT", "properties": {"n": {"type": "INTEGER"}}}
PROVIDERS = [
    ("openai_chat", "openai", "gpt-5"),
    ("openai_responses", "openai", "gpt-5-pro"),
    ("anthropic_messages", "anthropic", "claude-sonnet-4-5"),
]
FENCED = EncodedCall("", {}, b"", wraps_json=True, value_as=AS_JSON)


def call_for(dialect: str, preset: str, model: str, schema: object, kind: str = "application/json") -> EncodedCall:
    config = {"generationConfig": {"responseMimeType": kind, "responseSchema": schema}}
    asked = DIALECTS.clients["gemini"].example(Endpoint.CHAT_COMPLETIONS, "one/a", config)
    call = DIALECTS.translated(asked, CalledModel(model, PRESETS[preset]), dialect)
    assert isinstance(call, EncodedCall), call
    return call


def schema_in(call: EncodedCall) -> dict[str, Any]:
    body = orjson.loads(call.body)
    form = body.get("response_format", {}).get("json_schema") or body.get("text") or body.get("output_config")
    schema: dict[str, Any] = form.get("format", form)["schema"]
    return schema


@pytest.mark.parametrize(("dialect", "preset", "model"), PROVIDERS)
def test_a_value_is_asked_for_in_an_object_where_servers_take_nothing_else(
    dialect: str, preset: str, model: str
) -> None:
    listed = call_for(dialect, preset, model, CITIES)
    schema = schema_in(listed)
    assert (schema["type"], schema["required"], schema["additionalProperties"]) == ("object", ["value"], False)
    assert schema["properties"]["value"]["items"]["properties"]["n"]["type"] == "integer"
    assert (listed.value_as, ONE_VALUE in listed.adapted) == (AS_JSON, True)
    assert call_for(dialect, preset, model, WORDS, "text/x.enum").value_as == AS_WORD
    plain = call_for(dialect, preset, model, OBJECT)
    assert "value" not in schema_in(plain)["properties"]
    assert (plain.value_as, plain.adapted) == ("", ())


@pytest.mark.parametrize(
    ("dialect", "preset", "model"),
    [
        *PROVIDERS,
        ("openai_chat", "deepseek", "m"),
        ("openai_chat", "minimax", "m"),
        (*PROVIDERS[2][:2], "claude-3-opus"),
    ],
)
def test_what_strict_limits_reserve_covers_the_object(dialect: str, preset: str, model: str) -> None:
    config = {"generationConfig": {"responseMimeType": "application/json", "responseSchema": CITIES}}
    client = DIALECTS.clients["gemini"]
    asked = client.example(Endpoint.CHAT_COMPLETIONS, "one/a", config)
    bound = client.max_usage(asked)
    assert isinstance(bound, MaxUsage)
    body = orjson.loads(call_for(dialect, preset, model, CITIES).body)
    told = ("messages", "system", "input", "response_format", "text", "output_config", "tools")
    prompt = [body[name] for name in told if name in body]
    assert sum(len(orjson.dumps(each)) for each in prompt) <= bound.prompt_tokens + instructions_at_most(asked.body)


def test_definitions_stay_at_the_root() -> None:
    schema = {"type": "array", "items": {"$ref": "#/$defs/City"}, "$defs": {"City": {"type": "object"}}}
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
    asked = DIALECTS.clients["openai_chat"].example(Endpoint.CHAT_COMPLETIONS, "one/a", {"response_format": form})
    called = CalledModel("claude-sonnet-4-5", PRESETS["anthropic"])
    call = DIALECTS.translated(asked, called, "anthropic_messages")
    assert isinstance(call, EncodedCall)
    told = schema_in(call)
    assert (list(told["$defs"]), told["properties"]["value"]["items"]) == (["City"], {"$ref": "#/$defs/City"})


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    ("reads_as", "said", "told"),
    [
        (AS_JSON, '{"value": [{"n": 1}, {"n": 2}]}', '[{"n": 1}, {"n": 2}]'),
        (AS_JSON, ' {\n "value" : {"a": {}} }\n', '{"a": {}}'),
        (AS_JSON, '{"value":"a } b"}', '"a } b"'),
        (AS_JSON, '{"value": [1, 2', "[1, 2"),  # cut by a cap
        (AS_JSON, "I cannot say that.", "I cannot say that."),
        (AS_JSON, '{"values": 1}', '{"values": 1}'),
        (AS_JSON, "[1, 2]", "[1, 2]"),
        (AS_JSON, '{ "va', '{ "va'),
        (AS_JSON, "", ""),
        (AS_WORD, '{"value": "sm\\u0061ll"}', "small"),
        (AS_WORD, '{"value": 3}', "3"),
        (AS_WORD, '{"value": "sma', '"sma'),
        (AS_WORD, "large", "large"),
    ],
)
def test_the_value_is_taken_out_in_any_pieces(reads_as: str, said: str, told: str, size: int) -> None:
    assert taken(ValueTaker(reads_as), said, size) == told


def test_a_value_in_a_fence_is_taken_out_of_both() -> None:
    unwrapper = unwrapper_of(FENCED)
    assert unwrapper is not None
    assert taken(unwrapper, 'Here:\n```json\n{"value": [1]}\n```', 4) == "[1]"


def taken(unwrapper: Unwrapper, said: str, size: int) -> str:
    pieces = [said[start : start + size] for start in range(0, len(said), size)]
    deltas = [delta for piece in pieces for delta in unwrapper.feed(piece)] + list(unwrapper.end())
    return "".join(delta.text for delta in deltas if isinstance(delta, TextPiece))


def test_a_whole_answer_has_its_value_alone() -> None:
    reply = Reply((TextPart('{"value": ["a"]}'),), Finish(FinishReason.STOP), None, "r", "m")
    answer = unwrapped(PlainAnswer(b"", None, 0, reply), ValueTaker(AS_JSON))
    assert answer.reply is not None
    assert answer.reply.parts == (TextPart('["a"]'),)
