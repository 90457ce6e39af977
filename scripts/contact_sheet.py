"""Takes every page into contact sheets under `ui/screenshots`: a row for each page, a column for each width, one sheet
for the light colours and one for the dark ones. From a demo that it starts; needs what `screenshots.py` needs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from screenshots import PICTURES, chromium, demo, frame

WIDTHS = {1440: 900, 1280: 800, 800: 700}
SHOWN_WIDE, GAP = 640, 12  # pixels of one picture in a sheet, and between two
TELLS_ITS_STORY_IN = 60.0  # seconds
SETTLES_IN = 800  # milliseconds that a page may take to be drawn
TABS = {
    "routing": ("metrics", "configuration", "clients", "explain"),
    "clients": ("connect", "strategy", "metrics"),
    "providers": ("status", "settings", "models", "metrics"),
}
SETTINGS = ("general", "access", "revisions", "transfer", "diagnostics")


def pages(page: Page, origin: str) -> Iterator[str]:
    """The address of each page, below `/ui/`."""
    yield ""
    for lists, tabs in TABS.items():
        yield lists
        page.goto(f"{origin}/ui/{lists}")
        row = page.locator(f"main a[href^='/ui/{lists}/']").last
        first = str(row.get_attribute("href")).split("/")[3]
        yield from (f"{lists}/{first}/{tab}" for tab in tabs)
    yield "models"
    page.goto(f"{origin}/ui/models")
    yield str(page.locator("main a[href^='/ui/models/']").first.get_attribute("href")).removeprefix("/ui/")
    yield from ("spend", "monitor", "try")
    yield from (f"settings/{tab}" for tab in SETTINGS)


def pictures(page: Page, origin: str, path: str) -> list[Image.Image]:
    taken = []
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        if width == max(WIDTHS):
            page.goto(f"{origin}/ui/{path}")
        page.wait_for_timeout(SETTLES_IN)
        picture = frame(page)
        taken.append(picture.resize((SHOWN_WIDE, round(SHOWN_WIDE * height / width)), Image.Resampling.LANCZOS))
    return taken


def sheet(rows: list[list[Image.Image]]) -> Image.Image:
    height = sum(max(picture.height for picture in row) + GAP for row in rows)
    whole = Image.new("RGB", (len(WIDTHS) * (SHOWN_WIDE + GAP), height), "#808080")
    top = 0
    for row in rows:
        for column, picture in enumerate(row):
            whole.paste(picture, (column * (SHOWN_WIDE + GAP), top))
        top += max(picture.height for picture in row) + GAP
    return whole


def take(browser: Browser, address: str) -> None:
    origin = address.split("/ui", maxsplit=1)[0]
    page = browser.new_page(color_scheme="light")
    page.goto(address)
    time.sleep(TELLS_ITS_STORY_IN)
    found = list(pages(page, origin))
    for colours in ("light", "dark"):
        page.emulate_media(color_scheme=colours)
        sheet([pictures(page, origin, path) for path in found]).save(PICTURES / f"pages-{colours}.webp", quality=70)


def main() -> None:
    with demo() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        take(browser, address)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
