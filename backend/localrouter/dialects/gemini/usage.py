"""Reads the tokens that an answer of Gemini's reports, and writes them."""

from __future__ import annotations

from collections.abc import Mapping

from localrouter.dialects.json_bodies.values import objects_at, text_at
from localrouter.domain.conversation.request import Usage

Json = Mapping[str, object]

MAX_REPORTED_TOKENS = 100_000_000  # ten times the longest context window there is; what claims more is not believed
_ORDINARY_TRAFFIC = ("", "ON_DEMAND", "TRAFFIC_TYPE_UNSPECIFIED")
_ORDINARY_TIERS = ("", "standard", "unspecified", "service_tier_unspecified")


def usage_in(told: Json | None) -> Usage | None:
    """The tokens of a `usageMetadata`; None where it does not tell the prompt's. Thoughts stand beside the candidates,
    and so do what tools brought in and the prompt. Google leaves out what is zero."""
    if told is None:
        return None
    prompt = _count(told, "promptTokenCount")
    if prompt is None:
        return None
    tools = _count(told, "toolUsePromptTokenCount") or 0
    thoughts = _count(told, "thoughtsTokenCount") or 0
    output = thoughts + (_count(told, "candidatesTokenCount", "responseTokenCount") or 0)
    total = _count(told, "totalTokenCount") or 0
    return Usage(
        input_tokens=prompt + tools,
        output_tokens=max(output, total - prompt - tools),
        cached_tokens=min(_count(told, "cachedContentTokenCount") or 0, prompt),
        reasoning_tokens=thoughts,
        audio_input_tokens=min(_audio(told, "promptTokensDetails"), prompt),
        audio_output_tokens=min(_audio(told, "candidatesTokensDetails", "responseTokensDetails"), output),
        service_tier=_terms(told),
    )


def usage_json(usage: Usage) -> dict[str, object]:
    """The same as Gemini writes it."""
    told: dict[str, object] = {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": max(0, usage.output_tokens - usage.reasoning_tokens),
        "totalTokenCount": usage.total_tokens,
    }
    if usage.reasoning_tokens:
        told["thoughtsTokenCount"] = usage.reasoning_tokens
    if usage.cached_tokens:
        told["cachedContentTokenCount"] = usage.cached_tokens
    return told


def _audio(told: Json, *names: str) -> int:
    details = (each for name in names for each in objects_at(told, name))
    return sum(_count(each, "tokenCount") or 0 for each in details if text_at(each, "modality") == "AUDIO")


def _terms(told: Json) -> str | None:
    """On which terms the answer was given, where they change its price."""
    tier, traffic = text_at(told, "serviceTier").lower(), text_at(told, "trafficType")
    if tier not in _ORDINARY_TIERS:
        return tier
    return None if traffic in _ORDINARY_TRAFFIC else traffic.lower()


def _count(told: Json, *names: str) -> int | None:
    for name in names:
        value = told.get(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_REPORTED_TOKENS:
            return value
    return None
