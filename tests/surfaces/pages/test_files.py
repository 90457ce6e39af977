"""The pages as a browser gets them: files, addresses of their own, and nothing from outside their folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from localrouter.surfaces.pages.files import Pages, read_pages

INDEX = "<!doctype html><title>LocalRouter</title>"
SCRIPT = "console.log(1)"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX)
    (folder / "icon.svg").write_text("<svg/>")
    (folder / "assets" / "index-1a2b.js").write_text(SCRIPT)
    (folder / "secrets.key").write_text("not a page")
    (tmp_path / "admin.token").write_text("outside")
    return folder


@pytest.fixture
def browser(built: Path) -> TestClient:
    return TestClient(Pages(read_pages(built)), follow_redirects=False)


@pytest.mark.parametrize("path", ["/", "/ui"])
def test_the_way_to_the_pages(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["location"]) == (307, "/ui/")


@pytest.mark.parametrize(
    "path", ["/ui/", "/ui/index.html", "/ui/routing", "/ui/routing/7/explain", "/ui/models/openai/gpt-4.1"]
)
def test_every_address_of_the_pages_is_the_same_document_and_is_asked_for_anew(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert (answer.status_code, answer.text) == (200, INDEX)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


def test_a_file_with_a_digest_in_its_name_is_kept_for_ever(browser: TestClient) -> None:
    answer = browser.get("/ui/assets/index-1a2b.js")
    assert answer.text == SCRIPT
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_other_files_are_asked_for_anew(browser: TestClient) -> None:
    answer = browser.get("/ui/icon.svg")
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/svg+xml", "no-cache")


@pytest.mark.parametrize("path", ["/ui/assets/index-old.js", "/ui/assets/", "/ui/missing.css"])
def test_a_missing_file_is_missing_rather_than_a_page(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "path",
    ["/ui/../admin.token", "/ui/..%2fadmin.token", "/ui/%2e%2e/admin.token", "/ui/secrets.key", "/ui//etc/passwd"],
)
def test_nothing_but_the_built_files_can_be_reached(browser: TestClient, path: str) -> None:
    assert browser.get(path).text in (INDEX, "")


def test_head_answers_without_a_body(browser: TestClient) -> None:
    answer = browser.head("/ui/assets/index-1a2b.js")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(SCRIPT))


def test_pages_cannot_be_written_to(browser: TestClient) -> None:
    answer = browser.post("/ui/", json={})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_pages_that_are_not_built_say_how_to_build_them(tmp_path: Path) -> None:
    answer = TestClient(Pages(read_pages(tmp_path / "pages"))).get("/ui/")
    assert answer.status_code == 503
    assert "./scripts/run builds them" in answer.text


def test_the_pages_tell_a_visitor_the_command_that_works_here(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<meta name="open-command" content="localrouter open" /><p>')
    answer = TestClient(Pages(read_pages(tmp_path, open_command='./scripts/run open --home "a&b"'))).get("/ui/")
    assert answer.text == '<meta name="open-command" content="./scripts/run open --home &quot;a&amp;b&quot;" /><p>'
    assert answer.headers["content-length"] == str(len(answer.content))
