"""The FastAPI application serves every path by itself, and the fast path before it answers no differently."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import httpx
import pytest

from localrouter.app import build_apps
from localrouter.domain.configuration.config import Provider
from localrouter.program.ending import StopRequest, Wishes
from localrouter.surfaces.http.routes import FastPath
from localrouter.surfaces.model_api.requests import MODEL, PATHS
from tests.rig import CHAT, Router, auto, router
from tests.upstream import Upstream, chat

OWN = {"x-request-id", "x-localrouter-overhead-ms", "date"}  # differ from one request to the next
STREAMED = {**CHAT, "stream": True, "stream_options": {"include_usage": True}}
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def lr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    with Upstream(chat) as up:
        one = Provider(name="one", preset="openai-compatible", base_url=up.url, models=("m",))
        with router(tmp_path_factory.mktemp("both"), [one], auto=auto(("one", "m"))) as started:
            yield started


@pytest.fixture(scope="module")
def public(lr: Router) -> FastPath:
    assert lr.state is not None
    address = ("127.0.0.1", urlsplit(lr.url).port or 0)
    made = build_apps(lr.state, address, Wishes(StopRequest(), lambda: None)).public
    assert isinstance(made, FastPath)
    return made


def ask(lr: Router, app: object, method: str, path: str, headers: Mapping[str, str], content: bytes) -> httpx.Response:
    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, headers=dict(headers), content=content)

    assert lr._loop is not None
    return asyncio.run_coroutine_threadsafe(call(), lr._loop).result(30)


def told(response: httpx.Response) -> tuple[int, dict[str, str], str]:
    headers = {name: value for name, value in response.headers.items() if name not in OWN}
    headers.pop("content-length", None) if response.status_code >= 400 else None
    return response.status_code, headers, re.sub(r"req_[0-9a-zA-Z]+", "req", response.text)


def body(**fields: object) -> bytes:
    return httpx.Request("POST", "http://x", json={**CHAT, **fields}).content


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/chat/completions", "/v1/completions", "/v1/embeddings"])
@pytest.mark.parametrize("method", ["POST", "GET", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("key", ["own", "wrong", "none"])
@pytest.mark.parametrize("content", [b"", b"{", b'{"model":"one/none"}', body(model="one/m")], ids=range(4))
def test_both_ways_answer_alike(lr: Router, public: FastPath, path: str, method: str, key: str, content: bytes) -> None:
    authorization = {
        "own": {"authorization": f"Bearer {lr.key}"},
        "wrong": {"authorization": "Bearer lr-x"},
        "none": {},
    }
    headers = {**JSON, **authorization[key]}
    assert told(ask(lr, public, method, path, headers, content)) == told(
        ask(lr, public.app, method, path, headers, content)
    )


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {**JSON, "origin": "https://elsewhere.example"},
        {**JSON, "host": "elsewhere.example"},
        {**JSON, "sec-fetch-site": "cross-site"},
        {**JSON, "x-request-id": "mine"},
    ],
)
@pytest.mark.parametrize("fields", [{"model": "one/m"}, {"model": "localrouter/auto", "stream": True}])
def test_the_guard_and_streams_are_the_same_on_both(
    lr: Router, public: FastPath, headers: dict[str, str], fields: dict[str, object]
) -> None:
    known = {"authorization": f"Bearer {lr.key}", **headers}
    first, second = (
        ask(lr, app, "POST", "/v1/chat/completions", known, body(**fields)) for app in (public, public.app)
    )
    assert told(first) == told(second)


def test_the_application_alone_serves_every_path_of_the_fast_one(lr: Router, public: FastPath) -> None:
    assert set(public.fast) == {path for path in PATHS if MODEL not in path}
    known = {**JSON, "authorization": f"Bearer {lr.key}"}
    for path in (path.replace(MODEL, "one/m") for path in PATHS):
        assert ask(lr, public.app, "POST", path, known, b"{").json()["error"]["message"].startswith("The request body")
    answered = ask(lr, public.app, "POST", "/v1/chat/completions", known, body(model="one/m"))
    assert answered.json()["choices"][0]["message"]["content"]
