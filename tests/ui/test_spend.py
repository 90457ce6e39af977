"""Where the money went, on the page Spend, against hand-made records."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from localrouter.domain.configuration.config import (
    LimitType,
    PricingOverride,
    Provider,
    RateLimitTimeWindow,
    StrategyRateLimit,
)
from localrouter.domain.conversation.request import Usage
from localrouter.domain.metrics.samples import Sample
from localrouter.domain.models.pricing import from_usd
from localrouter.domain.routing.failures import FailureKind
from localrouter.services.metrics.store import MetricsStore
from tests.metric_samples import attempt, sample
from tests.rig import Router, auto, router, strategy_id
from tests.ui.conftest import Open

DAY, HOUR = 86_400, 3_600
NOWHERE = "http://127.0.0.1:9/v1"


@pytest.fixture
def spent(tmp_path: Path) -> Iterator[Router]:
    """Two hours old, and used the day before: $0.75 for a cloud model, the rest free."""
    providers = [
        Provider(name="cloud", preset="openai-compatible", base_url=NOWHERE, models=("big",)),
        Provider(name="local", preset="ollama", base_url=NOWHERE, models=("small",)),
    ]
    budget = StrategyRateLimit(limit_type=LimitType.COST, value=2.0, time_window=RateLimitTimeWindow.DAY)
    lr = router(tmp_path, providers, auto=auto(("cloud", "big"), ("local", "small")), limits=[budget])
    price = PricingOverride(provider="cloud", model="big", input_per_million=2.0, output_per_million=8.0)
    lr.config = lr.config.model_copy(update={"pricing_overrides": (price,)})
    lr.home.prepare()
    record(lr.home.metrics, records(lr))
    with lr:
        yield lr


def records(lr: Router) -> list[Sample]:
    whose: dict[str, Any] = {"client_id": lr.config.clients[0].id, "strategy_id": strategy_id(lr)}
    refused = attempt("cloud", "big", kind=FailureKind.RATE_LIMITED, usage=Usage(), cost=0)
    free = attempt("local", "small", usage=Usage(500_000, 0), cost=0)
    guessed = Usage(10, 5, estimated=True)
    return [
        at(DAY + 2 * HOUR, attempt("cloud", "big", cost=from_usd(0.5)), **whose),
        at(2 * HOUR, attempt("cloud", "big", cost=from_usd(0.5)), **whose),
        at(HOUR, attempt("cloud", "big", cost=from_usd(0.25), usage=guessed), client_id="gone", strategy_id="default"),
        *(at(60 * number, refused, free, **whose) for number in range(1, 4)),
    ]


def at(ago: float, *attempts: Any, **whose: Any) -> Sample:
    started = time.time() - ago
    return sample(started_at=started, attempts=tuple(replace(each, started_at=started) for each in attempts), **whose)


def record(path: Path, samples: list[Sample]) -> None:
    store = MetricsStore(path, publish=lambda _event: None, wall=time.time)
    store.start()
    for each in samples:
        store.record(each)
    store.close(is_told_whole=True)


def cells(table: Locator) -> list[list[str]]:
    rows = table.locator("tbody tr").all()
    return [[row.get_by_role("rowheader").inner_text(), *row.get_by_role("cell").all_inner_texts()] for row in rows]


def test_the_page_says_where_the_money_went_and_what_was_saved(spent: Router, tabs: Open) -> None:
    tab = tabs(spent)
    tab.enter("spend")
    page = tab.page
    table = page.get_by_role("table", name="Spend by model")
    expect(table).to_be_visible()
    assert cells(table) == [
        ["cloud/big", "100 %\n$0.75", "2", "165", "0", "$0.00", "$0.50"],
        ["local/small", "$0.00", "3", "1.5M", "0", "$3.00", "$0.00"],
    ]
    expect(page.get_by_role("img", name="Cost over the last 24 hours by model: cloud/big $0.75.")).to_be_visible()
    expect(page.get_by_text("+50.0 %, $0.50 in the 24 hours before")).to_be_visible()
    expect(page.get_by_text("2 paid, 3 free")).to_be_visible()
    expect(page.get_by_text("Usage of 1 request is estimated")).to_contain_text("$0.25 of the spend")
    expect(tab.section("Savings")).to_contain_text("1.5M tokens that cloud/big would have answered for $2 / $8")
    expect(tab.section("Limits")).to_contain_text("$0.50 of $2.00 per day, 25 %")
    expect(tab.section("Failures")).to_contain_text("3 of 8 calls")

    table.get_by_role("button", name="Requests").click()
    expect(table.get_by_role("columnheader", name="Requests")).to_have_attribute("aria-sort", "descending")
    assert [name for name, *_ in cells(table)] == ["local/small", "cloud/big"]
    page.get_by_role("button", name="Client", exact=True).click()
    table = page.get_by_role("table", name="Spend by client")
    expect(table).to_be_visible()
    assert [row[:3] for row in cells(table)] == [
        ["test", "66.7 %\n$0.50", "4"],
        ["deleted client gone", "33.3 %\n$0.25", "1"],
    ]
    page.get_by_role("button", name="15 min").click()
    expect(page.get_by_text("Nothing was paid for in the last 15 minutes.")).to_be_visible()
    page.get_by_role("button", name="Tokens", exact=True).first.click()
    expect(page.get_by_role("img", name="Tokens over the last 15 minutes by client: test 1.5M.")).to_be_visible()
