"""Hundreds of models and strategies: everything is found, and the page holds little more than what is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, expect

from localrouter.domain.configuration.config import Provider, default_strategy
from tests.documents import a_strategy
from tests.rig import Router, auto, router, strategy_id
from tests.ui.conftest import MEASURED, Open
from tests.ui.tab import Tab

Record = Callable[[str, object], None]
MODELS, STRATEGIES = 500, 200
MOST_ROWS = 120  # of what is on the page at once, whatever there is in all

# Event Timing: from a key to the frame that shows what came of it. What takes less than a frame is not told.
WATCH = """() => {
    window.slowest = 0;
    const note = (list) => {
        window.slowest = Math.max(window.slowest, ...list.getEntries().map((each) => each.duration));
    };
    new PerformanceObserver(note).observe({type: "event", durationThreshold: 16});
}"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    models = tuple(f"model-{number:03}" for number in range(MODELS))
    providers = [
        Provider(name="many", preset="openai-compatible", base_url="http://127.0.0.1:9/v1", models=models[:-1]),
        Provider(name="more", preset="openai-compatible", base_url="http://127.0.0.1:9/v1", models=models[-1:]),
    ]
    made = router(tmp_path_factory.mktemp("large"), providers, auto=auto(("many", "model-007")))
    others = [a_strategy(f"Strategy {number:03}") for number in range(STRATEGIES - 2)]
    made.config = made.config.model_copy(
        update={"strategies": (default_strategy(), made.config.strategies[1], *others)}
    )
    with made as started:
        yield started


@pytest.fixture
def tab(tabs: Open, large: Router) -> Tab:
    return tabs(large)


def type_into(tab: Tab, field: Locator, text: str, record: Record) -> None:
    """Type it key by key, and keep how long the slowest key took to show."""
    field.click()
    tab.page.evaluate(WATCH)
    tab.page.keyboard.type(text)
    tab.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")
    slowest = tab.page.evaluate("window.slowest")
    label = field.get_attribute("aria-label") or "field"
    record(MEASURED, f"{label}: {slowest or 'under 16'} ms for the slowest of {len(text)} keys")


def expect_walk(rows: Locator, tab: Tab, first: str, last: str) -> None:
    """From the first to the last and back, with few of them on the page at any time."""
    expect(rows.filter(has_text=first)).to_be_visible()
    assert rows.count() < MOST_ROWS
    tab.page.keyboard.press("End")
    expect(rows.filter(has_text=last)).to_be_in_viewport()
    assert rows.count() < MOST_ROWS
    tab.page.keyboard.press("Home")
    expect(rows.filter(has_text=first)).to_be_in_viewport()


def test_five_hundred_models_scroll_sort_and_filter(tab: Tab, record_property: Record) -> None:
    tab.enter("models")
    rows = tab.page.get_by_role("table", name="Models").get_by_role("row")
    expect(tab.page.get_by_text(f"{MODELS} models")).to_be_visible()
    title = tab.page.get_by_role("columnheader", name="Model", exact=True)
    for order, first in (("ascending", "model-000"), ("descending", "model-499"), ("none", "model-000")):
        title.get_by_role("button").click()
        expect(title).to_have_attribute("aria-sort", order)
        expect(rows.get_by_role("link").first).to_have_text(first)
    rows.get_by_role("link").first.focus()
    expect_walk(rows, tab, "model-000", "model-499")
    tab.page.get_by_role("region", name="Models", exact=True).hover()
    tab.page.mouse.wheel(0, 8_000)
    expect(rows.filter(has_text="model-000")).to_have_count(0)
    assert rows.count() < MOST_ROWS
    type_into(tab, tab.page.get_by_label("Filter models"), "model-31", record_property)
    expect(tab.page.get_by_text(f"10 of {MODELS} models")).to_be_visible()
    expect(rows).to_have_count(11)


def test_two_hundred_strategies_scroll_and_filter(tab: Tab, record_property: Record) -> None:
    tab.enter("routing")
    rows = tab.page.get_by_role("table", name="Strategies").get_by_role("row")
    rows.get_by_role("link").first.focus()
    expect_walk(rows, tab, "Default Strategy", "Strategy 197")
    type_into(tab, tab.page.get_by_label("Filter strategies"), "strategy 12", record_property)
    expect(rows).to_have_count(13)  # the head, 012, 112 and 120 to 129


def test_the_tree_of_five_hundred_models_holds_what_is_seen(tab: Tab, record_property: Record) -> None:
    tab.enter("routing", strategy_id(tab.router), "configuration")
    items = tab.page.get_by_role("treeitem")
    tab.page.get_by_role("tree").focus()
    for key in ("Home", "ArrowDown", "ArrowRight"):
        tab.page.keyboard.press(key)
    expect(items.filter(has_text="model-000")).to_be_visible()
    assert items.count() < MOST_ROWS
    tab.page.keyboard.press("End")
    expect(items.filter(has_text="more")).to_be_in_viewport()
    tab.page.keyboard.press("ArrowUp")
    expect(items.filter(has_text="model-498")).to_be_in_viewport()
    assert items.count() < MOST_ROWS
    search = tab.page.get_by_label("Filter models by name, price or what they can do")
    type_into(tab, search, "model-317", record_property)
    expect(items).to_have_count(2)
    items.filter(has_text="model-317").click()
    tab.saved()
    allowed = tab.call("get_strategy", strategy_id=strategy_id(tab.router))["allowed_models"]
    assert len(allowed["selected_models"]) == MODELS - 2


def test_the_list_of_what_is_also_allowed_shows_some_and_finds_all(tab: Tab, record_property: Record) -> None:
    tab.enter("routing", strategy_id(tab.router), "configuration")
    others = tab.page.get_by_role("group", name="Also allowed")
    expect(others.get_by_text("more: filter to find them")).to_be_visible()
    assert others.get_by_role("button").count() < 2 * MOST_ROWS
    type_into(tab, tab.page.get_by_label("Filter the models that are also allowed"), "model-444", record_property)
    tab.button("Try many/model-444 last").click()
    expect(tab.button("Move many/model-444")).to_be_visible()
    tab.saved()


def test_the_palette_finds_one_of_hundreds(tab: Tab, record_property: Record) -> None:
    tab.enter("home")
    tab.settle()
    tab.page.keyboard.press("Control+k")
    type_into(tab, tab.page.get_by_role("combobox"), "strategy 150", record_property)
    expect(tab.page.get_by_role("option").first).to_contain_text("Strategy 150")
    assert tab.page.get_by_role("option").count() < MOST_ROWS
    tab.page.keyboard.press("Enter")
    expect(tab.heading).to_have_text("Strategy 150")
