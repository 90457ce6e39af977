"""The last change and notices, on every page and in every tab."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.ui.conftest import Open
from tests.ui.tab import Tab


def test_a_deletion_is_undone_in_another_tab_and_a_full_limit_is_told_there(tabs: Open, tab: Tab) -> None:
    which = tab.call("create_strategy", name="Night jobs")["strategy"]["id"]
    other = tabs(tab.router)
    other.enter("providers")
    tab.call("delete_strategy", strategy_id=which)
    change = other.page.get_by_role("complementary", name="Last change")
    expect(change).to_contain_text("Strategy Night jobs deleted")
    change.get_by_role("button", name="Undo").click()
    expect(change).to_contain_text("Strategy Night jobs added")
    assert [each["id"] for each in tab.call("list_strategies")].count(which) == 1

    strategy = tab.call("list_strategies")[1]
    limit = {"limit_type": "requests", "value": 1, "time_window": "day"}
    tab.call("update_strategy", strategy_id=strategy["id"], rate_limits=[limit])
    assert tab.router.chat(model="one/gpt-4o-mini").status == 200
    told = other.page.get_by_role("region", name="Notices")
    expect(told).to_contain_text("the limit of 1 request per day is used up")
    told.get_by_role("button", name="Hide").click()
    expect(told).to_have_count(0)
