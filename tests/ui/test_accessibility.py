"""Every page for everybody: judged by axe in both colours, and walked through by the Tab key alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.ui.building import NotToBeHad, installed
from tests.ui.conftest import Open
from tests.ui.lived_in import PAGES, LivedIn, Names, lived_in
from tests.ui.tab import Tab

RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
RULES_ON_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
MOST_STOPS = 400
Theme = Literal["light", "dark"]
TWINS = {  # made of other pages' parts
    *("client metrics", "provider metrics", "client strategy", "provider models"),
    *("strategy clients", "settings transfer", "settings diagnostics"),
}

JUDGE = """async ([where, runOnly]) => {
    const {violations} = await axe.run(where, {runOnly});
    return violations.flatMap(({id, help, nodes}) =>
        nodes.map(({html, any}) => `${id}: ${help}: ${html.slice(0, 160)} ${any[0]?.message ?? ""}`));
}"""

# Where the Tab key stopped, as the place in the list of all elements; -1 where it left the page.
STOP = """() => document.activeElement === document.body ? -1
    : [...document.querySelectorAll("*")].indexOf(document.activeElement)"""

# What the Tab key must reach: whatever can be pressed or typed in and does not belong to a list that arrows walk.
REACHABLE = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
    .filter((each) => each.tabIndex >= 0 && !each.matches(":disabled, [type=radio]:not(:checked), [role=tablist]"))
    .filter((each) => each.checkVisibility())
    .map((each) => [...document.querySelectorAll("*")].indexOf(each))"""

# Elements that look the same with and without the focus, they and what stands around them.
UNMARKED = """(stops) => {
    const all = [...document.querySelectorAll("*")];
    const look = (element) => [element, element.nextElementSibling, element.closest("td"), element.parentElement]
        .filter(Boolean).map((each) => {
            const style = getComputedStyle(each);
            return [style.outline, style.boxShadow, style.backgroundColor, style.borderColor].join();
        }).join("|");
    return [...new Set(stops)].map((stop) => all[stop]).filter((element) => {
        element.focus();
        const focused = look(element);
        element.blur();
        return focused === look(element);
    }).map((element) => element.outerHTML.slice(0, 160));
}"""

NAMED = "(stops) => stops.map((stop) => [...document.querySelectorAll('*')][stop].outerHTML.slice(0, 160))"


@pytest.fixture(scope="module")
def axe(built: None) -> str:
    try:
        return installed("axe-core/axe.min.js").read_text()
    except NotToBeHad as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivedIn]:
    with lived_in(tmp_path_factory.mktemp("house"), Names()) as started:
        yield started


def judge(tab: Tab, axe: str, where: str = "html", themes: Sequence[Theme] = ("light", "dark")) -> list[str]:
    """What breaks a rule there: all rules in light, and in dark those that are about colours."""
    found = []
    if not tab.page.evaluate("() => 'axe' in window"):
        tab.page.evaluate(axe)
    for colours in themes:
        rules = RULES if colours == "light" else RULES_ON_COLOURS
        tab.page.emulate_media(color_scheme=colours)
        expect(tab.page.locator("html")).to_have_attribute("data-theme", colours)
        found += [f"{colours}: {violation}" for violation in tab.page.evaluate(JUDGE, [where, rules])]
    return found


@pytest.mark.parametrize("page", PAGES)
def test_a_page_breaks_no_rule_in_light_and_in_dark_and_is_walked_by_the_tab_key(
    house: LivedIn, tabs: Open, axe: str, page: str, full: bool
) -> None:
    if page in TWINS and not full:
        pytest.skip("--full judges it too")
    tab = tabs(house.router)
    tab.enter(*house.pages[page])
    tab.settle()
    assert judge(tab, axe) == []
    stops = walk(tab)
    missed = sorted(set(tab.page.evaluate(REACHABLE)) - set(stops))
    assert tab.page.evaluate(NAMED, missed) == []
    assert tab.page.evaluate(UNMARKED, stops) == []


def walk(tab: Tab) -> list[int]:
    """Where the Tab key stops, from the first link on until it has left the page or is back."""
    tab.page.get_by_role("link", name="Skip to the page").focus()
    stops: list[int] = [tab.page.evaluate(STOP)]
    for _ in range(MOST_STOPS):
        tab.page.keyboard.press("Tab")
        stop = tab.page.evaluate(STOP)
        if stop < 0 or stop == stops[0]:
            return stops
        stops.append(stop)
    pytest.fail(f"the Tab key does not get out: {tab.page.evaluate(NAMED, stops[-3:])}")


def test_a_narrow_page_breaks_no_rule(house: LivedIn, tabs: Open, axe: str) -> None:
    tab = tabs(house.router)
    tab.page.set_viewport_size({"width": 820, "height": 700})
    for page in ("home", "routing", "strategy configuration", "monitor"):
        tab.enter(*house.pages[page])
        tab.settle()
        assert judge(tab, axe, themes=("light",)) == []


def test_the_door_breaks_no_rule(house: LivedIn, tabs: Open, axe: str) -> None:
    tab = tabs(house.router)
    tab.page.goto(f"{house.router.url}/ui/")
    expect(tab.heading).to_have_text("This tab has to be let in")
    assert judge(tab, axe) == []


