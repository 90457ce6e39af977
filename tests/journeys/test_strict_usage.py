"""What strict limits count, whatever a provider says or does not say of its usage, and whom they let wait."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localrouter.domain.configuration.config import LimitType, RetryPolicy
from tests.journeys.strictly import PROMPT, A, explained, provider, strict, used
from tests.rig import auto, read_until, router, strategy_id, until
from tests.upstream import (
    DONE,
    STREAM_END,
    STREAM_HEAD,
    Asked,
    End,
    Step,
    Upstream,
    always,
    answer,
    chat,
    chunked,
    completion,
    event,
)


def told(usage: object, *, tokens: int = 300) -> Iterator[Step]:
    """A whole answer of 300 tokens whose usage says something else."""
    yield answer(200, completion("x" * tokens, tokens_out=tokens) | {"usage": usage})


@pytest.mark.parametrize(
    "usage_told",
    [
        None,
        {},
        {"prompt_tokens": 10},
        {"prompt_tokens": 10, "completion_tokens": "300"},
        {"prompt_tokens": 10, "completion_tokens": 0, "total_tokens": 10},
        {"prompt_tokens": -5, "completion_tokens": 300},
    ],
)
def test_usage_that_cannot_be_true_counts_as_the_most(tmp_path: Path, usage_told: object) -> None:
    limits = [strict(LimitType.TOTAL_TOKENS, 10_000)]
    with Upstream(lambda _: told(usage_told)) as up, router(tmp_path, [provider("one", up)], limits=limits) as lr:
        assert lr.chat(model="one/a", max_tokens=300).status == 200
        assert used(lr) == PROMPT + 300


def usage_of(tokens: int) -> dict[str, Any]:
    return {"prompt_tokens": 10, "completion_tokens": tokens, "total_tokens": 10 + tokens}


EARLY = [event({"role": "assistant"}, usage=usage_of(1)), event({"content": "x" * 300}), event(finish="stop")]
IN_THE_LAST_CHUNK = [event({"content": "x"}), event({"content": "x"}, finish="stop", usage=usage_of(2))]
MORE_BEHIND = [event({"content": "x"}, finish="stop", usage=usage_of(1)), event({"content": "x" * 299})]
BEHIND_ALL = [event({"content": "x"}), event(finish="stop"), event(usage=usage_of(2))]


@pytest.mark.parametrize(
    ("events", "n", "counted"),
    [
        (EARLY, 1, None),
        (MORE_BEHIND, 1, None),
        (IN_THE_LAST_CHUNK, 1, 12),
        (IN_THE_LAST_CHUNK, 2, 12),
        (BEHIND_ALL, 1, 12),
        (BEHIND_ALL, 2, 12),
    ],
    ids=("early", "more behind", "last chunk", "last chunk of two", "behind all", "behind all of two"),
)
def test_the_usage_of_a_stream_that_ended_is_believed_where_nothing_was_said_behind_it(
    tmp_path: Path, events: list[bytes], n: int, counted: int | None
) -> None:
    def script(_: Asked) -> Iterator[Step]:
        yield STREAM_HEAD + b"".join(map(chunked, events)) + chunked(DONE) + STREAM_END

    limits = [strict(LimitType.TOTAL_TOKENS, 10_000)]
    with Upstream(script) as up, router(tmp_path, [provider("one", up)], limits=limits) as lr:
        assert lr.chat(model="one/a", stream=True, max_tokens=300, n=n).status == 200
        assert used(lr) == (n * (PROMPT + 300) if counted is None else counted)


@pytest.mark.parametrize(("n", "is_believed"), [(1, True), (2, False)])
def test_a_stream_that_breaks_after_the_first_of_two_answers_has_told_only_a_part(
    tmp_path: Path, n: int, is_believed: bool
) -> None:
    def script(_: Asked) -> Iterator[Step]:
        yield STREAM_HEAD + b"".join(map(chunked, IN_THE_LAST_CHUNK))
        yield End.RESET

    limits = [strict(LimitType.TOTAL_TOKENS, 10_000)]
    with Upstream(script) as up, router(tmp_path, [provider("one", up)], limits=limits) as lr:
        lr.chat(model="one/a", stream=True, max_tokens=300, n=n)
        assert used(lr) == (12 if is_believed else n * (PROMPT + 300))


@pytest.mark.parametrize(("status", "counted"), [(429, 0), (500, 0), (403, 0), (504, 1), (524, 1), (408, 1)])
def test_a_status_says_whether_a_provider_may_have_worked(tmp_path: Path, status: int, counted: int) -> None:
    limits = [strict(LimitType.TOTAL_TOKENS, 100_000)]
    refusal = always(status, {"error": {"message": "no"}})
    with Upstream(refusal) as up, router(tmp_path, [provider("one", up)], limits=limits) as lr:
        reply = lr.chat(model="one/a", max_tokens=300)
        assert used(lr) == counted * len(reply.attempts) * (PROMPT + 300)


def test_any_status_of_success_is_an_answer(tmp_path: Path) -> None:
    limits = [strict(LimitType.TOTAL_TOKENS, 10_000)]
    with Upstream(always(201, completion())) as up, router(tmp_path, [provider("one", up)], limits=limits) as lr:
        assert lr.chat(model="one/a").status == 200
        assert (used(lr), len(up.asked)) == (15, 1)


def test_who_may_not_wait_is_told_so_beforehand(tmp_path: Path) -> None:
    def silent(_: Asked) -> Iterator[Step]:
        yield End.SILENCE

    limits = [strict(LimitType.TOTAL_TOKENS, 300)]
    impatient = auto(A, retry=RetryPolicy(attempts=0, max_wait=0))
    with (
        Upstream(silent) as up,
        router(tmp_path, [provider("one", up)], auto=impatient, limits=limits) as lr,
        lr.send_chat(),
    ):
        until(lambda: lr.rpc("get_strategy_usage", strategy_id=strategy_id(lr))[0]["reserved"] == 300)
        assert explained(lr)["decision"] == "refuse"
        assert lr.chat().status == 429


def test_a_limit_that_is_taken_away_lets_those_in_who_wait_for_it(tmp_path: Path) -> None:
    def slow(asked: Asked) -> Iterator[Step]:
        if len(up.asked) == 1:
            yield End.SILENCE
        yield from chat(asked)

    patient = auto(A, retry=RetryPolicy(attempts=0, max_wait=30))
    limits = [strict(LimitType.TOTAL_TOKENS, 300)]
    with (
        Upstream(slow) as up,
        router(tmp_path, [provider("one", up)], auto=patient, limits=limits) as lr,
        lr.send_chat(),
        lr.send_chat() as second,
    ):
        until(lambda: [each["doing"] for each in lr.rpc("list_running_requests")] == ["calling", "waiting"])
        lr.rpc("update_strategy", strategy_id=strategy_id(lr), rate_limits=[])
        assert b" 200 " in read_until(second, b"\r\n")
