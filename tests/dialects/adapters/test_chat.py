"""Each adapter with and without: what a server that lacks a feature is told instead, and what its program hears."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from localrouter.dialects.adapters.adapting import instructions_at_most
from localrouter.dialects.contract import EncodedCall, Preset
from localrouter.dialects.features import Feature
from localrouter.dialects.openai_chat.provider import OpenAIChatProvider
from localrouter.dialects.presets import PRESETS
from localrouter.dialects.registry import DIALECTS
from localrouter.domain.configuration.config import RequestFields
from localrouter.domain.conversation.request import Capability, Endpoint
from localrouter.domain.limits.demand import MaxUsage
from localrouter.domain.models.info import ModelInfo

PLAIN = PRESETS["openai-compatible"]
USER = {"role": "user", "content": "Hi"}
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}
WANTS_SCHEMA = {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}}
WANTS_JSON = {"response_format": {"type": "json_object"}}
TOOLS = [{"type": "function", "function": {"name": name, "parameters": {}, "strict": True}} for name in ("a", "b")]
NAMED = {"type": "function", "function": {"name": "b"}}
ALLOWED = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [NAMED]}}
LOST = "left out, as this model's provider has no such thing: "


def lacking(*features: Feature, **changes: Any) -> Preset:
    return replace(PLAIN, lacks=frozenset(features), **changes)


def encoded(preset: Preset, **fields: Any) -> tuple[dict[str, Any], EncodedCall]:
    """The body of a chat request at this server. What the program handed over stays as it was."""
    raw = orjson.dumps({"model": "m", "messages": [USER], **fields})
    request = DIALECTS.clients["openai_chat"].parse(Endpoint.CHAT_COMPLETIONS, raw)
    call = OpenAIChatProvider().encode(request, "m", preset)
    assert request.body == orjson.loads(raw)
    return orjson.loads(call.body), call


def roles(body: dict[str, Any]) -> list[str]:
    return [message["role"] for message in body["messages"]]


@pytest.mark.parametrize(
    "fields",
    [
        WANTS_SCHEMA,
        WANTS_JSON,
        {"tools": TOOLS, "tool_choice": "required"},
        {"tools": TOOLS, "tool_choice": NAMED},
        {"logprobs": True, "top_logprobs": 2},
        {"messages": [{"role": "developer", "content": "x"}, USER, {"role": "system", "content": "y"}, USER, USER]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "x", "cache_control": {}}]}]},
        {"messages": [{"role": "assistant", "content": "x", "reasoning_content": "y", "name": "z"}], "seed": 1},
    ],
)
def test_a_server_that_lacks_nothing_gets_what_the_program_sent(fields: dict[str, Any]) -> None:
    body, call = encoded(PLAIN, **fields)
    assert body == {"model": "m", "messages": [USER], **fields}
    assert (call.adapted, call.warnings, call.read_as, call.wraps_json) == ((), (), None, False)


def test_a_schema_becomes_json_mode_with_the_schema_in_words() -> None:
    body, call = encoded(lacking(Feature.JSON_SCHEMA), **WANTS_SCHEMA)
    assert body["response_format"] == {"type": "json_object"}
    assert orjson.dumps(SCHEMA).decode() in body["messages"][0]["content"]
    assert roles(body) == ["system", "user"]
    assert call.adapted == ("structured output",)
    assert call.warnings == (LOST + "enforcement of the answer's schema",)
    assert not call.wraps_json


def test_without_json_mode_the_schema_is_told_in_words_and_the_answer_unwrapped() -> None:
    body, call = encoded(lacking(Feature.JSON_SCHEMA, Feature.JSON_MODE), **WANTS_SCHEMA)
    assert "response_format" not in body
    assert call.wraps_json
    assert call.read_as is not None


def test_several_answers_are_asked_for_in_words_but_come_as_they_are() -> None:
    _, call = encoded(lacking(Feature.JSON_SCHEMA, Feature.JSON_MODE), n=2, **WANTS_SCHEMA)
    assert (call.wraps_json, call.read_as) == (False, None)
    assert call.warnings


def test_words_go_to_the_system_message_that_there_is() -> None:
    for content in ("Be brief.", [{"type": "text", "text": "Be brief."}]):
        system = {"role": "system", "content": content}
        body, _ = encoded(lacking(Feature.JSON_SCHEMA), messages=[system, USER], **WANTS_SCHEMA)
        assert roles(body) == ["system", "user"]
        said = body["messages"][0]["content"]
        assert "Be brief." in str(said)
        assert "JSON schema" in str(said)


def test_json_mode_becomes_a_schema_that_any_object_matches() -> None:
    body, call = encoded(lacking(Feature.JSON_MODE), **WANTS_JSON)
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert roles(body) == ["user"]
    assert (call.adapted, call.warnings) == (("JSON mode",), ())


def test_json_mode_becomes_words_where_there_is_no_schema_either() -> None:
    body, call = encoded(lacking(Feature.JSON_MODE, Feature.JSON_SCHEMA), **WANTS_JSON)
    assert "response_format" not in body
    assert "JSON" in body["messages"][0]["content"]
    assert call.warnings == (LOST + "enforcement of JSON",)
    assert call.wraps_json


def names(body: dict[str, Any]) -> list[str]:
    return [tool["function"]["name"] for tool in body.get("tools", [])]


@pytest.mark.parametrize("choice", [NAMED, ALLOWED])
def test_a_named_tool_becomes_the_only_one_of_which_one_is_required(choice: dict[str, Any]) -> None:
    body, call = encoded(lacking(Feature.NAMED_TOOL), tools=TOOLS, tool_choice=choice)
    assert (names(body), body["tool_choice"]) == (["b"], "required")
    assert (call.adapted, call.warnings) == (("tool choice",), ())


def test_a_tool_that_nothing_can_force_is_asked_for_in_words() -> None:
    body, call = encoded(lacking(Feature.NAMED_TOOL, Feature.FORCED_TOOLS), tools=TOOLS, tool_choice=NAMED)
    assert (names(body), body["tool_choice"]) == (["b"], "auto")
    assert "tool b" in body["messages"][0]["content"]
    assert call.warnings == (LOST + "enforcement of the tool choice",)
    body, call = encoded(lacking(Feature.FORCED_TOOLS), tools=TOOLS, tool_choice="required")
    assert (names(body), body["tool_choice"], roles(body)) == (["a", "b"], "auto", ["system", "user"])
    assert call.warnings == (LOST + "enforcement of the tool choice",)


def test_whom_nothing_keeps_from_tools_is_shown_none() -> None:
    body, call = encoded(lacking(Feature.NO_TOOLS), tools=TOOLS, tool_choice="none", parallel_tool_calls=True)
    assert not body.keys() & {"tools", "tool_choice", "parallel_tool_calls"}
    assert (call.adapted, call.warnings) == (("tool choice",), ())
    assert names(encoded(lacking(Feature.NO_TOOLS), tools=TOOLS, tool_choice="auto")[0]) == ["a", "b"]


def test_strict_tools_are_loosened_with_a_warning() -> None:
    body, call = encoded(lacking(Feature.STRICT_TOOLS), tools=TOOLS)
    assert not any("strict" in tool["function"] for tool in body["tools"])
    assert call.warnings == (LOST + "strict schemas of tools",)


def test_logprobs_are_left_out_with_a_warning() -> None:
    body, call = encoded(lacking(Feature.LOGPROBS), logprobs=True, top_logprobs=3)
    assert not body.keys() & {"logprobs", "top_logprobs"}
    assert call.warnings == (LOST + "logprobs",)
    body, call = encoded(lacking(Feature.LOGPROBS), logprobs=False)
    assert "logprobs" not in body
    assert call.warnings == ()


DEVELOPER, SYSTEM = {"role": "developer", "content": "D"}, {"role": "system", "content": "S"}
ANSWER = {"role": "assistant", "content": "A"}


def test_the_developer_speaks_as_the_system() -> None:
    body, call = encoded(lacking(Feature.DEVELOPER_ROLE), messages=[DEVELOPER, USER])
    assert body["messages"] == [{"role": "system", "content": "D"}, USER]
    assert (call.adapted, call.warnings) == (("roles",), ())
    assert encoded(lacking(Feature.DEVELOPER_ROLE))[1].adapted == ()


def test_what_the_system_says_in_the_middle_stays_in_its_place_as_the_users_words() -> None:
    given = [SYSTEM, SYSTEM, USER, ANSWER, SYSTEM, USER]
    body, call = encoded(lacking(Feature.LATE_SYSTEM), messages=given)
    assert roles(body) == ["system", "system", "user", "assistant", "user", "user"]
    assert call.adapted == ("roles",)
    assert encoded(lacking(Feature.LATE_SYSTEM), messages=[SYSTEM, SYSTEM, USER])[1].adapted == ()


def test_messages_of_one_role_in_a_row_are_joined() -> None:
    parts = {"role": "user", "content": [{"type": "text", "text": "P"}]}
    call = {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "function": {"name": "a"}}]}
    results = [
        {"role": "tool", "tool_call_id": "1", "content": "x"},
        {"role": "tool", "tool_call_id": "2", "content": "y"},
    ]
    given = [SYSTEM, SYSTEM, USER, parts, ANSWER, call, *results]
    body, told = encoded(lacking(Feature.ROLE_RUNS), messages=given)
    both = [{"type": "text", "text": "Hi"}, {"type": "text", "text": "P"}]
    joined = [{"role": "system", "content": "S\n\nS"}, {"role": "user", "content": both}]
    assert body["messages"] == [*joined, ANSWER, call, *results]
    assert told.adapted == ("roles",)


def test_fields_of_messages_that_a_server_refuses_are_left_out_with_a_warning() -> None:
    preset = lacking(refused_in_messages=frozenset({"reasoning_content", "name"}))
    thinking = {**ANSWER, "reasoning_content": "hm", "name": "bot"}
    body, call = encoded(preset, messages=[USER, thinking, USER])
    assert body["messages"] == [USER, ANSWER, USER]
    assert call.warnings == (LOST + "names of participants, reasoning of earlier turns",)
    assert encoded(preset, messages=[USER, {**ANSWER, "reasoning_content": ""}])[1].warnings == ()


MARK = {"type": "ephemeral"}
MARKED = {"role": "user", "content": [{"type": "text", "text": "x", "cache_control": MARK}], "cache_control": MARK}


def test_marks_of_what_to_cache_are_kept_or_left_out() -> None:
    tools = [{**TOOLS[0], "cache_control": MARK}]
    body, call = encoded(lacking(Feature.CACHE_MARKS), messages=[MARKED], tools=tools)
    assert body["messages"] == [{"role": "user", "content": [{"type": "text", "text": "x"}]}]
    assert body["tools"] == TOOLS[:1]
    assert call.warnings == (LOST + "cache_control",)
    itself = lacking(Feature.CACHE_MARKS, takes=frozenset({"automatic_caching"}))
    _, call = encoded(itself, messages=[MARKED])
    assert (call.adapted, call.warnings) == (("prompt caching",), ())
    assert encoded(itself)[1].adapted == ()


@pytest.mark.parametrize(
    ("fields", "effort", "lost"),
    [
        ({"reasoning": {"effort": "high"}}, "high", ()),
        ({"reasoning": {"max_tokens": 1000}}, "low", ()),
        ({"reasoning": {"effort": "high", "exclude": True}}, "high", ("reasoning.exclude",)),
        ({"reasoning": {"effort": "high"}, "reasoning_effort": "low"}, "low", ()),
        ({"reasoning": {"enabled": True}}, None, ("reasoning.enabled",)),
    ],
)
def test_how_much_to_think_goes_as_an_effort_where_no_object_is_taken(
    fields: dict[str, Any], effort: str | None, lost: tuple[str, ...]
) -> None:
    body, call = encoded(lacking(Feature.REASONING_OBJECT), **fields)
    assert ("reasoning" in body, body.get("reasoning_effort")) == (False, effort)
    assert call.warnings == tuple(f"{LOST}{name}" for name in lost)
    assert encoded(PLAIN, **fields)[0].items() >= fields.items()


def test_an_object_that_a_server_has_refused_goes_on_as_an_effort() -> None:
    wish = {"reasoning": {"effort": "high"}}
    learned, _ = encoded(PLAIN.taking(RequestFields(), frozenset({"reasoning"})), **wish)
    assert ("reasoning" in learned, learned["reasoning_effort"]) == (False, "high")
    neither, _ = encoded(PLAIN.taking(RequestFields(drop=("reasoning", "reasoning_effort")), frozenset()), **wish)
    assert not {"reasoning", "reasoning_effort"} & neither.keys()


def test_a_text_in_parts_becomes_a_plain_one_and_pictures_stay() -> None:
    texts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    picture = [*texts, {"type": "image_url", "image_url": {"url": "https://h/x.png"}}]
    given = [{"role": "user", "content": texts}, {"role": "user", "content": picture}]
    body, call = encoded(lacking(Feature.TEXT_PARTS), messages=given)
    assert [message["content"] for message in body["messages"]] == ["a\n\nb", picture]
    assert call.adapted == ("contents",)


def test_a_field_with_another_name_goes_under_that() -> None:
    body, call = encoded(lacking(renames={"seed": "random_seed"}), seed=7)
    assert (body["random_seed"], "seed" in body, call.warnings) == (7, False, ())
    assert encoded(lacking(renames={"seed": "random_seed"}), seed=7, random_seed=8)[0]["random_seed"] == 8


def test_adapters_and_refused_fields_and_caps_work_together() -> None:
    preset = replace(PRESETS["mistral"], lacks=PRESETS["mistral"].lacks | {Feature.JSON_SCHEMA})
    raw = {"messages": [DEVELOPER, USER], "seed": 1, "store": True, "max_completion_tokens": 9, **WANTS_SCHEMA}
    request = DIALECTS.clients["openai_chat"].parse(Endpoint.CHAT_COMPLETIONS, orjson.dumps({"model": "m", **raw}))
    call = OpenAIChatProvider().encode(request, "m", preset, 5)
    body = orjson.loads(call.body)
    assert body.keys() == {"model", "messages", "random_seed", "response_format", "max_tokens"}
    assert (body["max_tokens"], call.capped) == (5, "max_tokens")


def test_a_refused_field_is_left_out_with_a_warning_where_something_is_lost() -> None:
    preset = replace(PLAIN, refused_fields=frozenset({"logit_bias", "user", "store", "stream_options", "max_tokens"}))
    body, call = encoded(preset, logit_bias={"1": 2}, user="u", store=False, max_tokens=9, stream=True)
    assert not body.keys() & preset.refused_fields
    assert call.warnings == (LOST + "logit_bias, user",)
    told = preset.taking(RequestFields(drop=("logit_bias",)), frozenset({"user"}))
    assert encoded(told, logit_bias={"1": 2}, user="u")[1].warnings == (), "its owner knows, and the router says so"


KNOWS_SCHEMAS = frozenset(Capability)


@pytest.mark.parametrize(
    ("preset", "model", "info", "lacks"),
    [
        (PLAIN, "m", ModelInfo(), set()),
        (PLAIN, "m", ModelInfo(capabilities=frozenset({Capability.TOOLS})), {Feature.JSON_SCHEMA}),
        (PRESETS["groq"], "m", ModelInfo(), {Feature.JSON_SCHEMA}),
        (PRESETS["groq"], "m", ModelInfo(capabilities=KNOWS_SCHEMAS, confirmed=KNOWS_SCHEMAS), set()),
        (PRESETS["moonshot"], "kimi-k2.6", ModelInfo(), {Feature.FORCED_TOOLS}),
        (PRESETS["moonshot"], "kimi-k3", ModelInfo(), set()),
    ],
)
def test_what_a_model_lacks_is_known_of_the_model(
    preset: Preset, model: str, info: ModelInfo, lacks: set[Feature]
) -> None:
    assert preset.of_model(model, info).lacks - preset.lacks == lacks


@pytest.mark.parametrize(
    "fields",
    [
        WANTS_SCHEMA,
        WANTS_JSON,
        {"tools": TOOLS, "tool_choice": "required"},
        {"tools": TOOLS, "tool_choice": NAMED},
        {"tools": TOOLS, "tool_choice": NAMED, **WANTS_SCHEMA},
    ],
)
def test_what_strict_limits_reserve_covers_what_the_model_is_asked_in_words(fields: dict[str, Any]) -> None:
    raw = orjson.dumps({"model": "m", "messages": [USER], **fields})
    client = DIALECTS.clients["openai_chat"]
    bound = client.max_usage(client.parse(Endpoint.CHAT_COMPLETIONS, raw))
    assert isinstance(bound, MaxUsage)
    body, _ = encoded(lacking(*Feature), **fields)
    prompt = [body["messages"], body.get("tools", []), body.get("response_format", "")]
    most = bound.prompt_tokens + instructions_at_most(fields)
    assert sum(len(orjson.dumps(each)) for each in prompt) <= most
    assert instructions_at_most({"model": "m", "messages": [USER]}) == 0
