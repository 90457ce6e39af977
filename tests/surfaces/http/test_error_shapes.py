"""What is refused before a request is read, in the shape of errors of the dialect that its path belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.rig import Reply, Router, router

CHAT = "/v1/chat/completions"
GEMINI = "/v1beta/models/one/m:generateContent"
STREAMED = "/v1/models/one/m:streamGenerateContent"
HUGE = str(1 << 40)


def openai(reply: Reply, status: int) -> None:
    error: dict[str, Any] = reply.json["error"]
    assert {"message", "type", "param", "code"} <= error.keys()
    assert error["code"]
    assert reply.headers["x-request-id"]


def anthropic(reply: Reply, status: int) -> None:
    assert reply.json["type"] == "error"
    told = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 413: "request_too_large"}
    assert reply.json["error"]["type"] == told.get(status, "invalid_request_error")
    assert reply.json["error"]["message"]
    assert reply.headers["x-request-id"]


def google(reply: Reply, status: int) -> None:
    told = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 405: "UNIMPLEMENTED"}
    assert reply.json["error"]["code"] == status
    assert reply.json["error"]["status"] == told.get(status, "INVALID_ARGUMENT")
    assert reply.json["error"]["message"]


def refusals(lr: Router, path: str) -> list[tuple[int, Reply]]:
    """Every refusal that no dialect's own code has seen."""
    wrong = {"authorization": "", "x-api-key": "wrong"}
    return [
        (415, lr.request("POST", path, b"{}", {"content-type": "text/plain"})),
        (415, lr.request("POST", path, b"{}", {"content-encoding": "br"})),
        (413, lr.request("POST", path, b"", {"content-length": HUGE})),
        (431, lr.request("POST", path, {}, {"x-much": "a" * 65536})),
        (400, lr.request("POST", path, {}, {"transfer-encoding": "gzip"})),
        (401, lr.request("POST", path, {}, wrong)),
        (401, lr.request("POST", path, {}, {"authorization": "", "x-goog-api-key": "wrong"})),
        (401, lr.request("POST", f"{path}?key=wrong", {}, {"authorization": ""})),
        (401, lr.request("POST", path, {}, {"authorization": ""})),
        (401, lr.request("POST", path, {}, key="wrong")),
        (403, lr.request("POST", path, {}, {"origin": "https://pages.example"})),
        (421, lr.request("POST", path, {}, {"host": "router.example"})),
        (405, lr.request("PUT", path, {})),
    ]


@pytest.mark.parametrize(
    ("path", "unknown", "has_shape"),
    [
        (CHAT, ("/v1/chat/unknown", "/v1/responses/a/b/c"), openai),
        ("/v1/responses", ("/v1/unknown",), openai),
        ("/v1/messages", ("/v1/messages/unknown", "/v1/messages/batches"), anthropic),
        ("/messages/count_tokens", ("/messages/count_tokens/unknown",), anthropic),
        (GEMINI, ("/v1beta/unknown", "/v1beta/models/one/m:predict", "/v1beta/cachedContents"), google),
        (STREAMED, ("/v1/models/one/m:predict", "/v1alpha/unknown"), google),
    ],
)
def test_early_refusals_have_the_shape_of_their_paths_dialect(
    tmp_path: Path, path: str, unknown: tuple[str, ...], has_shape: Any
) -> None:
    with router(tmp_path, []) as lr:
        told = refusals(lr, path) + [(404, lr.request("POST", each, {})) for each in unknown]
        if has_shape is google:
            told.append((401, lr.request("GET", "/v1beta/models?key=wrong", headers={"authorization": ""})))
            told.append((405, lr.request("PUT", "/v1beta/models", {})))
            told.append((404, lr.request("POST", f"{path}%0a", {})))
    for status, reply in told:
        assert reply.status == status, reply.body
        has_shape(reply, status)
