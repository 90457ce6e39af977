"""Takes the README's pictures into `ui/screenshots` from a demo that it starts: three pages, and an animation of the
demo's story. Needs the packages of requirements/dev.txt, Chromium and Pillow (`pip install pillow`)."""

from __future__ import annotations

import io
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "ui" / "screenshots"
SIZE = {"width": 1280, "height": 800}
STARTS_WITHIN = 90.0  # seconds
STORY = 60.0  # seconds from the first request to a budget that filled and freed itself
BETWEEN, SHOWN_FOR = 3.2, 800  # seconds between two frames; milliseconds that each is shown
ANIMATION_WIDTH, QUALITY, MOST_BYTES = 1000, 82, 1_500_000


@contextmanager
def demo() -> Iterator[str]:
    """A running demo; the address of its pages."""
    process = subprocess.Popen(
        [ROOT / "scripts" / "run", "demo", "--headless", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        if process.stdout is None:
            raise RuntimeError("there is no output")
        ends, address = time.monotonic() + STARTS_WITHIN, None
        while address is None and time.monotonic() < ends:
            address = re.search(r"pages +(http\S+)", process.stdout.readline())
        if address is None:
            raise RuntimeError("the demo did not start")
        yield address[1]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()


def frame(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def keep(picture: Image.Image, name: str) -> None:
    picture.save(PICTURES / name, optimize=True)


def animate(frames: list[Image.Image]) -> None:
    height = round(ANIMATION_WIDTH * SIZE["height"] / SIZE["width"])
    small = [each.resize((ANIMATION_WIDTH, height), Image.Resampling.LANCZOS) for each in frames]
    durations = [SHOWN_FOR] * (len(small) - 1) + [3 * SHOWN_FOR]
    file = PICTURES / "demo.webp"
    small[0].save(file, save_all=True, append_images=small[1:], duration=durations, loop=0, quality=QUALITY, method=6)
    if file.stat().st_size > MOST_BYTES:
        raise RuntimeError(f"{file} has {file.stat().st_size:,} bytes, more than {MOST_BYTES:,}")


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def main() -> None:
    with demo() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.goto(address)
        page.wait_for_timeout(2_000)
        frames, started = [], time.monotonic()
        while time.monotonic() - started < STORY:
            frames.append(frame(page))
            page.wait_for_timeout(BETWEEN * 1_000)
        keep(frame(page), "home.png")
        page.get_by_role("list", name="What to watch").get_by_role("link").first.click()
        page.wait_for_timeout(2_000)
        frames += [frame(page)] * 2
        keep(frames[-1], "monitor.png")
        page.get_by_role("link", name="Routing", exact=False).first.click()
        page.wait_for_timeout(1_500)
        page.get_by_role("link", name=re.compile("Demo app")).first.click()
        page.wait_for_timeout(2_000)
        keep(frame(page), "strategy.png")
        animate(frames)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
