"""Caps on the length of an answer: lowered where the request has them, set where it has none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from localrouter.dialects.openai_chat.provider import OpenAIChatProvider
from localrouter.dialects.openai_chat.request import parse_request
from localrouter.dialects.presets import PRESETS
from localrouter.domain.configuration.config import RequestFields
from localrouter.domain.conversation.request import Endpoint

CHAT = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def sent(
    preset: str, cap: int | None, endpoint: Endpoint = Endpoint.CHAT_COMPLETIONS, **body: object
) -> tuple[Any, ...]:
    """The caps that go upstream, and which field the client is told of."""
    fields = CHAT if endpoint is Endpoint.CHAT_COMPLETIONS else {"model": "m", "prompt": "Hi", "input": "Hi"}
    request = parse_request(endpoint, orjson.dumps(fields | body))
    call = OpenAIChatProvider().encode(request, "m", PRESETS[preset], cap)
    caps = {name: value for name, value in orjson.loads(call.body).items() if "max" in name or "predict" in name}
    return caps, call.capped


@pytest.mark.parametrize(
    ("preset", "body", "caps", "capped"),
    [
        ("openai", {}, {"max_completion_tokens": 50}, "max_completion_tokens"),
        ("groq", {"max_tokens": 100}, {"max_completion_tokens": 50}, "max_completion_tokens"),
        ("together", {}, {"max_tokens": 50}, "max_tokens"),
        ("openai-compatible", {"max_completion_tokens": 80}, {"max_tokens": 50}, "max_tokens"),
        ("openai-compatible", {"max_completion_tokens": 8}, {"max_tokens": 8}, None),
        ("openai", {"max_tokens": 50}, {"max_completion_tokens": 50}, None),
        ("openai", {"max_tokens": 20}, {"max_completion_tokens": 20}, None),
        ("openai", {"max_tokens": None}, {"max_completion_tokens": 50}, "max_completion_tokens"),
        ("llamacpp", {"max_tokens": -1}, {"max_tokens": 50}, "max_tokens"),
        ("llamacpp", {"max_tokens": 0}, {"max_tokens": 1}, "max_tokens"),
        (
            "openai",
            {"max_tokens": 20, "max_completion_tokens": 80},
            {"max_completion_tokens": 20},
            "max_completion_tokens",
        ),
        # By n_predict llama.cpp takes a cap that holds in place of max_tokens.
        ("llamacpp", {"max_tokens": 20, "n_predict": 999}, {"max_tokens": 20, "n_predict": 50}, "n_predict"),
        ("llamacpp", {"n_predict": 999}, {"max_tokens": 50, "n_predict": 50}, "max_tokens"),
        # Mistral refuses max_completion_tokens, Ollama and DeepSeek pass it over.
        ("mistral", {"max_completion_tokens": 80}, {"max_tokens": 50}, "max_tokens"),
        ("ollama", {"max_completion_tokens": 80}, {"max_tokens": 50}, "max_tokens"),
    ],
)
def test_a_strict_cap_is_sent_once_in_the_field_that_the_provider_honours(
    preset: str, body: dict[str, Any], caps: dict[str, Any], capped: str | None
) -> None:
    assert sent(preset, 50, **body) == (caps, capped)


@pytest.mark.parametrize(
    ("preset", "body", "caps"),
    [
        ("openai", {"max_tokens": 80, "max_completion_tokens": 20}, {"max_completion_tokens": 20}),
        ("openai-compatible", {"max_tokens": 20, "max_completion_tokens": 80}, {"max_tokens": 80}),
        ("vllm", {"max_tokens": None, "max_completion_tokens": 80}, {"max_tokens": None, "max_completion_tokens": 80}),
        ("openai", {"max_tokens": 80}, {"max_tokens": 80}),
    ],
)
def test_a_cap_under_both_names_is_sent_under_the_one_that_the_provider_honours(
    preset: str, body: dict[str, Any], caps: dict[str, Any]
) -> None:
    assert sent(preset, None, **body) == (caps, None)


def test_completions_know_only_max_tokens_and_embeddings_no_cap() -> None:
    assert sent("openai", 50, Endpoint.COMPLETIONS) == ({"max_tokens": 50}, "max_tokens")
    assert sent("openai", 0, Endpoint.EMBEDDINGS) == ({}, None)


def test_without_a_strict_limit_nothing_is_changed() -> None:
    assert sent("openai", None) == ({}, None)
    assert sent("llamacpp", None, max_tokens=-1, n_predict=999) == ({"max_tokens": -1, "n_predict": 999}, None)


@pytest.mark.parametrize(
    "preset",
    ["ollama", "deepseek", "lmstudio", "together", "perplexity", "cohere", "llamacpp", "mistral", "jan", "deepinfra"],
)
def test_a_cap_that_a_server_would_pass_over_is_moved_to_the_field_that_it_takes(preset: str) -> None:
    assert sent(preset, None, max_completion_tokens=80) == ({"max_tokens": 80}, None)


@pytest.mark.parametrize(
    ("refused", "body", "caps"),
    [
        ({"max_tokens"}, {"max_tokens": 80}, {"max_completion_tokens": 80}),
        ({"max_completion_tokens"}, {"max_completion_tokens": 80}, {"max_tokens": 80}),
        ({"max_completion_tokens"}, {"max_completion_tokens": 80, "max_tokens": 7}, {"max_tokens": 80}),
        ({"max_completion_tokens", "max_tokens"}, {"max_tokens": 80}, {"max_completion_tokens": 80}),
    ],
)
def test_a_refused_cap_is_renamed_and_never_given_up(
    refused: set[str], body: dict[str, Any], caps: dict[str, Any]
) -> None:
    preset = replace(PRESETS["openai"], refused_fields=frozenset(refused))
    call = OpenAIChatProvider().encode(parse_request(Endpoint.CHAT_COMPLETIONS, orjson.dumps(CHAT | body)), "m", preset)
    assert {name: value for name, value in orjson.loads(call.body).items() if "max" in name} == caps


@pytest.mark.parametrize(
    ("fields", "cap", "body", "caps"),
    [
        ({"output_cap": "max_completion_tokens"}, None, {"max_tokens": 80}, {"max_completion_tokens": 80}),
        ({"output_cap": "max_output_tokens"}, None, {"max_tokens": 80}, {"max_output_tokens": 80}),
        ({"output_cap": "max_output_tokens"}, 50, {"max_completion_tokens": 80}, {"max_output_tokens": 50}),
        ({"output_cap": "max_output_tokens"}, 50, {}, {"max_output_tokens": 50}),
        ({"drop": ("max_completion_tokens",)}, None, {"max_completion_tokens": 80}, {"max_tokens": 80}),
        ({}, None, {"max_completion_tokens": 80}, {"max_tokens": 80}),
    ],
)
def test_a_providers_own_name_for_the_cap_is_used(
    fields: dict[str, Any], cap: int | None, body: dict[str, Any], caps: dict[str, Any]
) -> None:
    preset = PRESETS["ollama"].taking(RequestFields(**fields), frozenset())
    call = OpenAIChatProvider().encode(
        parse_request(Endpoint.CHAT_COMPLETIONS, orjson.dumps(CHAT | body)), "m", preset, cap
    )
    assert {name: value for name, value in orjson.loads(call.body).items() if "max" in name} == caps


def test_fields_that_a_provider_does_not_take_are_dropped_usage_included() -> None:
    fields = RequestFields(drop=("stream_options", "user", "messages", "model"))
    preset = PRESETS["openai"].taking(fields, frozenset({"metadata"}))
    body = {"user": "u", "metadata": {}, "seed": 1, "stream": True, "stream_options": {"include_usage": True}}
    call = OpenAIChatProvider().encode(parse_request(Endpoint.CHAT_COMPLETIONS, orjson.dumps(CHAT | body)), "m", preset)
    assert orjson.loads(call.body) == CHAT | {"seed": 1, "stream": True}
