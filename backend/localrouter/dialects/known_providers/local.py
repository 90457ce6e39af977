"""Servers on the user's own machines, and any other server."""

from __future__ import annotations

from localrouter.dialects.contract import Preset
from localrouter.dialects.features import Feature
from localrouter.dialects.known_providers.shared import (
    ALSO_RESPONSES,
    MEMORY_AND_TOOLS,
    NO_TOOL_CHOICE,
    ONE_CAP,
    THINKERS_WANT,
    TOP_K,
    WANTS_THOUGHTS,
)
from localrouter.domain.conversation.request import Service

ROWS = (
    Preset(
        "ollama",
        "Ollama",
        "http://127.0.0.1:11434/v1",
        local=True,
        needs_key=False,
        output_cap_field="max_tokens",
        refused_fields=ONE_CAP,
        takes=TOP_K,
        lacks=NO_TOOL_CHOICE,  # passes over tool_choice
        also_speaks=ALSO_RESPONSES,
        sources=(
            "https://docs.ollama.com/api/openai-compatibility",
            "https://github.com/ollama/ollama/issues/13595",
        ),
    ),
    Preset(
        "lmstudio",
        "LM Studio",
        "http://127.0.0.1:1234/v1",
        local=True,
        needs_key=False,
        output_cap_field="max_tokens",
        refused_fields=ONE_CAP,
        takes=TOP_K | WANTS_THOUGHTS,
        lacks=frozenset({Feature.JSON_MODE, Feature.NAMED_TOOL}),
        also_speaks=ALSO_RESPONSES,
        services=MEMORY_AND_TOOLS,
        sources=(
            "https://lmstudio.ai/docs/app/api/endpoints/openai",
            "https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/189",
            "https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/670",
            "https://lmstudio.ai/blog/lmstudio-v0.3.29",
        ),
    ),
    Preset(
        "llamacpp",
        "llama.cpp",
        "http://127.0.0.1:8080/v1",
        local=True,
        needs_key=False,
        output_cap_field="max_tokens",
        refused_fields=ONE_CAP,
        takes=TOP_K | WANTS_THOUGHTS,
        lacks=frozenset({Feature.NAMED_TOOL}),
        sources=("https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md",),
    ),
    Preset(
        "vllm",
        "vLLM",
        "http://127.0.0.1:8000/v1",
        local=True,
        needs_key=False,
        output_cap_field="max_tokens",
        takes=TOP_K | WANTS_THOUGHTS,
        also_speaks=ALSO_RESPONSES,
        services=frozenset({Service.MEMORY, Service.BACKGROUND, Service.TOOLS}),
        sources=(
            "https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html",
            "https://github.com/vllm-project/vllm/blob/main/vllm/envs.py",
        ),
    ),
    Preset(
        "jan",
        "Jan",
        "http://127.0.0.1:1337/v1",
        local=True,
        needs_key=False,
        output_cap_field="max_tokens",
        refused_fields=ONE_CAP,
        takes=TOP_K,
        lacks=frozenset({Feature.NAMED_TOOL}),  # its engine is llama.cpp
        sources=(
            "https://jan.ai/docs/api-server",
            "https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md",
        ),
    ),
    Preset(
        "openai-compatible",
        "Other, OpenAI-compatible",
        "",
        needs_key=False,
        output_cap_field="max_tokens",
        path="/v1",
        takes=THINKERS_WANT,
        sources=("https://platform.openai.com/docs/api-reference/chat/create",),  # it is taken at its word
    ),
)
