"""The demo tells its story by itself: a hop, the full budget and the free model are seen without a click."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from llmock.scenarios import Fail, Match
from llmock.testing import LLMockServer
from playwright.sync_api import expect

from localrouter.domain.configuration.config import LimitType, Provider, RateLimitTimeWindow, StrategyRateLimit
from localrouter.services.instance.home import DEMO_PREFIX, Home
from tests.rig import Router, auto, router
from tests.ui.conftest import Open

BUDGET = StrategyRateLimit(limit_type=LimitType.COST, value=0.01, time_window=RateLimitTimeWindow.MINUTE)
MODELS = (("cloud", "gpt-4o-mini"), ("second", "llama-3.3-70b-versatile"), ("local", "llama3.2"))
LONG = [{"role": "user", "content": "word " * 12_000}]


@pytest.fixture
def demo(mock: LLMockServer, tmp_path: Path) -> Iterator[Router]:
    """A router like the demo's, whose traffic is the test's own."""
    cloud, second, local = (mock.base_url(name) for name in ("openai", "groq", "together"))
    made = router(
        tmp_path,
        [
            Provider(name="cloud", preset="openai-compatible", base_url=cloud, models=("gpt-4o-mini",), free=False),
            Provider(name="second", preset="openai-compatible", base_url=second, models=("llama-3.3-70b-versatile",)),
            Provider(name="local", preset="openai-compatible", base_url=local, models=("llama3.2",), free=True),
        ],
        auto=auto(*MODELS),
        limits=(BUDGET,),
    )
    with Router(Home(tmp_path / f"{DEMO_PREFIX}test"), made.config, made.key) as started:
        yield started


def test_the_demo_tells_its_story_as_it_happens(demo: Router, mock: LLMockServer, tabs: Open) -> None:
    tab = tabs(demo)
    for provider, model in MODELS[:2]:
        price = {"input_per_million": 1, "output_per_million": 1}
        tab.call("set_pricing_override", provider=provider, model=model, **price)
    tab.enter("home")
    story = tab.page.get_by_role("region", name="Demo")
    beats = story.get_by_role("list", name="What to watch").get_by_role("listitem")
    rows = tab.page.get_by_role("table", name="Last requests")
    expect(story).to_contain_text("3 simulated providers, a budget of $0.01 per minute")
    expect(story.locator("[data-seen=true]")).to_have_count(0)

    mock.state.scenarios.add(Fail(429, retry_after=30, times=1, match=Match(provider="openai")))
    assert demo.chat(model="localrouter/auto").status == 200
    expect(beats.nth(0)).to_contain_text("a request hopped")
    expect(rows).to_contain_text("gpt-4o-mini was rate limited")
    expect(rows.locator("[data-sign=hopped]")).to_have_count(1)

    tab.call("update_strategy", strategy_id=demo.config.strategies[1].id, rate_limits=[])
    assert demo.chat(model="second/llama-3.3-70b-versatile", messages=LONG).status == 200
    tab.call("update_strategy", strategy_id=demo.config.strategies[1].id, rate_limits=[BUDGET.model_dump(mode="json")])
    assert demo.chat(model="localrouter/auto").headers["x-localrouter-model"] == "local/llama3.2"
    expect(beats.nth(2)).to_contain_text("the free model took over")
    expect(rows).to_contain_text("$0.01 a minute is full: free model")
    expect(story.locator("[data-seen=true]")).to_have_count(3)

    beats.nth(2).get_by_role("link").click()
    expect(tab.page.get_by_role("region", name="The chosen request")).to_contain_text("no room in $0.01 per minute")
    expect(tab.page).to_have_url(re.compile(r"/ui/monitor\?request="))
