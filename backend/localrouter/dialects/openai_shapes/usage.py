"""Reads the tokens that an answer of OpenAI's kind reports, whichever names its server has for them."""

from __future__ import annotations

from localrouter.domain.conversation.request import Usage
from localrouter.domain.models.pricing import ORDINARY_SERVICE_TIERS

MAX_REPORTED_TOKENS = 100_000_000  # ten times the longest context window there is; what claims more is not believed
_READ, _WRITTEN = "cache_read_input_tokens", "cache_creation_input_tokens"
_WRITTEN_1H = "ephemeral_1h_input_tokens"
_CACHED = ("prompt_cache_hit_tokens", "cached_tokens", _READ)


def usage_of(usage: dict[str, object], service_tier: str | None) -> Usage | None:
    prompt, completion = prompt_of(usage), count_of(usage, "completion_tokens", "output_tokens")
    total = count_of(usage, "total_tokens")
    if completion is None and prompt is not None and total is not None:
        completion = max(0, total - prompt)
    if prompt is None or completion is None:
        return None
    reasoning = _detail(usage, "reasoning_tokens", "completion_tokens_details", "output_tokens_details") or 0
    cached = _detail(usage, "cached_tokens", "prompt_tokens_details", "input_tokens_details")
    if cached is None:
        cached = count_of(usage, *_CACHED) or 0
    written = (
        _detail(usage, "cache_write_tokens", "prompt_tokens_details", "input_tokens_details")
        or count_of(usage, _WRITTEN)
        or 0
    )
    # A part larger than its whole was counted beside it, or not at all: take the larger of both readings.
    is_beside = cached + written > prompt
    if is_beside:
        prompt += cached + written
    # xAI and Gemini count reasoning in the total only.
    apart = max(0, (total or 0) - prompt - completion)
    output = completion + apart
    is_guess = (is_beside and total != prompt + completion) or reasoning > output
    return Usage(
        input_tokens=prompt,
        output_tokens=output + reasoning if reasoning > output else output,
        cached_tokens=cached,
        reasoning_tokens=max(reasoning, apart),
        estimated=is_guess,
        cache_write_tokens=written,
        audio_input_tokens=_detail(usage, "audio_tokens", "prompt_tokens_details", "input_tokens_details") or 0,
        audio_output_tokens=_detail(usage, "audio_tokens", "completion_tokens_details", "output_tokens_details") or 0,
        service_tier=service_tier,
        cache_write_1h_tokens=min(written, _detail(usage, _WRITTEN_1H, "cache_creation") or 0),
    )


def service_tier_of(answer: dict[str, object]) -> str | None:
    tier = answer.get("service_tier")
    return tier if isinstance(tier, str) and tier not in ORDINARY_SERVICE_TIERS else None


def prompt_of(usage: dict[str, object]) -> int | None:
    """All input. Anthropic's `input_tokens` leave out what it reads from its cache and writes to it."""
    prompt = count_of(usage, "prompt_tokens")
    if prompt is not None:
        return prompt
    fresh = count_of(usage, "input_tokens")
    return None if fresh is None else fresh + (count_of(usage, _READ) or 0) + (count_of(usage, _WRITTEN) or 0)


def count_of(usage: dict[str, object], *names: str) -> int | None:
    for name in names:
        value = usage.get(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_REPORTED_TOKENS:
            return value
    return None


def _detail(usage: dict[str, object], name: str, *places: str) -> int | None:
    for place in places:
        details = usage.get(place)
        if isinstance(details, dict) and (count := count_of(details, name)) is not None:
            return count
    return count_of(usage, name) if name == "reasoning_tokens" else None
