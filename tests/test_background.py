"""What the program does by itself while it serves."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from localrouter import background as chores
from localrouter.domain.configuration.config import LimitType, Provider, RateLimitTimeWindow, Strategy
from localrouter.domain.conversation.request import Endpoint
from localrouter.domain.routing.failures import Failure, FailureKind, FailurePhase
from localrouter.services.health import Health, ModelEndpoint
from localrouter.services.ledger.journal import Journal
from localrouter.services.ledger.ledger import Ledger
from localrouter.services.metrics.store import MetricsStore
from tests.limits import limit
from tests.metric_samples import START, sample
from tests.rig import router
from tests.upstream import Asked, Step, Upstream, answer, completion


class Renewed:
    def __init__(self) -> None:
        self.count = 0

    def renew(self) -> None:
        self.count += 1


@pytest.mark.parametrize(("slept", "renewed"), [(0.0, 0), (60.0, 1)])
def test_after_a_sleep_nothing_old_is_trusted(monkeypatch: pytest.MonkeyPatch, slept: float, renewed: int) -> None:
    monkeypatch.setattr(chores, "LOOK_EVERY", 0.01)
    upstream = Renewed()

    async def watch() -> Health:
        loop = asyncio.get_running_loop()
        asleep = [0.0]
        health = Health(loop.time)
        health.failed(
            ModelEndpoint("one", "a", Endpoint.CHAT_COMPLETIONS),
            Failure(FailureKind.UNREACHABLE, "no route", phase=FailurePhase.DEADLINE),
            "app",
            loop.time(),
        )
        health.failed(
            ModelEndpoint("two", "b", Endpoint.CHAT_COMPLETIONS),
            Failure(FailureKind.AUTH, "wrong key"),
            "app",
            loop.time(),
        )
        task = asyncio.create_task(
            chores.watch_sleep(lambda: loop.time() + asleep[0], health, upstream)  # type: ignore[arg-type]
        )
        await asyncio.sleep(0.05)
        asleep[0] = slept
        await asyncio.sleep(0.1)
        task.cancel()
        return health

    health = asyncio.run(watch())
    assert upstream.count == renewed
    assert {each.provider for each in health.cooling()} == ({"two"} if slept else {"one", "two"})


def test_a_renewed_pool_uses_no_connection_from_before(tmp_path: Path) -> None:
    ports: list[str] = []

    def script(asked: Asked) -> Iterator[Step]:
        ports.append(str(asked.connection))
        yield answer(200, completion())

    with Upstream(script) as up:
        one = Provider(name="one", preset="openai-compatible", base_url=up.url, models=("a",))
        with router(tmp_path, [one]) as lr:
            assert lr.state is not None
            for renews in (False, False, True):
                if renews:
                    lr.call(lr.state.upstream.renew)
                assert lr.chat(model="one/a").status == 200
    assert ports[0] == ports[1] != ports[2]


def test_a_hand_edit_is_taken_in_while_it_serves(tmp_path: Path) -> None:
    with router(tmp_path, []) as lr:
        before = lr.home.config.read_text()
        lr.home.config.write_text(before.replace('"Test"', '"Edited by hand"'))
        assert lr.state is not None
        for _ in range(100):
            if any(strategy.name == "Edited by hand" for strategy in lr.state.store.config.strategies):
                return
            asyncio.run(asyncio.sleep(0.05))
        raise AssertionError("the edit was not taken in")


def test_a_long_request_counts_from_when_it_was_settled_though_the_clock_was_set_while_it_ran(tmp_path: Path) -> None:
    passed, set_by = [0.0], [0.0]
    strategy = Strategy(
        id="default", name="default", rate_limits=(limit(LimitType.INPUT_TOKENS, 1_000, RateLimitTimeWindow.MINUTE),)
    )

    def wall() -> float:
        return START + passed[0] + set_by[0]

    def started() -> Ledger:
        return Ledger(lambda: passed[0], wall, Journal(tmp_path / "journal", "boot"))

    async def run() -> int:
        metrics = MetricsStore(tmp_path / "metrics.db", publish=lambda event: None, wall=wall)
        metrics.start()
        try:
            before = started()
            chores.restore_usage(metrics, before)
            passed[0], set_by[0] = 10.0, 3_600.0
            before.set_journal_aside()  # it looks at the clocks, as it does every few seconds
            before.close()
            metrics.record(sample(started_at=START, duration=3_700.0))
            passed[0] = 3_705.0
            await metrics.flush()
            after = started()
            chores.restore_usage(metrics, after)
            [state] = after.states(strategy)
            after.close()
            return state.used
        finally:
            metrics.close()

    assert asyncio.run(run()) == 100


def test_at_debug_the_limits_are_told_beside_the_records_that_they_were_filled_from(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    strategy = Strategy(
        id="default", name="default", rate_limits=(limit(LimitType.INPUT_TOKENS, 1_000, RateLimitTimeWindow.DAY),)
    )

    async def run(level: int) -> list[str]:
        caplog.clear()
        caplog.set_level(level, chores.LOG.name)
        metrics = MetricsStore(tmp_path / "metrics.db", publish=lambda event: None, wall=lambda: START + 60)
        metrics.start()
        try:
            metrics.record(sample())
            await metrics.flush()
            ledger = Ledger(lambda: 0.0, lambda: START + 60, Journal(tmp_path / "journal", "boot"))
            chores.restore_usage(metrics, ledger)
            await chores.tell_restored(metrics, ledger, (strategy,))
        finally:
            metrics.close()
        return [record.message for record in caplog.records if record.name == chores.LOG.name]

    assert asyncio.run(run(logging.INFO)) == []
    assert asyncio.run(run(logging.DEBUG)) == [
        "default: on average a request used 100 tokens in and 50 out.",
        "default, input_tokens a day: 200 used, 200 on record.",
    ]


def test_a_task_that_breaks_down_is_told_and_begun_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(chores, "BEGUN_AGAIN_AFTER", 0.0)

    async def begun() -> int:
        times, works = 0, asyncio.Event()

        async def task() -> None:
            nonlocal times
            times += 1
            if times < 3:
                raise RuntimeError("can't start new thread")
            works.set()
            await asyncio.Event().wait()

        async with asyncio.timeout(30):
            await chores.run_until((task,), (works,))
        return times

    assert asyncio.run(begun()) == 3
    assert caplog.text.count("A background task failed") == 2
    assert "can't start new thread" in caplog.text
