"""The program's background tasks: fill the limits at start, watch the file and the clock, keep the journal short.

Continuous tasks run until they are cancelled. `program.serving` starts and ends them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any

from localrouter.domain.configuration.config import Strategy
from localrouter.domain.configuration.names import counted
from localrouter.domain.errors import Unavailable
from localrouter.domain.limits.rules import WINDOWS
from localrouter.domain.limits.windows import SHAPES, Amounts, PastUse
from localrouter.services.configuration.store import ConfigStore
from localrouter.services.health import Health
from localrouter.services.instance.lock import Instance
from localrouter.services.ledger.ledger import Ledger
from localrouter.services.memory import FreedMemory
from localrouter.services.metrics.store import MetricsStore
from localrouter.services.metrics.usage import SUM_OF, UsageRow
from localrouter.services.upstream.client import Upstream

LOG = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds
TIDY_EVERY = 5.0
TRIM_EVERY = 2.0
BEGUN_AGAIN_AFTER = 10.0
SLEPT = 5.0  # seconds that the two clocks must have drifted apart


async def run_until(tasks: Iterable[Callable[[], Coroutine[Any, Any, None]]], wishes: Iterable[asyncio.Event]) -> None:
    """Run the tasks until one of the wishes is set."""
    running = [asyncio.create_task(_kept_going(each)) for each in tasks]
    waiting = [asyncio.create_task(wish.wait()) for wish in wishes]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in (*running, *waiting):
        task.cancel()
    await asyncio.gather(*running, *waiting, return_exceptions=True)


async def _kept_going(task: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Restarts a task that fails, for example because no thread could be started. Otherwise the journal would grow,
    hand edits would go unnoticed and lists would age, and nobody would know."""
    while True:
        try:
            await task()
            return
        except Exception:
            LOG.exception("A background task failed. It is restarted in %g s.", BEGUN_AGAIN_AFTER)
        await asyncio.sleep(BEGUN_AGAIN_AFTER)


def restore_usage(metrics: MetricsStore, ledger: Ledger) -> None:
    """Fill the limits' windows with earlier usage."""
    past: list[PastUse] = []
    for row in metrics.usage_since(0.0):
        late = SUM_OF if row.request_id is None else 0.0
        ran = row.settled_at - row.started_at
        told, untold = _of_averages(row)
        past.append(PastUse(row.strategy_id, row.settled_at, told, late, ran))
        past.append(PastUse(row.strategy_id, row.settled_at, untold, late, ran))
        admitted = (row.requests, 0, 0, 0, 0, 0)
        past.append(PastUse(row.strategy_id, row.admitted_at, admitted, late, row.admitted_at - row.started_at))
    samples = ledger.restore(past, metrics.known_request_ids, found=metrics.found, was_lost=lambda: metrics.usage_lost)
    for sample in samples:
        metrics.record(sample)
    if samples:
        LOG.warning(
            "LocalRouter did not shut down properly the last time: %s recovered from the limits' journal.",
            counted(len(samples), "request's record was", "requests' records were"),
        )
    if (loss := ledger.loss) is not None:
        LOG.warning("%s To continue at once, as if nothing else had been used: acknowledge_usage_loss.", loss)


def _of_averages(row: UsageRow) -> tuple[Amounts, Amounts]:
    """The counted amounts in two parts: what providers reported, from which averages are made, and the rest."""
    tokens_in, tokens_out = row.told_input, row.told_output
    told = (0, tokens_in, tokens_out, tokens_in + tokens_out, 0, row.told_calls)
    total = max(0, row.total_tokens - tokens_in - tokens_out)
    return told, (0, max(0, row.input_tokens - tokens_in), max(0, row.output_tokens - tokens_out), total, row.cost, 0)


async def tell_restored(metrics: MetricsStore, ledger: Ledger, strategies: Iterable[Strategy]) -> None:
    """Logs at debug what the limits were filled with, beside what the records say for the same windows. Nothing runs
    yet, so no limit should hold less."""
    if not LOG.isEnabledFor(logging.DEBUG):
        return
    with suppress(Unavailable):
        recorded = await metrics.get_strategy_ids()
        for strategy in strategies:
            if strategy.rate_limits and strategy.id in recorded:
                await _tell_strategy(metrics, ledger, strategy)


async def _tell_strategy(metrics: MetricsStore, ledger: Ledger, strategy: Strategy) -> None:
    average = await metrics.get_pre_estimate_for_strategy(strategy.id)
    if average is not None:
        used = (average.input_tokens, average.output_tokens)
        LOG.debug("%s: on average a request used %.0f tokens in and %.0f out.", strategy.id, *used)
    for status in ledger.states(strategy):
        kind, window = status.limit.limit_type, status.limit.time_window
        usage = await metrics.get_recent_usage_for_strategy(strategy.id, SHAPES[WINDOWS[window]][0])
        said = getattr(usage, kind.value)
        LOG.debug("%s, %s a %s: %d used, %d on record.", strategy.id, kind.value, window.value, status.used, said)


async def watch_file(store: ConfigStore) -> None:
    """Adopt hand edits of the configuration file, and report the outcome where somebody will see it."""
    told: tuple[str, ...] = ()
    while True:
        remarks = (*store.reports, *store.unresolved, *([store.problem] if store.problem else ()))
        for remark in remarks:
            if remark not in told:
                LOG.warning("%s", remark)
        told = remarks
        await asyncio.sleep(LOOK_EVERY)
        store.take_hand_edit()


async def stay_announced(instance: Instance) -> None:
    """Keep this process discoverable even if somebody clears old files away."""
    while True:
        await asyncio.sleep(LOOK_EVERY)
        instance.announce_again()


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
    """Drop from the limits' journal what has a record."""
    while True:
        await asyncio.sleep(TIDY_EVERY)
        if ledger.set_journal_aside():
            database = await metrics.seal()
            if database is None or not ledger.drop_journal_aside(database):
                await ledger.sum_up_journal(metrics.known_request_ids)


async def give_memory_back() -> None:
    """Return memory to the system soon after a crowd or large bodies are gone."""
    freed = FreedMemory()
    while True:
        await asyncio.sleep(TRIM_EVERY)
        await asyncio.to_thread(freed.give_back)
