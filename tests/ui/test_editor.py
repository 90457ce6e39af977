"""The editor of a strategy: what is dragged, ticked and typed is what the router does, and nothing is lost."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, expect

from tests.rig import strategy_id
from tests.ui.conftest import Open
from tests.ui.tab import Tab

MINI, BIG, LLAMA = "one/gpt-4o-mini", "one/gpt-4o", "two/llama-3.3-70b-versatile"
AUTO_OFF = {"enabled": True, "prioritized_models": [], "available_models": []}


def edit(tab: Tab, **settings: object) -> str:
    """Open the configuration of the strategy "Test" with these settings; answers its id."""
    which = strategy_id(tab.router)
    if settings:
        tab.call("update_strategy", strategy_id=which, **settings)
    tab.enter("routing", which, "configuration")
    tab.section("Allowed models").wait_for()
    return which


def tried(tab: Tab) -> Locator:
    return tab.page.get_by_role("group", name="Tried in this order")


def grips(tab: Tab) -> Locator:
    return tried(tab).get_by_role("button", name=re.compile("^Move "))


def grip(tab: Tab, model: str) -> Locator:
    return tab.button(f"Move {model}")


def expect_order(tab: Tab, *models: str) -> None:
    """On the page, and then at the router."""
    expect(grips(tab)).to_have_count(len(models))
    for place, model in enumerate(models):
        expect(grips(tab).nth(place)).to_have_accessible_name(f"Move {model}")
    tab.saved()
    config = tab.call("get_strategy", strategy_id=strategy_id(tab.router))["auto_config"]
    assert ["/".join(pair) for pair in config["prioritized_models"]] == list(models)


def treeitem(tab: Tab, name: str) -> Locator:
    spaced = re.escape(name).replace("/", r"\/ ?")
    return tab.page.get_by_role("treeitem", name=re.compile(f"^{spaced} "))


def test_three_models_are_dragged_into_order_with_the_mouse(tab: Tab) -> None:
    edit(tab, auto_config=AUTO_OFF)
    grip(tab, MINI).drag_to(tried(tab), steps=12)
    expect(grips(tab)).to_have_count(1)
    grip(tab, BIG).drag_to(tried(tab), steps=12)
    expect(grips(tab)).to_have_count(2)
    grip(tab, LLAMA).drag_to(grip(tab, MINI), steps=12)
    expect(grips(tab)).to_have_count(3)
    grip(tab, BIG).drag_to(grips(tab).first, steps=12)
    expect(grips(tab).first).to_have_accessible_name(f"Move {BIG}")
    rest = [str(name) for name in grips(tab).evaluate_all("all => all.map(e => e.ariaLabel.slice(5))")]
    assert sorted(rest) == sorted((MINI, BIG, LLAMA))
    expect_order(tab, *rest)


def test_a_model_that_is_dragged_out_of_the_order_is_no_longer_tried(tab: Tab) -> None:
    edit(tab)
    grip(tab, BIG).drag_to(tab.page.get_by_role("group", name="Also allowed"), steps=12)
    expect_order(tab, MINI, LLAMA)
    expect(tab.page.get_by_role("group", name="Also allowed").get_by_role("button", name=f"Move {BIG}")).to_be_visible()


def test_models_are_ordered_by_keyboard_and_every_move_is_said_aloud(tab: Tab) -> None:
    edit(tab)
    said = tab.page.get_by_role("status").or_(tab.page.locator("[aria-live]"))
    grip(tab, LLAMA).focus()
    press_as_a_person(tab, "Space")
    expect(said.filter(has_text=f"Picked up {LLAMA}, place 3 of 3")).not_to_have_count(0)
    press_as_a_person(tab, "ArrowUp")
    expect(said.filter(has_text=f"{LLAMA} is over place 2 of 3")).not_to_have_count(0)
    press_as_a_person(tab, "ArrowUp")
    expect(said.filter(has_text=f"{LLAMA} is over place 1 of 3")).not_to_have_count(0)
    press_as_a_person(tab, "Space")
    expect(said.filter(has_text=f"Dropped {LLAMA}, place 1 of 3")).not_to_have_count(0)
    expect_order(tab, LLAMA, MINI, BIG)
    assert tab.focused() == f"button Move {LLAMA}"


def press_as_a_person(tab: Tab, key: str) -> None:
    """A key, and the moment before the next: while a model is held, its places are measured after each move."""
    tab.page.keyboard.press(key)
    tab.page.wait_for_timeout(700)


def test_escape_puts_a_model_back_that_was_picked_up_by_keyboard(tab: Tab) -> None:
    edit(tab)
    said = tab.page.locator("[aria-live]")
    grip(tab, LLAMA).focus()
    for key, sentence in (
        ("Space", f"Picked up {LLAMA}"),
        ("ArrowUp", f"{LLAMA} is over place 2"),
        ("Escape", f"Put {LLAMA} back"),
    ):
        press_as_a_person(tab, key)
        expect(said.filter(has_text=sentence)).not_to_have_count(0)
    expect(grips(tab).nth(2)).to_have_accessible_name(f"Move {LLAMA}")
    config = tab.call("get_strategy", strategy_id=strategy_id(tab.router))["auto_config"]
    assert config["prioritized_models"][2] == LLAMA.split("/")


def test_models_are_ordered_added_and_taken_out_by_buttons(tab: Tab) -> None:
    edit(tab)
    tab.button(f"Try {LLAMA} earlier").click()
    expect_order(tab, MINI, LLAMA, BIG)
    tab.button(f"Try {MINI} later").click()
    expect_order(tab, LLAMA, MINI, BIG)
    tab.button(f"Do not try {MINI}").click()
    expect_order(tab, LLAMA, BIG)
    tab.button(f"Try {MINI} last").click()
    expect_order(tab, LLAMA, BIG, MINI)


def test_narrowing_the_allowed_models_shows_what_is_left_of_each_provider(tab: Tab) -> None:
    which = edit(tab)
    expect(treeitem(tab, "Everything")).to_have_attribute("aria-checked", "true")
    treeitem(tab, BIG).click()
    expect(treeitem(tab, "Everything")).to_have_attribute("aria-checked", "mixed")
    expect(treeitem(tab, "one")).to_have_attribute("aria-checked", "mixed")
    expect(treeitem(tab, "one")).to_have_accessible_name("one 2 of 3")
    expect(treeitem(tab, "two")).to_have_attribute("aria-checked", "true")
    expect(treeitem(tab, BIG)).to_have_attribute("aria-checked", "false")
    tab.saved()

    strategy = tab.call("get_strategy", strategy_id=which)
    warning = next(each for each in strategy["findings"] if "prioritized_models" in each["path"])
    expect(tab.section("Auto-routing").get_by_text(warning["message"])).to_be_visible()
    assert tab.router.chat(model=BIG).status == 403
    tab.page.get_by_role("tree").focus()
    for key in ("Home", "Space", "Space"):  # everything, then nothing
        tab.page.keyboard.press(key)
    expect(tab.section("Allowed models").get_by_text("Nothing is allowed")).to_be_visible()
    expect(treeitem(tab, "Everything")).to_have_attribute("aria-checked", "false")


def test_the_tree_of_models_is_worked_by_keyboard(tab: Tab) -> None:
    which, first = edit(tab), "one/gpt-4.1"
    tree = tab.page.get_by_role("tree")
    tree.focus()
    for key in ("Home", "ArrowDown", "ArrowLeft"):  # the first provider, folded
        tab.page.keyboard.press(key)
    expect(treeitem(tab, "one")).to_have_attribute("aria-expanded", "false")
    expect(treeitem(tab, first)).to_have_count(0)
    for key in ("ArrowRight", "ArrowDown", "Space"):
        tab.page.keyboard.press(key)
    expect(treeitem(tab, first)).to_have_attribute("aria-checked", "false")
    expect(treeitem(tab, first)).to_have_id(tree.get_attribute("aria-activedescendant") or "")
    tab.saved()
    allowed = tab.call("get_strategy", strategy_id=which)["allowed_models"]
    assert first.split("/") not in allowed["selected_models"]
    assert MINI.split("/") in allowed["selected_models"]


def test_a_limit_is_set_and_fills_while_requests_run(tab: Tab) -> None:
    edit(tab)
    tab.button("Add limit").click()
    assert tab.focused() == "input US dollars"
    limit = tab.page.get_by_role("group", name=re.compile("^Limit of"))
    limit.get_by_label("What is limited").select_option("requests")
    limit.get_by_label("Window").select_option("hour")
    limit.get_by_label("At most").fill("3")
    tab.saved()
    expect(limit).to_contain_text("0 used of")
    for used in (1, 2):
        assert tab.router.chat().status == 200
        expect(limit).to_contain_text(f"{used} used of")
        expect(limit).to_contain_text(f"{3 - used} left")
    assert tab.router.chat().status == 200
    expect(limit).to_contain_text("nothing left for now")
    assert tab.router.chat().status == 429
    tab.go("routing")
    expect(tab.page.get_by_role("row").filter(has_text="Test")).to_contain_text("full")


def test_a_number_that_is_no_limit_is_refused_at_its_row_in_the_routers_words(tab: Tab) -> None:
    limit = {"limit_type": "requests", "value": 5, "time_window": "hour"}
    which = edit(tab, rate_limits=[limit])
    tab.page.get_by_label("At most").fill("0")
    row = tab.page.get_by_role("group", name="Limit of requests per hour")
    expect(row.get_by_label("At most")).to_have_attribute("aria-invalid", "true")
    expect(row).to_contain_text("This must be more than 0")
    expect(tab.page.get_by_text("Not saved", exact=True)).to_be_visible()
    assert tab.call("get_strategy", strategy_id=which)["rate_limits"][0]["value"] == 5


def test_undo_takes_back_step_by_step_and_saves(tab: Tab) -> None:
    edit(tab)
    tab.button(f"Try {LLAMA} earlier").click()
    tab.button(f"Do not try {MINI}").click()
    expect_order(tab, LLAMA, BIG)
    tab.button("Undo").click()
    expect_order(tab, MINI, LLAMA, BIG)
    tab.page.keyboard.press("Control+z")
    expect_order(tab, MINI, BIG, LLAMA)
    expect(tab.button("Undo")).to_be_disabled()


def test_what_a_script_changes_meanwhile_appears_beside_what_is_changed_here(tab: Tab) -> None:
    which = edit(tab)
    tab.call(
        "update_strategy",
        strategy_id=which,
        rate_limits=[{"limit_type": "requests", "value": 7, "time_window": "day"}],
    )
    expect(tab.page.get_by_label("At most")).to_have_value("7")
    tab.button(f"Try {LLAMA} earlier").click()
    expect_order(tab, MINI, LLAMA, BIG)
    assert tab.call("get_strategy", strategy_id=which)["rate_limits"][0]["value"] == 7


def by_two(tab: Tab) -> str:
    """The order is changed on the page, and elsewhere before that is saved; answers the strategy's id."""
    which = edit(tab)
    theirs = {**AUTO_OFF, "prioritized_models": [LLAMA.split("/")]}
    tab.page.route("**/rpc", lambda route: late(route, tab, which, theirs))
    tab.button(f"Try {LLAMA} earlier").click()
    expect(tab.page.get_by_text("This was also changed elsewhere")).to_be_visible()
    tab.page.unroute("**/rpc")
    return which


