"""Errors have one shape, whoever refuses."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from localrouter.domain.configuration.config import Server
from localrouter.surfaces.http.routes import HttpHandlers, build_app
from tests.rig import CHAT, Router, router

SHAPE = {"message", "type", "param", "code"}
ANONYMOUS = {"authorization": ""}


@dataclass
class Broken:
    """A handler that does nothing but fail."""

    error: Exception

    async def __call__(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        raise self.error


@pytest.fixture(scope="module")
def lr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    with router(tmp_path_factory.mktemp("home"), []) as started:
        yield started


def test_a_missing_key_has_one_type_wherever_it_is_missing(lr: Router) -> None:
    calls = [("POST", "/v1/chat/completions"), ("POST", "/embeddings"), ("GET", "/v1/models"), ("POST", "/rpc")]
    calls += [("GET", "/events"), ("GET", "/metrics")]
    refusals = [lr.request(method, path, CHAT, ANONYMOUS) for method, path in calls]
    refusals.append(lr.request("POST", "/session", {"code": "unknown"}, ANONYMOUS))
    assert {reply.status for reply in refusals} == {401}
    assert {reply.json["error"]["type"] for reply in refusals} == {"authentication_error"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "type_"),
    [
        ("POST", "/rpc", {"host": "evil.example"}, 421, "invalid_request_error"),
        ("POST", "/rpc", {"origin": "http://evil.example"}, 403, "permission_error"),
        ("POST", "/v1/chat/completions", {"origin": "http://evil.example"}, 403, "permission_error"),
        ("POST", "/v1/chat/completions", {"content-type": "text/plain"}, 415, "invalid_request_error"),
        ("GET", "/v1/nowhere", {}, 404, "not_found_error"),
        ("GET", "/v1/models/nobody/none", {}, 404, "not_found_error"),
        ("GET", "/v1/chat/completions", {}, 405, "invalid_request_error"),
    ],
)
def test_a_status_has_its_type_on_every_path(
    lr: Router, method: str, path: str, headers: dict[str, str], status: int, type_: str
) -> None:
    reply = lr.request(method, path, CHAT, headers)
    error = reply.json["error"]
    assert (reply.status, error["type"]) == (status, type_)
    assert error.keys() >= SHAPE


@pytest.mark.parametrize(
    ("method", "path", "remedy"),
    [
        ("GET", "/v1/embeddings", "Use POST for this path."),
        ("DELETE", "/v1/models", "Use GET for this path."),
        ("GET", "/rpc", "Use POST for this path."),
        ("POST", "/events", "Use GET for this path."),
        ("PUT", "/session", "Use POST for this path."),
        ("POST", "/health", "Use GET for this path."),
        ("POST", "/openapi.json", "Use GET for this path."),
    ],
)
def test_a_wrong_method_is_told_the_right_one(lr: Router, method: str, path: str, remedy: str) -> None:
    reply = lr.request(method, path, {} if method == "POST" else None, key=lr.home.read_admin_token() or "")
    error = reply.json["error"]
    assert (reply.status, error["code"], error["message"]) == (405, "method_not_allowed", remedy)
    assert remedy.split()[1] in reply.headers["allow"].split(", ")


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/models", "/v1/responses/resp_1", "/rpc", "/ui/"])
@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(KeyError("secret"), 500, "internal_error"), (OSError(errno.EMFILE, "none left"), 503, "no_file_descriptors")],
    ids=["unforeseen", "no descriptors"],
)
def test_a_handler_that_breaks_down_leaves_an_error_like_any_other(
    path: str, error: Exception, status: int, code: str
) -> None:
    broken = Broken(error)
    handlers: Any = {
        "requests": broken,
        "lists": broken,
        "kept": broken,
        "pages": broken,
        "admin": {"/rpc": ("POST", broken)},
    }
    app = build_app(HttpHandlers(**handlers), server_config=Server, admits=lambda _: True)

    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request("POST" if path in ("/rpc", "/v1/chat/completions") else "GET", path, json={})

    answer = asyncio.run(call())
    told = answer.json()["error"]
    assert (answer.status_code, told["type"], told["code"]) == (status, "server_error", code)
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"].startswith("req_")
