"""`GET /metrics` for monitoring systems."""

from __future__ import annotations

import re
from pathlib import Path

from localrouter.domain.configuration.config import (
    LimitType,
    PricingOverride,
    Provider,
    RateLimitTimeWindow,
    StrategyRateLimit,
)
from localrouter.surfaces.admin_api import prometheus
from tests.rig import auto, router, strategy_id
from tests.upstream import Upstream, always, chat

ODD = 'quo"te\\'


def test_counts_limits_and_cooling_are_told_in_the_text_format(tmp_path: Path) -> None:
    limit = StrategyRateLimit(limit_type=LimitType.COST, value=2.0, time_window=RateLimitTimeWindow.DAY)
    with Upstream(always(429, {"error": {"message": "slow"}}, {"retry-after": "30"})) as bad, Upstream(chat) as good:
        providers = [
            Provider(name="one", preset="openai-compatible", base_url=bad.url, models=("a",)),
            Provider(name="two", preset="openai-compatible", base_url=good.url, models=(ODD,)),
        ]
        started = router(tmp_path, providers, auto=auto(("one", "a"), ("two", ODD)), limits=[limit])
        prices = tuple(
            PricingOverride(provider=name, model=model, input_per_million=1.0, output_per_million=2.0)
            for name, model in (("one", "a"), ("two", ODD))
        )
        started.config = started.config.model_copy(update={"pricing_overrides": prices})
        with started as lr:
            assert lr.chat().status == 200
            assert lr.request("GET", "/metrics").status == 401, "a client's key does not open it"
            reply = lr.request("GET", "/metrics", key=lr.home.read_admin_token() or "")
            text = reply.body.decode()
            own = strategy_id(lr)
    assert reply.headers["content-type"].startswith("text/plain")
    model = 'provider="two",model="quo\\"te\\\\"'
    assert 'attempts_total{provider="one",model="a",kind="rate_limited"} 1\n' in text
    assert f'attempts_total{{{model},kind=""}} 1\n' in text
    assert f"cost_usd_total{{{model}}} 2e-05\n" in text
    assert f'limit_used{{strategy="{own}",limit_type="cost",time_window="day",mode="soft"}} 2e-05\n' in text
    assert 'cooling{provider="one",model="a",kind="rate_limited"} 1\n' in text
    assert "request_duration_seconds_count 1\n" in text
    for line in text.splitlines():
        assert line.startswith("# ") or re.fullmatch(r'localrouter_\w+(\{(\w+="([^"\\]|\\.)*",?)*\})? \S+', line), line


def test_a_label_holds_nothing_that_a_terminal_acts_on() -> None:
    assert prometheus._escaped('a\x1b[2J\x9b\u202e\n"\\') == r"a\\x1b[2J\\u009b\\u202e\n\"" + "\\" * 2
