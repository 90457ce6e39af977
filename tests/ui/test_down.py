"""A router that goes away and comes back: what the pages say, and what the desktop window's question answers."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.rig import Router
from tests.ui.tab import Tab


def stop_listening_to(tab: Tab) -> None:
    """The browser itself says in its console that nobody answers."""
    tab.complaints.clear()


def test_a_router_that_is_down_is_told_on_every_page_and_comes_back_by_itself(tab: Tab, lr: Router) -> None:
    tab.enter("home")
    tab.settle()
    lr.stop()
    down = tab.page.get_by_text("LocalRouter does not answer.")
    expect(down).to_be_visible()
    expect(tab.page.get_by_role("navigation", name="Pages").get_by_text("not connected")).to_be_visible()
    expect(tab.page.locator("main [data-part=dot][data-mood=ok]")).to_have_count(0)

    for page in ("Monitor", "Settings", "Models"):  # never visited before
        tab.page.get_by_role("link", name=page).first.click()
        expect(tab.heading).to_have_text(page)
        expect(down).to_be_visible()
        expect(tab.page.get_by_text("The fault is in the page")).to_have_count(0)
    tab.page.get_by_role("link", name="Monitor").first.click()
    expect(tab.page.get_by_text("not connected").last).to_be_visible()
    expect(tab.page.get_by_text("live", exact=True)).to_have_count(0)
    stop_listening_to(tab)


def test_a_page_never_visited_says_why_it_is_not_there_and_comes_when_the_router_does(tab: Tab) -> None:
    tab.page.route("**/assets/Settings*", lambda route: route.abort())  # not had in time
    tab.enter("home")
    tab.settle()
    tab.page.route("**/*", lambda route: route.abort())
    tab.page.get_by_role("link", name="Settings").click()
    expect(tab.page.get_by_text("LocalRouter does not answer.")).to_be_visible()
    expect(tab.heading).to_have_text("Settings")
    expect(tab.page.get_by_label("Loading")).to_be_visible()
    tab.page.unroute_all()
    expect(tab.page.get_by_role("link", name="Diagnostics")).to_be_visible()
    expect(tab.page.get_by_text("LocalRouter does not answer.")).to_be_hidden()
    stop_listening_to(tab)


def test_a_filter_chosen_during_a_pause_shows_what_it_would_have_shown_then(tab: Tab, lr: Router) -> None:
    assert lr.chat(model="one/gpt-4o").status == 200
    tab.enter("monitor")
    tab.settle()
    tab.button("Pause").click()
    assert lr.chat(model="two/llama-3.1-8b-instant").status == 200
    assert lr.chat(model="nobody/nothing").status == 404
    tab.page.get_by_role("combobox", name="Outcome").select_option("success")
    rows = tab.page.locator("[data-part=requests] [data-row]")
    expect(rows).to_have_count(1)
    expect(tab.page.locator("[data-part=requests]")).to_contain_text("one/gpt-4o")


@pytest.mark.parametrize(
    ("button", "answer"), [("Keep running", "keep_serving"), ("Quit", "quit"), ("Cancel", "cancel")]
)
def test_the_window_that_is_closed_is_answered_by_its_page(tab: Tab, button: str, answer: str) -> None:
    ask = "window.localrouterClosing()"
    tab.enter("home")
    for _ in range(2):  # an answer counts once
        assert tab.page.evaluate(ask) == "asking"
        expect(tab.dialog).to_contain_text("keep running without its window")
        assert tab.page.evaluate(ask) == "asking"
        tab.dialog.get_by_role("button", name=button).click()
        assert tab.page.evaluate(ask) == answer
        expect(tab.dialog).to_be_hidden()


def test_escape_cancels_closing_the_window(tab: Tab) -> None:
    tab.enter("home")
    assert tab.page.evaluate("window.localrouterClosing()") == "asking"
    expect(tab.dialog).to_be_visible()
    tab.page.keyboard.press("Escape")
    assert tab.page.evaluate("window.localrouterClosing()") == "cancel"
