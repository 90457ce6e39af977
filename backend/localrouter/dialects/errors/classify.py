"""Decides which kind of failure a provider's error is, in whatever dialect it comes.

Structured codes first, then fixed phrases where the provider gives no telling code, then the status.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from localrouter.dialects.errors import retry_after
from localrouter.dialects.errors.codes import (
    ACCOUNT_CODES,
    PERMISSION_CODES,
    TELLING_NUMBERS,
    VAGUE_CODES,
    kind_of_code,
    kind_of_status,
)
from localrouter.dialects.errors.details import ErrorDetails, details_in, details_of, is_web_page
from localrouter.dialects.errors.phrases import is_affordable, is_per_day, kind_of_phrase, never_fits
from localrouter.dialects.errors.refusals import is_unsupported
from localrouter.dialects.errors.retry_after import NOTHING, RetryHint
from localrouter.domain.credentials.lookalikes import LONGEST_READ
from localrouter.domain.routing.failures import Cools, Failure
from localrouter.domain.routing.failures import FailureKind as Kind

SHORTEST_QUOTA = 60.0  # seconds; no quota of a day or a plan is filled sooner
_WAITS = frozenset({Kind.RATE_LIMITED, Kind.OVERLOADED})
_WRAPPING_STATUSES = frozenset({500, 502})  # gateways wrap errors of other statuses in these

_LIMIT_ZERO = re.compile(r"\blimit: 0\b")


def failure_of(status: int | None, headers: Mapping[str, str], body: bytes, preset: str) -> Failure:
    """Why an answer failed. `status` is None if the error came inside an answer with status 200."""
    lowered = {name.lower(): value for name, value in headers.items()}
    failure = _failure(status, lowered, details_of(body), preset)
    if failure.message:
        return failure
    return replace(failure, message=_in_our_words(status, body))


def failure_in(value: object, preset: str) -> Failure:
    """The same for an error that is already parsed: one inside a stream or an answer with status 200."""
    failure = _failure(None, {}, details_in(value), preset)
    return failure if failure.message else replace(failure, message="The provider reported an error without a message.")


def _failure(status: int | None, headers: Mapping[str, str], found: tuple[ErrorDetails, ...], preset: str) -> Failure:
    message = next((details.message for details in found if details.message), "")
    kind = _kind(status, headers, found, preset)
    wait = _wait(kind, headers, found)
    return Failure(
        kind=kind,
        message=message[:LONGEST_READ],
        status=_shown_status(status, found, kind),
        code=next((details.code[:LONGEST_READ] for details in found if details.code), None),
        param=next((details.param[:LONGEST_READ] for details in found if details.param), None),
        retry_after=wait.seconds,
        resets_at=wait.at,
        cools=_cools(kind, status, found),
        quoted=True,
        final=headers.get("x-should-retry") == "false" or any(never_fits(details.message) for details in found),
    )


def _kind(status: int | None, headers: Mapping[str, str], found: tuple[ErrorDetails, ...], preset: str) -> Kind:
    kind = _told_kind(status, found, preset)
    if kind is Kind.RATE_LIMITED and _is_day_spent(headers, found):
        return Kind.QUOTA_EXHAUSTED
    return kind


def _told_kind(status: int | None, found: tuple[ErrorDetails, ...], preset: str) -> Kind:
    by_code = next((kind for details in found for code in details.codes if (kind := kind_of_code(code, preset))), None)
    if by_code is not None:
        return by_code
    if any(details.flagged for details in found):
        return Kind.POLICY_VIOLATION
    return _google_quota(found) or _by_phrase(status, found) or _by_status(status, found, preset)


def _is_day_spent(headers: Mapping[str, str], found: tuple[ErrorDetails, ...]) -> bool:
    """Whether a so-called rate limit counts a whole day: asking again in a minute is no use."""
    told = (headers, *(details.headers for details in found))
    return any(is_per_day(details.message) for details in found) or any(map(retry_after.names_spent_day, told))


def _cools(kind: Kind, status: int | None, found: tuple[ErrorDetails, ...]) -> Cools | None:
    """What it cools, if the provider's words reach further or less far than the table says."""
    if kind is Kind.QUOTA_EXHAUSTED:
        if any(is_affordable(details.message) for details in found):
            return Cools.NOTHING
        return Cools.PROVIDER if any(code in ACCOUNT_CODES for details in found for code in details.codes) else None
    if kind is Kind.RATE_LIMITED and any(never_fits(details.message) for details in found):
        return Cools.NOTHING  # the request exceeds the whole limit: smaller ones may fit
    if kind is not Kind.AUTH or status == 403:
        return None
    if status == 401:
        return Cools.PROVIDER
    forbidden = any(403 in details.numbers or PERMISSION_CODES.intersection(details.codes) for details in found)
    return None if forbidden else Cools.PROVIDER


