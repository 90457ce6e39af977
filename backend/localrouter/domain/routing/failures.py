"""The kinds of failure and what each one means for routing: the one table that everything reads.

Recognising a kind is the dialects' work; acting on it is `decide` and the health service. Neither knows a kind
that has no row here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum


class FailureKind(StrEnum):
    """Why an attempt did not answer."""

    RATE_LIMITED = "rate_limited"
    QUOTA_EXHAUSTED = "quota_exhausted"
    OVERLOADED = "overloaded"
    POLICY_VIOLATION = "policy_violation"
    CONTEXT_LENGTH_EXCEEDED = "context_length_exceeded"
    UNREACHABLE = "unreachable"
    UNSUPPORTED = "unsupported"
    AUTH = "auth"
    NOT_FOUND = "not_found"
    SERVER_ERROR = "server_error"
    INVALID_REQUEST = "invalid_request"
    CANCELLED = "cancelled"


class Retry(StrEnum):
    """Whether the same model is called once more before the next one."""

    NEVER = "never"
    AFTER_HEADER = "after_header"  # when the provider says so, and soon enough
    AT_ONCE = "at_once"  # connect and reset only, never after silence
    JITTERED = "jittered"  # after 0.1 to 0.3 s
    WITHOUT_A_FIELD = "without_a_field"  # at once, without the field that was refused, up to `MOST_LEFT_OUT` times


class Cools(StrEnum):
    """What is left alone for a while after the failure."""

    NOTHING = "nothing"
    MODEL = "model"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class KindRule:
    """One row of the failure table.

    `cool_for` is the first cooling in seconds; where `cool_doubles`, each further failure in a row doubles it up to
    `MAX_COOLING_SECONDS`. `cools_after` is how many failures in a row it takes. `spreads`: the provider cools too once
    a second of its models says the same to another client. `status` is what the client gets when this failure decides
    (0: the provider's own status). `words` say what happened in an error that lists several models.
    """

    falls_back: bool
    retry: Retry
    cools: Cools
    status: int
    code: str
    cool_for: float = 0.0
    cool_doubles: bool = False
    cools_after: int = 1
    spreads: bool = False
    words: str = ""


COOL_FIRST = 5.0
MAX_COOLING_SECONDS = 20.0
MOST_DOUBLINGS = 16  # long past MAX_COOLING_SECONDS, and far from what a float holds: failures in a row have no end
COOL_LONG = 600.0  # also the most that a Retry-After may ask for
LONGEST_QUOTA = 31 * 86_400.0  # a quota that is filled again later than this is not believed
JITTER = (0.1, 0.3)
MOST_LEFT_OUT = 3  # fields of one request that a model refuses

RULES: dict[FailureKind, KindRule] = {
    FailureKind.RATE_LIMITED: KindRule(
        True, Retry.AFTER_HEADER, Cools.MODEL, 429, "rate_limit_exceeded", COOL_FIRST, True, words="rate limited"
    ),
    FailureKind.QUOTA_EXHAUSTED: KindRule(
        True, Retry.NEVER, Cools.MODEL, 429, "insufficient_quota", COOL_LONG, spreads=True, words="out of quota"
    ),
    FailureKind.OVERLOADED: KindRule(
        True, Retry.NEVER, Cools.MODEL, 503, "overloaded", COOL_FIRST, True, words="overloaded"
    ),
    FailureKind.POLICY_VIOLATION: KindRule(
        True, Retry.NEVER, Cools.NOTHING, 400, "content_policy_violation", words="refused by its content policy"
    ),
    FailureKind.CONTEXT_LENGTH_EXCEEDED: KindRule(
        True, Retry.NEVER, Cools.NOTHING, 400, "context_length_exceeded", words="prompt too long"
    ),
    FailureKind.UNREACHABLE: KindRule(
        True, Retry.AT_ONCE, Cools.PROVIDER, 502, "provider_unreachable", COOL_FIRST, True, words="unreachable"
    ),
    FailureKind.UNSUPPORTED: KindRule(
        True, Retry.WITHOUT_A_FIELD, Cools.NOTHING, 0, "unsupported", words="does not support the request"
    ),
    FailureKind.AUTH: KindRule(
        True,
        Retry.NEVER,
        Cools.MODEL,
        502,
        "provider_auth",
        COOL_LONG,
        spreads=True,
        words="refused the provider's key",
    ),
    FailureKind.NOT_FOUND: KindRule(
        True, Retry.NEVER, Cools.MODEL, 404, "model_not_found", COOL_LONG, words="not known to its provider"
    ),
    FailureKind.SERVER_ERROR: KindRule(
        True,
        Retry.JITTERED,
        Cools.MODEL,
        502,
        "provider_error",
        COOL_FIRST,
        True,
        cools_after=3,
        words="server error",
    ),
    FailureKind.INVALID_REQUEST: KindRule(
        False, Retry.NEVER, Cools.NOTHING, 0, "invalid_request", words="found the request invalid"
    ),
    FailureKind.CANCELLED: KindRule(False, Retry.NEVER, Cools.NOTHING, 499, "cancelled", words="cancelled"),
}

FALLBACK_BY_DEFAULT: tuple[FailureKind, ...] = tuple(kind for kind, rule in RULES.items() if rule.falls_back)
FALLBACK_CHOICES: tuple[FailureKind, ...] = (*FALLBACK_BY_DEFAULT, FailureKind.INVALID_REQUEST)


class FailurePhase(StrEnum):
    """How far a call had come when it failed; only an unreachable provider needs it."""

    CONNECT = "connect"  # no connection, or lost before a byte of the answer
    CONNECT_DEADLINE = "connect_deadline"  # silence while connecting
    DEADLINE = "deadline"  # silence later: one of the configured deadlines passed
    ANSWER = "answer"  # the provider answered, or broke off while answering


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt did not answer.

    `status` is the provider's HTTP status (None where there was no answer), `message` the provider's own words
    where it is `quoted` (secrets are in them until it is redacted), `code` its machine-readable code as a string,
    `retry_after` in seconds from now, `resets_at` the same in Unix time where the provider named a point in time (see
    `timed`).
    `cools` is what it cools where that differs from the table: the words or the code spoke of the whole account, or of
    this request alone.
    """

    kind: FailureKind
    message: str
    status: int | None = None
    code: str | None = None
    param: str | None = None
    retry_after: float | None = None
    phase: FailurePhase = FailurePhase.ANSWER
    cools: Cools | None = None
    resets_at: float | None = None
    final: bool = False  # repeating it at this model cannot help, whatever the table allows
    ours: bool = False  # this process could not make the call, or hold its answer, which says nothing of the provider
    undispatched: bool = False  # nothing was sent, for a reason of our own
    quoted: bool = field(default=False, compare=False)  # the words are the provider's
    left_out: str | None = None  # the field that the model refused, and that the request can do without
    unbilled: bool = False  # nothing was done for it that could be billed: no connection was made


def timed(failure: Failure, wall: float) -> Failure:
    """The failure with its `resets_at` as seconds from now; `wall` is the Unix time of now."""
    if failure.resets_at is None:
        return failure
    return replace(failure, retry_after=max(0.0, failure.resets_at - wall), resets_at=None)


def cool_seconds(failure: Failure, in_a_row: int) -> float:
    """How long what `cools` names is left alone after the `in_a_row`-th such failure; 0 where it is not."""
    rule = RULES[failure.kind]
    if cools(failure) is Cools.NOTHING or in_a_row < rule.cools_after:
        return 0.0
    if failure.retry_after is not None and failure.kind is FailureKind.RATE_LIMITED:
        return min(failure.retry_after, COOL_LONG)
    if failure.retry_after is not None and failure.kind is FailureKind.QUOTA_EXHAUSTED:
        return min(failure.retry_after, LONGEST_QUOTA)
    if not rule.cool_doubles:
        return rule.cool_for
    doublings = min(in_a_row - rule.cools_after, MOST_DOUBLINGS)
    return float(min(rule.cool_for * 2**doublings, MAX_COOLING_SECONDS))


def cools(failure: Failure) -> Cools:
    return RULES[failure.kind].cools if failure.cools is None else failure.cools


def spreads(failure: Failure) -> bool:
    """Whether the same from a second model tells of the whole provider."""
    return RULES[failure.kind].spreads and cools(failure) is Cools.MODEL
