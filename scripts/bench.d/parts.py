"""What limits and the trace cost by themselves, in one process: µs a request, with no, nine and fifteen limits.

`ledger` is a whole request: reserved, settled, let go of; `journal` the same with the lines that outlive a kill.
`decide` judges the one candidate once more, as routing does. `trace` is the explanation that the request leaves,
`headers` what its answer tells of its limits, `refusal` what it costs to say no for the first time.
"""

from __future__ import annotations

import asyncio
import tempfile
import timeit
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from localrouter.dialects.registry import DEFAULT_CLIENT
from localrouter.domain.configuration.config import Client, Config, LimitMode, LimitType, RateLimitTimeWindow, Strategy
from localrouter.domain.configuration.config import StrategyRateLimit as Limit
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.conversation.request import Endpoint, ModelRequest, Usage
from localrouter.domain.limits.account import Account, settled
from localrouter.domain.limits.check_result import LimitExceeded
from localrouter.domain.limits.demand import Demand, MaxUsage
from localrouter.domain.limits.recovery import RequestStart
from localrouter.domain.limits.rules import compile_rules
from localrouter.domain.limits.windows import NOTHING
from localrouter.domain.models.pricing import Price, cost
from localrouter.domain.routing.attempt_ends import AnswerSoFar
from localrouter.domain.routing.attempts import Attempt
from localrouter.domain.routing.decide import Candidate, Plan, decide
from localrouter.domain.routing.trace import trace_json
from localrouter.gateway.answer import Answer
from localrouter.gateway.in_flight.context import GatewayContext
from localrouter.gateway.in_flight.incoming import IncomingRequest
from localrouter.gateway.in_flight.request import InFlightRequest
from localrouter.gateway.turn import Turn
from localrouter.services.clock import steady, wall
from localrouter.services.health import Health
from localrouter.services.ledger.journal import Journal
from localrouter.services.ledger.ledger import Ledger

REQUESTS = 20_000
REPEATS = 5
PRICE = Price(150_000, 600_000)
MODEL = Candidate("mock", "bench", price=PRICE)
USAGE = Usage(40, 20)
ROW = "{:<28}" + " {:>9}" * 6
CLIENT_ID = "0b7a4c52-3c1e-4a57-9a1d-6d1f2c3b4a59"
ATTEMPT = Attempt(
    provider=MODEL.provider,
    model=MODEL.model,
    kind=None,
    status=200,
    started_at=1_790_000_000.123,
    duration=0.83,
    first_token=None,
    usage=USAGE,
    cost=1_000,
    unpriced=False,
)
HEAD = ("ledger", "journal", "decide", "trace", "headers", "refusal")


@dataclass(frozen=True)
class Parts:
    """µs a request."""

    ledger: float
    journal: float
    decide: float
    trace: float
    headers: float
    refusal: float | None


def strategy(count: int, mode: LimitMode) -> Strategy:
    limits = [
        Limit(limit_type=kind, value=1e9, time_window=window, mode=mode)
        for window in RateLimitTimeWindow
        for kind in LimitType
    ]
    return Strategy(id="bench", name="Bench", rate_limits=tuple(limits[:count]))


def ledger(journal: Journal) -> Ledger:
    made = Ledger(steady, wall, journal)
    made.restore([], lambda _: set())
    return made


def per_request(work: Callable[[], object]) -> float:
    return min(timeit.repeat(work, number=REQUESTS, repeat=REPEATS)) / REQUESTS * 1e6


def whole_request(of: Ledger, judged_by: Strategy) -> Callable[[], object]:
    bound, money, name = MaxUsage(300, 1, 500), cost(USAGE, PRICE), MODEL.name

    def work() -> None:
        start = RequestStart(CLIENT_ID, "chat/completions", name, False, 1_790_000_000.123, 0.0002, 0.0002)
        demand = Demand(20, PRICE, name, lambda: bound)
        taken = of.reserve(judged_by, demand, "req_0123456789abcdef01234567", None, start)
        if isinstance(taken, LimitExceeded):
            raise SystemExit(f"the bench's own limits are too small: {taken}")
        of.spend(taken, USAGE, money, name, attempt=ATTEMPT)
        of.close_request(taken)

    return work


