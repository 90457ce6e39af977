"""Who may see the pages, and where the pages go: the token in the address, the address bar, other origins."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.rig import strategy_id
from tests.ui.conftest import Open
from tests.ui.tab import Tab

# In a turn of its own: what the debugger calls may evaluate text whatever the policy says.
EVALUATED = """() => new Promise((done) => setTimeout(() => {
    try { done(eval("1 + 1")) } catch (error) { done(error.name) }
}))"""


def test_without_a_token_the_page_says_how_to_get_in_and_asks_the_router_nothing(tab: Tab) -> None:
    tab.page.goto(f"{tab.router.url}/ui/routing")
    expect(tab.heading).to_have_text("These pages need a token")
    expect(tab.page.get_by_text("localrouter open")).to_be_visible()
    assert {urlsplit(url).path.split("/")[1] for url in tab.asked} == {"ui"}
    tab.page.get_by_label("Or paste the token").fill(tab.router.home.read_admin_token() or "")
    tab.page.keyboard.press("Enter")
    expect(tab.heading).to_have_text("Routing")


def test_a_wrong_token_is_refused_and_forgotten(tab: Tab) -> None:
    with tab.expecting("401"):
        tab.page.goto(f"{tab.router.url}/ui/routing#token=wrong")
        expect(tab.heading).to_have_text("This token does not open this router")
    assert tab.page.evaluate("JSON.stringify({...sessionStorage})") == "{}"
    expect(tab.page.get_by_role("table")).to_have_count(0)


def test_the_token_leaves_the_address_at_once_and_a_reload_keeps_it(tab: Tab) -> None:
    token = tab.router.home.read_admin_token() or ""
    tab.enter("routing")
    assert tab.page.url == f"{tab.router.url}/ui/routing"
    tab.page.reload()
    expect(tab.heading).to_have_text("Routing")
    tab.page.get_by_role("link", name="Clients", exact=True).click()
    tab.page.go_back()
    expect(tab.heading).to_have_text("Routing")
    assert token not in tab.page.url
    assert tab.page.evaluate("JSON.stringify([{...localStorage}, document.cookie, history.state])") == '[{},"",null]'
    assert [url for url in tab.asked if token in url] == []


def test_another_tab_needs_the_token_again(tab: Tab, tabs: Open) -> None:
    tab.enter("routing")
    other = tabs(tab.router)
    other.page.goto(f"{tab.router.url}/ui/routing")
    expect(other.heading).to_have_text("These pages need a token")


def test_every_page_of_the_sidebar_works_and_nobody_else_is_ever_asked(tab: Tab) -> None:
    tab.enter()
    links = tab.page.get_by_role("navigation", name="Pages").get_by_role("link")
    for place in range(links.count()):
        links.nth(place).click()
        expect(links.nth(place)).to_have_attribute("aria-current", "page")
        expect(tab.heading).to_be_visible()
        expect(tab.page.get_by_text("This page broke")).to_have_count(0)
    tab.page.goto(f"{tab.router.url}/ui/routing/{strategy_id(tab.router)}")
    expect(tab.section("Allowed models")).to_be_visible()
    assert tab.elsewhere == []
    assert tab.page.evaluate("performance.getEntriesByType('resource').map(each => new URL(each.name).origin)")


def test_the_page_can_call_nothing_but_the_router_and_runs_no_text_as_code(tab: Tab) -> None:
    tab.enter()
    assert tab.page.evaluate("[typeof window.pywebview, typeof window.js_api]") == ["undefined", "undefined"]
    with tab.expecting("script-src"):
        assert tab.page.evaluate(EVALUATED) == "EvalError"
    with tab.expecting("Content Security Policy"), tab.expecting("connect-src"):
        asked = tab.page.evaluate("() => fetch('http://127.0.0.2:9/').catch((error) => error.name)")
        assert asked == "TypeError"
    tab.asked = [url for url in tab.asked if not url.startswith("http://127.0.0.2")]  # it was ours, and went nowhere


def test_a_router_that_goes_away_is_told_and_the_page_stays(tab: Tab) -> None:
    tab.enter("routing")
    state = tab.page.get_by_role("navigation", name="Pages").get_by_role("status")
    expect(state).to_have_text(re.compile("serving|needs attention"))
    with tab.expecting("ERR_"):
        with tab.page.expect_console_message(lambda message: "ERR_" in message.text):
            tab.router.stop()
        expect(state).to_have_text("not connected")
        expect(tab.page.get_by_role("table", name="Strategies")).to_be_visible()
        tab.page.goto("about:blank")