def test_what_floats_breaks_no_rule(house: LivedIn, tabs: Open, axe: str) -> None:
    tab = tabs(house.router)
    tab.enter("routing")
    tab.button("Create strategy").click()
    expect(tab.dialog).to_be_visible()
    assert judge(tab, axe, "[role=dialog]") == []
    tab.page.keyboard.press("Escape")
    tab.page.keyboard.press("Control+k")
    expect(tab.page.get_by_role("option").first).to_be_visible()
    assert judge(tab, axe, "[role=dialog]") == []
    tab.page.keyboard.press("Escape")
    tab.button(f"Actions for {house.names.strategy}").click()
    expect(tab.page.get_by_role("menu")).to_be_visible()
    assert judge(tab, axe, "[role=menu]") == []
    tab.page.get_by_role("menuitem", name="Delete").click()
    expect(tab.dialog).to_be_visible()
    assert judge(tab, axe, "[role=dialog]") == []
    tab.enter("providers")
    tab.button("Add provider").click()
    expect(tab.page.get_by_role("option").first).to_be_visible()
    assert judge(tab, axe, "[role=dialog]") == []


def test_the_list_of_pages_lacks_none_of_the_sidebar(house: LivedIn, tabs: Open) -> None:
    tab = tabs(house.router)
    tab.enter()
    links = tab.page.get_by_role("navigation", name="Pages").get_by_role("link")
    expect(links.first).to_be_visible()
    paths = {
        str(href).removeprefix("/ui/") for href in links.evaluate_all("all => all.map(e => e.getAttribute('href'))")
    }
    assert paths <= {"/".join(parts) for parts in house.pages.values()}


def test_a_dialog_keeps_the_focus_and_gives_it_back(house: LivedIn, tabs: Open) -> None:
    tab = tabs(house.router)
    tab.enter("routing")
    opener = tab.button("Create strategy")
    opener.focus()
    tab.page.keyboard.press("Enter")
    expect(tab.dialog.get_by_label("Name")).to_be_focused()
    for _ in range(6):
        tab.page.keyboard.press("Tab")
        assert tab.page.evaluate("document.activeElement.closest('[role=dialog]') !== null")
    tab.page.keyboard.press("Escape")
    expect(tab.dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_lists_are_walked_by_arrows_and_the_filter_is_one_key_away(house: LivedIn, tabs: Open) -> None:
    tab = tabs(house.router)
    tab.enter("routing")
    names = tab.page.get_by_role("table", name="Strategies").get_by_role("link")
    names.first.focus()
    tab.page.keyboard.press("Shift+Tab")
    tab.page.keyboard.press("Tab")
    while not tab.focused().startswith("button Actions for"):
        tab.page.keyboard.press("Tab")
    expect(tab.page.get_by_role("tooltip")).to_contain_text("Actions for")  # without a pointer
    names.first.focus()
    tab.page.keyboard.press("ArrowDown")
    expect(names.nth(1)).to_be_focused()
    tab.page.keyboard.press("End")
    expect(names.last).to_be_focused()
    tab.page.keyboard.press("Enter")
    expect(tab.section("Allowed models")).to_be_visible()
    assert tab.focused() != "nothing"
    tab.page.go_back()
    expect(names.last).to_have_attribute("tabindex", "0")  # where it was left
    tab.page.keyboard.press("/")
    expect(tab.page.get_by_label("Filter strategies")).to_be_focused()
    tab.page.keyboard.type("night")
    expect(names).to_have_count(1)
    tab.page.keyboard.press("Escape")
    tab.page.keyboard.press("Escape")
    for keys, title in (("gc", "Clients"), ("gm", "Models"), ("gr", "Routing")):
        for key in keys:
            tab.page.keyboard.press(key)
        expect(tab.heading).to_have_text(title)


def test_the_palette_goes_anywhere(house: LivedIn, tabs: Open) -> None:
    tab = tabs(house.router)
    tab.enter("models")
    tab.page.keyboard.press("Control+k")
    tab.page.keyboard.type("night jo")
    expect(tab.page.get_by_role("option").first).to_contain_text(house.names.strategy)
    tab.page.keyboard.press("Enter")
    expect(tab.heading).to_have_text(house.names.strategy)
    assert tab.focused() != "nothing"
    request = tab.call("list_requests", limit=1)["items"][0]["request_id"]
    for typed, found in ((f"failed (request {request})", f"Trace of {request}"), ("10 requests per", "per hour")):
        tab.page.keyboard.press("Control+k")
        tab.page.keyboard.type(typed)
        expect(tab.page.get_by_role("option").first).to_contain_text(found)
        tab.page.keyboard.press("Enter")
        expect(tab.dialog).to_be_hidden()
    expect(tab.section("Limits")).to_be_visible()
    tab.page.keyboard.press("Control+k")
    tab.page.keyboard.type("stop")
    tab.page.keyboard.press("Enter")
    expect(tab.dialog).to_contain_text("Stop LocalRouter?")
