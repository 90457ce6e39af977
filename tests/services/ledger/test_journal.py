"""The journal's files: whole lines or none, one story whatever the moment of the end, and a disk that refuses."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from localrouter.domain.configuration.config import LimitType, Strategy
from localrouter.domain.conversation.request import Usage
from localrouter.domain.limits.demand import Demand
from localrouter.domain.limits.recovery import Database
from localrouter.services.ledger.journal import ROTATED_AT, ROTATED_EVERY, Journal
from localrouter.services.ledger.ledger import Ledger, Reservation
from tests.limits import limit
from tests.no_descriptors import no_further_file
from tests.services.ledger.world import CALL, THEN

STRATEGY = Strategy(id="first", name="first", rate_limits=(limit(LimitType.TOTAL_TOKENS, 10**12),))
COUNTED = Strategy(id="first", name="first", rate_limits=(limit(LimitType.REQUESTS, 10**6),))


class Process:
    """A ledger over one journal; `again` is the next process, after this one was killed."""

    def __init__(self, folder: Path, time: float = 1_000.0) -> None:
        self.folder, self.time = folder, time
        self.journal = Journal(folder / "journal", "boot")
        self.ledger = Ledger(lambda: self.time, lambda: THEN + self.time, self.journal)
        self.ledger.restore([], lambda ids: set())

    def again(self) -> Process:
        self.ledger.close()
        return Process(self.folder, self.time)

    def reserve(self, name: str) -> Reservation:
        taken = self.ledger.reserve(STRATEGY, CALL, name)
        assert isinstance(taken, Reservation)
        return taken

    def call(self, name: str, tokens: int) -> None:
        reservation = self.reserve(name)
        self.ledger.spend(reservation, Usage(tokens, 0), 0, "one/a")
        self.ledger.close_request(reservation)

    @property
    def used(self) -> tuple[int, int]:
        """Requests and tokens."""
        return self.ledger.states(COUNTED)[0].used, self.ledger.states(STRATEGY)[0].used

    @property
    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """As on a full disk, a write comes to its end in the middle of a line."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_was_dispatched_is_in_the_file_before_reserve_returns(tmp_path: Path) -> None:
    process = Process(tmp_path)
    process.reserve("one")
    assert b'["d","one","first",1000.0,[700,300,1000,0],"one/a"]\n' in (tmp_path / "journal").read_bytes()
    assert (tmp_path / "journal").stat().st_mode & 0o777 == 0o600


def test_every_way_of_tearing_the_last_line_leaves_the_others(tmp_path: Path) -> None:
    process = Process(tmp_path)
    process.call("one", 10)
    whole = (tmp_path / "journal").read_bytes()
    process.reserve("two")
    process.ledger.close()
    longer = (tmp_path / "journal").read_bytes()
    for size in range(len(whole), len(longer) - 1):
        folder = tmp_path / str(size)
        folder.mkdir()
        (folder / "journal").write_bytes(longer[:size])
        assert Process(folder).used == (1, 10)


def test_what_is_no_line_of_a_journal_is_passed_over(tmp_path: Path) -> None:
    process = Process(tmp_path)
    process.call("one", 10)
    process.ledger.close()
    strange = [
        b"\xff\xfe",
        b"{}",
        b"[]",
        b'["d"]',
        b'["d","two","first",1000.0,["a",1,1,1]]',
        b'["d","two","first",1000.0,[-5,1,1,1]]',
        b'["d","two","first","noon",[1,1,1,1]]',
        b'["s","first",1000.0,[1,2]]',
        b'["o","two",7,1000.0,[],null]',
        b'["t","boot",null,0,0]',
    ]
    with (tmp_path / "journal").open("ab") as file:
        file.write(b"\n".join(strange) + b"\n")
    assert Process(tmp_path).used == (1, 10)


def test_a_line_after_one_that_was_cut_short_is_not_lost_with_it(tmp_path: Path) -> None:
    process = Process(tmp_path)
    process.call("one", 10)
    with no_file_larger_than((tmp_path / "journal").stat().st_size + 20):
        process.reserve("cut")
        assert process.journal.problem is not None
    process.reserve("two")
    assert process.again().used == (2, 20)


