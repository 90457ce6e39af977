"""What every strategy used and holds: the one place where a request is admitted and settled.

`reserve` takes all limits of a strategy together or none, in one step without an await between judging and taking,
so that no concurrency can slip past it. Judging is `domain.limits`; this module owns the accounts, the clock and who
waits for whom.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from localrouter.domain.chat import Usage
from localrouter.domain.config import Strategy
from localrouter.domain.limits import (
    NOTHING,
    ONE_REQUEST,
    Account,
    Amounts,
    Demand,
    LimitState,
    PastUse,
    Rule,
    Shortage,
    compile_rules,
    settled,
)
from localrouter.services.ledger_journal import Journal, Unrecorded, lines_of

LONGEST = 31 * 86_400.0  # seconds; no window looks further back
JOURNAL_AT_MOST = 4 * 1024 * 1024  # bytes


@dataclass(slots=True, eq=False)
class Reservation:
    """What one running request holds of its strategy's limits; `ONE_REQUEST` between its attempts."""

    strategy_id: str
    request_id: str
    held: Amounts = NOTHING


class Ledger:
    """`clock` never jumps and judges; `wall` is Unix time and stamps what must outlive the process."""

    def __init__(self, clock: Callable[[], float], wall: Callable[[], float], journal: Journal) -> None:
        self._clock = clock
        self._wall = wall
        self._journal = journal
        self._open: dict[str, Reservation] = {}
        self._lost_at: float | None = None
        self._accounts: dict[str, Account] = {}
        self._rules: dict[str, tuple[object, tuple[Rule, ...]]] = {}
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @property
    def problem(self) -> str | None:
        return self._journal.problem

    @property
    def usage_was_lost(self) -> bool:
        return self._lost_at is not None

    def restore(self, recorded: Iterable[PastUse], is_recorded: Callable[[Iterable[str]], set[str]]) -> None:
        """Take in what was used before this process: what was recorded, and what only the journal tells of.

        A stamp from the future counts as now.
        """
        replay = self._journal.replay()
        now, offset = self._clock(), self._wall() - self._clock()
        known = is_recorded(replay.requests)
        unrecorded = [
            request
            for request in replay.requests.values()
            if request.request_id not in known and request.admitted_at - offset > now - LONGEST
        ]
        cut = (
            PastUse(request.strategy_id, wall - offset, amounts)
            for request in unrecorded
            for wall, amounts in request.past()
        )
        for use in sorted([*recorded, *cut], key=lambda use: use.at):
            account = self._accounts.setdefault(use.strategy_id, Account())
            account.add(min(use.at, now), use.amounts)
        self._journal.restart(line for request in unrecorded for line in lines_of(request))
        if replay.lost_at is not None:
            self._lose(min(replay.lost_at - offset, now))

    def lose_usage(self) -> None:
        """Nobody knows what was used before now: limits hold back until their windows have passed."""
        self._lose(self._clock())

    def acknowledge_loss(self) -> None:
        """Whoever owns the limits says that they may go on as if nothing had been used before the loss."""
        self._lost_at = None
        for account in self._accounts.values():
            account.lost_at = None
        self._journal.acknowledged()

    def set_journal_aside(self) -> bool:
        """Begin a new journal where the current one has grown; `drop_journal_aside` once all records are written."""
        if self._journal.size < JOURNAL_AT_MOST:
            return False
        return self._journal.rotate(self._running())

    def drop_journal_aside(self) -> None:
        self._journal.drop_old()

    def close(self) -> None:
        self._journal.close()

    def shortage(self, strategy: Strategy, demand: Demand, held: Reservation | None = None) -> Shortage | None:
        """The limit that leaves no room for the request on this candidate now, or None."""
        if not strategy.rate_limits:
            return None
        account, _ = self._account(strategy.id)
        amounts = account.estimate(demand)
        return account.shortage(self._compiled(strategy), amounts, _held(held), free=demand.is_free)

    def reserve(
        self, strategy: Strategy, demand: Demand, request_id: str, held: Reservation | None = None
    ) -> Reservation | Shortage:
        """Admit the request on this candidate, or say which limit leaves no room.

        A request that holds a reservation already keeps its place and exchanges what it holds. What is admitted is in
        the journal before this returns, so that it counts whatever happens to the process.
        """
        account, now = self._account(strategy.id)
        if strategy.rate_limits:
            amounts = account.estimate(demand)
            short = account.shortage(self._compiled(strategy), amounts, _held(held), free=demand.is_free)
            if short is not None:
                return short
            self._journal.dispatched(request_id, strategy.id, self._wall(), amounts)
        else:
            amounts = ONE_REQUEST
        reservation = held
        if reservation is None:
            reservation = self._open[request_id] = Reservation(strategy.id, request_id)
            account.admit(now)
        account.hold(reservation.held, amounts)
        reservation.held = amounts
        return reservation

    def spend(self, reservation: Reservation, usage: Usage, cost: int, model: str) -> None:
        """Count what an attempt was billed for, and hold nothing more for it; the request may go on."""
        account, now = self._account(reservation.strategy_id)
        if reservation.held != ONE_REQUEST:
            self._journal.used(reservation.request_id, reservation.strategy_id, self._wall(), settled(usage, cost))
        account.hold(reservation.held, ONE_REQUEST)
        reservation.held = ONE_REQUEST
        if usage.total_tokens or cost:
            account.add(now, settled(usage, cost), model)
        self._wake(reservation.strategy_id)

    def close_request(self, reservation: Reservation) -> None:
        """The request is over: let go of what it still holds. Later calls do nothing."""
        if self._open.pop(reservation.request_id, None) is None:
            return
        if reservation.held != ONE_REQUEST:
            self.spend(reservation, Usage(), 0, "")

    def states(
        self, strategy: Strategy, demand: Demand | None = None, held: Reservation | None = None
    ) -> tuple[LimitState, ...]:
        """How full each limit of the strategy is, and what the request would still need of it."""
        if not strategy.rate_limits:
            return ()
        account, _ = self._account(strategy.id)
        amounts = NOTHING if demand is None else account.estimate(demand)
        return account.states(self._compiled(strategy), amounts, _held(held))

    async def room(self, strategy_id: str, *, at_most: float) -> bool:
        """Wait, in order of arrival, until a running request of the strategy is settled. False after `at_most` s."""
        queue = self._waiting.setdefault(strategy_id, deque())
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            async with asyncio.timeout(at_most):
                await turn
        except TimeoutError:
            return False
        finally:
            if turn in queue:
                queue.remove(turn)
            if not queue:
                self._waiting.pop(strategy_id, None)
        return True

    def _lose(self, at: float) -> None:
        self._lost_at = at
        for account in self._accounts.values():
            account.lost_at = at
        self._journal.lost(self._wall() + at - self._clock())

    def _running(self) -> Iterator[list[object]]:
        """The journal's lines for what runs now."""
        wall = self._wall()
        for reservation in self._open.values():
            held = Unrecorded(reservation.request_id, reservation.strategy_id, wall, held=(wall, reservation.held))
            yield from lines_of(held)
        if self._lost_at is not None:
            yield ["l", wall + self._lost_at - self._clock()]

    def _wake(self, strategy_id: str) -> None:
        queue = self._waiting.get(strategy_id)
        while queue:
            turn = queue.popleft()
            if not turn.done():
                turn.set_result(None)

    def _account(self, strategy_id: str) -> tuple[Account, float]:
        now = self._clock()
        account = self._accounts.get(strategy_id)
        if account is None:
            account = self._accounts[strategy_id] = Account(self._lost_at)
        account.forget(now)
        return account, now

    def _compiled(self, strategy: Strategy) -> tuple[Rule, ...]:
        known = self._rules.get(strategy.id)
        if known is not None and known[0] is strategy.rate_limits:
            return known[1]
        rules = compile_rules(strategy.rate_limits)
        self._rules[strategy.id] = (strategy.rate_limits, rules)
        return rules


def _held(reservation: Reservation | None) -> Amounts:
    return NOTHING if reservation is None else reservation.held
