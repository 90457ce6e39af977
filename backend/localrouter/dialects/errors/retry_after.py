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
_SPAN = r"\d+(?:\.\d+)? ?(?:milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)\b"
_IN_WORDS = re.compile(
    r"(?:try again|retry|wait|resets?|available(?: again)?)(?: in| after| for)? "
    rf"(?:(?P<short>(?:\d+(?:\.\d+)?(?:ms|[dhms]))+)\b|(?P<long>{_SPAN}(?:(?:,? and |,? ){_SPAN}){{0,3}}))",
    re.IGNORECASE,
)
_LONG_PART = re.compile(r"(\d+(?:\.\d+)?) ?(ms|milli|[a-z])", re.IGNORECASE)
_MOMENT_IN_WORDS = re.compile(
    r"(?:resets?|try again|available(?: again)?) (?:on|at) (\d{10}(?:\d{3})?)\b", re.IGNORECASE
)
_DAY_IN_WORDS = re.compile(
    r"(?:regain access|resets?|try again|available again) (?:on|at) (\d{4}-\d\d-\d\d)(?:[T ](?:at )?(\d\d:\d\d))?"
)
_WAIT_FIELD = re.compile(
    r"(?:retry(?:after|delay|in)|resets?(?:at|in|after|time)?|wait|timetoreset|waittime)(?:seconds?|secs?|(?P<ms>ms|milliseconds?))?"
)
_LONGEST_NAME = 40
_HEADERS = ("retry-after-ms", "x-retry-after-ms", "x-ms-retry-after-ms", "retry-after", "x-retry-after")
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
    for name in _HEADERS:
        if (value := headers.get(name)) is None:
            continue
        milliseconds = _number(value) if name.endswith("-ms") else None
        wait = RetryHint(milliseconds / 1_000) if milliseconds is not None else _wait(value, headers)
        if wait:
            return wait
    return NOTHING


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
        return _moment_in_words(message)
    if found["short"]:
        return RetryHint(duration(found["short"]))
    parts = _LONG_PART.findall(found["long"])
    return RetryHint(sum(float(count) * _UNITS[unit.lower().replace("milli", "ms")] for count, unit in parts))


def _moment_in_words(message: str) -> RetryHint:
    if (counted := _MOMENT_IN_WORDS.search(message)) is not None:
        return _counted(float(counted[1]))
    day = _DAY_IN_WORDS.search(message)
    moment = None if day is None else _timestamp(f"{day[1]}T{day[2] or '00:00'}")
    return NOTHING if moment is None else RetryHint(at=moment.timestamp())


def from_fields(body: Mapping[str, object]) -> RetryHint:
    """The wait in the fields of one level of a body, under whichever name: a number or a text of seconds or
    milliseconds, a duration, a point in time."""
    for name, value in body.items():
        plain = name.replace("_", "").replace("-", "").lower() if len(name) <= _LONGEST_NAME else ""
        if (found := _WAIT_FIELD.fullmatch(plain)) is None:
            continue
        number = _number(value) if isinstance(value, str) else value
        if found["ms"] and isinstance(number, int | float) and number < _FIRST_MOMENT:
            wait = from_number(number / 1_000)
        else:
            wait = _wait(value, {}) if isinstance(value, str) else from_number(value)
        if wait:
            return wait
    return NOTHING


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
