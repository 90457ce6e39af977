"""The only place that reads how long a provider asks to wait, in seconds from its answer.

Dates count from the answer's own `date` header, so that no clock of this machine is needed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime

_HTTP_DATE = "%a, %d %b %Y %H:%M:%S GMT"
_UNITS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[dhms]))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[dhms])")
_IN_WORDS = re.compile(
    r"(?:try again|retry)(?: in| after) (?:(?P<short>(?:\d+(?:\.\d+)?(?:ms|[dhms]))+)"
    r"|(?P<count>\d+(?:\.\d+)?) (?P<unit>millisecond|second|minute|hour|day))",
    re.IGNORECASE,
)
_RESETS = (
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
    ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
    ("anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"),
    ("anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"),
)


def from_header(headers: Mapping[str, str]) -> float | None:
    """`retry-after-ms`, then `retry-after` as seconds or as a date. Header names are in lower case."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1_000
    value = headers.get("retry-after", "").strip()
    seconds = _number(value)
    if seconds is not None:
        return seconds
    return duration(value) if value[:1].isdigit() else _until(_date(value), headers)


def from_resets(headers: Mapping[str, str]) -> float | None:
    """When the limits that have nothing left are filled again. One whose rest is not told counts as used up."""
    waits = [
        wait
        for remaining, reset in _RESETS
        if headers.get(remaining, "0").strip() == "0" and (wait := _reset(headers.get(reset), headers)) is not None
    ]
    return max(waits, default=None)


def from_words(message: str) -> float | None:
    """The wait that a message names: `Please try again in 4.77s`, `retry after 20 seconds`."""
    found = _IN_WORDS.search(message)
    if found is None:
        return None
    if found["short"]:
        return duration(found["short"])
    scale = {"millisecond": 0.001, "second": 1.0, "minute": 60.0, "hour": 3_600.0, "day": 86_400.0}
    return float(found["count"]) * scale[found["unit"].lower()]


def duration(text: str) -> float | None:
    """`6m0s`, `1h2m3.5s`, `120ms`: in seconds."""
    if not _DURATION.fullmatch(text):
        return None
    return sum(float(count) * _UNITS[unit] for count, unit in _PART.findall(text))


def _reset(value: str | None, headers: Mapping[str, str]) -> float | None:
    if value is None:
        return None
    text = value.strip()
    seconds = _number(text)
    if seconds is not None and seconds < 1e6:  # a larger number is a point in time, of an unknown clock
        return seconds
    return duration(text) if _DURATION.fullmatch(text) else _until(_timestamp(text), headers)


def _until(moment: datetime | None, headers: Mapping[str, str]) -> float | None:
    answered = _date(headers.get("date", ""))
    if moment is None or answered is None:
        return None
    return max(0.0, (moment - answered).total_seconds())


def _date(text: str) -> datetime | None:
    try:
        return datetime.strptime(text.strip(), _HTTP_DATE)
    except ValueError:
        return None


def _timestamp(text: str) -> datetime | None:
    """An RFC 3339 time in UTC, as Anthropic writes it."""
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).replace(tzinfo=None)
    except ValueError:
        return None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
