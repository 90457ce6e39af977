"""What a request leaves behind with its limits."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial

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
from tests.limits import limit

PRICE = Price(input=10, output=20, request=5_000_000)
BY_THE_ANSWER = Candidate("one", "a", price=PRICE, demand=Demand(0, PRICE, "one/a"))
DAILY = limit(LimitType.COST, 1.0, "day")


def test_a_failed_call_of_a_model_that_is_billed_by_the_answer_costs_nothing() -> None:
    ledger = Ledger(lambda: 1_000.0, lambda: 1_700_000_000.0, Journal())
    records: list[Sample] = []
    context = GatewayContext(
        ledger,
        Health(lambda: 1_000.0),
        records.append,
        lambda: 1_000.0,
        lambda: 1_700_000_000.0,
        lambda failure: failure,
    )
    strategy = Strategy(id="s", name="s", rate_limits=(DAILY,))
    client = Client(id="c", name="c", created_at=datetime.now(UTC), key_digest="0" * 64)
    request = ModelRequest(Endpoint.CHAT_COMPLETIONS, "one/a", {}, "openai_chat")
    snapshot = Snapshot(Config(strategies=(strategy,)))
    incoming = IncomingRequest("request", client, strategy, request, started=1_000.0, started_wall=1_700_000_000.0)
    in_flight = InFlightRequest(context, incoming, lambda: snapshot)
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
