"""Spending and limits over time, asked of a real database with hand-made records."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from localrouter.domain.conversation.request import Usage
from localrouter.domain.errors import Invalid, NotFound
from localrouter.domain.metrics.samples import Outcome, Sample
from localrouter.domain.models.info import ListedModel
from localrouter.domain.models.pricing import from_usd
from localrouter.domain.routing.failures import FailureKind
from tests.commands.test_metrics import Ask, ask, at
from tests.commands.world import World
from tests.metric_samples import attempt

PAID, FREE = Usage(1_000, 500), Usage(2_000, 100)


@pytest.fixture
def priced(world: World) -> World:
    """A cloud model at $2 and $8 per million tokens, a free local one, and a strategy that tries both."""
    world.call("create_provider", name="cloud", preset="openai-compatible", base_url="https://cloud.example/v1")
    world.call("create_provider", name="local", preset="ollama")
    world.call("set_pricing_override", provider="cloud", model="big", input_per_million=2.0, output_per_million=8.0)
    both = {"enabled": True, "prioritized_models": [["local", "small"], ["cloud", "big"]], "available_models": []}
    world.call("update_strategy", strategy_id="default", auto_config=both)
    return world


def paid(seconds_ago: float, usd: float, usage: Usage = PAID, **fields: Any) -> Sample:
    return at(seconds_ago, attempts=(attempt("cloud", "big", usage=usage, cost=from_usd(usd)),), **fields)


def free(seconds_ago: float, usage: Usage = FREE, **fields: Any) -> Sample:
    return at(seconds_ago, attempts=(attempt("local", "small", usage=usage, cost=0),), **fields)


def by_key(spend: dict[str, Any]) -> dict[str, Any]:
    return {row["group"]: row["totals"] for row in spend["rows"]}


@pytest.mark.parametrize("period", ["15m", "1h", "24h", "7d", "30d"])
@pytest.mark.parametrize(
    ("by", "costs"),
    [
        ("model", {"cloud/big": 0.75, "local/small": 0.0}),
        ("provider", {"cloud": 0.75, "local": 0.0}),
        ("client", {"app": 0.5, "editor": 0.25}),
        ("strategy", {"default": 0.25, "night": 0.5}),
    ],
)
def test_every_split_adds_up_to_the_same_total(priced: World, period: str, by: str, costs: dict[str, float]) -> None:
    samples = [paid(30, 0.5, strategy_id="night"), paid(600, 0.25, client_id="editor"), free(60)]

    async def questions(call: Ask) -> None:
        spend = await call("get_spend", period=period, by=by)
        assert {key: totals["cost_usd"] for key, totals in by_key(spend).items()} == costs
        assert spend["rows"][0]["totals"]["cost_usd"] == max(costs.values()), "the dearest first"
        assert spend["rows"][0]["share"] == pytest.approx(max(costs.values()) / 0.75)
        total = spend["total"]
        assert (total["cost_usd"], total["requests"], total["calls"]) == (0.75, 3, 3)
        assert (total["paid_requests"], total["free_requests"]) == (2, 1)
        assert (total["paid_tokens"], total["free_tokens"]) == (3_000, 2_100)
        assert sum(totals["requests"] for totals in by_key(spend).values()) == 3
        drawn = {series["group"]: sum(series["values"]) for series in spend["series"]}
        assert drawn == {key: cost for key, cost in costs.items() if cost}
        assert all(len(series["values"]) == len(spend["timestamps"]) for series in spend["series"])

    ask(priced, samples, questions)


def test_a_request_stands_where_it_was_answered_and_its_failures_where_they_happened(priced: World) -> None:
    hopped = at(
        60,
        attempts=(
            attempt("cloud", "big", kind=FailureKind.RATE_LIMITED, usage=Usage(), cost=0),
            attempt("cloud", "big", kind=FailureKind.SERVER_ERROR, usage=Usage(10, 5), cost=from_usd(0.01)),
            attempt("local", "small", cost=0),
        ),
    )
    refused = at(50, outcome=Outcome.DENIED, attempts=())

    async def questions(call: Ask) -> None:
        spend = await call("get_spend", period="1h", by="model", measure="requests")
        rows = by_key(spend)
        assert {key: (each["requests"], each["calls"]) for key, each in rows.items()} == {
            "cloud/big": (0, 2),
            "local/small": (1, 1),
            "": (0, 0),
        }
        assert spend["failures"] == [
            {"kind": "rate_limited", "calls": 1},
            {"kind": "server_error", "calls": 1},
        ]
        assert spend["total"]["denied_requests"] == 1
        assert spend["total"]["paid_requests"] == 1, "a part of it was paid for"
        assert spend["total"]["free_tokens"] == 150

    ask(priced, [hopped, refused], questions)


def test_a_split_of_one_strategy_holds_only_its_own(priced: World) -> None:
    samples = [paid(30, 0.5, strategy_id="night", client_id="one"), paid(40, 0.25), free(50)]

    async def questions(call: Ask) -> None:
        for scope, costs in {
            "llm_strategy:default": {"cloud/big": 0.25, "local/small": 0.0},
            "llm_key:one": {"cloud/big": 0.5},
            "llm_provider:local": {"local/small": 0.0},
            "llm_model:cloud/big": {"cloud/big": 0.75},
        }.items():
            spend = await call("get_spend", period="1h", by="model", scope=scope)
            assert {key: totals["cost_usd"] for key, totals in by_key(spend).items()} == costs, scope
        with pytest.raises(Invalid, match="no scope"):
            await call("get_spend", period="1h", scope="everything")

    ask(priced, samples, questions)


def test_what_was_saved_is_told_with_what_it_is_measured_against(priced: World) -> None:
    cached = Usage(1_000_000, 0, cached_tokens=400_000)
    samples = [free(30, Usage(1_000_000, 500_000)), paid(60, 1.0, usage=cached), free(90, strategy_id="gone")]

    async def questions(call: Ask) -> None:
        savings = (await call("get_spend", period="1h"))["savings"]
        assert savings["free_usd"] == pytest.approx(2.0 + 4.0), "at the first priced model of the strategy's list"
        [compared] = savings["compared_with"]
        assert (compared["strategy"], compared["model"]) == ("Default Strategy", "cloud/big")
        assert (compared["input_per_million"], compared["output_per_million"]) == (2.0, 8.0)
        assert savings["free_tokens_without_comparison"] == 2_100, "of a strategy that is gone"
        assert (savings["cached_tokens"], savings["prices"]) == (400_000, "now")
        by_model = await call("get_spend", period="1h", by="model")
        saved = {row["group"]: row["saved_usd"] for row in by_model["rows"]}
        assert saved["local/small"] == pytest.approx(6.0)

    ask(priced, samples, questions)


def test_cached_tokens_saved_what_they_would_have_cost_beyond_what_they_did(world: World) -> None:
    world.call("create_provider", name="router", preset="openrouter")
    world.lists["router"] = (ListedModel("a/b", input_per_million=2.0, output_per_million=8.0, cached_per_million=0.5),)
    usage = Usage(2_000_000, 0, cached_tokens=1_000_000)
    samples = [at(60, attempts=(attempt("router", name, usage=usage),)) for name in ("a/b", "unlisted")]

    async def questions(call: Ask) -> None:
        await call("refresh_models")
        savings = (await call("get_spend", period="1h"))["savings"]
        assert savings["cached_usd"] == pytest.approx(1.5)
        assert (savings["cached_tokens"], savings["cached_tokens_without_price"]) == (2_000_000, 1_000_000)

    ask(world, samples, questions)


def test_usage_that_providers_did_not_report_is_told_as_estimated(priced: World) -> None:
    guessed = Usage(100, 50, estimated=True)
    no_price = at(70, attempts=(attempt("lab", "new", cost=0, unpriced=True),))

    async def questions(call: Ask) -> None:
        spend = await call("get_spend", period="1h")
        total = spend["total"]
        assert (total["estimated_requests"], total["estimated_tokens"]) == (1, 150)
        assert total["estimated_cost_usd"] == 0.2
        assert total["cost_usd"] == pytest.approx(0.5)
        assert (total["unpriced_requests"], total["unpriced_tokens"], total["free_requests"]) == (1, 150, 0)
        rows = {row["group"]: row for row in spend["rows"]}
        assert rows["lab/new"]["totals"]["cost_usd"] is None, "unknown, not 0"
        assert rows["lab/new"]["name"] is None, "its provider is not configured"

    ask(priced, [paid(60, 0.2, usage=guessed), paid(65, 0.3), no_price], questions)


@pytest.mark.parametrize(("period", "seconds"), [("1h", 3_600), ("24h", 86_400), ("7d", 604_800), ("30d", 2_592_000)])
def test_the_period_before_is_compared_with(priced: World, period: str, seconds: int) -> None:
    samples = [paid(30, 0.5), paid(seconds + 900, 0.25), paid(2.5 * seconds, 8.0)]

    async def questions(call: Ask) -> None:
        spend = await call("get_spend", period=period)
        assert spend["total"]["cost_usd"] == 0.5
        assert spend["previous"]["cost_usd"] == 0.25
        assert spend["rows"][0]["previous_cost_usd"] == 0.25
        assert spend["until"] - spend["since"] == seconds

    ask(priced, samples, questions)


def test_more_than_can_be_told_apart_is_drawn_together(priced: World) -> None:
    samples = [
        at(30 + number, attempts=(attempt("cloud", f"m{number}", cost=from_usd(number + 1)),)) for number in range(12)
    ]

    async def questions(call: Ask) -> None:
        spend = await call("get_spend", period="15m")
        assert len(spend["rows"]) == 12
        drawn = {series["group"]: sum(series["values"]) for series in spend["series"]}
        assert list(drawn) == [*(f"cloud/m{number}" for number in range(11, 4, -1)), None]
        assert drawn[None] == 1 + 2 + 3 + 4 + 5
        assert sum(drawn.values()) == spend["total"]["cost_usd"]

    ask(priced, samples, questions)


def limited(world: World, *limits: tuple[str, float, str]) -> None:
    rate_limits = [{"limit_type": kind, "value": value, "time_window": window} for kind, value, window in limits]
    world.call("update_strategy", strategy_id="default", rate_limits=rate_limits)


def test_a_limit_over_time_is_what_its_window_held(priced: World) -> None:
    limited(priced, ("cost", 2.0, "hour"), ("requests", 100, "day"))
    ago = [replace(paid(seconds, usd), duration=0.0) for seconds, usd in ((7_200, 0.5), (5_400, 0.25), (1_800, 1.0))]

    async def questions(call: Ask) -> None:
        cost, requests = await call("get_limit_history", period="24h", strategy_id="default")
        assert (cost["strategy"], cost["limit_type"], cost["value"]) == ("Default Strategy", "cost", 2.0)
        assert cost["width"] == 900
        changes = [value for former, value in pairwise([0.0, *cost["values"]]) if value != former]
        assert changes == [0.5, 0.75, 0.25, 1.0]
        assert max(requests["values"]) == 3
        everything = await call("get_limit_history", period="24h")
        assert [each["limit_type"] for each in everything] == ["cost", "requests"]

    ask(priced, ago, questions)


def test_a_window_shorter_than_a_bucket_shows_the_most_that_it_held(priced: World) -> None:
    limited(priced, ("requests", 10, "minute"))

    async def questions(call: Ask) -> None:
        [day] = await call("get_limit_history", period="24h", strategy_id="default")
        assert max(day["values"]) == 2
        [quarter] = await call("get_limit_history", period="15m", strategy_id="default")
        assert (quarter["width"], len(quarter["values"])) == (10, 90)
        assert max(quarter["values"]) == 3, "request by request, whatever the minute"

    samples = [free(245), free(235), free(215), free(600)]
    samples = [replace(each, attempts=(replace(each.attempts[0], started_at=each.started_at),)) for each in samples]
    ask(priced, samples, questions)


def test_the_history_of_a_strategy_that_is_none_is_not_found(priced: World) -> None:
    async def questions(call: Ask) -> None:
        with pytest.raises(NotFound):
            await call("get_limit_history", period="24h", strategy_id="nobody")
        assert await call("get_limit_history", period="24h") == []

    ask(priced, [], questions)
