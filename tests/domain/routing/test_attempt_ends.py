"""How attempts end, and what each end leaves: figures recorded and figures counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrouter.domain.conversation.request import Endpoint, ModelRequest, Usage
from localrouter.domain.limits.demand import ReservedAmounts
from localrouter.domain.limits.windows import NOTHING, SETTLED, Amounts
from localrouter.domain.routing.attempt_ends import (
    UNUSED,
    AnswerSoFar,
    AttemptEnd,
    beyond_usage,
    counted,
    ending_of,
    recorded,
)
from localrouter.domain.routing.failures import Failure, FailureKind, FailurePhase

REQUEST = ModelRequest(Endpoint.CHAT_COMPLETIONS, "one/a", {}, "openai_chat", prompt_tokens_at_least=40)
SOFT = ReservedAmounts((1, 700, 300, 1_000, 5_000, 0), (1, 700, 300, 1_000, 5_000, 0))
STRICT = ReservedAmounts(SOFT.expected, (1, 200, 4_096, 4_296, 90_000, 0), 4_096)
GONE = Failure(FailureKind.UNREACHABLE, "gone", phase=FailurePhase.CONNECT)
LATE = Failure(FailureKind.UNREACHABLE, "late", phase=FailurePhase.DEADLINE)
LEFT = Failure(FailureKind.CANCELLED, "left")
SOME = AnswerSoFar(output_bytes=9, has_content=True)


@pytest.mark.parametrize(
    ("failure", "told", "was_sent", "status", "ending"),
    [
        (LEFT, AnswerSoFar(), False, None, AttemptEnd.UNDISPATCHED),
        (GONE, AnswerSoFar(), False, None, AttemptEnd.UNDISPATCHED),
        (Failure(FailureKind.UNREACHABLE, "no route", unbilled=True), AnswerSoFar(), True, None, AttemptEnd.REFUSED),
        (
            Failure(FailureKind.SERVER_ERROR, "no", status=500, unbilled=True),
            AnswerSoFar(),
            True,
            500,
            AttemptEnd.REFUSED,
        ),
        (Failure(FailureKind.RATE_LIMITED, "slow down"), AnswerSoFar(), True, 200, AttemptEnd.REFUSED),
        (Failure(FailureKind.RATE_LIMITED, "slow down"), SOME, True, 200, AttemptEnd.BROKEN),
        (Failure(FailureKind.RATE_LIMITED, "slow down"), AnswerSoFar(Usage(9, 0)), True, 200, AttemptEnd.BROKEN),
        (Failure(FailureKind.SERVER_ERROR, "failed"), AnswerSoFar(), True, 200, AttemptEnd.BROKEN),
        (GONE, AnswerSoFar(), True, None, AttemptEnd.LOST),
        (Failure(FailureKind.UNREACHABLE, "time was up", status=504), AnswerSoFar(), True, 504, AttemptEnd.LOST),
        (LEFT, AnswerSoFar(), True, 429, AttemptEnd.REFUSED),
        (LATE, AnswerSoFar(), True, 500, AttemptEnd.REFUSED),
        (LEFT, AnswerSoFar(), True, 504, AttemptEnd.LOST),
        (Failure(FailureKind.OVERLOADED, "no room", ours=True), AnswerSoFar(), True, 200, AttemptEnd.BROKEN),
        (LATE, AnswerSoFar(), True, None, AttemptEnd.BROKEN),
        (LEFT, AnswerSoFar(), True, None, AttemptEnd.BROKEN),
        (Failure(FailureKind.UNREACHABLE, "broke"), AnswerSoFar(), True, 200, AttemptEnd.BROKEN),
    ],
)
def test_how_an_attempt_ended(
    failure: Failure, told: AnswerSoFar, was_sent: bool, status: int | None, ending: AttemptEnd
) -> None:
    assert ending_of(failure, told, was_sent=was_sent, status=status) is ending


def told(usage: Usage | None, output_bytes: int = 400, *, is_whole: bool = True) -> AnswerSoFar:
    return AnswerSoFar(usage, is_whole, output_bytes, output_bytes > 0)


@pytest.mark.parametrize(
    ("ending", "came", "usage"),
    [
        (AttemptEnd.WHOLE, told(Usage(9, 5, 3, 2)), Usage(9, 5, 3, 2)),
        (AttemptEnd.WHOLE, told(None), Usage(40, 100, estimated=True)),
        (AttemptEnd.WHOLE, told(Usage(0, 5)), Usage(40, 100, estimated=True)),
        (AttemptEnd.WHOLE, told(Usage(900, 0)), Usage(900, 100, estimated=True)),
        (AttemptEnd.WHOLE, told(Usage(900, 0), 0), Usage(900, 0)),
        (AttemptEnd.WHOLE, told(Usage(80, 500, 70, estimated=True)), Usage(80, 500, 70, estimated=True)),
        (AttemptEnd.BROKEN, told(Usage(900, 3)), Usage(900, 3)),
        (AttemptEnd.BROKEN, told(Usage(900, 3), is_whole=False), Usage(900, 100, estimated=True)),
        (AttemptEnd.BROKEN, told(None, 0), Usage(40, 0, estimated=True)),
        (AttemptEnd.BROKEN, AnswerSoFar(has_content=True), Usage(40, 1, estimated=True)),
        (AttemptEnd.LOST, told(None, 0), Usage(estimated=True)),
        (AttemptEnd.REFUSED, told(None, 0), Usage()),
        (AttemptEnd.UNDISPATCHED, told(None, 0), Usage()),
    ],
)
def test_what_is_recorded(ending: AttemptEnd, came: AnswerSoFar, usage: Usage) -> None:
    assert recorded(ending, came, REQUEST) == usage


def test_a_prompt_too_short_to_be_bounded_has_a_token_all_the_same() -> None:
    shortest = ModelRequest(Endpoint.CHAT_COMPLETIONS, "one/a", {}, "openai_chat")
    assert recorded(AttemptEnd.BROKEN, AnswerSoFar(), shortest).input_tokens == 1


@pytest.mark.parametrize(
    ("ending", "usage", "soft", "strict"),
    [
        (AttemptEnd.WHOLE, Usage(9, 5), (0, 9, 5, 14, 70, 1), (0, 9, 5, 14, 70, 1)),
        (AttemptEnd.BROKEN, Usage(9, 5), (0, 9, 5, 14, 70, 1), (0, 9, 5, 14, 70, 1)),
        (AttemptEnd.WHOLE, Usage(9, 5, estimated=True), (0, 9, 5, 14, 70, 0), (0, 200, 4_096, 4_296, 90_000, 0)),
        (
            AttemptEnd.BROKEN,
            Usage(9, 5, estimated=True),
            (0, 700, 300, 1_000, 5_000, 0),
            (0, 200, 4_096, 4_296, 90_000, 0),
        ),
        (AttemptEnd.BROKEN, Usage(2_000, 5, estimated=True), (0, 2_000, 300, 2_005, 5_000, 0), None),
        (AttemptEnd.LOST, Usage(estimated=True), (0, 700, 300, 1_000, 5_000, 0), (0, 200, 4_096, 4_296, 90_000, 0)),
        (AttemptEnd.REFUSED, Usage(), NOTHING, NOTHING),
        (AttemptEnd.UNDISPATCHED, Usage(), NOTHING, NOTHING),
    ],
)
def test_what_is_counted(ending: AttemptEnd, usage: Usage, soft: Amounts, strict: Amounts | None) -> None:
    cost = 70 if usage.total_tokens else 0
    assert counted(ending, usage, cost, SOFT) == soft
    if strict is not None:
        assert counted(ending, usage, cost, STRICT) == strict


@given(
    st.sampled_from(list(AttemptEnd)),
    st.builds(Usage, st.integers(0, 9_000), st.integers(0, 9_000), estimated=st.booleans()),
    st.integers(0, 10**6),
    st.sampled_from([SOFT, STRICT]),
)
def test_limits_count_no_less_than_is_recorded_and_averages_are_made_of_what_was_told(
    ending: AttemptEnd, usage: Usage, cost: int, held: ReservedAmounts
) -> None:
    if ending in UNUSED:
        usage, cost = Usage(), 0
    amounts = counted(ending, usage, cost, held)
    assert amounts[1:5] >= (0, 0, 0, 0)
    known = (usage.input_tokens, usage.output_tokens, usage.total_tokens, cost)
    assert all(amount >= each for amount, each in zip(amounts[1:5], known, strict=True))
    assert amounts[SETTLED] == (not usage.estimated and usage.total_tokens > 0)
    assert (beyond_usage(amounts, usage, cost) is None) == (amounts[1:5] == known)