def _google_quota(found: tuple[ErrorDetails, ...]) -> Kind | None:
    """Google words a limit per minute and a spent plan alike: the quota's name and the delay tell them apart."""
    details = next((details for details in found if "resource_exhausted" in details.codes), None)
    if details is None:
        return None
    if any("perday" in quota.lower().replace("_", "") for quota in details.quotas) or _LIMIT_ZERO.search(
        details.message
    ):
        return Kind.QUOTA_EXHAUSTED
    waits = bool(details.wait) or bool(retry_after.from_words(details.message))
    return Kind.RATE_LIMITED if details.quotas or waits else None


def _by_phrase(status: int | None, found: tuple[ErrorDetails, ...]) -> Kind | None:
    for details in found:
        kind = kind_of_phrase(details.message)
        if kind in (None, Kind.NOT_FOUND) and is_unsupported(details.message, _own_status(status, details, found)):
            return Kind.UNSUPPORTED
        if kind is not None:
            return kind
    return None


def _own_status(status: int | None, details: ErrorDetails, found: tuple[ErrorDetails, ...]) -> int | None:
    """The status that belongs to the message: gateways wrap a provider's 400 in a 500, with its number around it."""
    numbers = details.numbers or next((other.numbers for other in found if other.numbers), ())
    return numbers[0] if numbers and (status is None or status < 300 or status >= 500) else status


def _by_status(status: int | None, found: tuple[ErrorDetails, ...], preset: str) -> Kind:
    numbers = [number for details in found for number in details.numbers]
    telling = next((number for number in numbers if number in TELLING_NUMBERS), None)
    if telling is not None:
        return kind_of_status(telling, preset)
    succeeded = status is None or status < 300
    if numbers and (succeeded or status in _WRAPPING_STATUSES):
        return kind_of_status(numbers[0], preset)
    if status is not None and not succeeded:
        return kind_of_status(status, preset)
    vague = next((VAGUE_CODES[code] for details in found for code in details.codes if code in VAGUE_CODES), None)
    return vague or Kind.SERVER_ERROR


def _shown_status(status: int | None, found: tuple[ErrorDetails, ...], kind: Kind) -> int | None:
    if status is not None and status >= 300:
        return status
    number = next((number for details in found for number in details.numbers), None)
    return number or (400 if kind is Kind.INVALID_REQUEST else None)


def _wait(kind: Kind, headers: Mapping[str, str], found: tuple[ErrorDetails, ...]) -> RetryHint:
    told = _in_header(headers, found)
    if kind is Kind.QUOTA_EXHAUSTED:
        return _quota_reset(told, headers, found)
    if told or kind not in _WAITS:
        return told
    told = next((details.wait for details in found if details.wait), NOTHING) or _wait_in_words(found)
    if told or kind is not Kind.RATE_LIMITED:
        return told
    return _reset(headers, found)


def _in_header(headers: Mapping[str, str], found: tuple[ErrorDetails, ...]) -> RetryHint:
    """The wait in a header of the answer, or of one behind it that a gateway hands on."""
    told = retry_after.from_header(headers)
    if told:
        return told
    return next((wait for details in found if (wait := retry_after.from_header(details.headers))), NOTHING)


def _quota_reset(told: RetryHint, headers: Mapping[str, str], found: tuple[ErrorDetails, ...]) -> RetryHint:
    """When the quota is filled again. A short wait beside a spent quota belongs to the limit per minute."""
    body = next((details.wait for details in found if details.wait), NOTHING)
    for wait in (_reset(headers, found), told, body, _wait_in_words(found)):
        if wait.at is not None or (wait.seconds is not None and wait.seconds >= SHORTEST_QUOTA):
            return wait
    return NOTHING


def _reset(headers: Mapping[str, str], found: tuple[ErrorDetails, ...]) -> RetryHint:
    told = (headers, *(details.headers for details in found))
    return next((wait for each in told if (wait := retry_after.from_resets(each))), NOTHING)


def _wait_in_words(found: tuple[ErrorDetails, ...]) -> RetryHint:
    return next((wait for details in found if (wait := retry_after.from_words(details.message))), NOTHING)


def _in_our_words(status: int | None, body: bytes) -> str:
    answered = "The provider answered" if status is None else f"The provider answered {status}"
    if is_web_page(body):
        return f"{answered} with a web page. Check its base URL."
    if status is not None and 300 <= status < 400:
        return f"{answered}, a redirect, which is not followed. Check its base URL."
    return f"{answered} without an explanation."
