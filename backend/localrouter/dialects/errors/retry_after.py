"""The only place that reads how long a provider asks to wait: in seconds, or as a point in time.

Points in time count from the answer's own `date` header, so that no clock of this machine is needed; where there is
none, they are told as Unix time, for whoever knows what time it is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

_HTTP_DATE = "%a, %d %b %Y %H:%M:%S GMT"
_UNITS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[dhms]))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[dhms])")
_IN_WORDS = re.compile(
    r"(?:try again|retry|wait)(?: in| after| for)? (?:(?P<short>(?:\d+(?:\.\d+)?(?:ms|[dhms]))+)"
    r"|(?P<count>\d+(?:\.\d+)?) (?P<unit>millisecond|second|minute|hour|day))",
    re.IGNORECASE,
)
_DAY_IN_WORDS = re.compile(
    r"(?:regain access|resets?|try again|available again) (?:on|at) (\d{4}-\d\d-\d\d)(?:[T ](?:at )?(\d\d:\d\d))?"
)
_COMBINED = re.compile(r"\b(?:(remaining|r)|reset|t)=(\d{1,18})\b")  # of `ratelimit: limit=9, remaining=0, reset=50`
_LONGEST_COUNT = 1e8  # larger numbers are points in time: seconds since 1970, or milliseconds
_FIRST_MOMENT = 1e9
_FIRST_IN_MILLISECONDS = 1e11
_LAST_MOMENT = 1e14


@dataclass(frozen=True, slots=True)
class RetryHint:
    """`seconds` from now, or `at` a Unix time. Neither where nothing was told."""

    seconds: float | None = None
    at: float | None = None

    def __bool__(self) -> bool:
        return self.seconds is not None or self.at is not None


NOTHING = RetryHint()


def from_header(headers: Mapping[str, str]) -> RetryHint:
    """`retry-after-ms`, then `retry-after` as seconds or as a date. Header names are in lower case."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return RetryHint(milliseconds / 1_000)
    return _wait(headers.get("retry-after", ""), headers)


def from_resets(headers: Mapping[str, str]) -> RetryHint:
    """When the limits that have nothing left are filled again; where none says that, those whose rest is not told."""
    spent, untold = [], []
    for name, value in headers.items():
        if "limit" not in name or "reset" not in name:
            continue
        rest = headers.get(name.replace("reset", "remaining"))
        if rest is None:
            untold.append(_reset(name, value, headers))
        elif rest.strip() == "0":
            spent.append(_reset(name, value, headers))
    combined = _combined_reset(headers.get("ratelimit", ""))
    if combined is not None:
        spent.append(RetryHint(combined))
    return _latest(spent) or _latest(untold)


def _combined_reset(value: str) -> float | None:
    """The first reset behind a rest of nothing, each part of the value looked at once."""
    is_spent = False
    for part in _COMBINED.finditer(value):
        if part[1] is None and is_spent:
            return float(part[2])
        is_spent |= part[1] is not None and part[2] == "0"
    return None


def names_spent_day(headers: Mapping[str, str]) -> bool:
    """Whether a limit per day has nothing left: `x-ratelimit-remaining-requests-day: 0`."""
    return any(
        "limit" in name and "remaining" in name and "day" in name and value.strip() == "0"
        for name, value in headers.items()
    )


def from_words(message: str) -> RetryHint:
    """The wait that a message names: `Please try again in 4.77s`, `retry after 20 seconds`, `regain access on …`."""
    found = _IN_WORDS.search(message)
    if found is None:
        day = _DAY_IN_WORDS.search(message)
        moment = None if day is None else _timestamp(f"{day[1]}T{day[2] or '00:00'}")
        return NOTHING if moment is None else RetryHint(at=moment.timestamp())
    if found["short"]:
        return RetryHint(duration(found["short"]))
    scale = {"millisecond": 0.001, "second": 1.0, "minute": 60.0, "hour": 3_600.0, "day": 86_400.0}
    return RetryHint(float(found["count"]) * scale[found["unit"].lower()])


def from_number(value: object) -> RetryHint:
    """A number in a body: seconds, or a point in time in seconds or milliseconds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LAST_MOMENT:
        return NOTHING
    return _counted(float(value))


def duration(text: str) -> float | None:
    """`6m0s`, `1h2m3.5s`, `120ms`: in seconds."""
    if not _DURATION.fullmatch(text):
        return None
    return sum(float(count) * _UNITS[unit] for count, unit in _PART.findall(text))


def _reset(name: str, value: str, headers: Mapping[str, str]) -> RetryHint:
    if name.endswith("-ms") and (milliseconds := _number(value)) is not None:
        return RetryHint(milliseconds / 1_000)
    return _wait(value, headers)


def _wait(value: str, headers: Mapping[str, str]) -> RetryHint:
    text = value.strip()
    number = _number(text)
    if number is not None:
        return _since(_counted(number), headers)
    if _DURATION.fullmatch(text):
        return RetryHint(duration(text))
    moment = _date(text) or _timestamp(text)
    return NOTHING if moment is None else _since(RetryHint(at=moment.timestamp()), headers)


def _counted(number: float) -> RetryHint:
    if number < _LONGEST_COUNT:
        return RetryHint(number)
    if not _FIRST_MOMENT <= number < _LAST_MOMENT:
        return NOTHING
    return RetryHint(at=number / 1_000 if number >= _FIRST_IN_MILLISECONDS else number)


def _since(wait: RetryHint, headers: Mapping[str, str]) -> RetryHint:
    """A point in time as seconds from when the provider answered, where it says when that was."""
    answered = _date(headers.get("date", ""))
    if wait.at is None or answered is None:
        return wait
    return RetryHint(max(0.0, wait.at - answered.timestamp()))


def _latest(waits: list[RetryHint]) -> RetryHint:
    """A point in time before a number of seconds: they cannot be compared, and it is the more exact one."""
    moments = [wait.at for wait in waits if wait.at is not None]
    if moments:
        return RetryHint(at=max(moments))
    return RetryHint(max((wait.seconds for wait in waits if wait.seconds is not None), default=None))


def _date(text: str) -> datetime | None:
    try:
        return datetime.strptime(text.strip(), _HTTP_DATE).replace(tzinfo=UTC)
    except ValueError:
        return None


def _timestamp(text: str) -> datetime | None:
    """An RFC 3339 time, as Anthropic writes it; one without a zone is in UTC."""
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
