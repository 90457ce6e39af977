"""Walks the table of everything that is served: nothing but the open list answers a stranger."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.routing import Route

from localrouter import app
from localrouter.program.ending import StopRequest, Wishes
from localrouter.surfaces.http.guard import Access, AdminOnly, access_of
from tests.rig import CHAT, Router, router

OPEN = {"/health", "/", "/docs", "/openapi.json", "/openrpc.json"}
PREFIXES_OF_OPEN = ("/ui",)
EXAMPLES = {"name": "one/m", "model": "one/m", "path": "x", "answer_id": "resp_1"}
MODEL_PATHS = ("/v1/models/", "/v1beta/models/", "/v1alpha/models/", "/models/")  # ":generateContent" is called there
LISTED = {"jsonrpc": "2.0", "id": 1, "method": "list_clients"}
PROVING = {"/session": 400, "/challenge": 400}  # open, but for what their body has to be


@pytest.fixture(scope="module")
def lr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    with router(tmp_path_factory.mktemp("guarded"), []) as started:
        yield started


def served_paths(lr: Router) -> set[tuple[str, str]]:
    """Method and path of everything that is served, from the application's own tables."""
    public: Any = lr.call(lambda: app.build_apps(lr.state, ("127.0.0.1", 3625), Wishes(StopRequest(), None)).public)
    found = {("POST", path) for path in public.fast}
    for route in public.app.routes:
        assert isinstance(route, Route) or hasattr(route, "methods"), (
            f"{route} is of a kind that this walk does not know"
        )
        path = re.sub(r"\{(\w+)(:path)?\}", lambda found: EXAMPLES[found[1]], route.path)
        is_called = path in public.fast or path.endswith("/cancel") or (path.startswith(MODEL_PATHS) and ":" in path)
        found |= {(method, path) for method in route.methods or {"POST" if is_called else "GET"}}
    return found


def is_open(path: str) -> bool:
    return path in OPEN or path.startswith(PREFIXES_OF_OPEN)


def test_nothing_but_the_open_list_answers_without_a_key(lr: Router) -> None:
    paths = served_paths(lr)
    assert {path for _, path in paths} >= {"/rpc", "/events", "/v1/chat/completions", "/v1/models", "/health"}
    for method, path in sorted(paths):
        reply = lr.request(method, path, CHAT if method == "POST" else None, {"authorization": ""})
        if path in PROVING:
            assert reply.status == PROVING[path], path
        elif is_open(path):
            assert access_of(path) is Access.OPEN
            assert reply.status in (200, 307), path
        else:
            assert reply.status == 401, f"{method} {path} answered {reply.status} without a key"


@pytest.mark.parametrize(
    "written", ["%0a", "%0d", "%0d%0a", "%0b", "%0c", "%1c", "%85", "%e2%80%a8", "%00", "%09", "%20"]
)
def test_no_path_is_another_by_what_stands_behind_it(lr: Router, written: str) -> None:
    for method, path in sorted(served_paths(lr)):
        for sent in (path + written, written.join(path.rpartition("/")[::2])):
            reply = lr.request(method, sent, CHAT if method == "POST" else None, {"authorization": ""})
            refused = (400, 401, 404, 405) if ":" in path else (400, 401, 404)  # a model may have such a name
            assert reply.status in refused or path.startswith("/ui/"), f"{method} {sent} answered {reply.status}"
    called = lr.request("POST", f"/rpc{written}", LISTED, {"authorization": ""})
    assert b"result" not in called.body


def test_every_path_of_the_administration_has_a_second_look(lr: Router) -> None:
    public: Any = lr.call(lambda: app.build_apps(lr.state, ("127.0.0.1", 3625), Wishes(StopRequest(), None)).public)
    guarded = {route.path for route in public.app.routes if isinstance(getattr(route, "app", None), AdminOnly)}
    assert guarded == {path for _, path in served_paths(lr) if access_of(path) is Access.ADMIN}


def test_a_clients_key_opens_no_command(lr: Router) -> None:
    for method, path in sorted(served_paths(lr)):
        if access_of(path) is Access.ADMIN:
            assert lr.request(method, path, {} if method == "POST" else None).status == 401


HOSTS = [
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil.example:3625",
    "localhost@evil.example",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0.0.0.0",
    "[::]",
    "localhost.",
    "localhost%00",
    "LOCALHOST.evil",
    "127.0.0.1,evil.example",
    "xn--localhost",
    "",
]
ORIGINS = [
    "http://evil.example",
    "https://evil.example",
    "null",
    "http://localhost.evil.example",
    "http://127.0.0.1:1",
    "file://",
    "chrome-extension://abc",
    "http://localhost:3625.evil.example",
]
CREATE = {"jsonrpc": "2.0", "id": 1, "method": "create_strategy", "params": {"name": "forged"}}


@pytest.mark.parametrize("host", HOSTS)
def test_a_forged_host_runs_no_command(lr: Router, host: str) -> None:
    reply = lr.request("POST", "/rpc", CREATE, {"host": host}, key=lr.home.read_admin_token() or "")
    assert reply.status in (400, 421)
    assert no_strategy_was_made(lr)


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_foreign_origin_runs_no_command(lr: Router, origin: str) -> None:
    reply = lr.request("POST", "/rpc", CREATE, {"origin": origin}, key=lr.home.read_admin_token() or "")
    assert reply.status == 403
    assert no_strategy_was_made(lr)


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "text/json"],
)
def test_a_form_or_text_runs_no_command(lr: Router, content_type: str) -> None:
    reply = lr.request("POST", "/rpc", CREATE, {"content-type": content_type}, key=lr.home.read_admin_token() or "")
    assert reply.status == 415
    assert no_strategy_was_made(lr)


@pytest.mark.parametrize("key", ["wrong", "lr-wrong"])
def test_a_wrong_token_runs_no_command(lr: Router, key: str) -> None:
    assert lr.request("POST", "/rpc", CREATE, key=key).status == 401
    assert lr.request("POST", "/rpc", CREATE, {"authorization": ""}).status == 401
    assert no_strategy_was_made(lr)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_foreign_site_runs_no_command(lr: Router, site: str) -> None:
    reply = lr.request("POST", "/rpc", CREATE, {"sec-fetch-site": site}, key=lr.home.read_admin_token() or "")
    assert reply.status == 403
    assert no_strategy_was_made(lr)


def no_strategy_was_made(lr: Router) -> bool:
    assert lr.state is not None
    return len(lr.state.store.config.strategies) == 2
