"""The only list of known providers: one row each, and how a user's address for one is completed."""

from __future__ import annotations

from urllib.parse import urlsplit

from localrouter.dialects.contract import Preset
from localrouter.domain.configuration.config import Provider
from localrouter.domain.configuration.validation.endpoint_urls import without_endpoint
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.models import terms
from localrouter.domain.models.terms import ListPrices, Terms

_CHAT = frozenset({Endpoint.CHAT_COMPLETIONS})
_TEXT = frozenset({Endpoint.CHAT_COMPLETIONS, Endpoint.COMPLETIONS})
_CHAT_AND_EMBEDDINGS = frozenset({Endpoint.CHAT_COMPLETIONS, Endpoint.EMBEDDINGS})

_TOP_K = frozenset({"top_k"})
_OPENAI = frozenset(
    {"developer", "custom_tools", "verbosity", "prompt_cache_key", "prompt_cache_retention", "safety_identifier"}
)

_ONE_CAP = frozenset({"max_completion_tokens"})  # passed over: the answer would have no cap

_ROWS = (
    Preset(
        "openai",
        "OpenAI",
        "https://api.openai.com/v1",
        key_variable="OPENAI_API_KEY",
        starter_model="gpt-4o-mini",
        takes=_OPENAI,
    ),
    Preset(
        "anthropic",
        "Anthropic",
        "https://api.anthropic.com/v1",
        auth_header="x-api-key",
        auth_prefix="",
        key_variable="ANTHROPIC_API_KEY",
        starter_model="claude-haiku-4-5",
        dialect="anthropic_messages",
        output_cap_field="max_tokens",
        headers={"anthropic-version": "2023-06-01"},
        sdk_adds="/v1",
        endpoints=_CHAT,
        tool_prompt_tokens=600,
    ),
    Preset(
        "gemini",
        "Google Gemini",
        "https://generativelanguage.googleapis.com/v1beta/openai",
        key_variable="GEMINI_API_KEY",
        starter_model="gemini-2.5-flash",
        output_cap_field="max_tokens",
        endpoints=_CHAT_AND_EMBEDDINGS,
        takes=frozenset({"thought_signatures"}),
    ),
    Preset(
        "openrouter",
        "OpenRouter",
        "https://openrouter.ai/api/v1",
        key_variable="OPENROUTER_API_KEY",
        starter_model="openai/gpt-4o-mini",
        output_cap_field="max_tokens",
        list_prices=ListPrices.ALL,
        takes=frozenset({"cache_marks", "reasoning_details", "top_k", "verbosity"}),
    ),
    Preset(
        "groq",
        "Groq",
        "https://api.groq.com/openai/v1",
        key_variable="GROQ_API_KEY",
        starter_model="llama-3.3-70b-versatile",
        endpoints=_CHAT,
    ),
    Preset(
        "mistral",
        "Mistral",
        "https://api.mistral.ai/v1",
        key_variable="MISTRAL_API_KEY",
        starter_model="mistral-small-latest",
        output_cap_field="max_tokens",
        supports_stream_usage=False,  # gives it unasked, in the last chunk
        endpoints=_CHAT_AND_EMBEDDINGS,
        refused_fields=frozenset({"stream_options", "max_completion_tokens", "store"}),
    ),
    Preset(
        "cohere",
        "Cohere",
        "https://api.cohere.ai/compatibility/v1",
        key_variable="COHERE_API_KEY",
        starter_model="command-a-03-2025",
        output_cap_field="max_tokens",
        supports_stream_usage=False,  # gives it unasked, in the last chunk
        endpoints=_CHAT_AND_EMBEDDINGS,
        refused_fields=frozenset({"stream_options"}) | _ONE_CAP,
    ),
    Preset(
        "together",
        "Together AI",
        "https://api.together.xyz/v1",
        key_variable="TOGETHER_API_KEY",
        starter_model="meta-llama/Llama-3.3-70B-Instruct-Turbo",
        output_cap_field="max_tokens",
        refused_fields=_ONE_CAP,
        list_prices=ListPrices.ABOVE_ZERO,  # 0 stands at models that are billed by the hour or the picture, too
        takes=_TOP_K,
    ),
    Preset(
        "perplexity",
        "Perplexity",
        "https://api.perplexity.ai",
        key_variable="PERPLEXITY_API_KEY",
        starter_model="sonar",
        output_cap_field="max_tokens",
        refused_fields=_ONE_CAP,
        supports_stream_usage=False,  # gives it unasked, in every chunk
        endpoints=_CHAT,
    ),
    Preset(
        "deepinfra",
        "DeepInfra",
        "https://api.deepinfra.com/v1/openai",
        key_variable="DEEPINFRA_API_KEY",
        starter_model="meta-llama/Llama-3.3-70B-Instruct",
        output_cap_field="max_tokens",
        refused_fields=_ONE_CAP,
        list_prices=ListPrices.ABOVE_ZERO,
        takes=_TOP_K,
    ),
    Preset(
        "cerebras",
        "Cerebras",
        "https://api.cerebras.ai/v1",
        key_variable="CEREBRAS_API_KEY",
        starter_model="gpt-oss-120b",
        endpoints=_TEXT,
    ),
    Preset(
        "xai",
        "xAI",
        "https://api.x.ai/v1",
        key_variable="XAI_API_KEY",
        starter_model="grok-3-mini",
        endpoints=_TEXT,
    ),
    Preset(
        "deepseek",
        "DeepSeek",
        "https://api.deepseek.com/v1",
        key_variable="DEEPSEEK_API_KEY",
        starter_model="deepseek-chat",
        output_cap_field="max_tokens",
        refused_fields=_ONE_CAP,
        endpoints=_CHAT,
    ),
    Preset(
        "azure-openai",
        "Azure OpenAI",
        "",  # every resource has its own; one of the older kind is given as …/openai/deployments/NAME
        auth_header="api-key",
        auth_prefix="",
        key_variable="AZURE_OPENAI_API_KEY",
        path="/openai/v1",
        takes=_OPENAI,
    ),
    Preset(
        "ollama",
        "Ollama",
        "http://127.0.0.1:11434/v1",
        local=True,
        needs_key=False,
        output_cap_field="max_tokens",
        refused_fields=_ONE_CAP,
        takes=_TOP_K,
    ),
    Preset(
        "lmstudio",
        "LM Studio",
        "http://127.0.0.1:1234/v1",
        local=True,
        needs_key=False,
        output_cap_field="max_tokens",
        refused_fields=_ONE_CAP,
        takes=_TOP_K,
    ),
    Preset(
        "llamacpp",
        "llama.cpp",
        "http://127.0.0.1:8080/v1",
        local=True,
        needs_key=False,
        output_cap_field="max_tokens",
        refused_fields=_ONE_CAP,
        takes=_TOP_K,
    ),
    Preset(
        "vllm",
        "vLLM",
        "http://127.0.0.1:8000/v1",
        local=True,
        needs_key=False,
        output_cap_field="max_tokens",
        takes=_TOP_K,
    ),
    Preset(
        "jan",
        "Jan",
        "http://127.0.0.1:1337/v1",
        local=True,
        needs_key=False,
        output_cap_field="max_tokens",
        refused_fields=_ONE_CAP,
        takes=_TOP_K,
    ),
    Preset(
        "openai-compatible",
        "Other, OpenAI-compatible",
        "",
        needs_key=False,
        output_cap_field="max_tokens",
        path="/v1",
    ),
)

