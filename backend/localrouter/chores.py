"""What the program does by itself: fill the limits at start, watch the file and the clock, keep the journal short.

The chores that go on run until they are cancelled. They stand beside `app`, which starts and ends them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from localrouter.domain.windows import PastUse
from localrouter.services.config_store import ConfigStore
from localrouter.services.health import Health
from localrouter.services.ledger import Ledger
from localrouter.services.metrics_store import MetricsStore
from localrouter.services.metrics_usage import SUM_OF
from localrouter.services.upstream import Upstream

LOG = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds
TIDY_EVERY = 5.0
SLEPT = 5.0  # seconds that the two clocks must have drifted apart


def restore_usage(metrics: MetricsStore, ledger: Ledger) -> None:
    """Fill the limits' windows with what was used before."""
    past: list[PastUse] = []
    for row in metrics.usage_since(0.0):
        tokens = (row.input_tokens, row.output_tokens, row.input_tokens + row.output_tokens, row.cost)
        billed = row.requests if row.request_id is None else 1  # an average must not be of calls that used nothing
        late = SUM_OF if row.request_id is None else 0.0
        used, admitted = (0, *tokens, billed if tokens[2] else 0), (row.requests, 0, 0, 0, 0, 0)
        past.append(PastUse(row.strategy_id, row.settled_at, used, late, row.settled_at - row.started_at))
        past.append(PastUse(row.strategy_id, row.admitted_at, admitted, late, row.admitted_at - row.started_at))
    ledger.restore(past, metrics.known_request_ids, was_lost=lambda: metrics.usage_lost)


async def watch_file(store: ConfigStore) -> None:
    """Take in what was changed in the configuration's file by hand, and say where somebody looks what came of it."""
    told: tuple[str, ...] = ()
    while True:
        remarks = (*store.reports, *([store.problem] if store.problem else ()))
        for remark in remarks:
            if remark not in told:
                LOG.warning("%s", remark)
        told = remarks
        await asyncio.sleep(LOOK_EVERY)
        store.take_hand_edit()


async def watch_sleep(steady: Callable[[], float], health: Health, upstream: Upstream) -> None:
    """After the machine slept, what was unreachable may be reachable, and pooled connections are dead."""
    loop = asyncio.get_running_loop()  # its clock stands still while the machine sleeps, the steady one goes on
    before = steady() - loop.time()
    while True:
        await asyncio.sleep(LOOK_EVERY)
        now = steady() - loop.time()
        if now - before > SLEPT:
            health.forget_unreachable()
            upstream.renew()
        before = now


async def keep_journal_short(ledger: Ledger, metrics: MetricsStore) -> None:
    """What is recorded need not stand in the limits' journal."""
    while True:
        await asyncio.sleep(TIDY_EVERY)
        if ledger.set_journal_aside():
            await metrics.flush()
            if metrics.problem is None:
                ledger.drop_journal_aside()
            else:
                await ledger.sum_up_journal(metrics.known_request_ids)
