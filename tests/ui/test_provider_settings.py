"""What a provider's server does not take is typed on its page, and is what the router holds."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.rig import until
from tests.ui.tab import Tab


def test_request_fields_are_saved_when_they_are_left_and_an_error_says_why(tab: Tab) -> None:
    def held() -> object:
        return tab.call("list_providers")[0]["request_fields"]

    tab.enter("providers", "one", "settings")
    fields, cap = (
        tab.page.get_by_label("Fields to leave out"),
        tab.page.get_by_label("Field for the answer's length limit"),
    )
    expect(cap).to_have_attribute("placeholder", "max_tokens")
    fields.fill("store, user")
    cap.click()
    expect(fields).to_have_value("store\nuser")
    cap.fill("max_completion_tokens")
    cap.press("Enter")
    until(lambda: held() == {"drop": ["store", "user"], "output_cap": "max_completion_tokens"})
    fields.fill("max_completion_tokens")
    cap.click()
    expect(tab.page.locator("#main")).to_contain_text("is the cap on answers, and must not be dropped")
