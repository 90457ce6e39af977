"""Models without a price under a limit of cost: the pages say it where it happens, with both remedies."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.rig import strategy_id
from tests.ui.tab import Tab

BUDGET = [{"limit_type": "cost", "value": 2, "time_window": "day"}]


def test_the_editor_warns_at_the_limit_and_offers_both_remedies(tab: Tab) -> None:
    which = strategy_id(tab.router)
    tab.enter("routing", which, "configuration")
    expect(tab.page.get_by_role("button", name="one costs nothing")).to_have_count(0)
    tab.call("update_strategy", strategy_id=which, rate_limits=BUDGET)
    limit = tab.page.get_by_role("group", name="Limit of cost per day")
    expect(limit).to_contain_text(
        "5 models that “Test” names or allows are refused under this limit, without a known price: one/gpt-4.1"
    )
    expect(tab.page.get_by_role("link", name="Set prices of two")).to_have_attribute("href", "/ui/providers/two/models")
    tab.button("one costs nothing").click()
    expect(tab.page.get_by_role("button", name="one costs nothing")).to_have_count(0)
    expect(limit).to_contain_text(
        "2 models that “Test” names or allows are refused under this limit, without a known price: two/"
    )
    tab.button("two costs nothing").click()
    expect(limit).not_to_contain_text("without a known price")
    expect(tab.page.get_by_role("link", name="Set prices of two")).to_have_count(0)
    assert [provider["free"] for provider in tab.call("list_providers")] == [True, True]


def test_explain_names_the_skip_and_the_remedies(tab: Tab) -> None:
    which = strategy_id(tab.router)
    tab.call("update_strategy", strategy_id=which, rate_limits=BUDGET)
    tab.enter("routing", which, "explain")
    told = tab.section("What would happen")
    expect(told).to_contain_text("It would be refused with status 403")
    expect(told).to_contain_text("its price is not known, so $2.00 per day cannot hold")
    expect(told).to_contain_text("set_pricing_override")
    expect(told).to_contain_text("update_provider name=one free=true")


def test_a_provider_at_a_private_address_is_asked_once_whether_it_is_free(tab: Tab) -> None:
    tab.enter("providers", "one")
    question = tab.page.get_by_text("Do requests to one cost anything?")
    expect(question).to_be_visible()
    tab.button("They cost money").click()
    expect(question).to_have_count(0)
    tab.enter("providers", "one", "settings")
    choice = tab.page.get_by_label("Cost of requests")
    expect(choice).to_have_value("false")
    choice.select_option("true")
    tab.enter("models")
    expect(tab.page.get_by_role("row", name="one/gpt-4.1").first).to_contain_text("$0")
    expect(tab.page.get_by_role("row", name="two/llama-3.1-8b-instant").first).to_contain_text("unknown")