def running(of: Ledger, judged_by: Strategy) -> InFlightRequest:
    """A request that was answered and is about to be recorded."""
    snapshot = Snapshot(Config(strategies=(judged_by,)))
    client = Client(id="bench", name="Bench", created_at=datetime.now(UTC), key_digest="0" * 64)
    body: dict[str, object] = {"messages": [{"role": "user", "content": "Why do rivers bend?"}]}
    request = ModelRequest(Endpoint.CHAT_COMPLETIONS, MODEL.name, body, DEFAULT_CLIENT.name, prompt_tokens_at_least=5)
    context = GatewayContext(of, Health(steady), lambda _: None, steady, wall, lambda failure: failure)
    demand = Demand(5, PRICE, MODEL.name, partial(DEFAULT_CLIENT.max_usage, request))
    candidate = replace(MODEL, demand=demand)
    incoming = IncomingRequest("req", client, judged_by, request, steady(), wall(), 0.2)
    in_flight = InFlightRequest(context, incoming, lambda: snapshot, Plan((candidate,)))
    taken = of.reserve(judged_by, demand, incoming.request_id)
    if isinstance(taken, LimitExceeded):
        raise SystemExit(f"the bench's own limits are too small: {taken}")
    in_flight.settlement.reservation = taken
    in_flight.begin_call(candidate).came = lambda: AnswerSoFar(USAGE, is_whole=True)
    asyncio.run(in_flight.succeeded())
    return in_flight


def refusal(judged_by: Strategy) -> Callable[[], object] | None:
    """Work that finds out why, and until when, the first limit of tokens leaves no room."""
    full = [
        limit.model_copy(update={"value": 100.0}) if limit.limit_type is LimitType.TOTAL_TOKENS else limit
        for limit in judged_by.rate_limits
    ]
    rules, account = compile_rules(full), Account()
    for minute in range(1_000):
        account.add(minute * 60.0, settled(USAGE, 1_000), MODEL.name)
    bound = MaxUsage(90, 1, 500)

    def work() -> None:
        account.add(1_000 * 60.0, NOTHING)  # forgets what was found before
        if account.check(rules, Demand(20, PRICE, MODEL.name, lambda: bound)).exceeded is None:
            raise SystemExit("the bench's own limit is too large")

    return work if full else None


def measure_parts(count: int, mode: LimitMode) -> Parts:
    judged_by, kept = strategy(count, mode), ledger(Journal())
    with tempfile.TemporaryDirectory(prefix="localrouter-bench-") as folder:
        written = ledger(Journal(Path(folder) / "ledger.journal", "bench"))
        with_journal = per_request(whole_request(written, judged_by))
        written.close()
    without = per_request(whole_request(kept, judged_by))
    in_flight = running(kept, judged_by)
    answer, no = Answer(in_flight), refusal(judged_by)
    health, snapshot, endpoint = in_flight.context.health, in_flight.snapshot(), in_flight.incoming.asked.endpoint

    def decided() -> object:
        return decide(in_flight.plan, (), Turn(kept, health, snapshot, judged_by, endpoint, steady()))

    return Parts(
        ledger=without,
        journal=with_journal,
        decide=per_request(decided),
        trace=per_request(lambda: trace_json(in_flight.decided, 0.0)),
        headers=per_request(answer.headers),
        refusal=None if no is None else per_request(no),
    )


def show_parts() -> None:
    print(f"µs a request, the best of {REPEATS} times {REQUESTS:,} in one process:\n")
    print(ROW.format("", *HEAD))
    for count, mode in ((0, LimitMode.SOFT), (9, LimitMode.SOFT), (15, LimitMode.SOFT), (15, LimitMode.STRICT)):
        parts = measure_parts(count, mode)
        figures = (getattr(parts, name) for name in HEAD)
        title = f"{count} {mode.value} limits" if count else "no limits"
        print(ROW.format(title, *("–" if figure is None else f"{figure:.1f}" for figure in figures)), flush=True)
