"""Where requests are admitted and settled, for all strategies. The theory: backend/docs/limits.md.

Guaranteed, at any concurrency: `reserve` takes all limits of a strategy together or none, in one step without an await
between checking and taking; what it admitted is in the journal before it returns, so that usage after a kill is never
less than what was reserved for dispatched calls; nothing stays reserved when a request is over; nobody who waits is
overtaken.

Price of a whole request, with fifteen limits as with one: about 10 µs, 13 where they are strict, a third of it the
journal's writes (`scripts/bench --parts`). Limits of it: one process; a loss of power may take the last seconds with
it; across a reboot only the wall clock tells how much time has passed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import replace

from localrouter.domain.configuration.config import Strategy
from localrouter.domain.conversation.request import Usage
from localrouter.domain.limits.account import Account
from localrouter.domain.limits.check_result import LimitCheck, LimitExceeded, LimitStatus, overruns
from localrouter.domain.limits.demand import ADMITTED, NOTHING_RESERVED, Demand, ReservedAmounts
from localrouter.domain.limits.recovery import Database, RequestStart
from localrouter.domain.limits.rules import NO_RULES, LimitRules, compile_rules
from localrouter.domain.limits.windows import COST, TOTAL, PastUse
from localrouter.domain.metrics.samples import Sample
from localrouter.domain.routing.attempt_ends import AttemptEnd, beyond_usage, counted
from localrouter.domain.routing.attempts import Attempt
from localrouter.services.ledger.clock_offsets import ClockOffsets
from localrouter.services.ledger.journal import Journal
from localrouter.services.ledger.queue import Queue
from localrouter.services.ledger.records import attempt_part
from localrouter.services.ledger.replay import Line, Used, end_line, mark_line, opening_lines, summed, whole_line
from localrouter.services.ledger.reservation import NOTHING_SPENT, Reservation, Spent
from localrouter.services.ledger.startup import Loss, find_loss, recovered_lines, recovered_samples

__all__ = ["Ledger", "Reservation", "Spent"]

LONGEST = 31 * 86_400.0  # seconds; no window looks further back
SUMMED_UP_AT = 32 * 1024 * 1024  # bytes of journals that wait for records


class Ledger:
    """Owns the accounts, the clocks and the queues. Limits go by `clock`, which never jumps, records by `wall`: Unix
    time."""

    def __init__(self, clock: Callable[[], float], wall: Callable[[], float], journal: Journal) -> None:
        self._clock = clock
        self._wall = wall
        self._journal = journal
        self._offsets = ClockOffsets()
        self._open: set[Reservation] = set()
        self._past: list[Used] = []  # what no record will ever tell of
        self._retold: frozenset[str] = frozenset()  # requests that the present journal began with
        self._loss: Loss | None = None
        self._marked: Database | None = None  # the database that the journal leaves records to
        self._accounts: dict[str, Account] = {}
        self._rules: dict[str, tuple[object, LimitRules]] = {}
        self._waiting: dict[str, Queue] = {}

    @property
    def problem(self) -> str | None:
        return self._journal.problem

    @property
    def usage_was_lost(self) -> bool:
        """Whether some limit may still hold back for usage that nobody knows."""
        return self._loss is not None and self._loss.holds_back(self._clock())

    @property
    def loss(self) -> str | None:
        """Why limits hold back for usage that nobody knows; None where they do not."""
        if self._loss is None or not self.usage_was_lost:
            return None
        return self._loss.words(self._clock(), self._wall())

    @property
    def tells_more_than_records(self) -> bool:
        """Whether usage stands in the journal that no record has."""
        return bool(self._past or self._open or self._loss)

    def restore(
        self,
        recorded: Iterable[PastUse],
        is_recorded: Callable[[Iterable[str]], set[str]],
        *,
        found: Database | None = None,
        was_lost: Callable[[], bool] = lambda: False,
    ) -> list[Sample]:
        """Take in what was used before this process: what was recorded, and what only the journal tells of. The records
        that were never written are returned, and kept in the journal until they are.

        `found` is the database of the records, None where it could not be opened. `was_lost` is asked after all was
        read: then, and where it is not the database that the journal knows, nobody knows what was used before now.
        """
        now, wall = self._clock(), self._wall()
        replay = self._journal.replay()
        replay.by_clock(self._journal.boot, now, wall)
        replay.offsets.note(now, wall)
        self._offsets = replay.offsets
        at = self._offsets.at
        by_record = [Used(use.strategy_id, at(use.at, now, use.late, use.ran), use.amounts) for use in recorded]
        known = is_recorded(replay.requests)
        missed = {name: told for name, told in replay.requests.items() if name not in known}
        lost = [used for told in missed.values() if told.start is None for used in told.used(now)]
        self._past = summed(used for used in (*replay.past, *lost) if used.at > now - LONGEST)
        samples = recovered_samples(missed, seen_at=min(replay.last, now), cut_at=now)
        retold = [used for sample in samples for used in missed[sample.request_id].used(now)]
        for used in sorted([*by_record, *self._past, *retold], key=lambda used: used.at):
            self._accounts.setdefault(used.strategy_id, Account()).add(min(used.at, now), used.amounts)
        self._lose(find_loss(replay, found, is_unreadable=was_lost(), now=now, wall=wall))
        self._marked = found if found is not None and found.identity else replay.marked
        if not self._journal.restart([*self._told(), *recovered_lines(missed, samples, now)], now):
            self._journal.write(self._clock_line(now), *self._mark_lines())
        return samples

    def acknowledge_loss(self) -> None:
        """The owner accepts the loss: limits go on as if nothing had been used before it."""
        self._lose(None)
        self._journal.acknowledged()
        self.wake_waiters()

    def wake_waiters(self) -> None:
        """Limits may have changed: whoever is first in a queue looks for room again."""
        for queue in self._waiting.values():
            queue.wake_first()

    def set_journal_aside(self) -> bool:
        """Begin a new journal where it is time. True where one waits until all records are written: then drop it."""
        now, wall = self._clock(), self._wall()
        self._note_clocks(now, wall)
        if self._journal.is_due(now):
            self._forget_idle(now)
            self._rotate(now)
        return bool(self._journal.set_aside)

    def drop_journal_aside(self, database: Database | None = None) -> bool:
        """Everything that ended before the journal was set aside is recorded by now, in this database. False where
        that is not the one that earlier records were left to: then the journal must go on telling of them."""
        if database is not None:
            if not database.follows(self._marked):
                return False
            self._marked = database
            self._journal.write(mark_line(database))
        self._journal.drop(max(self._journal.set_aside, default=0))
        return True

    async def sum_up_journal(
        self, is_recorded: Callable[[Iterable[str]], set[str]], *, from_bytes: int = SUMMED_UP_AT
    ) -> None:
        """Keep the files short where records cannot be written: what they have missed is kept as sums.

        Should those records be written after all, then this usage counts twice from the next start on.
        """
        if self._journal.bytes_set_aside() < from_bytes:
            return
        up_to, retold = max(self._journal.set_aside), self._retold
        missed = await asyncio.to_thread(self._missed, up_to, retold, is_recorded)
        before, self._past = self._past, summed([*self._past, *missed])
        if self._rotate(self._clock(), contained=up_to):
            self._journal.drop(up_to)
        else:
            self._past = before

    def close(self, database: Database | None = None) -> None:
        """`database`: all that was ever dispatched is recorded in it, and need not be told by the journal."""
        if database is not None and self._marked is not None and not self._open and database.follows(self._marked):
            self._marked = database
            self._journal.restart(self._told(), self._clock())
        self._journal.close()

    def check(self, strategy: Strategy, demand: Demand, reservation: Reservation | None = None) -> LimitCheck:
        """What the request would reserve on this candidate now, or the limit that it exceeds."""
        account, _ = self._account(strategy.id)
        return account.check(
            self._compiled(strategy), demand, _reserved(reservation), self._ahead(strategy.id, reservation)
        )

    def reserve(
        self,
        strategy: Strategy,
        demand: Demand,
        request_id: str,
        reservation: Reservation | None = None,
        start: RequestStart | None = None,
    ) -> Reservation | LimitExceeded:
        """Admit the request on this candidate, or say which limit leaves no room.

        A request that has a reservation already keeps its place and exchanges what it reserves. `start` is what its
        record needs to know of it.
        """
        account, now = self._account(strategy.id)
        before = _reserved(reservation)
        ahead = self._ahead(strategy.id, reservation) if self._waiting else NOTHING_RESERVED
        check = account.check(self._compiled(strategy), demand, before, ahead)
        if check.exceeded is not None:
            return check.exceeded
        reservation = reservation or Reservation(strategy.id, request_id)
        self._note_clocks(now, self._wall())
        reservation.model, reservation.called_at = demand.model, now
        self._journal.dispatched(reservation, now, check.reserved, None if reservation.start else start)
        reservation.start = reservation.start or start
        reservation.check = check if strategy.rate_limits else None
        if reservation.admitted_at is None:
            reservation.admitted_at = now
            self._open.add(reservation)
            account.admit(now)
        account.reserve(before, check.reserved)
        reservation.reserved, reservation.is_calling = check.reserved, True
        if self._waiting:
            self._leave(reservation)
        return reservation

    def spend(
        self,
        reservation: Reservation,
        usage: Usage,
        cost: int,
        model: str,
        *,
        ending: AttemptEnd = AttemptEnd.WHOLE,
        attempt: Attempt | None = None,
    ) -> Spent:
        """Count what an attempt used, and release what was reserved for it; the request may go on.

        Where the `ending` leaves open how much was used, more is counted than `usage`, which the record tells.
        `attempt` is for the record, should it never be written."""
        before = reservation.reserved
        amounts = counted(ending, usage, cost, before)
        is_billed = amounts[TOTAL] > 0 or amounts[COST] > 0
        if reservation.admitted_at is None or not (reservation.is_calling or is_billed):
            return NOTHING_SPENT
        account, now = self._account(reservation.strategy_id)
        beyond = beyond_usage(amounts, usage, cost)
        part = None if attempt is None else attempt_part(attempt, beyond)
        if ending is AttemptEnd.UNDISPATCHED:
            self._journal.undispatched(reservation, now, part)
        else:
            self._journal.used(reservation, now, amounts, part)
            reservation.dispatched = True
        if attempt is not None:
            reservation.attempts.append(attempt if beyond is None else replace(attempt, counted=beyond))
        account.reserve(before, ADMITTED)
        reservation.reserved, reservation.is_calling = ADMITTED, False
        if is_billed:
            reservation.uses = (*reservation.uses, (now, amounts))
            account.add(now, amounts, model)
        self._wake(reservation.strategy_id)
        if before.output_cap is None or reservation.check is None:
            return NOTHING_SPENT if beyond is None else Spent(beyond)
        return Spent(beyond, overruns(reservation.check.rules, before.at_most, amounts))

    def close_request(self, reservation: Reservation) -> None:
        """The request is over: release what it has reserved, and its admission where nothing was ever dispatched.
        Later calls do nothing."""
        if self._waiting:
            self._leave(reservation)
        if reservation not in self._open:
            return
        self._open.discard(reservation)
        if reservation.is_calling:
            self.spend(reservation, Usage(estimated=True), 0, "", ending=AttemptEnd.LOST)
        if not reservation.dispatched and reservation.admitted_at is not None:
            self._account(reservation.strategy_id)[0].take_back(reservation.admitted_at)
            self._wake(reservation.strategy_id)

    def ended(self, sample: Sample, start: RequestStart) -> None:
        """Keep the record of a request that was no plain success of one attempt, until it is written."""
        self._journal.write(end_line(sample, start, self._clock()))

    def states(self, strategy: Strategy) -> tuple[LimitStatus, ...]:
        """How full each limit of the strategy is."""
        if not strategy.rate_limits:
            return ()
        return self._account(strategy.id)[0].states(self._compiled(strategy))

    def more_room_at(self, strategy: Strategy, state: LimitStatus) -> float | None:
        """When (clock seconds) the limit of `state` has more room than now; None where nothing was used of it."""
        account, _ = self._account(strategy.id)
        return account.more_room_at(self._compiled(strategy), state)

    async def wait_for_capacity(
        self, strategy: Strategy, reservation: Reservation, demand: Demand, *, at_most: float
    ) -> bool:
        """Wait, in order of arrival, until it is the request's turn to look for room. False after `at_most` s."""
        account, _ = self._account(reservation.strategy_id)
        wanted = account.least(self._compiled(strategy), demand)
        queue = self._waiting.setdefault(reservation.strategy_id, Queue())
        try:
            return await queue.wait(reservation, wanted, at_most)
        finally:
            if not queue:
                self._waiting.pop(reservation.strategy_id, None)

    def _ahead(self, strategy_id: str, reservation: Reservation | None) -> ReservedAmounts:
        """What earlier requests of the strategy wait for. One that is admitted already stands behind nobody."""
        queue = self._waiting.get(strategy_id) if self._waiting else None
        if queue is None or (reservation is not None and reservation.is_admitted):
            return NOTHING_RESERVED
        return queue.ahead_of(reservation)

    def _leave(self, reservation: Reservation) -> None:
        queue = self._waiting.get(reservation.strategy_id)
        if queue is None:
            return
        queue.leave(reservation)
        if not queue:
            del self._waiting[reservation.strategy_id]

    def _wake(self, strategy_id: str) -> None:
        if self._waiting and (queue := self._waiting.get(strategy_id)):
            queue.wake_first()

    def _lose(self, loss: Loss | None) -> None:
        self._loss = loss
        for account in self._accounts.values():
            account.lose(None if loss is None else loss.at)

    def _note_clocks(self, now: float, wall: float) -> None:
        if self._offsets.note(now, wall) is not None:
            self._journal.write(self._clock_line(now))

    def _clock_line(self, now: float) -> Line:
        *_, period = self._offsets
        return ["t", self._journal.boot, period.since, now, period.offset]

    def _rotate(self, now: float, *, contained: int | None = None) -> bool:
        if not self._journal.rotate(self._told(contained), now):
            return False
        self._retold = frozenset(reservation.request_id for reservation in self._open)
        return True

    def _told(self, contained: int | None = None) -> Iterator[Line]:
        """What a new journal begins with. `contained`: the files up to this number end, their usage is in the sums."""
        yield from opening_lines(self._journal.boot, self._offsets, self._past, contained)
        for reservation in self._open:
            yield whole_line(reservation.request_id, reservation.told())
        yield from self._mark_lines()

    def _mark_lines(self) -> Iterator[Line]:
        if self._marked is not None:
            yield mark_line(self._marked)
        yield ["a"] if self._loss is None else self._loss.line()

    def _missed(self, up_to: int, retold: Set[str], is_recorded: Callable[[Iterable[str]], set[str]]) -> list[Used]:
        """What was used by requests that ended and are not recorded, though their journal was set aside."""
        replay = self._journal.replay_set_aside(up_to)
        now = self._clock()
        replay.by_clock(self._journal.boot, now, self._wall())
        ended = {name: told for name, told in replay.requests.items() if name not in retold}
        known = is_recorded(ended)
        return summed(used for name, told in ended.items() if name not in known for used in told.used(now))

    def _forget_idle(self, now: float) -> None:
        """Accounts that would judge as new ones do: of strategies that are gone, or that nobody used for a month."""
        if self._loss is not None and not self.usage_was_lost:
            self._lose(None)
        self._past = summed(used for used in self._past if used.at > now - LONGEST)
        busy = {reservation.strategy_id for reservation in self._open} | self._waiting.keys()
        for strategy_id, account in list(self._accounts.items()):
            account.advance(now)
            if account.is_empty and strategy_id not in busy:
                del self._accounts[strategy_id]
                self._rules.pop(strategy_id, None)

    def _account(self, strategy_id: str) -> tuple[Account, float]:
        now = self._clock()
        account = self._accounts.get(strategy_id)
        if account is None:
            account = self._accounts[strategy_id] = Account(None if self._loss is None else self._loss.at)
        account.advance(now)
        return account, now

    def _compiled(self, strategy: Strategy) -> LimitRules:
        if not strategy.rate_limits:
            return NO_RULES
        known = self._rules.get(strategy.id)
        if known is not None and known[0] is strategy.rate_limits:
            return known[1]
        rules = compile_rules(strategy.rate_limits)
        self._rules[strategy.id] = (strategy.rate_limits, rules)
        return rules


def _reserved(reservation: Reservation | None) -> ReservedAmounts:
    return NOTHING_RESERVED if reservation is None else reservation.reserved
