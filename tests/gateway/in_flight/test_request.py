"""What a request leaves behind with its limits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise

import pytest

from localrouter.domain.configuration.config import Client, Config, LimitType, Strategy
from localrouter.domain.configuration.snapshot import Snapshot
from localrouter.domain.conversation.request import Endpoint, ModelRequest, Usage
from localrouter.domain.limits.demand import Demand
from localrouter.domain.metrics.samples import Outcome, Sample
from localrouter.domain.models.pricing import Price
from localrouter.domain.routing.attempt_ends import AnswerSoFar
from localrouter.domain.routing.decide import Candidate
from localrouter.domain.routing.failures import Failure, FailureKind
from localrouter.gateway.in_flight.context import GatewayContext
from localrouter.gateway.in_flight.incoming import IncomingRequest
from localrouter.gateway.in_flight.request import InFlightRequest
from localrouter.services.health import Health
from localrouter.services.ledger.journal import Journal
from localrouter.services.ledger.ledger import Ledger, Reservation
from localrouter.services.upstream.turns import Turns
from tests.limits import limit

PRICE = Price(input=10, output=20, request=5_000_000)
BY_THE_ANSWER = Candidate("one", "a", price=PRICE, demand=Demand(0, PRICE, "one/a"))
DAILY = limit(LimitType.COST, 1.0, "day")


def in_flight_requests(
    count: int, ledger: Ledger, records: list[Sample], turn: Callable[[], Awaitable[object]]
) -> list[InFlightRequest]:
    context = GatewayContext(
        ledger,
        Health(lambda: 1_000.0),
        records.append,
        lambda: 1_000.0,
        lambda: 1_700_000_000.0,
        lambda failure: failure,
        turn=turn,
    )
    strategy = Strategy(id="s", name="s", rate_limits=(DAILY,))
    client = Client(id="c", name="c", created_at=datetime.now(UTC), key_digest="0" * 64)
    request = ModelRequest(Endpoint.CHAT_COMPLETIONS, "one/a", {}, "openai_chat")
    snapshot = Snapshot(Config(strategies=(strategy,)))
    return [
        InFlightRequest(
            context,
            IncomingRequest(f"request-{n}", client, strategy, request, started=1_000.0, started_wall=1_700_000_000.0),
            lambda: snapshot,
        )
        for n in range(count)
    ]


async def at_once() -> None:
    pass


def test_a_failed_call_of_a_model_that_is_billed_by_the_answer_costs_nothing() -> None:
    ledger = Ledger(lambda: 1_000.0, lambda: 1_700_000_000.0, Journal())
    records: list[Sample] = []
    (in_flight,) = in_flight_requests(1, ledger, records, at_once)
    strategy = in_flight.incoming.strategy
    for usage, cost in ((None, 0), (Usage(3, 4), 5_000_110)):
        refused = Failure(FailureKind.SERVER_ERROR, "no", status=500, unbilled=usage is None)
        taken = ledger.reserve(strategy, BY_THE_ANSWER.demand, "request", in_flight.settlement.reservation)
        assert isinstance(taken, Reservation)
        in_flight.settlement.reservation = taken
        call = in_flight.begin_call(BY_THE_ANSWER)
        call.dispatched, call.status = True, 500 if usage is None else 200
        call.came = partial(AnswerSoFar, usage, is_whole=True, has_content=usage is not None)
        asyncio.run(in_flight.failed(refused))
        assert ledger.states(strategy)[0].used == cost
    asyncio.run(in_flight.close(Outcome.FAILED, 502))
    assert [attempt.cost for attempt in records[0].attempts] == [0, 5_000_110]


def test_requests_whose_clients_leave_at_once_are_ended_one_in_a_round_of_the_loop() -> None:
    ledger = Ledger(lambda: 1_000.0, lambda: 1_700_000_000.0, Journal())
    records: list[Sample] = []
    rounds: list[int] = []

    async def others() -> None:
        while True:
            rounds.append(len(records))
            await asyncio.sleep(0)

    async def scene() -> None:
        requests = in_flight_requests(50, ledger, records, Turns().take)
        going_on = asyncio.create_task(others())
        await asyncio.gather(*(request.cancel() for request in requests))
        going_on.cancel()

    asyncio.run(scene())
    assert len(records) == 50
    assert max(after - before for before, after in pairwise(rounds)) <= 2  # the first finds its turn free


def test_a_request_that_is_cancelled_while_it_waits_for_its_turn_to_end_leaves_its_record() -> None:
    ledger = Ledger(lambda: 1_000.0, lambda: 1_700_000_000.0, Journal())
    records: list[Sample] = []

    async def scene() -> None:
        (request,) = in_flight_requests(1, ledger, records, asyncio.Event().wait)
        ending = asyncio.create_task(request.cancel())
        await asyncio.sleep(0)
        ending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await ending

    asyncio.run(scene())
    assert [record.outcome for record in records] == [Outcome.CANCELLED]
