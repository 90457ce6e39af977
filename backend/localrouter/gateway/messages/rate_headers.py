"""The only place that writes how full a client's limits are into response headers, as OpenAI's own API does.

For each unit the tightest limit is reported: the one with the smallest share left and, among equals, the one that takes
longest to have more room. `reset` is the time until then.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from operator import itemgetter

from localrouter.domain.configuration.config import LimitType
from localrouter.domain.limits.check_result import LimitStatus
from localrouter.domain.models.pricing import to_usd

Header = tuple[bytes, bytes]
_UNIT_OF: dict[LimitType, bytes] = {
    LimitType.REQUESTS: b"requests",
    LimitType.INPUT_TOKENS: b"tokens",
    LimitType.OUTPUT_TOKENS: b"tokens",
    LimitType.TOTAL_TOKENS: b"tokens",
    LimitType.COST: b"cost",
}


def rate_headers(states: Iterable[LimitStatus], seconds_until_more: Callable[[LimitStatus], float]) -> list[Header]:
    """`seconds_until_more` returns in how many seconds a limit will have more room than now."""
    headers: list[Header] = []
    for unit, of_unit in _tightest(states).items():
        seconds, state = max(((seconds_until_more(state), state) for state in of_unit), key=itemgetter(0))
        headers += (
            (b"x-ratelimit-limit-" + unit, _amount(state, state.value)),
            (b"x-ratelimit-remaining-" + unit, _amount(state, state.remaining)),
        )
        if seconds > 0 or state.remaining > 0:  # nobody knows when running requests will release theirs
            headers.append((b"x-ratelimit-reset-" + unit, duration(seconds)))
    return headers


def _tightest(states: Iterable[LimitStatus]) -> dict[bytes, list[LimitStatus]]:
    """For each unit, the limits with the smallest share left: one, or several that are equally full."""
    smallest: dict[bytes, float] = {}
    tightest: dict[bytes, list[LimitStatus]] = {}
    for state in states:
        unit, share = _UNIT_OF[state.limit.limit_type], state.remaining / state.value
        known = smallest.get(unit)
        if known is None or share < known:
            smallest[unit], tightest[unit] = share, [state]
        elif share == known:
            tightest[unit].append(state)
    return tightest


def duration(seconds: float) -> bytes:
    """A duration as OpenAI writes it, rounded up: `120ms`, `8.5s`, `6m0s`, `24h0m0s`."""
    milliseconds = math.ceil(round(seconds * 1000, 3))
    if milliseconds <= 0:
        return b"0s"
    if milliseconds < 1000:
        return b"%dms" % milliseconds
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:g}s".encode()
    minutes, rest = divmod(math.ceil(milliseconds / 1000), 60)
    if minutes < 60:
        return b"%dm%ds" % (minutes, rest)
    return b"%dh%dm%ds" % (*divmod(minutes, 60), rest)


def _amount(state: LimitStatus, amount: int) -> bytes:
    if state.limit.limit_type is not LimitType.COST:
        return b"%d" % amount
    return f"{to_usd(amount):.6f}".rstrip("0").rstrip(".").encode()
