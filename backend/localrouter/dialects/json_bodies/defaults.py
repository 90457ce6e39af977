"""Fields of OpenAI's requests that ask for nothing, since they say what holds without them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_NOTHING: tuple[object, ...] = (None,)
_DEFAULTS: Mapping[str, tuple[object, ...]] = MappingProxyType(
    {
        "n": (None, 1),
        "best_of": (None, 1),
        "echo": (None, False),
        "suffix": (None, ""),
        "stream": (None, False),
        "logprobs": (None, False),
        "top_logprobs": (None, 0),
        "frequency_penalty": (None, 0),
        "presence_penalty": (None, 0),
        "temperature": (None, 1),
        "top_p": (None, 1),
        "logit_bias": (None, {}),
        "stop": (None, []),
        "tools": (None, []),
        "functions": (None, []),
        "tool_choice": (None, "auto"),
        "function_call": (None, "auto"),
        "response_format": (None, {"type": "text"}),
        "text": (None, {}, {"format": {"type": "text"}}),
        "modalities": (None, ["text"]),
        "encoding_format": (None, "float"),
        "background": (None, False),
        "truncation": (None, "disabled"),
        "include": (None, []),
        **dict.fromkeys(
            (
                "seed", "prediction", "audio", "web_search_options", "dimensions", "top_k", "min_p", "instructions",
                "previous_response_id", "conversation", "prompt_cache_options", "max_tool_calls",
            ),
            _NOTHING,
        ),
    }
)  # fmt: skip
_OFTEN_OTHERWISE = frozenset({"temperature", "top_p"})  # at servers with defaults of their own


def has_default(name: str) -> bool:
    return name in _DEFAULTS


def is_default(name: str, value: object) -> bool:
    """Whether a request is the same without this field."""
    return name in _DEFAULTS and value in _DEFAULTS[name]


def is_lost(name: str, value: object) -> bool:
    """Whether leaving a field out, where its provider refuses it, may change something. Those with a default are left
    out at that alone."""
    return not has_default(name) or (name in _OFTEN_OTHERWISE and value == 1)
