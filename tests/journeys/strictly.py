"""A router with strict limits and simulated providers, for stories about what they let through and what they count."""

from __future__ import annotations

from typing import Any

from localrouter.domain.configuration.config import LimitType, PricingOverride, Provider, StrategyRateLimit
from tests.limits import limit
from tests.rig import Reply, Router, strategy_id
from tests.upstream import Upstream

PICTURE = {"type": "image_url", "image_url": {"url": "http://x/y.png"}}
PROMPT = 64 + 8 + len("user") + len("Hello")  # the bound of the shortest chat
A, B = ("one", "a"), ("two", "b")


def strict(kind: LimitType, value: float) -> StrategyRateLimit:
    return limit(kind, value, "hour", "strict")


def provider(name: str, upstream: Upstream, **changes: Any) -> Provider:
    return Provider(
        **{"name": name, "preset": "openai-compatible", "base_url": upstream.url, "models": ("m",)} | changes
    )


def priced(lr: Router, *prices: tuple[str, str, float, float]) -> Router:
    overrides = tuple(
        PricingOverride(provider=name, model=model, input_per_million=per_input, output_per_million=per_output)
        for name, model, per_input, per_output in prices
    )
    lr.config = lr.config.model_copy(update={"pricing_overrides": overrides})
    return lr


def usage(lr: Router) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = lr.rpc("get_strategy_usage", strategy_id=strategy_id(lr))
    return told


def explained(lr: Router, **params: object) -> dict[str, Any]:
    told: dict[str, Any] = lr.rpc("explain_route", strategy_id=strategy_id(lr), model="localrouter/auto", **params)
    return told


def error(reply: Reply) -> dict[str, Any]:
    told: dict[str, Any] = reply.json["error"]
    return told


def used(lr: Router) -> float:
    """What the first limit says is used."""
    return float(usage(lr)[0]["used"])
