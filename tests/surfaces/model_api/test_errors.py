"""Errors have one shape, whoever refuses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rig import CHAT, Router, router

SHAPE = {"message", "type", "param", "code"}
ANONYMOUS = {"authorization": ""}


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
