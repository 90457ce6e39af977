"""Names that would be markup, had anybody forgotten that they are text."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import Open
from tests.ui.lived_in import PAGES, LivedIn, Names, lived_in
from tests.ui.tab import Tab

HOSTILE = '<img src=x onerror="window.hacked=1">'
NAMES = Names(
    provider=f"p{HOSTILE}",
    model=f"m{HOSTILE}/<script>window.hacked=1</script>",
    client=f"c{HOSTILE}",
    strategy=f"s{HOSTILE}",
    alias=f"a{HOSTILE}",
    fault=f"f{HOSTILE}",
)
SHOWN = {
    "home": NAMES.client,
    "routing": NAMES.strategy,
    "strategy configuration": NAMES.model,
    "strategy clients": NAMES.client,
    "strategy explain": NAMES.model,
    "clients": NAMES.client,
    "client connect": NAMES.client,
    "client strategy": NAMES.model,
    "providers": NAMES.provider,
    "provider status": NAMES.provider,
    "provider models": NAMES.model,
    "provider settings": NAMES.provider,
    "models": NAMES.model,
    "model": NAMES.model,
    "monitor": NAMES.client,
    "request": NAMES.fault,
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivedIn]:
    with lived_in(tmp_path_factory.mktemp("names"), NAMES) as started:
        yield started


def expect_text_only(tab: Tab) -> None:
    assert tab.page.evaluate("[typeof window.hacked, document.querySelectorAll('[src=x]').length]") == ["undefined", 0]


@pytest.mark.parametrize("page", PAGES)
def test_a_hostile_name_stays_text(house: LivedIn, tabs: Open, page: str) -> None:
    tab = tabs(house.router)
    tab.enter(*house.pages[page])
    if page in SHOWN:
        expect(tab.page.locator("#main")).to_contain_text(SHOWN[page])
    expect(tab.heading).to_be_visible()
    expect_text_only(tab)


def test_a_hostile_name_stays_text_in_menus_dialogs_and_announcements(house: LivedIn, tabs: Open) -> None:
    tab = tabs(house.router)
    tab.enter("routing")
    tab.page.keyboard.press("Control+k")
    tab.page.get_by_role("combobox").fill("img")
    expect(tab.page.get_by_role("option").filter(has_text=NAMES.strategy).first).to_be_visible()
    tab.page.keyboard.press("Escape")
    for thing, page in ((NAMES.strategy, "routing"), (NAMES.client, "clients"), (NAMES.provider, "providers")):
        tab.go(*house.pages[page])
        tab.choose(thing, "Delete")
        expect(tab.dialog).to_contain_text(thing)
        expect_text_only(tab)
    tab.go(*house.pages["strategy configuration"])
    tab.button(f"Try {NAMES.provider}/{NAMES.model} earlier").click()
    expect(tab.page.locator("#announcements")).to_contain_text(NAMES.model)
    tab.saved()
    expect_text_only(tab)
