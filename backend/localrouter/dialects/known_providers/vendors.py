"""Providers that make the models which they serve."""

from __future__ import annotations

import re
from dataclasses import replace

from localrouter.dialects.contract import Preset
from localrouter.dialects.features import Feature
from localrouter.dialects.known_providers.shared import (
    ALL_SERVICES,
    ALSO_RESPONSES,
    CACHES_ITSELF,
    CHAT,
    CHAT_AND_EMBEDDINGS,
    MEMORY_AND_TOOLS,
    NO_TOOL_CHOICE,
    ONE_CAP,
    OPENAI,
    PENALTIES,
    TEXT,
    THOUGHTS,
    WANTS_THOUGHTS,
)
from localrouter.domain.conversation.request import Endpoint

# What Google offers to programs of OpenAI's, below an address of its own.
_GEMINI_AS_OPENAI = Preset(
    "gemini",
    "Google Gemini",
    "https://generativelanguage.googleapis.com/v1beta/openai",
    key_variable="GEMINI_API_KEY",
    starter_model="gemini-2.5-flash",
    output_cap_field="max_tokens",
    endpoints=CHAT_AND_EMBEDDINGS,
    takes=frozenset({"thought_signatures"}) | CACHES_ITSELF,
    sources=("https://ai.google.dev/gemini-api/docs/openai",),
)
# Google's own host, any that has no path, and what ends in a version as Gemini's have it. An address that ends in
# /openai, or in what no Gemini has, speaks OpenAI's chat.
_GEMINIS = re.compile(r"(?i)https?://(?:[^/]*googleapis\.com(?:/.*)?(?<!/openai)|[^/]+|.*/v1(?:beta|alpha))")