def test_after_a_disk_was_full_the_journal_is_begun_anew_with_all_that_runs(tmp_path: Path) -> None:
    process = Process(tmp_path)
    with no_file_larger_than((tmp_path / "journal").stat().st_size + 20):
        process.reserve("unwritten")
        process.reserve("unwritten too")
    assert process.ledger.set_journal_aside()
    assert process.journal.problem is None
    assert process.again().used == (2, 2_000)


def test_a_disk_that_is_full_at_the_start_takes_nothing_away(tmp_path: Path) -> None:
    process = Process(tmp_path)
    for number in range(20):
        process.call(f"{number}", 10)
    with no_file_larger_than(64):
        full = process.again()
        assert full.used == (20, 200)
        assert full.journal.problem is not None
        full.ledger.close()
    again = Process(tmp_path)
    assert again.used == (20, 200)
    assert again.journal.problem is None


def test_where_no_descriptor_is_left_the_present_file_goes_on(tmp_path: Path) -> None:
    process = Process(tmp_path)
    process.call("one", 10)
    process.time += ROTATED_EVERY
    with no_further_file():
        process.ledger.set_journal_aside()
        assert process.journal.problem is not None
    victim = os.open(tmp_path / "victim", os.O_RDWR | os.O_CREAT)
    process.call("two", 5)
    assert os.fstat(victim).st_size == 0, "nothing is written to a descriptor that is somebody else's by now"
    os.close(victim)
    process.time = 1_000.0
    assert process.again().used == (2, 15)


