"""What somebody new does first: a provider, a client, a strategy, and who uses it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.rig import Router, router, strategy_id
from tests.ui.conftest import Open
from tests.ui.tab import Tab, whole
from tests.upstream import Asked, Step, Upstream, answer

RIGHT_KEY = "sk-the-right-one"
WRONG_KEY = "sk-a-wrong-one"


def locked(asked: Asked) -> Iterator[Step]:
    """A provider that lists its models to whoever has its key."""
    if asked.headers.get("authorization") == f"Bearer {RIGHT_KEY}":
        yield answer(200, {"object": "list", "data": [{"id": "m-1"}, {"id": "m-2"}]})
    else:
        yield answer(401, {"error": {"message": "Incorrect API key provided.", "code": "invalid_api_key"}})


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Router]:
    """A router without a provider."""
    with router(tmp_path, []) as started:
        yield started


def test_a_provider_with_a_wrong_key_says_what_is_wrong_and_is_right_with_the_right_one(
    empty: Router, tabs: Open
) -> None:
    tab = tabs(empty)
    with Upstream(locked) as upstream:
        tab.enter("providers")
        tab.page.get_by_role("button", name=re.compile("^Add (provider|another one)$")).click()
        tab.dialog.get_by_role("combobox").fill("other")
        tab.page.keyboard.press("Enter")
        tab.dialog.get_by_label(re.compile("^Key")).fill(WRONG_KEY)
        tab.dialog.get_by_label("Base URL").fill(upstream.url)
        tab.dialog.get_by_label("Name").fill("mine")
        tab.dialog.get_by_role("button", name="Add", exact=True).click()

        expect(tab.heading).to_have_text("mine")
        told = tab.call("test_provider", name="mine")
        assert told["kind"] == "auth"
        status = tab.section("Status")
        expect(status).to_contain_text(told["message"])
        expect(status).to_contain_text(told["advice"])
        assert WRONG_KEY not in tab.page.content()

        tab.button("Replace key").click()
        tab.dialog.get_by_label("Key", exact=True).fill(RIGHT_KEY)
        tab.dialog.get_by_role("button", name="Store key").click()
        expect(tab.dialog).to_be_hidden()
        tab.button("Test").click()
        told = tab.call("test_provider", name="mine")
        assert told["answers"]
        expect(status).to_contain_text(told["message"])
        expect(status).to_contain_text("m-1")
        assert RIGHT_KEY not in tab.page.content()


def test_a_provider_is_chosen_by_an_enter_that_comes_before_the_list(tab: Tab) -> None:
    with tab.holding("list_provider_presets"):
        tab.enter("providers")
        tab.page.get_by_role("button", name=re.compile("^Add (provider|another one)$")).click()
        tab.dialog.get_by_role("combobox").fill("other")
        tab.page.keyboard.press("Enter")
        expect(tab.dialog).not_to_contain_text("No known provider")
    expect(tab.dialog).to_contain_text("Add an OpenAI-compatible server")


def test_the_palette_goes_where_an_enter_says_that_comes_before_its_lists(tab: Tab) -> None:
    tab.call("create_client", name="night shift")
    with tab.holding("list_clients"):
        tab.enter("settings")
        tab.page.keyboard.press("Control+k")
        tab.page.get_by_role("combobox").fill("night shift")
        tab.page.keyboard.press("Enter")
        expect(tab.dialog).not_to_contain_text("Nothing is called")
    expect(tab.heading).to_have_text("night shift")


def test_the_key_of_a_new_client_works_and_is_shown_once(tab: Tab) -> None:
    tab.enter("clients")
    tab.button("Create client").click()
    tab.dialog.get_by_label("Name").fill("aider")
    tab.dialog.get_by_role("button", name="Create").click()
    expect(tab.heading).to_have_text("aider")

    notice = tab.page.get_by_text("The key of aider is shown only once")
    expect(notice).to_be_visible()
    key = re.search(r"lr-[\w-]{20,}", tab.page.inner_text("main"))
    assert key is not None, "no key is shown"
    assert tab.router.request("GET", "/v1/models", key=key[0]).status == 200
    kept = tab.page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie])")
    assert key[0] not in kept

    tab.button("I have saved it, hide it").click()
    expect(notice).to_be_hidden()
    assert key[0] not in tab.page.content()
    tab.page.reload()
    expect(tab.page.get_by_text(f"ends in {key[0][-4:]}").first).to_be_visible()
    assert key[0] not in tab.page.content()


def test_a_strategy_is_created_and_its_configuration_opens(tab: Tab) -> None:
    tab.enter("routing")
    tab.button("Create strategy").click()
    tab.dialog.get_by_label("Name").fill("Night jobs")
    tab.dialog.get_by_role("button", name="Create").click()
    expect(tab.heading).to_have_text("Night jobs")
    expect(tab.section("Allowed models")).to_be_visible()
    assert "Night jobs" in [strategy["name"] for strategy in tab.call("list_strategies")]
    assert tab.focused() != "nothing"


def test_a_name_that_is_taken_is_refused_at_the_field_and_the_dialog_stays(tab: Tab) -> None:
    tab.enter("routing")
    tab.button("Create strategy").click()
    tab.dialog.get_by_label("Name").fill("test")
    tab.dialog.get_by_role("button", name="Create").click()
    expect(tab.dialog.get_by_role("alert")).to_contain_text('named "test" already')
    expect(tab.dialog.get_by_label("Name")).to_have_value("test")


def test_a_strategy_that_two_clients_use_says_so_and_one_of_them_can_have_its_own_copy(tab: Tab) -> None:
    one = tab.call("create_client", name="editor")["client"]
    two = tab.call("create_client", name="nightly")["client"]
    shared = tab.call("create_strategy", name="Shared")["strategy"]
    for client in (one, two):
        tab.enter("clients", client["id"], "strategy")
        tab.page.get_by_label("Strategy", exact=True).select_option(shared["id"])
        tab.button("Use this strategy").click()
        expect(tab.button("Use this strategy")).to_be_hidden()

    warning = tab.page.get_by_text("uses this strategy too")
    expect(warning).to_contain_text("editor")
    tab.button("Make my own copy").click()
    expect(warning).to_be_hidden()
    expect(tab.page.get_by_label("Strategy", exact=True).locator("option:checked")).to_have_text(
        re.compile("nightly's strategy")
    )
    using = {client["name"]: client["strategy_name"] for client in tab.call("list_clients")}
    assert using["editor"] == "Shared"
    assert using["nightly"].startswith("nightly's strategy")
    tab.go("routing")
    expect(tab.page.get_by_role("row").filter(has_text="Shared")).to_contain_text("editor")


def test_the_page_of_a_strategy_assigns_it_to_a_client(tab: Tab) -> None:
    tab.call("create_client", name="editor")
    tab.enter("routing", strategy_id(tab.router), "clients")
    tab.button("Assign editor").click()
    expect(tab.dialog).to_contain_text("It becomes shared")
    tab.dialog.get_by_role("button", name="Assign").click()
    expect(tab.page.get_by_text("shared by 2 clients")).to_be_visible()


def test_what_a_script_does_appears_without_a_reload(tab: Tab) -> None:
    tab.enter("routing")
    rows = tab.page.get_by_role("table", name="Strategies").get_by_role("row")
    expect(rows.filter(has_text="Test")).to_be_visible()
    made = tab.call("create_strategy", name="By a script")["strategy"]
    expect(rows.filter(has_text="By a script")).to_be_visible()
    tab.call("rename_strategy", strategy_id=made["id"], name="Renamed by it")
    expect(rows.filter(has_text="Renamed by it")).to_be_visible()
    tab.call("delete_strategy", strategy_id=made["id"])
    expect(rows.filter(has_text="Renamed by it")).to_be_hidden()


def test_deleting_names_what_goes_with_it(tab: Tab) -> None:
    limit = {"limit_type": "cost", "value": 2, "time_window": "day"}
    tab.call("update_strategy", strategy_id=strategy_id(tab.router), rate_limits=[limit])
    tab.enter("clients")
    tab.choose("test", "Delete")
    expect(tab.dialog).to_contain_text("Test: its order of 3 models for auto-routing; 1 limit")
    tab.dialog.get_by_role("button", name="Cancel").click()
    tab.go("routing")
    tab.choose("Test", "Delete")
    expect(tab.dialog).to_contain_text("1 client uses it: test")
    expect(tab.dialog.get_by_role("button", name="Delete")).to_have_count(0)
    tab.dialog.get_by_role("button", name="Close").click()
    tab.go("providers")
    tab.choose("one", "Delete")
    expect(tab.dialog.get_by_role("listitem").filter(has_text=whole("Test"))).to_be_visible()
    tab.dialog.get_by_role("button", name="Delete").click()
    expect(tab.page.get_by_role("table").get_by_role("link", name="one", exact=True)).to_be_hidden()
    assert [provider["name"] for provider in tab.call("list_providers")] == ["two"]
