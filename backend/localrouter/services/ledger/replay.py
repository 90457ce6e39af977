"""What a journal's lines say, read and written.

    ["t", boot, since, seen, offset]         the clocks: from `since`, as was seen at `seen`, wall = steady + offset
    ["c", at]                                the clocks still ran like that at this time
    ["d", request, strategy, at, four, model, start?]
                                             dispatched; it reserves `four` from now on; older journals also say "b"
    ["u", request, strategy, at, four, attempt]
                                             an attempt used `four`; what the request had reserved is released
    ["e", request, strategy, at, four, attempt]
                                             the same, where `four` is counted for what nobody told: no average has it
    ["x", request, strategy, at, attempt]    nothing was sent of the attempt; what the request had reserved is released
    ["r", request, strategy, at, start, end, attempts]
                                             it is over, and was no plain success of one attempt
    ["o", request, strategy, at, uses, four, model, called, start, attempts, dispatched]
                                             all that is known of a request, in place of earlier lines; `dispatched`:
                                             whether an attempt that is over was
    ["s", strategy, at, six]                 used, as no record will ever tell: by requests without one
    ["p"]                                    earlier lines "t" and "s" are told anew after this one
    ["f", number]                            what the files up to this number tell is contained in the lines "s"
    ["n"]                                    all that earlier files tell is told anew after this line
    ["l", at, cause]                         what was used before is not known; ["a"]: that was acknowledged
    ["m", identity, recorded, minute]        what is not told here any more was left to this database of records

`four` are input, output and total tokens and picodollars, `six` the requests before and the billed calls after them,
`uses` pairs of a time and `six`. Times are seconds of the steady clock of that boot. `start`, `attempt` and `end` are
for the record (`records`); lines of earlier releases end before `model`, `attempt` or `dispatched`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeGuard

import orjson

from localrouter.domain.limits.recovery import Database, RequestStart
from localrouter.domain.limits.windows import INPUT, ONE_REQUEST, SETTLED, Amounts
from localrouter.domain.metrics.samples import Sample
from localrouter.domain.routing.attempts import Attempt
from localrouter.services.ledger.clock_offsets import BEGINNING, ClockOffsets
from localrouter.services.ledger.records import (
    End,
    OpenCall,
    attempt_part,
    end_part,
    read_attempts,
    read_end,
    read_start,
    start_part,
)

Line = list[object]
A_REBOOT = 5.0  # seconds; how far the clocks may drift apart within one boot that has no name
SUM_UP = 60.0  # seconds that one line "s" stands for


@dataclass(frozen=True, slots=True)
class Used:
    """What a strategy used at a time of the steady clock."""

    strategy_id: str
    at: float
    amounts: Amounts


@dataclass(slots=True)
class JournaledRequest:
    """A request as the journal tells of it. `calling` is None between its attempts and after the last, `dispatched`
    tells of those that are over. One that was never admitted, or nothing of which was dispatched, used nothing; `start`
    is None where an earlier release admitted it."""

    strategy_id: str
    admitted_at: float
    uses: list[tuple[float, Amounts]] = field(default_factory=list)
    calling: OpenCall | None = None
    file: int = 0
    is_admitted: bool = True
    dispatched: bool = False
    start: RequestStart | None = None
    attempts: list[Attempt] = field(default_factory=list)
    end: End | None = None

    def used(self, cut_at: float) -> Iterator[Used]:
        """What it used. What it had reserved when the process ended may have been used until `cut_at`."""
        if self.is_admitted and (self.dispatched or self.calling is not None):
            yield Used(self.strategy_id, self.admitted_at, ONE_REQUEST)
        for at, amounts in self.uses:
            yield Used(self.strategy_id, at, amounts)
        if self.calling is not None and any(self.calling.reserved):
            yield Used(self.strategy_id, cut_at, self.calling.reserved)  # nobody told it, so no average is made of it

    def settle(self, cut_at: float) -> None:
        """Let what it has reserved count as used by then."""
        if self.calling is not None and any(self.calling.reserved):
            self.uses = [*self.uses, (cut_at, self.calling.reserved)]
        self.dispatched |= self.calling is not None
        self.calling = None


@dataclass(slots=True)
class Replay:
    """What the lines told so far. `lost_at` is when usage was lost that nobody has acknowledged yet, and `cause` why;
    `marked` is the database of records as it was known to be."""

    requests: dict[str, JournaledRequest] = field(default_factory=dict)
    past: list[Used] = field(default_factory=list)
    offsets: ClockOffsets = field(default_factory=ClockOffsets)
    boot: str | None = None
    last: float = BEGINNING
    lost_at: float | None = None
    cause: str | None = None
    marked: Database | None = None
    is_there: bool = False  # there is a journal, whatever is in it

    def take(self, line: Line, file: int) -> None:
        match line:
            case ["d" | "b", str(name), str(strategy), float() | int() as at, [*four], *more] if is_counts(four, 4):
                told = self._of(name, strategy, at, file)
                model = more[0] if more and isinstance(more[0], str) else ""
                told.calling = OpenCall(model, at, (0, four[0], four[1], four[2], four[3], 0))
                told.start = told.start or read_start(more[-1] if more else None)
            case [
                "u" | "e" as kind,
                str(name),
                str(strategy),
                float() | int() as at,
                [*four],
                *more,
            ] if is_counts(four, 4):
                told = self._of(name, strategy, at, file)
                told.calling, told.dispatched = None, True
                told.attempts += read_attempts(more)
                if any(four):
                    is_told = kind == "u" and four[2] > 0
                    told.uses.append((at, (0, four[0], four[1], four[2], four[3], int(is_told))))
            case ["x", str(name), str(strategy), float() | int() as at, attempt]:
                told = self._of(name, strategy, at, file)
                told.calling = None
                told.attempts += read_attempts([attempt])
            case ["o" | "r", str(), str(), float() | int(), _, _, *_]:
                self._take_whole(line, file)
            case ["s", str(strategy), float() | int() as at, [*six]] if is_counts(six, 6):
                self.past.append(Used(strategy, at, (six[0], six[1], six[2], six[3], six[4], six[5])))
            case ["n"]:
                self.requests, self.past, self.offsets = {}, [], ClockOffsets()
                self.boot = self.lost_at = self.cause = self.marked = None
                self.last = BEGINNING
            case ["p"]:
                self.past, self.offsets = [], ClockOffsets()
            case ["f", int(number)]:
                self.requests = {name: told for name, told in self.requests.items() if told.file > number}
            case ["c", float() | int() as at]:
                self.last = max(self.last, at)
            case ["t", str(boot), float() | int() as since, float() | int() as seen, float() | int() as offset]:
                self._clocks(boot, since, seen, offset)
            case _:
                self._take_mark(line)

    def by_clock(self, boot: str, now: float, wall: float) -> None:
        """Let all times be those of the clock that shows `now`, which an earlier boot may not have had."""
        known, offset = self.offsets.offset, wall - now
        if known is not None and not self._is_of(boot, now, abs(known - offset)):
            self._move(known - offset)
        self.boot = boot
        self.offsets.seen = max(self.offsets.seen, min(self.last, now))

    def _is_of(self, boot: str, now: float, apart: float) -> bool:
        """Whether the lines were written in this boot, whose clock is by now `apart` from what they say."""
        return self.boot == boot and self.last <= now and (boot != "" or apart <= A_REBOOT)

    def _take_whole(self, line: Line, file: int) -> None:
        match line:
            case ["o", str(name), str(strategy), float() | int() as at, [*uses], reserved, *more]:
                told = JournaledRequest(strategy, at, _uses(uses), file=file, dispatched=more[4:] != [False])
                match more:
                    case [str(model), float() | int() as called, start, attempts, *_]:
                        told.start, told.attempts = read_start(start), read_attempts(attempts)
                    case _:
                        model, called = "", at
                if (amounts := _reserved(reserved)) is not None:
                    told.calling = OpenCall(model, called, amounts)
                self.requests[name] = told
                self.last = max(self.last, at)
            case ["r", str(name), str(strategy), float() | int() as at, start, end, attempts]:
                told = self._of(name, strategy, at, file, is_admitted=False)
                told.start, told.end, told.attempts = read_start(start), read_end(end), read_attempts(attempts)
                told.calling = None

    def _of(self, request: str, strategy: str, at: float, file: int, *, is_admitted: bool = True) -> JournaledRequest:
        self.last = max(self.last, at)
        told = self.requests.get(request)
        if told is None:
            told = self.requests[request] = JournaledRequest(strategy, at, is_admitted=is_admitted)
        told.file = file
        return told

    def _clocks(self, boot: str, since: float, seen: float, offset: float) -> None:
        known = self.offsets.offset
        if self.boot is not None and boot != self.boot and known is not None:
            self._move(known - offset)
        self.boot = boot
        self.last = max(self.last, seen)
        self.offsets.begin(since, seen, offset)

    def _move(self, seconds: float) -> None:
        self.offsets = self.offsets.moved(seconds)
        self.last += seconds
        self.past = [Used(each.strategy_id, each.at + seconds, each.amounts) for each in self.past]
        for told in self.requests.values():
            told.admitted_at += seconds
            told.uses = [(at + seconds, amounts) for at, amounts in told.uses]
            if told.calling is not None:
                told.calling = told.calling._replace(since=told.calling.since + seconds)
        if self.lost_at is not None:
            self.lost_at += seconds

    def _take_mark(self, line: Line) -> None:
        match line:
            case ["l", float() | int() as at, *causes]:
                self.lost_at, self.cause = at, causes[0] if causes and isinstance(causes[0], str) else None
            case ["a"]:
                self.lost_at = self.cause = None
            case ["m", int(identity), int(recorded), int(minute)]:
                self.marked = Database(identity, recorded, minute)


def lines_in(data: bytes) -> Iterator[Line]:
    """Every whole line; a torn one is passed over."""
    for line in data.split(b"\n"):
        with suppress(orjson.JSONDecodeError):
            read = orjson.loads(line)
            if isinstance(read, list):
                yield read


def opening_lines(boot: str, offsets: ClockOffsets, past: Iterable[Used], contained: int | None) -> Iterator[Line]:
    """The clocks, and what no record tells. `contained`: what the files up to this number tell is part of that."""
    yield ["p"]
    seen = BEGINNING
    for period in offsets:
        yield ["t", boot, period.since, max(seen, period.since), period.offset]
        seen = period.until
    yield ["c", offsets.seen]
    for used in past:
        yield ["s", used.strategy_id, used.at, used.amounts]
    if contained is not None:
        yield ["f", contained]


def mark_line(database: Database) -> Line:
    return ["m", database.identity, database.recorded, database.last_minute]


def whole_line(name: str, told: JournaledRequest) -> Line:
    """All that is known of a request, but for its end."""
    calling = told.calling
    reserved, model, called = (None, "", told.admitted_at)
    if calling is not None:
        reserved, model, called = calling.reserved[INPUT:SETTLED], calling.model, calling.since
    start = None if told.start is None else start_part(told.start)
    attempts = [attempt_part(attempt, attempt.counted) for attempt in told.attempts]
    known = [reserved, model, called, start, attempts, told.dispatched]
    return ["o", name, told.strategy_id, told.admitted_at, told.uses, *known]


def end_line(sample: Sample, start: RequestStart, at: float) -> Line:
    """That a request is over, and all that its record needs."""
    attempts = [attempt_part(attempt, attempt.counted) for attempt in sample.attempts]
    return ["r", sample.request_id, sample.strategy_id, at, start_part(start), end_part(sample), attempts]


def summed(uses: Iterable[Used]) -> list[Used]:
    """The same usage in fewer lines, none of it earlier than it was; what averages are made of stays apart from the
    rest. Oldest first."""
    sums: dict[tuple[str, int, bool], tuple[float, list[int]]] = {}
    for used in uses:
        key = (used.strategy_id, int(used.at // SUM_UP), used.amounts[SETTLED] > 0)
        at, amounts = sums.get(key, (used.at, [0] * 6))
        sums[key] = (max(at, used.at), [one + other for one, other in zip(amounts, used.amounts, strict=True)])
    found = [Used(key[0], at, (s[0], s[1], s[2], s[3], s[4], s[5])) for key, (at, s) in sums.items()]
    return sorted(found, key=lambda used: used.at)


def is_counts(values: list[object], length: int) -> TypeGuard[list[int]]:
    return len(values) == length and all(isinstance(value, int) and value >= 0 for value in values)


def _uses(uses: list[object]) -> list[tuple[float, Amounts]]:
    found: list[tuple[float, Amounts]] = []
    for use in uses:
        match use:
            case [float() | int() as at, [*six]] if is_counts(six, 6):
                found.append((at, (six[0], six[1], six[2], six[3], six[4], six[5])))
    return found


def _reserved(reserved: object) -> Amounts | None:
    match reserved:
        case [*four] if is_counts(four, 4):
            return (0, four[0], four[1], four[2], four[3], 0)
        case _:
            return None
