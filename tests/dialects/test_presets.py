"""Every known provider's row is sound, and a user's address is completed as an OpenAI SDK would take it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from localrouter.dialects.contract import Preset
from localrouter.dialects.features import Feature
from localrouter.dialects.presets import PRESETS, base_url_for, list_address
from localrouter.domain.conversation.request import Endpoint, ModelRequest

VENDORS = ["mistral", "cohere", "perplexity", "xai", "deepseek", "moonshot", "zai", "minimax"]
HOSTS = ["groq", "together", "deepinfra", "cerebras", "azure-openai", "fireworks", "github-models", "huggingface"]
HOSTS += ["nvidia", "sambanova", "novita", "cloudflare"]
LOCAL = ["ollama", "lmstudio", "llamacpp", "vllm", "jan", "openai-compatible"]
NAMES = ["openai", "anthropic", "gemini", "openrouter", *VENDORS, *HOSTS, *LOCAL]
WITHOUT_ADDRESS = {"azure-openai", "cloudflare", "openai-compatible"}
NEVER_REFUSED = {"model", "messages", "stream", "tools", "prompt", "input"}


def test_the_presets_are_those_that_are_promised() -> None:
    assert list(PRESETS) == NAMES


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_a_preset_is_sound(preset: Preset) -> None:
    address = urlsplit(preset.base_url)
    if preset.name in WITHOUT_ADDRESS:
        assert not preset.base_url
        assert preset.path.startswith("/")
    else:
        assert address.scheme == ("http" if preset.local else "https")
        assert not preset.base_url.endswith("/")
        assert not address.query
    assert preset.local == (address.hostname == "127.0.0.1")
    assert preset.needs_key == (preset.key_variable is not None)
    assert not (preset.local and preset.needs_key)
    assert preset.output_cap_field in ("max_tokens", "max_completion_tokens", "maxOutputTokens")
    assert preset.output_cap_field not in preset.refused_fields
    assert not (preset.supports_stream_usage and "stream_options" in preset.refused_fields)
    assert Endpoint.CHAT_COMPLETIONS in preset.endpoints
    assert preset.title
    assert preset.sources
    assert all(urlsplit(source).scheme == "https" and urlsplit(source).path for source in preset.sources)
    assert not preset.refused_fields & NEVER_REFUSED
    assert not preset.refused_in_messages & {"role", "content", "tool_calls", "tool_call_id"}
    assert not set(preset.renames) & set(preset.renames.values())
    assert not preset.varies & preset.lacks
    assert bool(preset.starter_model) == preset.needs_key or preset.name in WITHOUT_ADDRESS
    assert preset.needs_adapters == bool(preset.lacks or preset.renames or preset.refused_in_messages)


def test_no_two_presets_share_an_address_or_a_key_variable() -> None:
    addresses = [preset.base_url for preset in PRESETS.values() if preset.base_url]
    variables = [preset.key_variable for preset in PRESETS.values() if preset.key_variable]
    assert len(set(addresses)) == len(addresses)
    assert len(set(variables)) == len(variables)


def test_local_servers_have_the_ports_that_they_are_found_at() -> None:
    ports = {urlsplit(preset.base_url).port for preset in PRESETS.values() if preset.local}
    assert ports == {11434, 1234, 8080, 8000, 1337}


@pytest.mark.parametrize(
    ("preset", "given", "used"),
    [
        ("ollama", None, "http://127.0.0.1:11434/v1"),
        ("ollama", "", "http://127.0.0.1:11434/v1"),
        ("ollama", "http://127.0.0.1:11434", "http://127.0.0.1:11434/v1"),
        ("ollama", "http://127.0.0.1:11434/", "http://127.0.0.1:11434/v1"),
        ("ollama", "http://box:9/v1/", "http://box:9/v1"),
        ("ollama", " http://box:9/other ", "http://box:9/other"),
        ("groq", "https://proxy.example", "https://proxy.example/openai/v1"),
        ("gemini", "https://proxy.example/", "https://proxy.example/v1beta"),
        ("perplexity", "https://proxy.example/", "https://proxy.example"),
        ("azure-openai", "https://mine.openai.azure.com/", "https://mine.openai.azure.com/openai/v1"),
        (
            "azure-openai",
            "https://mine.openai.azure.com/openai/deployments/gpt-4o",
            "https://mine.openai.azure.com/openai/deployments/gpt-4o",
        ),
        ("anthropic", "https://proxy.example/", "https://proxy.example/v1"),
        ("anthropic", "https://api.deepseek.com/anthropic", "https://api.deepseek.com/anthropic/v1"),
        ("anthropic", "https://proxy.example/claude/v1/messages", "https://proxy.example/claude/v1"),
        ("openai-compatible", "http://[::1]:5000", "http://[::1]:5000/v1"),
        ("openai-compatible", None, ""),
    ],
)
def test_an_address_is_completed(preset: str, given: str | None, used: str) -> None:
    assert base_url_for(PRESETS[preset], given) == used


@pytest.mark.parametrize(
    ("preset", "address", "asked"),
    [
        ("openai", "https://api.openai.com/v1", "https://api.openai.com/v1/models"),
        ("github-models", "https://models.github.ai/inference", "https://models.github.ai/catalog/models"),
        ("cloudflare", "https://h/accounts/1/ai/v1", "https://h/accounts/1/ai/models/search?per_page=1000"),
    ],
)
def test_a_model_list_is_asked_for_where_the_provider_has_it(preset: str, address: str, asked: str) -> None:
    assert "/".join(list_address(PRESETS[preset], address, "models")) == asked


def test_azure_sends_its_key_in_a_header_of_its_own() -> None:
    azure = PRESETS["azure-openai"]
    assert (azure.auth_header, azure.auth_prefix) == ("api-key", "")


@pytest.mark.parametrize(
    ("given", "dialect", "used"),
    [
        (None, "gemini", "https://generativelanguage.googleapis.com/v1beta"),
        ("", "gemini", "https://generativelanguage.googleapis.com/v1beta"),
        ("https://generativelanguage.googleapis.com", "gemini", "https://generativelanguage.googleapis.com/v1beta"),
        ("https://generativelanguage.googleapis.com/v1", "gemini", "https://generativelanguage.googleapis.com/v1"),
        ("http://127.0.0.1:8080", "gemini", "http://127.0.0.1:8080/v1beta"),
        ("http://box/google/v1beta/", "gemini", "http://box/google/v1beta"),
        (
            "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent",
            "gemini",
            "https://generativelanguage.googleapis.com/v1beta",
        ),
        (
            "https://generativelanguage.googleapis.com/v1beta/openai/",
            "openai_chat",
            "https://generativelanguage.googleapis.com/v1beta/openai",
        ),
        ("http://box:4000/v1/chat/completions", "openai_chat", "http://box:4000/v1"),
        ("http://box:4000/google", "openai_chat", "http://box:4000/google"),
    ],
)
def test_the_address_of_a_gemini_decides_what_it_speaks(given: str | None, dialect: str, used: str) -> None:
    preset = PRESETS["gemini"].at(given)
    assert (preset.dialect, base_url_for(preset, given)) == (dialect, used)
    assert preset.auth_header == ("x-goog-api-key" if dialect == "gemini" else "authorization")


def test_the_vectors_of_a_gemini_come_by_its_address_for_openais_programs() -> None:
    gemini = PRESETS["gemini"]
    assert gemini.dialect_for(ModelRequest(Endpoint.EMBEDDINGS, "a", {}, "openai_chat")) == "openai_chat"
    assert gemini.dialect_for(ModelRequest(Endpoint.CHAT_COMPLETIONS, "a", {}, "openai_chat")) == "gemini"
    assert gemini.dialect_for(ModelRequest(Endpoint.EMBEDDINGS, "a", {}, "gemini")) == "gemini"
    assert gemini.folders["openai_chat"] == "openai"


HEAD = (
    "| preset | dialect | answers to a schema | JSON mode | tool choice | logprobs | `developer` | text completions |",
    "|---|---|---|---|---|---|---|---|",
)
TOOL_CHOICE = {Feature.FORCED_TOOLS, Feature.NAMED_TOOL, Feature.NO_TOOLS}
TITLES = {"openai_chat": "chat", "anthropic_messages": "messages", "gemini": "Gemini"}


def row(preset: Preset) -> str:
    """A provider's line in the documentation."""
    lacks, is_chat = preset.lacks, preset.dialect == "openai_chat"
    schema = "as JSON mode, in words" if Feature.JSON_MODE not in lacks else "in words, unwrapped"
    schema = (
        schema if Feature.JSON_SCHEMA in lacks else "by model" if preset.varies else "yes" if is_chat else "by model"
    )
    json_mode = "in words" if Feature.JSON_SCHEMA in lacks else "as a schema"
    json_mode = json_mode if Feature.JSON_MODE in lacks else "yes" if preset.name != "anthropic" else "in words"
    choice = "in words" if Feature.FORCED_TOOLS in lacks else "named as the only one" if lacks & TOOL_CHOICE else "yes"
    choice = "named as the only one; Kimi K2 in words" if preset.lacks_by_model else choice
    logprobs = "left out, warned" if Feature.LOGPROBS in lacks or preset.name == "anthropic" else "yes"
    developer = "as `system`" if Feature.DEVELOPER_ROLE in lacks or not is_chat else "yes"
    completions = "yes" if Endpoint.COMPLETIONS in preset.endpoints else "by chat"
    cells = (preset.name, TITLES[preset.dialect], schema, json_mode, choice, logprobs, developer, completions)
    return f"| {' | '.join(cells)} |"


def test_the_documentation_has_every_provider_as_it_is() -> None:
    told = (Path(__file__).parents[2] / "backend" / "docs" / "providers.md").read_text(encoding="utf-8")
    assert "\n".join((*HEAD, *map(row, PRESETS.values()))) in told