def late(route, tab: Tab, which: str, theirs: dict[str, Any]) -> None:  # type: ignore[no-untyped-def]
    """Lets somebody else be first, once the page saves."""
    if '"update_strategy"' in (route.request.post_data or ""):
        tab.call("update_strategy", strategy_id=which, auto_config=theirs)
    route.continue_()


def test_a_conflict_shows_both_sides_and_keeps_mine_where_i_say_so(tab: Tab) -> None:
    which = by_two(tab)
    notice = tab.section("Auto-routing").get_by_role("alert")
    expect(notice).to_contain_text(f"2. {LLAMA}")
    expect(notice).to_contain_text(f"1. {LLAMA}")
    expect(tab.page.get_by_text("Changed elsewhere: choose")).to_be_visible()
    config = tab.call("get_strategy", strategy_id=which)["auto_config"]
    assert config["prioritized_models"] == [LLAMA.split("/")]  # nobody's change is overwritten unasked
    tab.button("Keep mine").click()
    expect_order(tab, MINI, LLAMA, BIG)


def test_a_conflict_takes_theirs_where_i_say_so_and_undo_brings_mine_back(tab: Tab) -> None:
    by_two(tab)
    tab.button("Take theirs").click()
    expect(grips(tab)).to_have_count(1)
    tab.button("Undo").click()
    expect_order(tab, MINI, LLAMA, BIG)


