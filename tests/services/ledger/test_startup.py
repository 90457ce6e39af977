"""Records that were not written when the process was killed: what the journal knows of them, and for how long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from localrouter.domain.conversation.request import Usage
from localrouter.domain.limits.recovery import KILLED, RequestStart
from localrouter.domain.metrics.samples import Outcome, Sample, ToldError, entries
from localrouter.domain.routing.attempt_ends import AttemptEnd, CountedUsage
from localrouter.domain.routing.attempts import Attempt
from localrouter.domain.routing.failures import FailureKind
from localrouter.services.ledger.journal import ROTATED_EVERY, Journal
from localrouter.services.ledger.ledger import Ledger, Reservation
from tests.metric_samples import attempt, sample
from tests.services.ledger.test_journal import COUNTED, STRATEGY, no_file_larger_than
from tests.services.ledger.world import CALL, THEN

BOOTED = 1_000.0  # what the steady clock shows at first
ARRIVED = THEN + BOOTED


def begun(**changes: Any) -> RequestStart:
    start = RequestStart("app", "chat/completions", "localrouter/auto", True, ARRIVED, 0.25, 0.001)
    return start._replace(**changes)


ANSWER = replace(
    attempt("one", "a", usage=Usage(100, 50, 20, 10), cost=7, duration=0.5),
    started_at=ARRIVED + 0.25,
    first_token=0.1,
    kind=None,
)
REFUSAL = replace(attempt("two", "b", kind=FailureKind.RATE_LIMITED, usage=Usage(), cost=0), message="said no")


class Process:
    """A ledger over one journal, and the records that it found missing at its start; `again` follows on a kill."""

    def __init__(self, folder: Path, time: float = BOOTED, written: Iterable[str] = ()) -> None:
        self.folder, self.time = folder, time
        self.ledger = Ledger(lambda: self.time, lambda: THEN + self.time, Journal(folder / "journal", "boot"))
        self.found = self.ledger.restore([], lambda ids: set(ids) & set(written))

    def again(self, *written: str) -> Process:
        self.ledger.close()
        return Process(self.folder, self.time, written)

    def call(self, name: str, **changes: object) -> Reservation:
        taken = self.ledger.reserve(STRATEGY, CALL, name, None, begun(**changes))
        assert isinstance(taken, Reservation)
        return taken

    def answer(self, name: str, was: Attempt = ANSWER) -> Reservation:
        taken = self.call(name)
        ending = AttemptEnd.WHOLE if was.kind is None else AttemptEnd.REFUSED
        self.ledger.spend(taken, was.usage, was.cost, "one/a", ending=ending, attempt=was)
        return taken

    @property
    def used(self) -> tuple[int, int]:
        """Requests and tokens."""
        return self.ledger.states(COUNTED)[0].used, self.ledger.states(STRATEGY)[0].used


def test_a_plain_answer_is_recovered_with_all_that_its_record_would_have_told(tmp_path: Path) -> None:
    process = Process(tmp_path)
    process.ledger.close_request(process.answer("one"))
    [found] = process.again().found
    assert replace(found, trace="") == Sample(
        request_id="one",
        started_at=ARRIVED,
        client_id="app",
        strategy_id="first",
        endpoint="chat/completions",
        model_asked="localrouter/auto",
        provider_served="one",
        model_served="a",
        outcome=Outcome.SUCCESS,
        kind=None,
        status=200,
        streamed=True,
        duration=0.75,
        first_token=0.35,
        overhead=0.001,
        usage=ANSWER.usage,
        cost=7,
        unpriced=False,
        attempts=(ANSWER,),
        trace="",
        recovered=True,
    )
    trace = orjson.loads(found.trace)
    assert trace["recovered"]
    [tried] = trace["candidates"]
    assert (tried["provider"], tried["model"], tried["attempts"][0]["input_tokens"]) == ("one", "a", 100)


@pytest.mark.parametrize(
    ("outcome", "status", "kind", "attempts"),
    [
        (Outcome.SUCCESS, 200, None, (REFUSAL, ANSWER)),
        (Outcome.FAILED, 429, FailureKind.RATE_LIMITED, (REFUSAL,)),
        (Outcome.CANCELLED, 499, FailureKind.CANCELLED, (replace(ANSWER, kind=FailureKind.CANCELLED),)),
        (Outcome.FAILED, 200, FailureKind.SERVER_ERROR, (replace(ANSWER, counted=CountedUsage(1, 2, 3, 4)),)),
        (Outcome.FAILED, 502, FailureKind.AUTH, (replace(REFUSAL, kind=FailureKind.AUTH, status=None),)),
    ],
)
def test_every_other_end_is_recovered_too_but_for_what_providers_said(
    tmp_path: Path, outcome: Outcome, status: int, kind: FailureKind | None, attempts: tuple[Attempt, ...]
) -> None:
    process = Process(tmp_path)
    request = process.answer("one", attempts[0])
    process.ledger.close_request(request)
    told = replace(
        sample(request_id="one", strategy_id="first", outcome=outcome, attempts=attempts), kind=kind, status=status
    )
    told = replace(told, error=None if outcome is Outcome.SUCCESS else ToldError("some_code", "It could not be done."))
    process.ledger.ended(told, begun())
    [found] = process.again().found
    assert (found.outcome, found.status, found.kind, found.duration) == (outcome, status, kind, told.duration)
    assert found.error == told.error
    assert found.attempts == tuple(replace(each, message=None) for each in attempts)
    assert b"said no" not in (tmp_path / "journal").read_bytes()
    assert {scopes: entry[:4] for scopes, entry in entries(replace(found, client_id="app"))} == {
        scopes: entry[:4] for scopes, entry in entries(told)
    }


def test_a_request_without_any_call_made_is_recovered_and_counts_for_no_limit(tmp_path: Path) -> None:
    process = Process(tmp_path)
    no_key = replace(REFUSAL, kind=FailureKind.AUTH, status=None)
    process.ledger.ended(sample(request_id="one", strategy_id="first", attempts=(no_key,)), begun())
    again = process.again()
    assert [each.request_id for each in again.found] == ["one"]
    assert again.used == (0, 0)


def test_what_was_running_at_the_kill_is_told_as_cut_and_counts_what_it_held(tmp_path: Path) -> None:
    process = Process(tmp_path)
    process.call("one")
    process.time += 2
    process.ledger.close_request(process.answer("another"))
    process.time += 30
    again = process.again()
    [found] = [each for each in again.found if each.request_id == "one"]
    assert (found.outcome, found.kind, found.status) == (Outcome.FAILED, FailureKind.CANCELLED, 503)
    assert (found.duration, found.settled_at) == (2.25, ARRIVED + 32.25), (
        "it was seen for 2 s, and counts from 30 later"
    )
    [call] = found.attempts
    assert (call.provider, call.model, call.message) == ("one", "a", KILLED)
    assert call.usage == Usage(estimated=True)
    assert call.counted == CountedUsage(700, 300, 1_000, 0)
    assert again.used == (2, 1_000 + 150)
    assert "nobody knows what its last call used" in found.trace


def test_records_are_told_until_they_are_written_and_counted_once(tmp_path: Path) -> None:
    process = Process(tmp_path)
    process.call("cut")
    process.ledger.close_request(process.answer("one"))
    first = process.again()
    for _ in range(3):
        process.time += 1
        again = process.again()
        assert [replace(each, trace="") for each in again.found] == [
            replace(each, trace="", attempts=tuple(replace(call, message=None) for call in each.attempts))
            for each in first.found
        ]
        assert again.used == (2, 1_150)
    written = again.again("one", "cut")
    assert (written.found, written.used) == ([], (0, 0)), "by now the database tells of them"


def test_a_journal_that_was_set_aside_still_tells_what_it_recovered(tmp_path: Path) -> None:
    process = Process(tmp_path)
    process.ledger.close_request(process.answer("one"))
    again = process.again()
    again.time += ROTATED_EVERY
    again.ledger.close_request(again.answer("two"))
    running = again.answer("three", REFUSAL)
    assert again.ledger.set_journal_aside()
    assert {each.request_id for each in again.again().found} == {"one", "two", "three"}
    assert running.attempts == [REFUSAL]
    again = again.again()
    [three] = [each for each in again.found if each.request_id == "three"]
    assert three.outcome is Outcome.FAILED
    assert [call.kind for call in three.attempts] == [FailureKind.RATE_LIMITED]


def test_wherever_the_last_lines_are_torn_the_request_is_told(tmp_path: Path) -> None:
    process = Process(tmp_path)
    request = process.call("one")
    before = (tmp_path / "journal").stat().st_size
    process.ledger.spend(request, ANSWER.usage, ANSWER.cost, "one/a", attempt=ANSWER)
    process.ledger.ended(sample(request_id="one", strategy_id="first", attempts=(ANSWER,)), begun())
    process.ledger.close()
    whole = (tmp_path / "journal").read_bytes()
    outcomes = []
    for size in range(before, len(whole) + 1):
        folder = tmp_path / str(size)
        folder.mkdir()
        (folder / "journal").write_bytes(whole[:size])
        [found] = Process(folder).found
        outcomes.append(found.outcome)
    assert outcomes == sorted(outcomes, key=[Outcome.FAILED, Outcome.SUCCESS].index), "cut first, then answered"
    assert len(set(outcomes)) == 2


@pytest.mark.parametrize(
    "strange",
    [
        b'["u","one","first",1000.0,[1,1,2,0],["one","a",[],200,1,1,null,1,1,0,0,0,0,null]]',
        b'["u","one","first",1000.0,[1,1,2,0],["one","a","no_such_kind",200,1,1,null,1,1,0,0,0,0,null]]',
        b'["u","one","first",1000.0,[1,1,2,0],7]',
        b'["r","one","first",1000.0,7,[["x"],null,200,1,null,0,null],[7,[]]]',
        b'["r","one","first",1000.0,["app"],["success",{},200,1,null,0,null],{}]',
        b'["o","one","first",1000.0,[],[1,1,2,0],7,"x",[],[]]',
        b'["d","one","first",1000.0,[1,1,2,0],7,7]',
    ],
)
def test_what_is_no_part_of_a_record_is_passed_over(tmp_path: Path, strange: bytes) -> None:
    process = Process(tmp_path)
    process.ledger.close_request(process.answer("before"))
    process.ledger.close()
    with (tmp_path / "journal").open("ab") as file:
        file.write(strange + b"\n")
    again = Process(tmp_path)
    assert "before" in {each.request_id for each in again.found}
    assert again.used[1] >= 150


def test_lines_of_an_earlier_release_count_and_make_no_record(tmp_path: Path) -> None:
    lines = [
        ["t", "boot", -1e18, -1e18, THEN],
        ["d", "one", "first", BOOTED, [700, 300, 1_000, 0]],
        ["u", "one", "first", BOOTED, [100, 50, 150, 7]],
        ["b", "two", "first", BOOTED, [10, 10, 20, 0]],
        ["o", "three", "first", BOOTED, [[BOOTED, [0, 1, 1, 2, 0, 1]]], [3, 3, 6, 0], True],
    ]
    (tmp_path / "journal").write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    process = Process(tmp_path)
    for _ in range(3):
        assert (process.found, process.used) == ([], (3, 150 + 20 + 2 + 6))
        process = process.again()


def test_on_a_full_disk_a_request_goes_on_and_is_told_as_far_as_its_lines_came(tmp_path: Path) -> None:
    process = Process(tmp_path)
    request = process.call("one")
    with no_file_larger_than((tmp_path / "journal").stat().st_size + 30):
        process.ledger.spend(request, ANSWER.usage, ANSWER.cost, "one/a", attempt=ANSWER)
        process.ledger.ended(sample(request_id="one", strategy_id="first", attempts=(ANSWER,)), begun())
        assert process.ledger.problem is not None
    process.ledger.close_request(process.answer("two"))
    found = {each.request_id: each.outcome for each in process.again().found}
    assert found == {"one": Outcome.FAILED, "two": Outcome.SUCCESS}


def test_half_a_character_in_a_name_stops_no_request(tmp_path: Path) -> None:
    process = Process(tmp_path)
    process.call("one", model_asked="gpt-\ud83d")
    assert [each.model_asked for each in process.again().found] == ["gpt-?"]