PRESETS: dict[str, Preset] = {row.name: row for row in _ROWS}
OWN_VARIABLES = tuple((row.key_variable, row.base_url) for row in _ROWS if row.key_variable)


def base_url_for(preset: Preset, given: str | None) -> str:
    """The address that paths are joined to: without the endpoint that a user may have given with it, without a trailing
    slash, and with the preset's path where none is given.

    Empty where the preset has no address of its own and none is given.
    """
    if not given:
        return preset.base_url
    trimmed = without_endpoint(given)
    if urlsplit(trimmed).path or trimmed != given.strip().rstrip("/"):
        return trimmed if trimmed.endswith(preset.sdk_adds) else trimmed + preset.sdk_adds
    return trimmed + (preset.path or urlsplit(preset.base_url).path)


def provider_address(provider: Provider) -> str:
    """Where a provider's calls go; empty where its preset is not known."""
    preset = PRESETS.get(provider.preset)
    return "" if preset is None else base_url_for(preset, provider.base_url)


def terms_of(provider: Provider) -> Terms:
    """On which terms a configured provider answers."""
    preset = PRESETS.get(provider.preset)
    if preset is None:
        return Terms(provider.preset)
    return terms.terms_of(provider, provider_address(provider), local=preset.local, list_prices=preset.list_prices)


def is_open(provider: Provider) -> bool:
    """Whether only the owner can tell if the provider costs anything."""
    return terms.is_open(provider, provider_address(provider), local=PRESETS[provider.preset].local)
