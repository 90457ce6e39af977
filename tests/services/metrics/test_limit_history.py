"""How full limits were over time, against the sums of hand-made records."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from localrouter.domain.configuration.config import LimitType, RateLimitTimeWindow, StrategyRateLimit
from localrouter.domain.metrics.breakdown import Period
from localrouter.domain.metrics.samples import Sample
from localrouter.services.metrics import limit_history
from localrouter.services.metrics.limit_history import LimitHistory, limit_histories
from localrouter.services.metrics.schema import open_reader
from tests.metric_samples import attempt, sample
from tests.services.metrics.test_store import recorded

NOW = 1_790_000_000.0


def cost(window: RateLimitTimeWindow) -> StrategyRateLimit:
    return StrategyRateLimit(limit_type=LimitType.COST, value=1.0, time_window=window)


def spent(ago: float, picodollars: int, strategy: str = "default") -> Sample:
    started = NOW - ago
    call = replace(attempt("cloud", "big", cost=picodollars, duration=0.0), started_at=started)
    return sample(started_at=started, strategy_id=strategy, duration=0.0, attempts=(call,))


def history(path: Path, window: RateLimitTimeWindow, period: Period) -> LimitHistory:
    with closing(open_reader(path)) as db:
        [found] = limit_histories(db, {"default": [cost(window)]}, period, NOW)
    return found


@pytest.mark.parametrize("period", [Period.HOUR, Period.DAY, Period.WEEK, Period.MONTH])
@pytest.mark.parametrize("window", RateLimitTimeWindow)
def test_the_highest_of_a_window_is_found_whatever_the_bucket(
    tmp_path: Path, window: RateLimitTimeWindow, period: Period
) -> None:
    path = tmp_path / "metrics.db"
    together = spent(600, 300), spent(600, 40)
    asyncio.run(recorded(path, *together, spent(600, 5_000, strategy="other")))
    found = history(path, window, period)
    assert max(found.values) == 340
    assert found.start + len(found.values) * found.width == period.start(NOW) + period.seconds


def test_a_trailing_window_forgets_what_left_it(tmp_path: Path) -> None:
    path = tmp_path / "metrics.db"
    asyncio.run(recorded(path, spent(20 * 3_600, 100), spent(10 * 3_600, 30)))
    values = history(path, RateLimitTimeWindow.HOUR, Period.DAY).values
    assert [value for value, former in zip(values, (0, *values), strict=False) if value != former] == [100, 0, 30, 0]
    assert values.count(100) == 4, "an hour of 15-minute buckets"


def test_the_finest_chart_shows_minutes_where_there_are_too_many_requests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "metrics.db"
    asyncio.run(recorded(path, spent(65, 100), spent(55, 30)))
    exact = history(path, RateLimitTimeWindow.MINUTE, Period.QUARTER)
    assert (exact.width, max(exact.values)) == (10, 130)
    monkeypatch.setattr(limit_history, "MAX_ROWS", 1)
    coarse = history(path, RateLimitTimeWindow.MINUTE, Period.QUARTER)
    assert (coarse.width, max(coarse.values)) == (60, 130)