ROWS = (
    Preset(
        "openai",
        "OpenAI",
        "https://api.openai.com/v1",
        key_variable="OPENAI_API_KEY",
        starter_model="gpt-4o-mini",
        takes=OPENAI,
        lacks=frozenset({Feature.CACHE_MARKS, Feature.REASONING_OBJECT}),
        also_speaks=ALSO_RESPONSES,
        services=ALL_SERVICES,
        sources=(
            "https://platform.openai.com/docs/api-reference/chat/create",
            "https://platform.openai.com/docs/guides/prompt-caching",
            "https://developers.openai.com/api/docs/guides/migrate-to-responses",
        ),
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
        endpoints=CHAT,
        tool_prompt_tokens=600,
        sources=("https://docs.anthropic.com/en/api/messages",),
    ),
    replace(
        _GEMINI_AS_OPENAI,
        base_url="https://generativelanguage.googleapis.com/v1beta",
        auth_header="x-goog-api-key",
        auth_prefix="",
        dialect="gemini",
        output_cap_field="maxOutputTokens",
        takes=CACHES_ITSELF,
        also_speaks_at={Endpoint.EMBEDDINGS: "openai_chat"},
        folders={"openai_chat": "openai"},
        own_addresses=_GEMINIS,
        elsewhere=_GEMINI_AS_OPENAI,
        sources=("https://ai.google.dev/api/generate-content", "https://ai.google.dev/gemini-api/docs/openai"),
    ),
    Preset(
        "mistral",
        "Mistral",
        "https://api.mistral.ai/v1",
        key_variable="MISTRAL_API_KEY",
        starter_model="mistral-small-latest",
        output_cap_field="max_tokens",
        supports_stream_usage=False,  # gives it unasked, in the last chunk
        endpoints=CHAT_AND_EMBEDDINGS,
        refused_fields=frozenset({"stream_options", "max_completion_tokens", "store", "logit_bias", "user"}),
        renames={"seed": "random_seed"},
        refused_in_messages=THOUGHTS | {"name", "reasoning"},
        call_id_length=9,
        lacks=frozenset({Feature.DEVELOPER_ROLE, Feature.LOGPROBS, Feature.CACHE_MARKS, Feature.REASONING_OBJECT}),
        sources=(
            "https://docs.mistral.ai/api/endpoint/chat",
            "https://github.com/mistralai/platform-docs-public/issues/7",
            "https://github.com/BerriAI/litellm/issues/30835",
        ),
    ),
    Preset(
        "cohere",
        "Cohere",
        "https://api.cohere.ai/compatibility/v1",
        key_variable="COHERE_API_KEY",
        starter_model="command-a-03-2025",
        output_cap_field="max_tokens",
        supports_stream_usage=False,  # gives it unasked, in the last chunk
        endpoints=CHAT_AND_EMBEDDINGS,
        refused_fields=frozenset({"stream_options"}) | ONE_CAP,
        sources=("https://docs.cohere.com/docs/compatibility-api",),
    ),
    Preset(
        "perplexity",
        "Perplexity",
        "https://api.perplexity.ai",
        key_variable="PERPLEXITY_API_KEY",
        starter_model="sonar",
        output_cap_field="max_tokens",
        refused_fields=ONE_CAP,
        supports_stream_usage=False,  # gives it unasked, in every chunk
        endpoints=CHAT,
        lacks=frozenset({Feature.JSON_MODE, Feature.DEVELOPER_ROLE, Feature.LATE_SYSTEM, Feature.ROLE_RUNS}),
        sources=(
            "https://docs.perplexity.ai/api-reference/chat-completions-post",
            "https://github.com/perplexityai/api-discussion/issues/265",
            "https://github.com/theopenco/llmgateway/pull/1475",
        ),
    ),
    Preset(
        "xai",
        "xAI",
        "https://api.x.ai/v1",
        key_variable="XAI_API_KEY",
        starter_model="grok-3-mini",
        endpoints=TEXT,
        takes=CACHES_ITSELF,
        also_speaks=ALSO_RESPONSES,
        services=MEMORY_AND_TOOLS,
        sources=(
            "https://docs.x.ai/docs/api-reference",
            "https://docs.x.ai/developers/model-capabilities/text/comparison",
        ),
    ),
    Preset(
        "deepseek",
        "DeepSeek",
        "https://api.deepseek.com/v1",
        key_variable="DEEPSEEK_API_KEY",
        starter_model="deepseek-chat",
        output_cap_field="max_tokens",
        refused_fields=ONE_CAP,
        endpoints=CHAT,
        takes=CACHES_ITSELF | WANTS_THOUGHTS,
        lacks=frozenset({Feature.JSON_SCHEMA, Feature.DEVELOPER_ROLE}),
        sources=(
            "https://api-docs.deepseek.com/api/create-chat-completion",
            "https://github.com/llm-exe/llm-exe/issues/662",
            "https://github.com/losesky/ai-auto-trading/issues/14",
        ),
    ),
    Preset(
        "moonshot",
        "Moonshot AI (Kimi)",
        "https://api.moonshot.ai/v1",
        key_variable="MOONSHOT_API_KEY",
        starter_model="kimi-k2.6",
        endpoints=CHAT,
        takes=CACHES_ITSELF | WANTS_THOUGHTS,
        lacks=frozenset({Feature.NAMED_TOOL}),
        lacks_by_model=(("kimi-k2", frozenset({Feature.FORCED_TOOLS})),),  # they think, and then take none
        sources=(
            "https://platform.kimi.ai/docs/api/chat",
            "https://github.com/UKGovernmentBEIS/inspect_ai/pull/5152",
            "https://github.com/can1357/oh-my-pi/issues/1077",
        ),
    ),
    Preset(
        "zai",
        "Z.ai (GLM)",
        "https://api.z.ai/api/paas/v4",
        key_variable="ZAI_API_KEY",
        starter_model="glm-4.7",
        output_cap_field="max_tokens",
        supports_stream_usage=False,  # gives it unasked, in the last chunk
        endpoints=CHAT,
        refused_fields=frozenset({"stream_options"}) | PENALTIES | ONE_CAP,
        refused_in_messages=frozenset({"name"}),
        takes=CACHES_ITSELF | WANTS_THOUGHTS,
        lacks=NO_TOOL_CHOICE | {Feature.JSON_SCHEMA, Feature.DEVELOPER_ROLE, Feature.STRICT_TOOLS},
        sources=(
            "https://docs.z.ai/api-reference/llm/chat-completion",
            "https://java.agentscope.io/v2/en/integration/model/glm",
        ),
    ),
    Preset(
        "minimax",
        "MiniMax",
        "https://api.minimax.io/v1",
        key_variable="MINIMAX_API_KEY",
        starter_model="MiniMax-M2.1",
        endpoints=CHAT,
        refused_fields=PENALTIES | {"logit_bias"},
        lacks=frozenset({Feature.JSON_SCHEMA, Feature.JSON_MODE, Feature.DEVELOPER_ROLE}),
        sources=(
            "https://platform.minimax.io/docs/api-reference/text-openai-api",
            "https://github.com/HKUDS/OpenSpace/pull/33",
            "https://java.agentscope.io/v2/en/integration/model/minimax",
        ),
    ),
)
