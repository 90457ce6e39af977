"""Requests while they run, on the page that watches them: seen, opened, and followed to their record."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from localrouter.domain.configuration.config import (
    LimitMode,
    LimitType,
    Provider,
    RateLimitTimeWindow,
    RetryPolicy,
    StrategyRateLimit,
)
from tests.rig import Router, auto, router
from tests.ui.building import NotToBeHad, installed
from tests.ui.conftest import Open
from tests.ui.tab import Tab
from tests.ui.test_accessibility import judge
from tests.upstream import DONE, STREAM_END, STREAM_HEAD, Asked, Step, Upstream, answer, chunked, event, stream

BUSY, SLOW = ("one", "busy"), ("one", "slow")
REFUSED = {"error": {"message": "Slow down", "type": "requests", "code": "rate_limit_exceeded"}}
MANY, MOST_ROWS = 90, 60
FINISHED = 40

# Keeps whether the panel was ever without the request that it shows.
WATCH = """() => {
    const panel = document.querySelector("[aria-label='The chosen request']");
    const title = panel.querySelector("h2").textContent;
    window.lost = [];
    new MutationObserver(() => {
        const shown = panel.isConnected ? panel.querySelector("h2")?.textContent : "no panel";
        const waits = panel.querySelector("[data-part=notice], [aria-label=Loading]");
        if (shown !== title || waits) window.lost.push(panel.innerText);
    }).observe(document.body, {childList: true, subtree: true, characterData: true});
}"""


@dataclass
class Slow:
    """A provider with two models. "busy" refuses; "slow" says its first word, and the rest when `end` is set."""

    begin: Event = field(default_factory=Event)
    end: Event = field(default_factory=Event)

    def script(self, asked: Asked) -> Iterator[Step]:
        if asked.json["model"] == "busy":
            yield answer(429, REFUSED, {"retry-after": "30"})
            return
        if self.end.is_set():
            yield from stream(["Hello"])
            return
        yield STREAM_HEAD + chunked(event({"role": "assistant", "content": ""}))
        while not self.begin.is_set():
            yield 0.02
        yield chunked(event({"content": "Hel"}))
        while not self.end.is_set():
            yield 0.02
        usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
        yield chunked(event(finish="stop")) + chunked(event(usage=usage)) + chunked(DONE) + STREAM_END


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def upstream(slow: Slow) -> Iterator[Upstream]:
    with Upstream(slow.script) as started:
        yield started
        slow.begin.set()
        slow.end.set()


@pytest.fixture
def lr(upstream: Upstream, tmp_path: Path) -> Iterator[Router]:
    """One client, "test", whose requests find the first model busy."""
    provider = Provider(name="one", preset="openai-compatible", base_url=upstream.url, models=("busy", "slow"))
    with router(tmp_path, [provider], auto=auto(BUSY, SLOW)) as started:
        yield started


@pytest.fixture
def tab(tabs: Open, lr: Router) -> Tab:
    return tabs(lr)


@pytest.fixture
def asking(lr: Router) -> Iterator[socket.socket]:
    """A client that asked for a stream and reads nothing yet."""
    with closing(lr.send_chat(stream=True)) as client:
        yield client


def rows(tab: Tab) -> Locator:
    return tab.page.get_by_role("table", name="Running requests").locator("tbody").get_by_role("row")


def finished(tab: Tab) -> Locator:
    return tab.page.get_by_role("table", name="Requests", exact=True).locator("tbody").get_by_role("row")


def panel(tab: Tab) -> Locator:
    return tab.section("The chosen request")


def test_a_running_stream_is_seen_opens_and_goes_over_to_its_record(
    tab: Tab, slow: Slow, asking: socket.socket
) -> None:
    tab.enter("monitor")
    expect(rows(tab)).to_have_count(1)
    for words in ("test", "calling one/slow", "after 1 that failed"):
        expect(rows(tab)).to_contain_text(words)
    expect(rows(tab).get_by_text("one/slow", exact=True)).to_be_visible()
    expect(rows(tab)).not_to_contain_text("localrouter/auto")
    rows(tab).get_by_role("link").click()
    candidates = panel(tab).get_by_role("list", name="Candidates in order").get_by_role("listitem")
    expect(candidates.nth(0)).to_contain_text("was rate limited (429)")
    expect(candidates.nth(1)).to_contain_text("calling for")

    slow.begin.set()
    expect(candidates.nth(1)).to_contain_text("streaming, first token after")
    expect(rows(tab)).to_contain_text("streaming, first token after")
    told = panel(tab).get_by_role("group", name="How it was routed")
    told.focus()
    top = panel(tab).bounding_box()
    tab.page.evaluate(WATCH)
    said = tab.page.get_by_role("status").filter(has_text="The request has ended: answered")
    slow.end.set()
    expect(panel(tab)).to_contain_text("15 tokens")
    expect(said).to_have_count(1)
    assert tab.page.evaluate("window.lost") == []
    expect(told).to_be_focused()
    expect(tab.section("Running now")).to_have_text("Nothing is running")
    assert panel(tab).bounding_box() == top
    expect(finished(tab)).to_have_count(1)
    expect(finished(tab)).to_contain_text("answered")

    tab.page.keyboard.press("Escape")
    expect(panel(tab)).to_be_hidden()
    expect(finished(tab).get_by_role("link")).to_be_focused()


def test_the_address_of_a_running_request_opens_it_and_one_that_nobody_knows_says_so(
    tab: Tab, asking: socket.socket
) -> None:
    tab.enter("monitor")
    href = rows(tab).get_by_role("link").get_attribute("href") or ""
    tab.go("monitor", href[href.index("?") :])
    expect(panel(tab)).to_contain_text("calling for")
    tab.go("monitor", "?request=req_none")
    expect(panel(tab)).to_contain_text("This request is not on record: it was refused")


def test_running_requests_are_walked_by_keys_and_give_the_focus_on_when_they_end(
    tab: Tab, slow: Slow, lr: Router
) -> None:
    tab.enter("monitor")
    slow.begin.set()
    with closing(lr.send_chat(stream=True)), closing(lr.send_chat(model="one/slow", stream=True)) as leaving:
        expect(rows(tab)).to_have_count(2)
        links = rows(tab).get_by_role("link")
        links.first.focus()
        tab.page.keyboard.press("ArrowDown")
        expect(links.nth(1)).to_be_focused()
        expect(links.nth(1)).to_have_accessible_name(re.compile(r"^Since \d\d:\d\d:\d\d$"))  # does not tick
        tab.page.keyboard.press("Enter")
        expect(panel(tab)).to_contain_text("streaming")
        tab.page.keyboard.press("Escape")
        expect(links.nth(1)).to_be_focused()
        leaving.close()
        expect(rows(tab)).to_have_count(1)
        expect(tab.section("Running now")).to_be_focused()


def test_the_filters_hold_for_running_requests(tab: Tab, asking: socket.socket) -> None:
    tab.call("create_client", name="other")
    tab.enter("monitor")
    section, by_client = tab.section("Running now"), tab.page.get_by_label("Filter by client")
    expect(rows(tab)).to_have_count(1)
    by_client.select_option("other")
    expect(section).to_have_text("1 request is running, and does not fit these filters")
    by_client.select_option("test")
    expect(rows(tab)).to_have_count(1)
    tab.page.get_by_label("Filter by strategy").select_option("Test")
    expect(rows(tab)).to_have_count(1)
    tab.page.get_by_label("Filter by outcome").select_option("failed")
    expect(section).to_contain_text("Running requests have no outcome yet")
    tab.button("Clear filters").first.click()
    tab.go("monitor", "?provider=one")
    expect(rows(tab)).to_have_count(1)
    tab.go("monitor", "?model=one%2Fother")
    expect(section).to_contain_text("does not fit these filters")


def test_paused_they_stand_still_and_nothing_is_asked(tab: Tab, slow: Slow, asking: socket.socket) -> None:
    asked = asks(tab)
    tab.enter("monitor")
    expect(rows(tab)).to_contain_text("calling one/slow")
    tab.button("Pause").click()
    tab.settle()
    since, before = rows(tab).inner_text(), len(asked)
    slow.begin.set()
    slow.end.set()
    tab.page.wait_for_timeout(2_500)
    assert len(asked) == before
    assert rows(tab).inner_text() == since
    rows(tab).get_by_role("link").click()
    expect(panel(tab)).to_contain_text("calling for")
    tab.button("Resume").click()
    expect(panel(tab)).to_contain_text("15 tokens")
    expect(tab.section("Running now")).to_have_text("Nothing is running")


def asks(tab: Tab) -> list[Any]:
    """The times that the page asks what is running, as they come."""
    found: list[Any] = []
    tab.page.on(
        "request", lambda request: found.append(1) if "list_running_requests" in (request.post_data or "") else None
    )
    return found


def test_one_that_waits_for_room_says_so(tabs: Open, upstream: Upstream, slow: Slow, tmp_path: Path) -> None:
    hourly = StrategyRateLimit(
        limit_type=LimitType.TOTAL_TOKENS, value=400, time_window=RateLimitTimeWindow.HOUR, mode=LimitMode.STRICT
    )
    provider = Provider(name="one", preset="openai-compatible", base_url=upstream.url, models=("slow",))
    slow.begin.set()
    patient = auto(SLOW, retry=RetryPolicy(max_wait=30))
    with router(tmp_path / "strict", [provider], auto=patient, limits=[hourly]) as lr:
        tab = tabs(lr)
        tab.enter("monitor")
        with closing(lr.send_chat(stream=True)):
            expect(rows(tab)).to_contain_text("streaming")
            with closing(lr.send_chat(stream=True)):
                expect(rows(tab).nth(1)).to_contain_text("waiting for room")
                rows(tab).nth(1).get_by_role("link").click()
                expect(panel(tab)).to_contain_text("waiting for room")
                expect(panel(tab)).to_contain_text("until running requests end")


def test_what_is_read_below_holds_still_while_requests_begin_and_end(tab: Tab, slow: Slow, lr: Router) -> None:
    slow.end.set()
    for _ in range(FINISHED):
        assert lr.chat(model="one/slow", stream=True).status == 200
    slow.end.clear()
    slow.begin.set()
    tab.enter("monitor")
    expect(finished(tab)).to_have_count(FINISHED)
    tab.page.locator("[data-part=requests]").evaluate("list => { list.scrollTop = 320; }")
    read = finished(tab).nth(15).get_by_role("link")
    row = tab.page.locator(f"[data-row='{read.get_attribute('data-row')}']")
    place = row.bounding_box()
    with closing(lr.send_chat(model="one/slow", stream=True)), closing(lr.send_chat(model="one/slow", stream=True)):
        expect(rows(tab)).to_have_count(2)
        assert row.bounding_box() == place
        slow.end.set()
        expect(finished(tab)).to_have_count(FINISHED + 2)
        expect(tab.section("Running now")).to_have_text("Nothing is running")
        assert row.bounding_box() == place


def test_running_ones_break_no_rule_in_light_and_in_dark(tab: Tab, slow: Slow, lr: Router) -> None:
    try:
        axe = installed("axe-core/axe.min.js").read_text()
    except NotToBeHad as reason:
        pytest.skip(str(reason))
    slow.begin.set()
    tab.enter("monitor")
    with ExitStack() as clients:
        for _ in range(8):
            clients.enter_context(closing(lr.send_chat(model="one/slow", stream=True)))
        expect(rows(tab)).to_have_count(8)
        assert judge(tab, axe) == []
        rows(tab).get_by_role("link").nth(3).click()
        expect(panel(tab)).to_contain_text("streaming")
        assert judge(tab, axe) == []


def test_many_running_ones_take_little_room_and_leave_the_finished_ones_in_sight(
    tab: Tab, slow: Slow, lr: Router
) -> None:
    slow.end.set()
    assert lr.chat(model="one/slow", stream=True).status == 200
    slow.end.clear()
    slow.begin.set()
    tab.enter("monitor")
    expect(finished(tab)).to_have_count(1)
    with ExitStack() as clients:
        for _ in range(MANY):
            clients.enter_context(closing(lr.send_chat(model="one/slow", stream=True)))
        table = tab.page.get_by_role("table", name="Running requests")
        expect(table.get_by_role("columnheader").first).to_have_text(f"Running now {MANY}")
        assert rows(tab).count() < MOST_ROWS
        expect(finished(tab).first).to_be_in_viewport()
        rows(tab).get_by_role("link").first.focus()
        tab.page.keyboard.press("End")
        expect(table.locator(f"[aria-rowindex='{MANY + 1}']")).to_be_in_viewport()
    expect(tab.section("Running now")).to_have_text("Nothing is running")
