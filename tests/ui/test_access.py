"""Who may see the pages, and where the pages go: codes and sessions, the address bar, other origins."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Route, expect

from localrouter.surfaces.cli.running import running_remote
from tests.rig import strategy_id
from tests.ui.conftest import Open
from tests.ui.tab import Tab

# In a turn of its own: what the debugger calls may evaluate text whatever the policy says.
EVALUATED = """() => new Promise((done) => setTimeout(() => {
    try { done(eval("1 + 1")) } catch (error) { done(error.name) }
}))"""


def test_without_a_session_the_page_says_how_to_get_in_and_asks_the_router_nothing(tab: Tab) -> None:
    tab.page.goto(f"{tab.router.url}/ui/routing")
    expect(tab.heading).to_have_text("This tab has to be let in")
    expect(tab.page.get_by_text(tab.router.home.shell_command("open"))).to_be_visible()
    assert {urlsplit(url).path.split("/")[1] for url in tab.asked} == {"ui"}


def test_a_code_lets_one_tab_in_and_no_other(tab: Tab, tabs: Open) -> None:
    address = f"{tab.router.url}/ui/routing#code={tab.call('issue_session_code')['code']}"
    tab.page.goto(address)
    expect(tab.heading).to_have_text("Routing")
    other = tabs(tab.router)
    with other.expecting("401"):
        other.page.goto(address)
        expect(other.heading).to_have_text("This address was good once")
    assert other.page.evaluate("JSON.stringify({...sessionStorage})") == "{}"


def test_a_code_that_was_used_does_not_end_the_session_that_a_tab_has(tab: Tab) -> None:
    used = tab.call("issue_session_code")["code"]
    tab.page.goto(f"{tab.router.url}/ui/routing#code={used}")
    expect(tab.heading).to_have_text("Routing")
    with tab.expecting("401"), tab.page.expect_console_message(lambda message: "401" in message.text):
        tab.page.evaluate(f"location.hash = 'code={used}'")
    expect(tab.heading).to_have_text("Routing")
    assert tab.page.url == f"{tab.router.url}/ui/routing"


def test_a_tab_that_is_let_in_anew_shows_what_it_was_reading(tab: Tab) -> None:
    tab.enter("providers")
    held: list[Route] = []

    def hold_models(route: Route) -> None:
        if "list_models" in (route.request.post_data or "") and not held:
            held.append(route)
        else:
            route.continue_()

    def once_models_are_asked_for(route: Route) -> None:
        while not held:
            tab.page.wait_for_timeout(10)
        route.continue_()

    tab.page.route("**/rpc", hold_models)
    tab.page.route("**/session", once_models_are_asked_for)
    with tab.page.expect_response("**/session"):
        tab.enter("models")
    tab.page.wait_for_timeout(200)
    held[0].continue_()
    expect(tab.page.get_by_role("row", name="one/gpt-4.1").first).to_be_visible()


def test_a_link_with_a_token_opens_nothing_and_loses_it(tab: Tab) -> None:
    token = tab.router.home.read_admin_token() or ""
    tab.page.goto(f"{tab.router.url}/ui/routing#token={token}")
    expect(tab.heading).to_have_text("Links with a token open nothing any more")
    assert tab.page.url == f"{tab.router.url}/ui/routing"
    assert token not in tab.page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie])")


def test_the_code_leaves_the_address_at_once_and_a_reload_keeps_the_session(tab: Tab) -> None:
    code = tab.call("issue_session_code")["code"]
    tab.page.goto(f"{tab.router.url}/ui/routing#code={code}")
    assert tab.page.url == f"{tab.router.url}/ui/routing"
    expect(tab.heading).to_have_text("Routing")
    tab.page.reload()
    expect(tab.heading).to_have_text("Routing")
    tab.page.get_by_role("link", name="Clients", exact=True).click()
    tab.page.go_back()
    expect(tab.heading).to_have_text("Routing")
    kept = tab.page.evaluate("sessionStorage.getItem('localrouter.session')")
    assert code not in kept
    assert (tab.router.home.read_admin_token() or "") not in kept
    assert tab.page.evaluate("JSON.stringify([{...localStorage}, document.cookie, history.state])") == '[{},"",null]'
    secrets = (code, json.loads(kept)["token"])
    assert [url for url in tab.asked if any(secret in url for secret in secrets)] == []


def test_another_tab_has_to_be_let_in(tab: Tab, tabs: Open) -> None:
    tab.enter("routing")
    other = tabs(tab.router)
    other.page.goto(f"{tab.router.url}/ui/routing")
    expect(other.heading).to_have_text("This tab has to be let in")


@pytest.mark.parametrize("click", [{"modifiers": ["Control"]}, {"modifiers": ["Shift"]}, {"button": "middle"}])
def test_a_tab_that_a_link_opens_is_in(tab: Tab, click: dict[str, Any]) -> None:
    tab.enter("routing")
    with tab.page.context.expect_page() as opened:
        tab.page.get_by_role("link", name="Clients", exact=True).click(**click)
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Clients")
    expect(tab.heading).to_have_text("Routing")


def test_sessions_are_listed_in_settings_and_end_one_by_one(tab: Tab, tabs: Open) -> None:
    other = tabs(tab.router)
    other.enter("routing")
    tab.enter("settings", "access")
    rows = tab.section("Sessions").get_by_role("listitem")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="this tab")).to_have_count(1)
    expect(rows.first).to_contain_text("Chrom")
    with other.expecting("401"):
        rows.get_by_role("button", name=re.compile("^End")).click()
        expect(rows).to_have_count(1)
        expect(other.heading).to_have_text("This tab's session has ended")
        other.settle()  # whatever was asked meanwhile is refused too
    expect(tab.heading).to_have_text("Settings")


def test_a_rotation_ends_every_tab_and_says_how_to_get_in(tab: Tab) -> None:
    tab.enter("settings", "access")
    before = tab.router.home.read_admin_token()
    tab.button("Replace the admin token").click()
    with tab.expecting("401"):
        tab.dialog.get_by_role("button", name="Replace", exact=True).click()
        expect(tab.heading).to_have_text("This tab's session has ended")
        tab.settle()
    assert tab.router.home.read_admin_token() != before
    tab.script = running_remote(tab.router.home) or tab.script
    tab.enter("routing")
    expect(tab.heading).to_have_text("Routing")


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
    strategies = tab.page.get_by_role("table", name="Strategies")
    expect(strategies).to_be_visible()  # the page has its data before the router goes
    with tab.expecting("ERR_"):
        with tab.page.expect_console_message(lambda message: "ERR_" in message.text):
            tab.router.stop()
        expect(state).to_have_text("not connected")
        expect(strategies).to_be_visible()
        tab.page.goto("about:blank")
