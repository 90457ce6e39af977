"""The commands about metrics, asked of a real database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from localrouter.domain.errors import Invalid, NotFound, Unavailable
from localrouter.domain.metrics.samples import Outcome, Sample
from localrouter.domain.models.pricing import from_usd
from localrouter.domain.routing.failures import FailureKind
from localrouter.services.metrics.store import MetricsStore
from tests.commands.world import NOW, World
from tests.metric_samples import attempt, sample

Ask = Callable[..., Awaitable[Any]]


def ask(world: World, samples: list[Sample], questions: Callable[[Ask], Awaitable[None]]) -> None:
    """Records samples and asks about them."""

    async def story() -> None:
        metrics = MetricsStore(world.home / "metrics.db", publish=world.events.append, wall=world.wall)
        metrics.start()
        try:
            for each in samples:
                metrics.record(each)
            await metrics.flush()
            world.give(metrics=metrics)
            await questions(world.acall)
        finally:
            metrics.close()

    asyncio.run(story())


def at(seconds_ago: float, **fields: Any) -> Sample:
    return sample(started_at=NOW - seconds_ago, **fields)


def test_a_chart_has_points_and_a_total(world: World) -> None:
    async def questions(call: Ask) -> None:
        chart = await call("get_metrics", scope="llm_global", measure="requests", since=NOW - 3_600, buckets=60)
        assert chart["scope"] == "llm_global"
        assert chart["total"] == 2
        assert sum(point["value"] or 0 for point in chart["points"]) == 2
        assert chart["previous"] == []
        compared = await call(
            "get_metrics", scope="llm_strategy:default", measure="cost_usd", since=NOW - 3_600, compare=True
        )
        assert compared["previous"]

    ask(world, [at(60), at(120)], questions)


def test_scopes_are_listed_by_tier(world: World) -> None:
    async def questions(call: Ask) -> None:
        assert await call("list_metric_scopes", tier="llm_key") == ["llm_key:app"]
        assert await call("list_metric_scopes", tier="llm_model") == ["llm_model:local/small"]

    ask(world, [at(60)], questions)


def test_a_scope_that_is_none_is_refused(world: World) -> None:
    async def questions(call: Ask) -> None:
        with pytest.raises(Invalid, match="no scope"):
            await call("get_metrics", scope="everything", measure="requests", since=0)

    ask(world, [], questions)


def test_a_summary_agrees_in_every_tier(world: World) -> None:
    async def questions(call: Ask) -> None:
        summary = await call("get_usage_summary", since=NOW - 3_600)
        total = summary["total"]
        assert (total["requests"], total["successful_requests"], total["failed_requests"]) == (2, 1, 1)
        assert total["cost_usd"] == 0.75
        scopes = {each["scope"]: each["totals"] for each in summary["scopes"]}
        assert set(scopes) == {"llm_key:app", "llm_strategy:default", "llm_provider:local", "llm_model:local/small"}
        assert {totals["cost_usd"] for totals in scopes.values()} == {0.75}

    answered = at(60, attempts=(attempt("local", "small", cost=from_usd(0.75)),))
    failed = (attempt("local", "small", kind=FailureKind.SERVER_ERROR, cost=0),)
    ask(world, [answered, at(90, outcome=Outcome.FAILED, attempts=failed)], questions)


def test_requests_come_newest_first_page_by_page(world: World) -> None:
    async def questions(call: Ask) -> None:
        first = await call("list_requests", limit=2)
        second = await call("list_requests", limit=2, cursor=first["next_cursor"])
        listed = [item["request_id"] for item in (*first["items"], *second["items"])]
        assert listed == ["r1", "r2", "r3"]
        assert second["next_cursor"] is None
        assert first["items"][0]["usage"]["input_tokens"] == 100
        assert first["items"][0]["duration_ms"] == 500

    ask(world, [at(seconds, request_id=name) for name, seconds in (("r3", 30), ("r1", 10), ("r2", 20))], questions)


def test_requests_can_be_restricted(world: World) -> None:
    async def questions(call: Ask) -> None:
        mine = await call("list_requests", client_id="mine", since=NOW - 100)
        assert [item["request_id"] for item in mine["items"]] == ["r1"]
        assert (await call("list_requests", outcome="denied"))["items"] == []

    samples = [at(10, request_id="r1", client_id="mine"), at(20, client_id="app"), at(500, client_id="mine")]
    ask(world, samples, questions)


def test_a_cursor_that_is_none_is_refused(world: World) -> None:
    async def questions(call: Ask) -> None:
        with pytest.raises(Invalid, match="cursor"):
            await call("list_requests", cursor="later")

    ask(world, [], questions)


def test_a_request_comes_with_its_attempts_and_its_trace(world: World) -> None:
    attempts = (attempt("cloud", "big", kind=FailureKind.RATE_LIMITED), attempt("local", "small"))
    trace = {"candidates": [{"provider": "cloud", "model": "big"}]}
    recorded = replace(at(10, request_id="r1", attempts=attempts), trace=orjson.dumps(trace).decode())

    async def questions(call: Ask) -> None:
        found = await call("get_request", request_id="r1")
        assert found["request"]["request_id"] == "r1"
        assert [(each["provider"], each["kind"]) for each in found["attempts"]] == [
            ("cloud", "rate_limited"),
            ("local", None),
        ]
        assert found["trace"] == trace

    ask(world, [recorded], questions)


def test_a_request_that_is_not_recorded_is_not_found(world: World) -> None:
    async def questions(call: Ask) -> None:
        with pytest.raises(NotFound, match="r404"):
            await call("get_request", request_id="r404")

    ask(world, [], questions)


def test_metrics_are_unavailable_where_there_are_none(world: World) -> None:
    with pytest.raises(Unavailable, match="no metrics"):
        world.call("get_usage_summary", since=0)