def test_two_tabs_of_one_strategy_show_the_same(tabs: Open, tab: Tab) -> None:
    which = edit(tab)
    other = tabs(tab.router)
    other.enter("routing", which, "configuration")
    tab.button(f"Try {LLAMA} earlier").click()
    expect_order(tab, MINI, LLAMA, BIG)
    expect(grips(other).nth(1)).to_have_accessible_name(f"Move {LLAMA}")


def test_a_change_is_saved_although_the_page_is_left_at_once(tab: Tab) -> None:
    which = edit(tab)
    tab.button(f"Try {LLAMA} earlier").click()
    tab.page.get_by_role("link", name="Clients", exact=True).first.click()
    expect(tab.heading).to_have_text("Clients")
    tab.page.get_by_role("link", name="Routing", exact=True).click()
    tab.page.get_by_role("link", name="Test", exact=True).click()
    expect(grips(tab).nth(1)).to_have_accessible_name(f"Move {LLAMA}")
    pairs = tab.call("get_strategy", strategy_id=which)["auto_config"]["prioritized_models"]
    assert pairs[1] == LLAMA.split("/")


def test_saving_leaves_the_focus_where_it_is(tab: Tab) -> None:
    limit = {"limit_type": "requests", "value": 5, "time_window": "hour"}
    edit(tab, rate_limits=[limit])
    tab.page.get_by_label("At most").focus()
    tab.page.keyboard.press("End")
    tab.page.keyboard.type("0")
    tab.saved()
    assert tab.focused() == "input At most"
    tab.page.keyboard.type("0")
    expect(tab.page.get_by_label("At most")).to_have_value("500")
    for place, key in (("Retries of the same model", "Enter"), (f"Try {LLAMA} earlier", "Space")):
        control = tab.page.get_by_label(place, exact=True)
        control.focus()
        if key == "Enter":
            control.fill("2")
        tab.page.keyboard.press(key)
        tab.saved()
        expect(control).to_be_focused()


def test_what_loses_the_focus_by_going_away_leaves_it_near(tab: Tab) -> None:
    edit(tab)
    tab.button(f"Try {BIG} earlier").focus()
    tab.page.keyboard.press("Enter")
    expect_order(tab, BIG, MINI, LLAMA)
    assert tab.focused().startswith("group Tried in this order")
    tab.button(f"Do not try {MINI}").focus()
    tab.page.keyboard.press("Enter")
    expect_order(tab, BIG, LLAMA)
    assert tab.focused().startswith("group Tried in this order")