@pytest.mark.parametrize("end", ["replaced", "moved", "drafted"])
def test_a_kill_in_the_midst_of_setting_aside_tells_each_request_once(
    tmp_path: Path, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = Process(tmp_path)
    process.call("one", 10)
    process.reserve("runs")
    moves = {"drafted": 0, "moved": 1, "replaced": 2}[end]
    replace = os.replace

    def replaces_until_killed(source: Path, target: Path) -> None:
        nonlocal moves
        if moves == 0:
            raise KeyboardInterrupt
        moves -= 1
        replace(source, target)

    monkeypatch.setattr(os, "replace", replaces_until_killed)
    process.time += ROTATED_EVERY
    if end == "replaced":
        process.ledger.set_journal_aside()
    else:
        with pytest.raises(KeyboardInterrupt):
            process.ledger.set_journal_aside()
    monkeypatch.undo()
    process.time -= ROTATED_EVERY
    assert process.again().used == (2, 20)


def test_what_an_earlier_attempt_used_survives_setting_aside(tmp_path: Path) -> None:
    process = Process(tmp_path)
    request = process.reserve("one")
    process.ledger.spend(request, Usage(500, 0), 0, "one/a")
    process.ledger.reserve(STRATEGY, Demand(0, None, "two/b"), "one", request)
    process.time += ROTATED_EVERY
    assert process.ledger.set_journal_aside()
    process.ledger.drop_journal_aside()
    process.time -= ROTATED_EVERY
    assert process.again().used == (1, 500 + 500)


def test_a_request_that_was_cut_counts_as_long_as_one_that_ended_then(tmp_path: Path) -> None:
    process = Process(tmp_path)
    process.reserve("a stream of half an hour")
    process.time += 1_800
    again = process.again()
    assert again.used == (0, 1_000), "it was admitted long ago, and used its tokens until just now"


def test_what_no_record_will_tell_of_is_told_from_journal_to_journal(tmp_path: Path) -> None:
    process = Process(tmp_path)
    process.reserve("cut")
    for _ in range(3):
        process = process.again()
        process.call("other", 0)
        process.time += ROTATED_EVERY / 30
        process.journal._begun -= ROTATED_EVERY
        assert process.ledger.set_journal_aside()
        process.ledger.drop_journal_aside()
    assert process.again().used[1] == 1_000


def test_a_journal_is_set_aside_when_it_is_long_or_old_and_has_something_to_tell(tmp_path: Path) -> None:
    process = Process(tmp_path)
    process.time += ROTATED_EVERY
    assert not process.ledger.set_journal_aside(), "it has nothing to tell"
    process.call("one", 1)
    assert process.ledger.set_journal_aside(), "it is old"
    process.ledger.drop_journal_aside()
    process.call("two", 1)
    assert not process.ledger.set_journal_aside(), "it is neither old nor long"
    process.journal._size = ROTATED_AT
    assert process.ledger.set_journal_aside(), "it is long"
    assert process.ledger.set_journal_aside(), "the records were not all written yet: it still waits"
    process.ledger.drop_journal_aside()
    assert process.files == ["journal"]


def test_where_records_cannot_be_written_the_journals_are_summed_up(tmp_path: Path) -> None:
    process = Process(tmp_path)
    for _ in range(3):
        for number in range(200):
            process.call(f"{process.time} {number}", 10)
        process.journal._size = ROTATED_AT
        assert process.ledger.set_journal_aside()
        process.time += 1
    running = process.reserve("runs")
    process.call("between", 10)
    asyncio.run(process.ledger.sum_up_journal(lambda ids: {f"1000.0 {n}" for n in range(50)}, from_bytes=1))
    process.call("after", 1)
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert size < 3_000
    requests, tokens = process.again().used
    assert (requests, tokens) == (600 - 50 + 3, 5_500 + 10 + 1 + running.reserved.expected[3])


def test_counts_that_json_cannot_hold_are_told_as_the_most_it_can(tmp_path: Path) -> None:
    process = Process(tmp_path)
    process.call("one", 10**30)
    assert process.again().used == (1, 2**63 - 1)


def test_without_a_path_nothing_is_kept_and_nothing_fails() -> None:
    ledger = Ledger(lambda: 1.0, lambda: THEN, Journal())
    ledger.restore([], lambda ids: set())
    taken = ledger.reserve(STRATEGY, CALL, "one")
    assert isinstance(taken, Reservation)
    ledger.close_request(taken)
    assert not ledger.set_journal_aside()
    ledger.drop_journal_aside()
    ledger.close()
    assert ledger.problem is None


def test_a_refused_write_is_told_and_the_request_goes_on(tmp_path: Path) -> None:
    process = Process(tmp_path)
    with no_file_larger_than((tmp_path / "journal").stat().st_size):
        process.reserve("one")
        assert process.ledger.problem == (
            f"The limits' journal cannot be written ({os.strerror(errno.EFBIG)}); limits go on in memory."
        )
    assert process.used == (1, 0)


RECORDS = Database(7, 100, 0)


def marks(folder: Path) -> list[bytes]:
    return [line for line in (folder / "journal").read_bytes().splitlines() if line.startswith(b'["m"')]


def test_the_journal_is_dropped_only_into_the_database_that_it_left_records_to(tmp_path: Path) -> None:
    process = Process(tmp_path)
    assert process.ledger.drop_journal_aside(RECORDS)
    for other in (Database(8, 500, 0), Database(7, 99, 0)):
        process.call(f"{other}", 10)
        process.journal._size = ROTATED_AT
        assert process.ledger.set_journal_aside()
        assert not process.ledger.drop_journal_aside(other)
    assert process.ledger.drop_journal_aside(Database(7, 102, 60))
    assert process.files == ["journal"]
    assert marks(tmp_path)[-1] == b'["m",7,102,60]'


def test_what_is_recorded_when_it_closes_is_left_to_the_database(tmp_path: Path) -> None:
    process = Process(tmp_path)
    process.ledger.drop_journal_aside(RECORDS)
    process.call("one", 10)
    process.ledger.close(Database(7, 101, 60))
    again = Process(tmp_path)
    assert again.used == (0, 0)
    assert marks(tmp_path) == [b'["m",7,101,60]'], "and is told so by every later journal"


def test_a_journal_that_never_saw_a_database_is_not_left_to_one(tmp_path: Path) -> None:
    process = Process(tmp_path)
    process.call("one", 10)
    process.ledger.close(RECORDS)
    assert Process(tmp_path).used == (1, 10)
