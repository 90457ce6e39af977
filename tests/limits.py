"""The limits that tests set."""

from __future__ import annotations

from localrouter.domain.configuration.config import LimitMode, LimitType, RateLimitTimeWindow, StrategyRateLimit


def limit(kind: LimitType, value: float, window: str = "minute", mode: str = "soft") -> StrategyRateLimit:
    return StrategyRateLimit(
        limit_type=kind, value=value, time_window=RateLimitTimeWindow(window), mode=LimitMode(mode)
    )
