"""The limits that tests set."""

from __future__ import annotations

from localrouter.domain.configuration.config import LimitMode, LimitType, RateLimitTimeWindow, StrategyRateLimit
from localrouter.domain.limits.check_result import LimitCheck, LimitExceeded
from localrouter.domain.limits.demand import ReservedAmounts


def limit(kind: LimitType, value: float, window: str = "minute", mode: str = "soft") -> StrategyRateLimit:
    return StrategyRateLimit(
        limit_type=kind, value=value, time_window=RateLimitTimeWindow(window), mode=LimitMode(mode)
    )


def outcome(check: LimitCheck) -> ReservedAmounts | LimitExceeded:
    """What the request reserves, or the limit that leaves no room for it."""
    return check.exceeded or check.reserved
