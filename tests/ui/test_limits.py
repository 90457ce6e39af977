"""What the pages say of limits: what strict means, what is exact, and why a request never fits."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Locator, expect

from tests.rig import strategy_id
from tests.ui.tab import Tab

PICTURE = {"type": "image_url", "image_url": {"url": "http://x/y.png"}}
SEVERAL = [
    {"limit_type": "total_tokens", "value": 400, "time_window": "hour", "mode": "strict"},
    {"limit_type": "requests", "value": 100, "time_window": "hour"},
    {"limit_type": "cost", "value": 2, "time_window": "day"},
]


def limit(tab: Tab, what: str) -> Locator:
    return tab.page.get_by_role("group", name=f"Limit of {what}")


def test_a_strict_limit_says_what_it_means_and_counts_of_requests_are_exact(tab: Tab) -> None:
    which = strategy_id(tab.router)
    tab.call("update_strategy", strategy_id=which, rate_limits=SEVERAL)
    tab.enter("routing", which, "configuration")
    tokens, requests, cost = (limit(tab, what) for what in ("tokens per hour", "requests per hour", "cost per day"))
    strict = tab.page.get_by_text("Strict: never passed, as long as the provider keeps to the cap it is sent.")
    expect(strict).to_have_count(1)
    expect(strict).to_contain_text("a request without max_tokens holds up to 4,096 tokens")
    expect(strict).to_contain_text("Requests of unknown size (images, audio) are refused.")
    expect(tokens.get_by_label("Mode")).to_have_accessible_description(re.compile("^Strict: never passed"))
    expect(requests).to_contain_text("exact")
    expect(requests.get_by_label("Mode")).to_have_count(0)
    cost.get_by_label("Mode").select_option("strict")
    expect(strict).to_have_count(1)
    expect(strict).to_contain_text("Requests of unknown size (images, audio) or price are refused.")
    tab.saved()
    kept = {each["limit_type"]: each["mode"] for each in tab.call("get_strategy", strategy_id=which)["rate_limits"]}
    assert kept["cost"] == "strict"


def test_a_request_that_never_fits_is_explained_in_words(tab: Tab) -> None:
    which = strategy_id(tab.router)
    tab.call("update_strategy", strategy_id=which, rate_limits=SEVERAL[:1])
    tab.enter("routing", which, "explain")
    told = tab.section("What would happen")
    expect(told).to_contain_text("It would go to one/gpt-4o-mini")
    explain(tab, "Hello " * 200)
    expect(told).to_contain_text("It would be refused with status 429, no matter how long you wait")
    expect(told).to_contain_text("skipped: it can use more than a strict 400 tokens per hour ever allows")
    expect(told).to_contain_text("Shorten the prompt, or raise the limit.")
    explain(tab, [PICTURE])
    expect(told).to_contain_text("with a part of the type image_url, so a strict 400 tokens per hour cannot hold")
    expect(told).to_contain_text("Leave it out, or make the limit soft.")
    tab.page.get_by_label("Body, as JSON").fill("nope")
    tab.button("Explain").click()
    expect(tab.page.get_by_text("This is not JSON")).to_be_visible()
    expect(told).to_have_count(0)


def explain(tab: Tab, content: object) -> None:
    body = tab.page.get_by_label("Body, as JSON")
    if not body.is_visible():
        tab.page.get_by_text("Use your own request").click()
    body.fill(json.dumps({"messages": [{"role": "user", "content": content}]}))
    tab.button("Explain").click()
