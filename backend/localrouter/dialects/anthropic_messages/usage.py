"""Reads the tokens that an answer of Anthropic's reports."""

from __future__ import annotations

from collections.abc import Mapping

from localrouter.dialects.json_bodies.values import object_at, text_at
from localrouter.domain.conversation.request import Usage
from localrouter.domain.models.pricing import REGION

_EVERYWHERE = ("", "global", "not_available")  # regions at the ordinary price
_OF_THE_PROMPT = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
MAX_REPORTED_TOKENS = 100_000_000  # ten times the longest context window there is; what claims more is not believed


def usage_in(told: Mapping[str, object] | None) -> Usage | None:
    """The tokens of a `usage` object; None where it does not tell both sides. Its `input_tokens` leave out what was
    read from the cache and written to it."""
    if told is None:
        return None
    fresh, output = _count(told, "input_tokens"), _count(told, "output_tokens")
    if fresh is None or output is None:
        return None
    read = _count(told, "cache_read_input_tokens") or 0
    by_age = object_at(told, "cache_creation") or {}
    for_long = _count(by_age, "ephemeral_1h_input_tokens") or 0
    written = max(
        _count(told, "cache_creation_input_tokens") or 0,
        for_long + (_count(by_age, "ephemeral_5m_input_tokens") or 0),
    )
    details = object_at(told, "output_tokens_details") or {}
    thought = _count(details, "thinking_tokens") or _count(details, "reasoning_tokens") or 0
    return Usage(
        input_tokens=fresh + read + written,
        output_tokens=output,
        cached_tokens=read,
        reasoning_tokens=min(thought, output),
        cache_write_tokens=written,
        cache_write_1h_tokens=for_long,
        service_tier=_terms(told),
    )


def _terms(told: Mapping[str, object]) -> str | None:
    """On which terms the answer was given, where they change its price: a tier, a faster service, or a region."""
    tier, speed, region = (text_at(told, name) for name in ("service_tier", "speed", "inference_geo"))
    if speed not in ("", "standard"):
        return speed
    return f"{REGION}{region}" if region not in _EVERYWHERE and tier in ("", "standard") else tier or None


def usage_json(usage: Usage | None) -> dict[str, object]:
    """The same as Anthropic writes it. Nothing told is no tokens: its programs rely on both figures."""
    usage = usage or Usage()
    read, written, for_long = usage.cached_tokens, usage.cache_write_tokens, usage.cache_write_1h_tokens
    by_age = {"ephemeral_5m_input_tokens": max(0, written - for_long), "ephemeral_1h_input_tokens": for_long}
    return {
        "input_tokens": max(0, usage.input_tokens - read - written),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "cache_creation": by_age if written else None,
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"thinking_tokens": usage.reasoning_tokens} if usage.reasoning_tokens else None,
        "server_tool_use": None,
        "service_tier": None,
        "inference_geo": None,
    }


class UsageSoFar:
    """The usage of a stream: `message_delta` replaces what `message_start` said, figure by figure."""

    __slots__ = ("_told",)

    def __init__(self) -> None:
        self._told: dict[str, object] = {}

    def take(self, told: object) -> Usage | None:
        self._told = with_later(self._told, told)
        return usage_in(self._told)


def with_later(before: Mapping[str, object], told: object) -> dict[str, object]:
    """The usage of a message's beginning with what its end says: figure by figure, but for a prompt that has no tokens
    any more, by which servers mean that they said it before."""
    later = {name: value for name, value in told.items() if value is not None} if isinstance(told, dict) else {}
    if not any(later.get(name) for name in _OF_THE_PROMPT):
        later = {name: value for name, value in later.items() if name not in _OF_THE_PROMPT or not before.get(name)}
    return {**before, **later}


def _count(told: Mapping[str, object], name: str) -> int | None:
    value = told.get(name)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_REPORTED_TOKENS:
        return value
    return None
